"""LEDM documents of HP's office printers. Synthetic, with the element names of the published schemas."""

from dataclasses import replace

import pytest

from data_collector.core.evidence import Evidence, SnmpValue, oid
from data_collector.core.ledm import LedmDecodeError, ledm_paths, parse_document
from data_collector.core.normalise import report
from tests.support.data_collector_core import ADDRESS, DEFINITIONS, NOON, evidence, report_of
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Report, Service

CONFIG = """<c:ProductConfigDyn xmlns:c="urn:c" xmlns:d="urn:d"><d:Version><d:Revision>SVN</d:Revision></d:Version>
<c:ProductInformation><d:Version><d:Revision>EX1.2</d:Revision></d:Version>
<d:MakeAndModel>HP Color Laser MFP X9</d:MakeAndModel><d:SerialNumber>CNB1234567</d:SerialNumber>
<d:ProductNumber>6XX08A</d:ProductNumber><d:DuplexUnit>Installed</d:DuplexUnit></c:ProductInformation>
</c:ProductConfigDyn>"""
USAGE = """<u:ProductUsageDyn xmlns:u="urn:other" xmlns:d="urn:d"><u:PrinterSubunit>
<d:TotalImpressions PEID="5082">2754</d:TotalImpressions><d:MonochromeImpressions>1799</d:MonochromeImpressions>
<d:ColorImpressions>955</d:ColorImpressions>
<u:UsageByMedia><d:TotalImpressions>17</d:TotalImpressions></u:UsageByMedia></u:PrinterSubunit>
<u:CopyApplicationSubunit><d:TotalImpressions>31</d:TotalImpressions></u:CopyApplicationSubunit>
<u:ScannerEngineSubunit><d:ScanImages>8</d:ScanImages></u:ScannerEngineSubunit>
<u:ConsumableSubunit><u:Consumable><d:MarkerColor>Cyan</d:MarkerColor><d:ConsumableTypeEnum>toner</d:ConsumableTypeEnum>
<d:ConsumableRawPercentageLevelRemaining>74.6</d:ConsumableRawPercentageLevelRemaining></u:Consumable>
</u:ConsumableSubunit></u:ProductUsageDyn>"""


def consumable(label: str, level: str, kind: str = "toner", state: str = "ok") -> str:
    """A ConsumableInfo element."""
    return (
        f"<ConsumableInfo><ConsumableLabelCode>{label}</ConsumableLabelCode><ConsumableTypeEnum>{kind}"
        f"</ConsumableTypeEnum><ConsumablePercentageLevelRemaining>{level}</ConsumablePercentageLevelRemaining>"
        f"<ConsumableLifeState><ConsumableState>{state}</ConsumableState></ConsumableLifeState></ConsumableInfo>"
    )


def told(**documents: str) -> Report:
    """The report of a printer that serves these LEDM documents only."""
    ledm = {f"/DevMgmt/{name}.xml": document.encode() for name, document in documents.items()}
    return report(Evidence(address=ADDRESS, observed_at=NOON, ledm=ledm), DEFINITIONS)


def test_a_printer_is_known_by_ledm_alone() -> None:
    reported = told(a=CONFIG)

    device = reported.device
    assert (device.manufacturer, device.model) == ("HP", "Color Laser MFP X9")
    assert (device.serial, device.product_number, device.ip) == ("CNB1234567", "6XX08A", ADDRESS)
    assert reported.config is not None
    assert (reported.config.firmware, reported.config.duplex_capable) == ("EX1.2", True)


def test_only_the_printer_subunits_own_total_counts() -> None:
    meters = {meter.name: meter.value for meter in told(a=USAGE).meters}

    assert meters == {
        "total.impressions": 2754,
        "total.impressions.monochrome": 1799,
        "total.impressions.color": 955,
        "copy.impressions": 31,
        "scan.images": 8,
    }


def test_levels_may_be_decimal_negative_or_unknown() -> None:
    rows = consumable("K", "74.6") + consumable("C", "255") + consumable("M", "-3") + consumable("Y", "0")

    supplies = told(a=f"<ConsumableConfigDyn>{rows}</ConsumableConfigDyn>").supplies

    assert [(s.colorant, s.percent, s.state) for s in supplies] == [
        ("black", 75, SupplyState.MEASURED),
        ("cyan", None, SupplyState.UNKNOWN),
        ("magenta", 0, SupplyState.LOW),
        ("yellow", 0, SupplyState.EMPTY),
    ]


