"""What a printer shows: pages for people, XML for programs, and the truth for verify."""

import dataclasses
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from device_sim.core.clockwork import Clockwork
from device_sim.core.events import ImpressionsMade
from device_sim.core.ews.frame import PAGES
from device_sim.core.fleet import counted_fleet, placements
from device_sim.core.markup import document, html_tag, join, tag
from device_sim.core.printer import Printer
from device_sim.core.reporting import moment
from device_sim.core.resources import ACCOUNTING, resource
from device_sim.core.state import FinishedJob, LivePrinter
from device_sim.core.truth import Truth
from inkwire.verify.truth import decode_truth
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, live, printer, profile, rows
from wire_format.codec import encode_record

HOSTILE = """=cmd|' /C calc'!A1 <script>alert("x")</script>&amp; \x00\x1f\ud800 ]]>"""
LEDM = ("DiscoveryTree", "ProductConfigDyn", "ConsumableConfigDyn", "ProductUsageDyn", "ProductStatusDyn")
VOID = {"meta", "link", "br"}


def lived(name: str, hours: float = 5.0) -> LivePrinter:
    one = printer(name)
    live(one, MONDAY_7 + hours * HOUR_S)
    return one.state


def with_hostile_names(state: LivePrinter) -> LivePrinter:
    jobs = [
        FinishedJob(number=job.number, record=dataclasses.replace(job.record, name=HOSTILE), images=job.images)
        for job in state.finished
    ]
    state.finished.extend(jobs)
    state.identity = dataclasses.replace(state.identity, location=HOSTILE, hostname=HOSTILE)
    return state


def body(state: LivePrinter, path: str) -> str:
    found = resource(state, path)
    assert found is not None, path
    return found.body.decode()


def local(text: str) -> dict[str, list[str]]:
    """The texts of an XML document by local name, as readers of LEDM match."""
    found: dict[str, list[str]] = {}
    for element in ElementTree.fromstring(text).iter():
        found.setdefault(element.tag.rpartition("}")[2], []).append(element.text or "")
    return found


