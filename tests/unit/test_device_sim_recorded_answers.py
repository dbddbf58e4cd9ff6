"""Documents and IPP answers of a recording as each printer of the replay has them."""

import re
from dataclasses import replace

import pytest

from device_sim.core import ipp
from device_sim.core.ipp_request import IppDecodeError
from device_sim.core.printer import Printer
from device_sim.core.recorded.printer import FIRST, OTHERS, RecordedPrinter, recorded_printer
from device_sim.core.recorded.rows import Rows
from device_sim.core.recorder.recording import Document
from device_sim.core.resources import resource
from device_sim.core.snmprec import read_recording
from device_sim.core.walk import walk_lines
from tests.support.device_sim import HOUR_S, MONDAY_7, live, printer
from tests.support.device_sim_ipp import answer_ipp, ipp_request, read_ipp_answer

URI = "ipp://127.1.0.9:8631/ipp/print"
USAGE = "/DevMgmt/ProductUsageDyn.xml"
ORIGINAL = printer("color-laserjet-m479", seed=5, index=3)
LIFE = ORIGINAL.state.marker_life_count()
ALL = {"requested-attributes": ipp.keywords("all", "media-col-database")}


def recorded(*documents: Document) -> RecordedPrinter:
    rows = Rows(read_recording("\n".join(walk_lines(ORIGINAL.state)).encode("latin-1")).leaves)
    answer = answer_ipp(ipp_request(ipp.GET_PRINTER_ATTRIBUTES, ALL), ORIGINAL.state, URI)
    return recorded_printer(rows, "recorded", documents or (document(USAGE),), answer)


def document(path: str) -> Document:
    found = resource(ORIGINAL.state, path)
    assert found is not None
    return Document(path=path, kind=found.kind, body=found.body, charset="utf-8")


def page(text: str, kind: str = "text/html") -> Document:
    return Document(path="/page", kind=kind, body=text.encode("latin-1"), charset="")


RECORDING = recorded()


def replayed(index: int, hours: float = 0) -> Printer:
    one = printer(RECORDING.profiles()[OTHERS if index else FIRST], index=index)
    live(one, MONDAY_7 + hours * HOUR_S)
    return one


def told(one: Printer, request: bytes, uri: str = URI) -> dict[str, list[object]]:
    assert RECORDING.ipp is not None
    answer = read_ipp_answer(RECORDING.ipp.answer(one.state, uri, request))
    assert answer.status == ipp.OK
    return next(values for tag, values in answer.groups if tag == ipp.PRINTER_GROUP)


def shown(one: Printer, of: RecordedPrinter = RECORDING, path: str = USAGE) -> str:
    assert of.site is not None
    found = of.site.resource(one.state, path)
    assert found is not None
    return found.body.decode("latin-1")


def counted(text: str, name: str) -> int:
    found = re.search(rf"{name}(?: [^>]*)?>(\d+)<", text)
    assert found is not None
    return int(found[1])


def test_the_first_printer_shows_the_recorded_document_octet_by_octet() -> None:
    assert shown(replayed(0)) == document(USAGE).body.decode("latin-1")


@pytest.mark.parametrize("index", [0, 1, 7])
def test_one_count_is_the_same_over_snmp_http_and_ipp_while_it_grows(index: int) -> None:
    one = replayed(index)
    for hours in (0, 8, 30):
        live(one, MONDAY_7 + hours * HOUR_S)
        text, said = shown(one), told(one, ipp_request(ipp.GET_PRINTER_ATTRIBUTES))
        total = one.state.marker_life_count()
        assert counted(text, "TotalImpressions") == total == said["printer-impressions-completed"][0]
        levels = [one.state.supply_percent(place) for place in range(len(one.state.supply_amounts))]
        assert said["marker-levels"] == levels
        assert [int(found) for found in re.findall(r"level=(\d+)", str(said["printer-supply"]))] == levels
        assert [int(level) for level in re.findall(r"RawPercentageLevelRemaining>(\d+)<", text)] == levels
        parts = counted(text, "MonochromeImpressions") + counted(text, "ColorImpressions")
        assert 0 <= total - parts <= 1
    assert index or total > LIFE


def test_each_printer_is_itself_in_every_answer() -> None:
    one, other = replayed(1), replayed(2)
    said, theirs = (told(each, ipp_request(ipp.GET_PRINTER_ATTRIBUTES)) for each in (one, other))
    text = shown(one, recorded(document("/DevMgmt/ProductConfigDyn.xml")), "/DevMgmt/ProductConfigDyn.xml")

    assert said["printer-serial-number"] == [one.state.identity.serial] and one.state.identity.serial in text
    assert said["printer-name"] == [one.state.identity.hostname]
    assert said["printer-uuid"] != theirs["printer-uuid"]
    for secret in (ORIGINAL.state.identity.serial, ORIGINAL.state.identity.hostname):
        assert secret not in text and secret not in str(said)