def test_a_printhead_has_no_level() -> None:
    supply = told(a=f"<ConsumableConfigDyn>{consumable('CMY', '', 'printhead')}</ConsumableConfigDyn>").supplies[0]

    assert (supply.kind, supply.colorant, supply.percent) == ("other", "tri-color", None)


def test_printheads_stand_behind_the_inks() -> None:
    rows = consumable("CMYK", "", "printhead") + consumable("C", "40", "ink") + consumable("K", "80", "ink")

    supplies = told(a=f"<ConsumableConfigDyn>{rows}</ConsumableConfigDyn>").supplies

    assert [(s.index, s.description) for s in supplies] == [(1, "cyan ink"), (2, "black ink"), (3, "CMYK printhead")]


@pytest.mark.parametrize(("written", "kind"), [("rechargeableToner", "toner"), ("imageDrum", "opc")])
def test_refilled_toner_and_drums_of_their_own_are_known(written: str, kind: str) -> None:
    document = f"<ConsumableConfigDyn>{consumable('K', '50', written)}</ConsumableConfigDyn>"

    assert told(a=document).supplies[0].kind == kind


def test_the_printers_word_low_is_believed_over_the_percentage() -> None:
    row = consumable("Y", "10", state="low")

    assert told(a=f"<ConsumableConfigDyn>{row}</ConsumableConfigDyn>").supplies[0].state is SupplyState.LOW


def test_raw_levels_of_the_usage_document_complete_the_consumables() -> None:
    config = f"<ConsumableConfigDyn>{consumable('C', '255')}</ConsumableConfigDyn>"

    supplies = told(a=config, b=USAGE).supplies

    assert [(s.index, s.colorant, s.percent) for s in supplies] == [(1, "cyan", 75)]


@pytest.mark.parametrize(
    ("categories", "state"),
    [
        (("ready",), PrinterState.IDLE),
        (("inPowerSave", "genuineHP"), PrinterState.IDLE),
        (("ready", "processing"), PrinterState.PRINTING),
        (("processing", "jamInPrinter"), PrinterState.STOPPED),
        (("off",), PrinterState.OFFLINE),
        (("initializing",), PrinterState.WARMING_UP),
        (("somethingNew",), PrinterState.UNKNOWN),
    ],
)
def test_the_worst_status_category_is_the_state(categories: tuple[str, ...], state: PrinterState) -> None:
    rows = "".join(f"<Status><StatusCategory>{each}</StatusCategory></Status>" for each in categories)

    status = told(a=f"<ProductStatusDyn>{rows}</ProductStatusDyn>").status

    assert status is not None
    assert status.state is state


def alert_table(severity: str) -> str:
    """A status document of a sleeping printer whose photo tray is empty."""
    return (
        "<ProductStatusDyn><Status><StatusCategory>trayEmpty</StatusCategory></Status><Status><StatusCategory>"
        "inPowerSave</StatusCategory></Status><AlertTable><Alert><ProductStatusAlertID>trayEmpty"
        f"</ProductStatusAlertID><Severity>{severity}</Severity></Alert></AlertTable></ProductStatusDyn>"
    )


@pytest.mark.parametrize(("severity", "state"), [("Warning", PrinterState.IDLE), ("Error", PrinterState.STOPPED)])
def test_what_the_printer_calls_a_warning_does_not_stop_it(severity: str, state: PrinterState) -> None:
    status = told(a=alert_table(severity)).status

    assert status is not None
    assert status.state is state


@pytest.mark.parametrize(
    ("label", "description"), [("K", "black toner"), ("CMY", "CMY tri-color toner"), ("MK", "MK black toner")]
)
def test_a_label_of_several_letters_stands_before_the_colour(label: str, description: str) -> None:
    document = f"<ConsumableConfigDyn>{consumable(label, '50')}</ConsumableConfigDyn>"

    assert told(a=document).supplies[0].description == description


@pytest.mark.parametrize(("named", "part"), [("471XL", "471XL"), ("SOME PLAN", "9AB99A"), ("", "9AB99A")])
def test_a_part_number_has_a_digit(named: str, part: str) -> None:
    document = (
        f"<ConsumableConfigDyn><ConsumableInfo><ConsumableSelectibilityNumber>{named}</ConsumableSelectibilityNumber>"
        "<ProductNumber>9AB99A</ProductNumber></ConsumableInfo></ConsumableConfigDyn>"
    )

    assert told(a=document).supplies[0].part_number == part