class Balance(HTMLParser):
    """Fails on an end tag without its start; open_now: elements not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open_now: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open_now.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_now.pop() == tag


@pytest.mark.parametrize("name", ALL_PROFILES)
@pytest.mark.parametrize("path", [path for path, _ in PAGES])
def test_every_page_is_whole_and_runs_nothing_that_a_name_brings(name: str, path: str) -> None:
    parser = Balance()

    parser.feed(body(with_hostile_names(lived(name)), path))

    assert parser.open_now == []
    assert "script" not in parser.seen and "h1" in parser.seen


@pytest.mark.parametrize("document_name", LEDM)
def test_ledm_documents_are_well_formed_whatever_the_names(document_name: str) -> None:
    found = local(body(with_hostile_names(lived("color-laserjet-m479")), f"/DevMgmt/{document_name}.xml"))

    assert document_name in found


def test_ledm_says_what_the_state_says() -> None:
    state = lived("color-laserjet-m479")

    usage = local(body(state, "/DevMgmt/ProductUsageDyn.xml"))
    config = local(body(state, "/DevMgmt/ProductConfigDyn.xml"))
    supplies = local(body(state, "/DevMgmt/ConsumableConfigDyn.xml"))

    assert usage["TotalImpressions"][0] == str(state.meter("total.impressions"))
    assert int(usage["MonochromeImpressions"][0]) + int(usage["ColorImpressions"][0]) == int(
        usage["TotalImpressions"][0]
    )
    assert config["SerialNumber"] == [state.identity.serial]
    assert supplies["ConsumablePercentageLevelRemaining"] == [str(state.supply_percent(place)) for place in range(5)]
    assert supplies["ConsumableLabelCode"] == ["K", "C", "M", "Y"]


def test_the_discovery_tree_names_resources_that_exist() -> None:
    state = lived("color-laserjet-m479")

    for path in local(body(state, "/DevMgmt/DiscoveryTree.xml"))["ResourceURI"]:
        assert resource(state, path) is not None


def test_the_job_list_leads_to_every_job_and_its_tag() -> None:
    state = lived("color-laserjet-m479")

    listing = local(body(state, "/Jobs/JobList"))

    assert len(listing["JobUrl"]) >= len(state.finished) > 5
    for url, update in zip(listing["JobUrl"], listing["JobStateUpdate"], strict=True):
        found = resource(state, url)
        assert found is not None and found.etag == update
    assert resource(state, "/Jobs/JobList/1") is None and resource(state, "/Jobs/JobList/x") is None


def test_only_office_models_of_hp_speak_ledm_and_only_models_with_a_log_have_accounting() -> None:
    for name, ledm, accounting in (
        ("color-laserjet-m479", True, True),
        ("designjet-t1600", False, True),
        ("ecosys-p3155", False, False),
    ):
        state = lived(name, 0.5)
        assert (resource(state, "/DevMgmt/ProductUsageDyn.xml") is not None) is ledm
        assert (resource(state, ACCOUNTING) is not None) is accounting


def test_the_accounting_of_a_plotter_has_area_length_and_ink_of_each_job() -> None:
    state = lived("designjet-t1600", 9.0)

    root = ElementTree.fromstring(body(with_hostile_names(state), ACCOUNTING))

    space = "{urn:inkwire:sim:job-accounting:1}"
    jobs = root.findall(f".//{space}Job")
    assert len(jobs) == 10
    for element, job in zip(jobs, reversed(state.finished), strict=True):
        inks = {ink.get("colorant"): int(ink.text or "") for ink in element.findall(f".//{space}Ul")}
        assert inks == {ink.colorant: ink.volume_ul for ink in job.record.inks}
        assert job.record.media is not None
        assert element.findtext(f"{space}Paper/{space}AreaMm2") == str(job.record.media.area_mm2)


def test_markup_escapes_what_is_not_markup() -> None:
    assert tag("a", '<&"', tag("b", 1), None, x='"', y=None) == '<a x="&quot;">&lt;&amp;&quot;<b>1</b></a>'
    assert html_tag("td", "x", class_="n", data_l="Left") == '<td class="n" data-l="Left">x</td>'
    assert document(join(tag("a", "\x00"))).endswith("<a>\ufffd</a>")


def test_verify_reads_the_truth_of_a_working_day() -> None:
    placed = placements(counted_fleet(list(ALL_PROFILES), 8, 3), "test")
    fleet = [
        Printer(profile(p.profile), seed=5, index=p.index, address=p.address, at_s=MONDAY_7, chunk=10) for p in placed
    ]
    clockwork, truth = Clockwork(fleet), Truth(fleet, 5, 600.0)

    last_s: dict[str, float] = {}
    end_s = MONDAY_7 + 10 * HOUR_S
    while (due_s := clockwork.next_event_at()) is not None and due_s <= end_s:
        for happening in clockwork.advance(due_s, wakes_max=1):
            truth.note(happening)
            for event in happening.events:
                if isinstance(event, ImpressionsMade):
                    last_s[happening.printer.state.identity.serial] = event.at_s
    lines = list(truth.lines(end_s, {0: "kid"}, frozenset({0, 1, 2})))
    read = decode_truth(line.encode() for line in lines)

    assert [made.printer.serial for made in read.printers] == [one.state.identity.serial for one in fleet]
    assert [made.printer.route.value for made in read.printers] == ["direct"] * 3 + ["none"] * 5
    assert sum(len(made.jobs) for made in read.printers) == truth.jobs_count > 300
    for made, one in zip(read.printers, fleet, strict=True):
        assert {meter.name: meter.value for meter in made.meters} == dict(
            zip((spec.name for spec in one.state.profile.meters), one.state.meters, strict=True)
        )
        changed_at = next(meter.changed_at for meter in made.meters if meter.name == "total.impressions")
        assert changed_at == moment(last_s[made.printer.serial])
        known = {job.job.job_id: job.job for job in made.jobs}
        assert all(known[job.record.job_id] == job.record for job in one.state.finished)
    told = rows(lines, "alert")
    still = {alert.alert_id for one in fleet for alert in one.state.alerts}
    assert {row["alert_id"] for row in told if row["cleared_at"] is None} == still


def test_a_fleet_of_any_size_wakes_its_printers_in_order_of_time() -> None:
    fleet = [printer("ecosys-p3155", index=index) for index in range(20)]
    clockwork = Clockwork(fleet)
    moments = []

    while (due_s := clockwork.next_event_at()) is not None and due_s < MONDAY_7 + 2 * HOUR_S:
        moments.append(due_s)
        clockwork.advance(due_s, wakes_max=1)

    assert moments == sorted(moments) and len(moments) > 100


def test_a_job_record_fits_the_wire() -> None:
    for name in ALL_PROFILES:
        for job in lived(name, 9.0).finished:
            assert encode_record(job.record)["job_id"] == str(job.number)
