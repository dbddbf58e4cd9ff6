"""What one reading shows to be wrong by itself: it is left out or named, and never passes for right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from data_collector.core import mib
from data_collector.core.evidence import Evidence, SnmpValue, dotted, oid
from data_collector.core.known_meters import Known, judged
from data_collector.core.meter_rules import Seen
from data_collector.core.more import more
from data_collector.core.normalise import report
from data_collector.core.normalise.printer_clock import read_date
from tests.support.data_collector_core import (
    ADDRESS,
    DEFINITIONS,
    INTEGER,
    NOON,
    PRINTER,
    alert_row,
    evidence,
    ipp_list,
    ipp_reply,
    ipp_value,
    picture,
    report_of,
    supply_row,
)
from wire_format.printer_mib import SupplyState
from wire_format.records import Device, Finding, Meter, Report, Unit

HP: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
HP_COUNT = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2"
LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"
CONSOLE = "1.3.6.1.2.1.43.16.5.1.2.1.1"
ERRORS = "1.3.6.1.2.1.25.3.5.1.2.1"
USAGE = (
    b'<u:ProductUsageDyn xmlns:u="http://www.hp.com/schemas/imaging/con/ledm/productusagedyn/2007/12/11"><u:PrinterSubunit>'
    b"<u:TotalImpressions>777</u:TotalImpressions></u:PrinterSubunit></u:ProductUsageDyn>"
)
TONER = 3


def words(reported: Report, field: str) -> list[str]:
    """The first words of the findings about a field."""
    return [finding.reason.partition(":")[0] for finding in reported.findings if finding.field == field]


def total(reported: Report) -> int | None:
    """The total of impressions that would be sent."""
    return next((meter.value for meter in reported.meters if meter.name == "total.impressions"), None)


def test_a_count_sent_as_text_is_asked_for_elsewhere_and_taken_from_there() -> None:
    seen = picture(PRINTER, HP, {LIFE_COUNT: b"12345"})

    reported = report(
        replace(evidence(PRINTER, HP, {LIFE_COUNT: b"12345"}), ledm={"/DevMgmt/ProductUsageDyn.xml": USAGE}),
        DEFINITIONS,
    )

    assert more(seen).ledm
    assert [(meter.value, meter.source[:5]) for meter in reported.meters] == [(777, "ledm:")]
    assert words(reported, "meters/total.impressions") == ["this should be a number"]


def test_two_sources_that_differ_are_both_told_and_the_rule_decides() -> None:
    reported = report_of(HP, {LIFE_COUNT: 6_466, f"{HP_COUNT}.5.0": 6_462})

    (finding,) = [each for each in reported.findings if each.field == "meters/total.impressions"]
    assert total(reported) == 6_466
    assert (finding.raw, finding.source) == ("6462", f"{HP_COUNT}.5.0")
    assert finding.reason.startswith("sources-disagree: differs from 6466 of " + LIFE_COUNT)


def test_a_count_beyond_any_printers_life_gives_way_to_one_that_makes_sense() -> None:
    reported = report_of(HP, {LIFE_COUNT: 4_294_967_246, f"{HP_COUNT}.5.0": 60_837})

    assert total(reported) == 60_837
    assert words(reported, "meters/total.impressions") == ["sources-disagree"]


def test_a_count_beyond_any_printers_life_is_named_when_there_is_no_other() -> None:
    assert words(report_of({LIFE_COUNT: 4_294_967_246}), "meters/total.impressions") == ["implausible"]


@pytest.mark.parametrize(("colour", "expected"), [(12_346 + 500, ["parts-exceed-total"]), (12_345, []), (12_845, [])])
def test_a_total_below_its_parts_is_named(colour: int, expected: list[str]) -> None:
    assert words(report_of(HP, {f"{HP_COUNT}.7.0": colour}), "meters/total.impressions") == expected


def test_a_column_of_counts_that_never_ends_invents_no_markers() -> None:
    rows: dict[str, SnmpValue] = {f"1.3.6.1.2.1.43.10.2.1.4.1.{row}": 34_744 for row in range(1, 9)}
    walk = Finding(field="walk", source=dotted(mib.PRT_MARKER_LIFE_COUNT), reason="more rows than any printer needs")

    reported = report(replace(evidence(PRINTER, rows), findings=(walk,)), DEFINITIONS)

    assert [meter.name for meter in reported.meters] == ["total.impressions"]
    assert words(reported, "meters") == ["endless"]


def test_a_cut_ipp_answer_is_none() -> None:
    whole = ipp_reply(
        ipp_value(INTEGER, "printer-impressions-completed", 100), ipp_list(INTEGER, "marker-levels", 10, 20, 30)
    )

    for length in range(9, len(whole)):
        reported = report(Evidence(address=ADDRESS, observed_at=NOON, ipp=whole[:length]), DEFINITIONS)
        assert (reported.meters, reported.supplies) == ((), ())
        assert [finding.field for finding in reported.findings][:1] == ["ipp"]
    assert total(report(Evidence(address=ADDRESS, observed_at=NOON, ipp=whole), DEFINITIONS)) == 100


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "told by its address alone"),
        ({"1.3.6.1.2.1.1.5.0": b"prn-1"}, "told by its host name and model"),
        ({"1.3.6.1.2.1.2.2.1.6.1": bytes.fromhex("00aabbccddee")}, "told by its MAC address"),
    ],
)
def test_a_printer_without_serial_is_flagged_weak_with_what_tells_it(table: dict[str, SnmpValue], told: str) -> None:
    without = {name: value for name, value in PRINTER.items() if ".5.1.1.17." not in name}

    reported = report(evidence(without, table), DEFINITIONS)

    (finding,) = [each for each in reported.findings if each.field == "device.serial"]
    assert finding.reason == f"weak-identity: no serial number; {told}"


def test_a_hardware_address_of_zeros_is_none_and_is_told() -> None:
    reported = report_of({"1.3.6.1.2.1.2.2.1.6.1": bytes(6)})

    assert reported.device.mac is None
    assert words(reported, "device.mac") == ["zeros are no hardware address"]
    assert not words(
        report_of({"1.3.6.1.2.1.2.2.1.6.1": bytes(6), "1.3.6.1.2.1.2.2.1.6.2": b"\0\1\2\3\4\5"}), "device.mac"
    )


def date(at: datetime, zone: bytes = b"+\0\0") -> bytes:
    """A DateAndTime of RFC 2579."""
    return at.year.to_bytes(2) + bytes([at.month, at.day, at.hour, at.minute, at.second, 0]) + zone


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (date(NOON), []),
        (date(NOON + timedelta(minutes=29)), []),
        (date(NOON + timedelta(days=1)), ["clock-off"]),
        (date(datetime(2000, 1, 1, tzinfo=UTC)), ["clock-off"]),
        (date(NOON + timedelta(hours=2), b"+\2\0"), []),
        (date(NOON - timedelta(hours=5), b"-\5\0"), []),
        (date(NOON + timedelta(hours=12), b""), []),
        (date(NOON + timedelta(days=1), b""), ["clock-off"]),
        (b"", ["this is no date of RFC 2579"]),
        (b"\xff" * 8, ["this is no date of RFC 2579"]),
        (b"\xff" * 11, ["this is no date of RFC 2579"]),
        (1234, ["this is no date of RFC 2579"]),
    ],
)
def test_a_printers_clock_is_compared_and_used_for_nothing(raw: SnmpValue, expected: list[str]) -> None:
    reported = report_of({"1.3.6.1.2.1.25.1.2.0": raw})

    assert words(reported, "clock") == expected
    assert reported.observed_at == NOON


def test_a_date_with_a_zone_is_that_moment() -> None:
    told = read_date(date(datetime(2026, 11, 22, 14, 30, tzinfo=UTC), b"+\2\0"))

    assert told == (datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=2))), True)


def test_a_stopped_printer_whose_alerts_call_nothing_critical_is_told() -> None:
    jammed: dict[str, SnmpValue] = {ERRORS: b"\x04"}
    row: dict[str, SnmpValue] = {"group": 13, "part": 1, "code": 8, "description": b"Jam", "ticks": 8_000_000}

    assert words(report_of(jammed), "alerts") == ["unexplained"]
    assert words(report_of(jammed, alert_row(1, severity=4, **row)), "alerts") == ["unexplained"]
    assert words(report_of(jammed, alert_row(1, severity=3, **row)), "alerts") == []


def test_an_alerts_id_does_not_move_with_its_row() -> None:
    row: dict[str, SnmpValue] = {
        "severity": 3,
        "group": 13,
        "part": 1,
        "code": 8,
        "description": b"Jam",
        "ticks": 8_000_000,
    }

    (first,), (second,) = report_of(alert_row(7, **row)).alerts, report_of(alert_row(1, **row)).alerts
    assert first.alert_id == second.alert_id

    other = report_of(alert_row(1, **row), alert_row(2, **row | {"part": 2})).alerts
    assert len({alert.alert_id for alert in other}) == 2

    timeless = row | {"ticks": 0}
    assert report_of(alert_row(7, **timeless)).alerts != report_of(alert_row(8, **timeless)).alerts


def toners(*levels: int) -> dict[str, SnmpValue]:
    """Toners in these colours with these levels."""
    table: dict[str, SnmpValue] = {}
    for row, (level, colour) in enumerate(zip(levels, (b"Black", b"Cyan", b"Magenta"), strict=False), start=1):
        table |= supply_row(row, kind=TONER, description=colour + b" Toner", unit=19, capacity=100, level=level)
    return table


def states(reported: Report) -> list[SupplyState]:
    """The words of the supplies."""
    return [supply.state for supply in reported.supplies]


S, L, E, M = SupplyState.SOME_LEFT, SupplyState.LOW, SupplyState.EMPTY, SupplyState.MEASURED


@pytest.mark.parametrize(
    ("console", "expected"),
    [
        (b"Cyan toner low", [S, L, S]),
        (b"Replace cyan cartridge: almost empty", [S, L, S]),
        (b"Cyan toner empty", [S, E, S]),
        (b"Toner Low: BK", [L, S, S]),
        (b"Toner Low: M   ", [S, S, L]),
        (b"Toner low", [S, S, S]),
        (b"Cyan drum low", [S, S, S]),
        (b"Ready", [S, S, S]),
    ],
)
def test_what_the_display_says_of_a_supply_is_believed_over_some_left(
    console: bytes, expected: list[SupplyState]
) -> None:
    assert states(report_of(toners(-3, -3, -3), {CONSOLE: console})) == expected


@pytest.mark.parametrize(
    ("levels", "expected", "said"),
    [
        ((-3,), [L], []),
        ((80, -3, 70), [M, L, M], []),
        ((80, 12, 70), [M, M, M], []),
        ((-3, -3, 70), [S, S, M], ["unexplained"]),
        ((80, 90, 70), [M, M, M], ["unexplained"]),
    ],
)
def test_low_toner_without_a_name_is_about_the_only_one_that_can_be_meant(
    levels: tuple[int, ...], expected: list[SupplyState], said: list[str]
) -> None:
    reported = report_of(toners(*levels), {ERRORS: b"\x20"})

    assert (states(reported), words(reported, "supplies")) == (expected, said)


def test_meters_of_a_web_server_that_woke_up_before_snmp_do_not_stay_behind() -> None:
    standard = Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=50, source=LIFE_COUNT)
    copies = Meter(name="copy.impressions", unit=Unit.IMPRESSIONS, value=9, source="ledm:ProductUsageDyn/Copy")

    def reading(hours: int, *meters: Meter) -> Report:
        device = Device(serial="CN1", model="M9")
        return Report(observed_at=NOON + timedelta(hours=hours), device=device, meters=meters)

    _, known = judged(reading(0, standard), None)
    booting, after_boot = judged(reading(1, copies), known)
    _, known = judged(reading(2, standard), after_boot)

    assert booting.meters == ()
    assert [finding.reason.partition(":")[0] for finding in booting.findings] == ["passing"]
    assert judged(reading(3, copies), known)[0].meters == ()
    assert judged(reading(2, copies), after_boot)[0].meters == (copies,), "told twice in a row it stays"
    assert judged(reading(0, copies), None)[0].meters == (copies,), "a printer without SNMP tells what it has"


def test_a_memory_from_before_a_meter_was_passing_is_read() -> None:
    known = Known(at=NOON, model="M9", series={("a.b", "x"): Seen(value=1, unit=Unit.MM, at=NOON)}, heard={"a.b": "x"})

    assert known.passing == frozenset()


@pytest.mark.parametrize(("labels", "colour"), [("K PK MK G", False), ("K C", True), ("K", False)])
def test_a_printer_with_several_blacks_is_no_colour_printer(labels: str, colour: bool) -> None:
    rows = "".join(
        f"<c:ConsumableInfo><c:ConsumableLabelCode>{one}</c:ConsumableLabelCode></c:ConsumableInfo>"
        for one in labels.split()
    )
    config = f'<c:ConsumableConfigDyn xmlns:c="http://www.hp.com/schemas/imaging/con/x">{rows}</c:ConsumableConfigDyn>'
    product = (
        '<p:ProductConfigDyn xmlns:p="http://www.hp.com/schemas/imaging/con/y"><p:ProductInformation>'
        "<p:MakeAndModel>HP X</p:MakeAndModel></p:ProductInformation></p:ProductConfigDyn>"
    )
    documents = {"/a": config.encode(), "/b": product.encode()}

    reported = report(Evidence(address=ADDRESS, observed_at=NOON, ledm=documents), DEFINITIONS)

    assert reported.config is not None
    assert reported.config.color_capable is colour