def test_only_what_is_asked_for_is_told() -> None:
    one = replayed(1)

    def asked(*names: str) -> set[str]:
        more = {"requested-attributes": ipp.keywords(*names)}
        return set(told(one, ipp_request(ipp.GET_PRINTER_ATTRIBUTES, more)))

    assert asked("printer-state", "marker-levels", "no-such-thing") == {"printer-state", "marker-levels"}
    assert {"media-supported", "sides-default"} <= asked("job-template")
    assert "printer-state" not in asked("job-template") and "sides-default" not in asked("printer-description")
    everything = set(told(one, ipp_request(ipp.GET_PRINTER_ATTRIBUTES)))
    assert asked("job-template") | asked("printer-description") == everything == asked("all")
    assert "media-col-database" not in everything and asked("media-col-database") == {"media-col-database"}


def test_the_printer_is_found_where_it_was_dialled() -> None:
    uris = told(replayed(1), ipp_request(ipp.GET_PRINTER_ATTRIBUTES), "ipp://127.1.0.77:1234/x")[
        "printer-uri-supported"
    ]

    assert "ipp://127.1.0.77:1234/ipp/print" in uris


def test_times_and_state_are_those_of_now() -> None:
    one = replayed(1, hours=1)
    said = told(one, ipp_request(ipp.GET_PRINTER_ATTRIBUTES))
    assert said["printer-up-time"] == [max(1, int(one.state.uptime_s))]

    states = set()
    for minute in range(600):
        live(one, MONDAY_7 + HOUR_S + 60 * minute)
        states.add(told(one, ipp_request(ipp.GET_PRINTER_ATTRIBUTES))["printer-state"][0])

    assert {3, 4} <= states


@pytest.mark.parametrize(
    ("request_octets", "status"),
    [
        (ipp_request(ipp.PRINT_JOB), ipp.OPERATION_NOT_SUPPORTED),
        (ipp_request(ipp.GET_JOBS), ipp.OPERATION_NOT_SUPPORTED),
        (b"\x09\x00" + ipp_request(ipp.GET_PRINTER_ATTRIBUTES)[2:], ipp.VERSION_NOT_SUPPORTED),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES, {"document-format": ipp.words(ipp.MIME, "image/x-none")}),
         ipp.FORMAT_NOT_SUPPORTED),
        (ipp_request(ipp.GET_PRINTER_ATTRIBUTES)[:-3], ipp.BAD_REQUEST),
    ],
)  # fmt: skip
def test_what_was_not_recorded_is_refused_by_the_words_of_the_standard(request_octets: bytes, status: int) -> None:
    assert RECORDING.ipp is not None
    answer = read_ipp_answer(RECORDING.ipp.answer(replayed(0).state, URI, request_octets))

    assert answer.status == status and answer.request_id == int.from_bytes(request_octets[4:8], "big")


def test_octets_that_are_no_answer_are_refused_at_the_start() -> None:
    rows = Rows(read_recording("\n".join(walk_lines(ORIGINAL.state)).encode("latin-1")).leaves)

    with pytest.raises(IppDecodeError):
        recorded_printer(rows, "recorded", (), b"\x01\x01\x00\x00\x00\x00\x00\x01\x01\x47\x00")


@pytest.mark.parametrize("by", ["", ",", ".", "'", " "])
def test_a_page_for_people_shows_the_life_count_as_it_spelt_it(by: str) -> None:
    spelt = f"{LIFE:,}".replace(",", by)
    one = replayed(1)
    of = recorded(page(f'<p id="{LIFE}">{spelt} pages, 600 dpi, v1.{LIFE}</p>'))
    now = f"{one.state.marker_life_count():,}".replace(",", by)

    assert shown(one, of, "/page") == f'<p id="{LIFE}">{now} pages, 600 dpi, v1.{LIFE}</p>'


def test_a_number_that_counts_nothing_printed_stays() -> None:
    text = "<a><Resolution>600</Resolution><Impressions>0</Impressions><CopiedImpressions>40</CopiedImpressions></a>"
    one = replayed(1)
    grown = 40 * one.state.marker_life_count() // LIFE

    assert shown(one, recorded(page(text, "application/xml")), "/page") == text.replace(">40<", f">{grown}<")


def test_the_entity_tag_changes_with_the_document_and_never_else() -> None:
    assert RECORDING.site is not None
    one = replayed(1)

    def look() -> tuple[str, bytes]:
        assert RECORDING.site is not None
        found = RECORDING.site.resource(one.state, USAGE)
        assert found is not None
        return found.etag, found.body

    first = look()
    assert look() == first
    live(one, MONDAY_7 + 30 * HOUR_S)
    later = look()
    assert later[0] != first[0] and later[1] != first[1]
    assert RECORDING.site.resource(one.state, "/nowhere") is None


def test_a_document_without_identity_or_count_is_one_for_all() -> None:
    of = recorded(replace(page("<p>Welcome</p>"), charset="iso-8859-1"))
    assert of.site is not None
    found = of.site.resource(replayed(0).state, "/page")

    assert found is of.site.resource(replayed(1).state, "/page") and found is not None
    assert found.charset == "iso-8859-1"
