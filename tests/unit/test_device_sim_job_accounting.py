"""Job accounting, told three times: the page, the CSV and the XML agree with the records, whatever a job was."""

import csv
import dataclasses
import io
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from device_sim.core.accounting import NAMESPACE, image_type
from device_sim.core.printer import Printer
from device_sim.core.resources import ACCOUNTING, resource
from device_sim.core.state import FinishedJob, LivePrinter
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, changed, printer, profile
from wire_format.records import InkUse, Job, Media, Outcome, Service

LOGGING = [name for name in ALL_PROFILES if profile(name).job_log_max]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", '=cmd|" /C calc"!A1')
SPACE = f"{{{NAMESPACE}}}"


def lived(name: str, hours: float = 9.0) -> LivePrinter:
    one = printer(name)
    one.advance(MONDAY_7 + hours * HOUR_S)
    return one.state


def text(state: LivePrinter, path: str) -> str:
    found = resource(state, path)
    assert found is not None
    return found.body.decode()


def exported(state: LivePrinter) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(state, "/jobs.csv"), newline=""), strict=True))


def told(state: LivePrinter) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text(state, ACCOUNTING)).findall(f".//{SPACE}Job")


class Cells(HTMLParser):
    """The texts of a page's table cells, by row and label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self._label = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append({})
        if tag == "td":
            self._label = dict(attrs)["data-l"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._label = ""

    def handle_data(self, data: str) -> None:
        if self._label and self.rows:
            self.rows[-1][self._label] = f"{self.rows[-1].get(self._label, '')} {data}".strip()


@pytest.mark.parametrize("name", LOGGING)
def test_page_csv_and_xml_tell_each_job_as_its_record_does(name: str) -> None:
    state = lived(name)
    jobs = list(reversed(state.finished))
    shown = [row for row in Cells(text(state, "/jobs")).rows if "Completed" in row]

    assert len(jobs) == profile(name).job_log_max == len(shown)
    for job, line, element, row in zip(jobs, exported(state), told(state), shown, strict=True):
        record = job.record
        assert line["Number"] == element.get("number") == str(job.number) and f"No. {job.number}" in row["Job"]
        assert line["Impressions"] == element.findtext(f"{SPACE}Impressions") == str(record.impressions)
        assert line["Status"] == element.findtext(f"{SPACE}Status") == record.outcome
        assert line["Type"] == element.findtext(f"{SPACE}Type") == record.service
        assert record.completed_at is not None
        assert datetime.fromisoformat(line["Completed"]) == record.completed_at
        assert f"{record.completed_at:%H:%M:%S}" in row["Completed"]
        assert row["Impressions"].split()[0] == f"{record.impressions:,}"
        if record.inks:
            assert line["Ink used (ul)"] == str(sum(ink.volume_ul for ink in record.inks))
            assert all(line[f"Ink {ink.colorant} (ul)"] == str(ink.volume_ul) for ink in record.inks)
            assert record.media is not None and line["Paper area (mm2)"] == str(record.media.area_mm2)
            assert f"{(record.media.area_mm2 or 0) / 1e6:,.2f} m²" in row["Paper used"]
            assert element.findtext(f"{SPACE}ImageType") == line["Image type"] == image_type(record)


def test_the_columns_are_the_same_for_every_model_but_for_its_inks() -> None:
    heads = {name: text(lived(name, 1.0), "/jobs.csv").partition("\r\n")[0].split(",") for name in LOGGING}

    fixed = [
        [column for column in head if not column.startswith("Ink ") or "used" in column] for head in heads.values()
    ]
    assert all(head == fixed[0] for head in fixed)
    assert heads["designjet-t1600"][-6:] == [
        f"Ink {colorant} (ul)" for colorant in profile("designjet-t1600").ink_colorants
    ]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_a_spreadsheet_would_run_is_only_a_name(name: str) -> None:
    state = lived("designjet-t1600")
    last = state.finished.pop()
    state.finished.append(dataclasses.replace(last, record=dataclasses.replace(last.record, name=name)))

    assert exported(state)[0]["Job name"] == f"'{name}"


def test_the_csv_keeps_quotes_commas_and_line_ends_in_their_cell() -> None:
    state, name = lived("designjet-t1600"), 'a "quoted", b\r\nc'
    last = state.finished.pop()
    state.finished.append(dataclasses.replace(last, record=dataclasses.replace(last.record, name=name)))

    assert exported(state)[0]["Job name"] == name
    assert text(state, "/jobs.csv").endswith("\r\n")


def test_no_number_of_the_csv_needs_a_decimal_point() -> None:
    for line in exported(lived("pagewide-xl-5100")):
        for column, value in line.items():
            if "(" in column or column in ("Copies", "Impressions", "Sheets"):
                assert value == "" or value.isdecimal(), column


def canceled(name: str) -> tuple[Printer, FinishedJob]:
    """A printer of that model that has just ended a job early, in the middle."""
    one = printer(changed(name, workload={"canceled_percent": 100, "sizes": profile(name).workload.sizes[-1:]}))
    while not (one.state.finished and one.state.finished[-1].record.impressions):
        one.advance(one.next_event_at() or 0)
    return one, one.state.finished[-1]


@pytest.mark.parametrize("name", ["designjet-t1600", "pagewide-xl-5100", "color-laserjet-m479"])
def test_a_canceled_job_tells_what_was_really_printed(name: str) -> None:
    one, job = canceled(name)

    line, element = exported(one.state)[0], told(one.state)[0]
    record = job.record
    assert line["Status"] == Outcome.CANCELED and "Canceled by user" in text(one.state, "/jobs")
    assert line["Impressions"] == element.findtext(f"{SPACE}Impressions") == str(record.impressions)
    if (media := record.media) is not None and media.area_mm2 is not None:
        assert line["Paper length (mm)"] == element.findtext(f"{SPACE}Paper/{SPACE}LengthMm") == str(media.length_mm)


def test_scans_and_copies_of_an_mfp_are_accounted_too() -> None:
    one = printer(changed("color-laserjet-m479", workload={"copy_percent": 50, "scan_percent": 50}))
    one.advance(MONDAY_7 + 5 * HOUR_S)
    by_type = {line["Type"]: line for line in exported(one.state)}

    assert set(by_type) == {Service.COPY, Service.SCAN}
    assert int(by_type["scan"]["Images"]) > 0 and by_type["scan"]["Impressions"] == "0"
    assert int(by_type["copy"]["Images"]) > 0 and int(by_type["copy"]["Impressions"]) > 0
    assert "Scanned" in text(one.state, "/jobs")


@pytest.mark.parametrize(
    ("ul", "letter"),
    [(1, "A"), (499, "A"), (500, "B"), (1999, "B"), (2000, "C"), (5000, "C"), (5001, "D"), (9000, "D")],
)
def test_an_image_type_is_a_matter_of_ink_on_a_square_metre(ul: int, letter: str) -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    job = Job(
        job_id="1", service=Service.PRINT, completed_at=at, outcome=Outcome.COMPLETED,
        media=Media(type="bond", width_mm=1000, length_mm=1000, area_mm2=1_000_000),
        inks=(InkUse(colorant="cyan", volume_ul=ul),),
    )  # fmt: skip

    assert image_type(job) == letter
    assert image_type(dataclasses.replace(job, inks=())) is None


def test_a_scan_of_a_plotter_takes_no_ink_and_no_media() -> None:
    one = printer(changed("designjet-t2600", workload={"copy_percent": 0, "scan_percent": 100}))
    one.advance(MONDAY_7 + 5 * HOUR_S)

    for job in one.state.finished:
        assert job.record.service is Service.SCAN and job.images > 0
        assert not job.record.inks and job.record.media is None and job.record.category is None


def test_what_waits_and_runs_is_shown_but_not_accounted() -> None:
    one = printer(changed("designjet-t1600", workload={"jobs_per_day": 4000}))
    while len(one.state.waiting) < 2:
        one.advance(one.next_event_at() or 0)

    page, numbers = text(one.state, "/jobs"), {line["Number"] for line in exported(one.state)}
    assert one.state.job is not None
    for number in (one.state.job.number, *(job.number for job in one.state.waiting)):
        assert f"No. {number}" in page and str(number) not in numbers
