"""Several protocols, one report: who is heard. Synthetic."""

from dataclasses import replace

from data_collector.core.evidence import Evidence
from data_collector.core.normalise import report
from tests.support.data_collector_core import (
    DEFINITIONS,
    INTEGER,
    KEYWORD,
    NAME,
    PRINTER,
    TEXT,
    evidence,
    ipp_list,
    ipp_reply,
    ipp_value,
    supply_row,
)
from wire_format.printer_mib import SupplyState
from wire_format.records import Finding

LEVELS = (
    ipp_list(NAME, "marker-names", "Black Toner"),
    ipp_list(KEYWORD, "marker-types", "toner"),
    ipp_list(INTEGER, "marker-levels", 40),
)


def told(seen: Evidence, *attributes: bytes) -> Evidence:
    """The same printer, speaking IPP besides."""
    return replace(seen, ipp=ipp_reply(*attributes))


def test_snmp_is_heard_first_and_ipp_fills_the_gaps() -> None:
    seen = told(
        evidence(PRINTER),
        ipp_value(TEXT, "printer-make-and-model", "Other Name 3"),
        ipp_value(TEXT, "printer-location", "Hall"),
        ipp_value(INTEGER, "printer-impressions-completed", 12346),
    )

    reported = report(seen, DEFINITIONS)

    assert reported.device.model == "Examplo Press 9"
    assert reported.device.location == "Hall"
    assert [(meter.name, meter.value) for meter in reported.meters] == [("total.impressions", 12345)]
    assert [(f.field, f.raw) for f in reported.findings] == [("meters/total.impressions", "12346")]


def test_another_protocol_measures_what_snmp_only_calls_some_left() -> None:
    some_left = supply_row(4, kind=3, description=b"Black Toner", capacity=-2, level=-3)

    supplies = report(told(evidence(PRINTER, some_left), *LEVELS), DEFINITIONS).supplies

    assert [(s.index, s.percent, s.state) for s in supplies] == [(4, 40, SupplyState.MEASURED)]


def test_a_measured_supply_is_not_measured_again() -> None:
    measured = supply_row(4, kind=3, description=b"Black Toner", capacity=100, level=44)

    supplies = report(told(evidence(PRINTER, measured), *LEVELS), DEFINITIONS).supplies

    assert [s.percent for s in supplies] == [44]


def test_serials_that_differ_between_protocols_are_told() -> None:
    seen = told(evidence(PRINTER), ipp_value(TEXT, "printer-serial-number", "ZZ-9999"))

    reported = report(seen, DEFINITIONS)

    assert reported.device.serial == "EX-4711-A"
    assert [(f.field, f.raw) for f in reported.findings] == [("device.serial", "ZZ-9999")]


def test_what_the_adapters_saw_travels_with_the_report() -> None:
    noticed = Finding(field="snmp", source="adapter", raw=None, reason="the walk did not end")
    seen = replace(evidence(PRINTER), mac="00-11-22-AA-BB-CC", hostname="press.example", findings=(noticed,))

    reported = report(seen, DEFINITIONS)

    assert reported.device.mac == "00:11:22:aa:bb:cc"
    assert reported.device.hostname == "press.example"
    assert reported.findings == (noticed,)


def test_a_silent_device_still_makes_a_report() -> None:
    reported = report(evidence({}), DEFINITIONS)

    assert reported.device.ip is not None
    assert (reported.meters, reported.supplies, reported.alerts) == ((), (), ())
    assert [finding.reason.partition(":")[0] for finding in reported.findings] == ["weak-identity"]


def test_each_source_that_was_read_whole_says_which_alerts_it_shows_heard_or_not() -> None:
    jam = b"""<ProductStatusDyn xmlns="http://www.hp.com/schemas/imaging/con/ledm/productstatusdyn/2007/10/31"><AlertTable>
        <Alert><ProductStatusAlertID>jamInPrinter</ProductStatusAlertID><Severity>Error</Severity></Alert>
        </AlertTable></ProductStatusDyn>"""
    seen = told(evidence(PRINTER), ipp_list(KEYWORD, "printer-state-reasons", "media-empty-error"))
    made = report(replace(seen, ledm={"/DevMgmt/ProductStatusDyn.xml": jam}), DEFINITIONS)

    shown = {source.value: set(ids) for source, ids in made.alerts_by}
    assert shown == {"snmp": set(), "ledm": {"ledm-jamInPrinter"}, "ipp": {"ipp-media-empty-error"}}
    assert [alert.alert_id for alert in made.alerts] == ["ledm-jamInPrinter"]