def test_only_warnings_and_errors_of_the_alert_table_are_alerts() -> None:
    rows = "".join(
        f"<Alert><ProductStatusAlertID>{name}</ProductStatusAlertID><Severity>{severity}</Severity>"
        f"<SequenceNumber>{place}</SequenceNumber></Alert>"
        for place, (name, severity) in enumerate(
            [("genuineHP", "Info"), ("cartridgeLow", "Warning"), ("jamInPrinter", "Error"), ("genuineHP", "Warning")]
        )
    )

    alerts = told(a=f"<ProductStatusDyn><AlertTable>{rows}</AlertTable></ProductStatusDyn>").alerts

    assert [(alert.code, alert.severity) for alert in alerts] == [(1104, "warning"), (8, "critical")]


def test_finished_jobs_with_a_state_update_are_told() -> None:
    rows = "".join(
        f"<Job><JobUrl>/Jobs/JobList/{n}</JobUrl><JobCategory>Print</JobCategory><JobState>{state}</JobState>"
        f"<JobStateUpdate>{update}</JobStateUpdate><JobName>secret</JobName></Job>"
        for n, state, update in [(1, "Completed", "239-42"), (2, "Processing", "239-43"), (3, "Canceled", "")]
    )

    jobs = told(a=f"<JobList>{rows}</JobList>").jobs

    assert [(job.job_id[:2], job.outcome, job.name) for job in jobs] == [("1-", "completed", None)]


def test_a_job_has_one_id_whichever_protocol_tells_of_it() -> None:
    hp: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
    root = "1.3.6.1.4.1.11.2.3.9.4.2.1.1.6.5"
    row = (
        "<Job><JobUrl>/Jobs/JobList/7</JobUrl><JobCategory>Print</JobCategory><JobState>Completed</JobState>"
        "<JobStateUpdate>7-12</JobStateUpdate><ImpressionsCompleted>12</ImpressionsCompleted></Job>"
    )

    table: dict[str, SnmpValue] = {f"{root}.13.7": 12, f"{root}.15.7": 5}
    ledm = {"/Jobs/JobList": f"<JobList>{row}</JobList>".encode()}
    by_snmp = report_of(hp, table).jobs
    by_ledm = told(a=f"<JobList>{row}</JobList>").jobs
    by_both = report(replace(evidence(hp, table), ledm=ledm), DEFINITIONS).jobs

    assert [job.impressions for job in by_ledm] == [12]
    assert [job.service for job in by_snmp] == ["unknown"]  # HP's table does not tell
    assert [replace(job, service=Service.PRINT) for job in by_snmp] == list(by_ledm)
    assert by_both == by_ledm


def test_the_tree_says_which_documents_to_fetch() -> None:
    tree = (
        b"<t:DiscoveryTree xmlns:t='urn:t'><r><ResourceURI>/DevMgmt/ProductUsageDyn.xml</ResourceURI></r>"
        b"<r><ResourceURI>http://elsewhere.example/DevMgmt/ProductConfigDyn.xml</ResourceURI></r>"
        b"<r><ResourceURI>/Jobs/JobList</ResourceURI></r><r><ResourceURI>/FirmwareUpdate</ResourceURI></r>"
        b"</t:DiscoveryTree>"
    )

    assert ledm_paths(tree, jobs=True) == ("/DevMgmt/ProductUsageDyn.xml", "/Jobs/JobList")
    assert ledm_paths(tree) == ("/DevMgmt/ProductUsageDyn.xml",), "the job list, only when it is asked for"


def test_no_tree_means_no_ledm_and_a_bare_tree_the_usual_places() -> None:
    assert ledm_paths(None) == ()
    assert ledm_paths(b"<html>login</html>") == ()
    assert ledm_paths(b"not xml") == ()
    assert "/DevMgmt/ProductConfigDyn.xml" in ledm_paths(b"<DiscoveryTree/>")


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>",
        b"",
        b"<?xml version='1.0' encoding='no-such'?><a/>",
        b"<a>" + b" " * (2 * 1024 * 1024) + b"</a>",
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a>" + b"<b/>" * 100_000 + b"</a>",
    ],
)
def test_hostile_and_broken_documents_are_refused(hostile: bytes) -> None:
    with pytest.raises(LedmDecodeError):
        parse_document(hostile)


def test_a_broken_document_becomes_a_finding_and_the_others_are_read() -> None:
    reported = told(a="<broken", b=USAGE)

    assert reported.findings[0].source == "ledm:/DevMgmt/a.xml"
    assert len(reported.meters) == 5
