"""A meter that makes no sense after the last reading is not sent as right, and every oddity is a finding."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.known_meters import Known, decode_known, encode_known, judged, meters_key
from wire_format.records import Device, Finding, Meter, Report, Unit

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
STANDARD = "1.3.6.1.2.1.43.10.2.1.4.1.1"
LEDM = "ledm:ProductUsageDyn/PrinterSubunit/TotalImpressions"
UP_MS = 10 * 24 * 3_600_000


def reading(
    value: int | None,
    hours: float,
    *,
    source: str = STANDARD,
    name: str = "total.impressions",
    unit: Unit = Unit.IMPRESSIONS,
    up_ms: int | None = None,
    device: Device | None = None,
) -> Report:
    """What a printer said so many hours after the start. up_ms: its uptime, unless undisturbed."""
    meters = () if value is None else (Meter(name=name, unit=unit, value=value, source=source),)
    return Report(
        observed_at=START + timedelta(hours=hours),
        uptime_ms=UP_MS + int(hours * 3_600_000) if up_ms is None else up_ms,
        device=device or Device(serial="CN1", manufacturer="HP", model="M9"),
        meters=meters,
    )


class House:
    """A collector's memory, written down and read again after each reading, as the spool does."""

    def __init__(self) -> None:
        self.memory: str | None = None

    def read(self, report: Report) -> tuple[int | None, list[str]]:
        """What is sent of the only meter, and the first words of the findings."""
        sent, known = judged(report, decode_known(self.memory))
        self.memory = encode_known(known)
        assert decode_known(self.memory) == known
        value = sent.meters[0].value if sent.meters else None
        return value, [finding.reason.partition(":")[0] for finding in sent.findings]


def test_a_count_that_rises_is_sent_and_nothing_is_said() -> None:
    house = House()

    assert [house.read(reading(value, hours)) for hours, value in enumerate((5_000, 5_000, 9_000))] == [
        (5_000, []), (5_000, []), (9_000, []),
    ]  # fmt: skip


def test_a_small_step_back_is_withheld_and_the_rise_after_it_is_not_counted_twice() -> None:
    house = House()

    told = [house.read(reading(value, hours)) for hours, value in enumerate((1_697_341, 1_697_340, 1_697_341))]

    assert told == [(1_697_341, []), (None, ["jitter"]), (1_697_341, [])]


def test_a_count_that_stays_down_is_believed_in_the_end() -> None:
    house = House()

    told = [house.read(reading(value, hours)) for hours, value in enumerate((500, 496, 496, 497, 497, 498))]

    assert told == [
        (500, []), (None, ["jitter"]), (None, ["jitter"]), (None, ["jitter"]), (497, ["rollback"]), (498, []),
    ]  # fmt: skip


@pytest.mark.parametrize(("fall", "expected"), [(9, (991, ["nvram-loss"])), (10, (None, ["jitter"]))])
def test_up_to_nine_impressions_may_be_lost_with_the_power(fall: int, expected: object) -> None:
    house = House()
    house.read(reading(1_000, 0))

    assert house.read(reading(1_000 - fall, 1, up_ms=60_000)) == expected
    assert house.read(reading(1_000, 2, up_ms=3_660_000)) == (1_000, [])


@pytest.mark.parametrize(
    ("source", "name", "before", "after", "modulus"),
    [
        ("1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0", "total.impressions", 999_950, 30, 1_000_000),
        (STANDARD, "total.impressions", 999_950, 30, 1_000_000),
        ("1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.22.0", "total.sheets.duplex", 2**24 - 5, 20, 2**24),
        (STANDARD, "total.impressions", 2**32 - 50, 12, 2**32),
    ],
)
def test_a_wrap_at_a_known_modulus_goes_on_and_is_named_in_every_reading(
    source: str, name: str, before: int, after: int, modulus: int
) -> None:
    unit = Unit.SHEETS if "sheets" in name else Unit.IMPRESSIONS
    device = Device(serial="CN1", manufacturer="HP" if modulus < 2**32 else "Examplo")
    house = House()
    told = []
    for hours, value in enumerate((before, after, after + 7)):
        told.append(house.read(reading(value, hours, source=source, name=name, unit=unit, device=device)))

    assert told == [(before, []), (after, ["wrap"]), (after + 7, ["wrap"])]
    known = decode_known(house.memory)
    assert known is not None and known.series[name, source].passed == modulus


@pytest.mark.parametrize(
    ("before", "after", "source"),
    [(899_000, 10, STANDARD), (999_950, 200_000, STANDARD), (999_950, 30, LEDM), (1_000_100, 30, STANDARD)],
)
def test_a_fall_elsewhere_than_at_the_modulus_is_no_wrap(before: int, after: int, source: str) -> None:
    house = House()
    house.read(reading(before, 0, source=source))

    assert house.read(reading(after, 1, source=source)) == (None, ["rollback"])


def test_far_below_its_modulus_a_fall_is_no_wrap_however_long_ago_the_last_reading_was() -> None:
    house = House()
    house.read(reading(700_000, 0))

    assert house.read(reading(40, 24 * 30)) == (None, ["rollback"])


def test_a_rollback_is_withheld_until_a_second_reading_says_the_same() -> None:
    house = House()

    told = [house.read(reading(value, hours)) for hours, value in enumerate((50_000, 1_000, 1_004, 1_010))]

    assert told == [(50_000, []), (None, ["rollback"]), (1_004, ["rollback"]), (1_010, [])]


def test_a_reading_that_falls_once_leaves_no_trace() -> None:
    house = House()

    told = [house.read(reading(value, hours)) for hours, value in enumerate((50_000, 0, 50_003))]

    assert told == [(50_000, []), (None, ["rollback"]), (50_003, [])]


def test_a_board_that_was_changed_is_called_so_and_counts_anew() -> None:
    house = House()
    house.read(reading(50_000, 0))

    assert house.read(reading(0, 1, up_ms=600_000)) == (None, ["board-changed"])
    assert house.read(reading(3, 2, up_ms=4_200_000)) == (3, ["board-changed"])
    assert house.read(reading(9, 3, up_ms=7_800_000)) == (9, [])


def test_a_count_that_rises_faster_than_any_printer_prints_is_withheld_until_it_is_confirmed() -> None:
    glitch, true = House(), House()

    assert [glitch.read(reading(v, h)) for h, v in enumerate((1_000, 4_000_000, 1_020))] == [
        (1_000, []), (None, ["jump"]), (1_020, []),
    ]  # fmt: skip
    assert [true.read(reading(v, h)) for h, v in enumerate((1_000, 4_000_000, 4_000_020, 4_000_030))] == [
        (1_000, []), (None, ["jump"]), (4_000_020, ["jump"]), (4_000_030, []),
    ]  # fmt: skip


def test_after_a_month_of_silence_the_whole_rise_is_right() -> None:
    house = House()
    house.read(reading(1_000, 0))

    assert house.read(reading(61_000, 24 * 30)) == (61_000, [])


def test_another_source_is_named_and_the_first_goes_on_from_its_own_count() -> None:
    house = House()

    told = [
        house.read(reading(value, hours, source=source))
        for hours, (value, source) in enumerate(
            ((6_466, STANDARD), (6_462, LEDM), (6_467, STANDARD), (6_468, STANDARD))
        )
    ]

    assert told == [(6_466, []), (6_462, ["source-changed"]), (6_467, ["source-changed"]), (6_468, [])]


def test_a_count_in_another_unit_is_never_compared() -> None:
    house = House()
    house.read(reading(5_000, 0))

    assert house.read(reading(12, 1, unit=Unit.SHEETS)) == (12, ["unit-changed"])


def test_an_uptime_that_stands_still_proves_no_restart() -> None:
    house = House()
    house.read(reading(1_000, 0, up_ms=1_000))

    assert house.read(reading(995, 1, up_ms=1_000)) == (None, ["uptime-stuck", "jitter"])


def test_an_uptime_that_began_again_after_497_days_is_no_restart() -> None:
    house = House()
    house.read(reading(1_000, 0, up_ms=2**32 * 10 - 1_800_000))

    assert house.read(reading(995, 1, up_ms=1_800_000)) == (None, ["jitter"])


def test_a_collectors_clock_that_was_set_back_makes_no_jump() -> None:
    house = House()
    house.read(reading(1_000, 100))

    assert house.read(reading(9_000, 50)) == (9_000, [])


def test_a_weak_device_of_another_model_has_no_history() -> None:
    house = House()
    house.read(reading(50_000, 0, device=Device(hostname="p1", model="Old")))

    assert house.read(reading(12, 1, device=Device(hostname="p1", model="New"))) == (12, [])


def test_an_address_is_no_name_for_a_memory() -> None:
    assert meters_key(Device(ip="192.0.2.7")) is None
    assert meters_key(Device()) is None
    assert meters_key(Device(serial="CN1", ip="192.0.2.7")) == "meters:serial:CN1"


def test_a_reading_without_meters_forgets_nothing() -> None:
    house = House()
    for hours, value in enumerate((50_000, None)):
        house.read(reading(value, hours))

    assert house.read(reading(10, 2)) == (None, ["rollback"])


def test_findings_never_exceed_what_a_report_may_hold() -> None:
    full = tuple(Finding(field=str(number), source="x", reason="x") for number in range(256))
    known = judged(reading(1_000, 0), None)[1]

    assert len(judged(replace(reading(1, 1), findings=full), known)[0].findings) == 256


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"at":1}', '{"at":"2026-11-22T00:00:00.000Z"}', "null"])
def test_a_memory_that_cannot_be_read_is_none(text: str | None) -> None:
    assert decode_known(text) is None


def test_what_is_remembered_is_read_back() -> None:
    empty = Known(at=START)

    assert decode_known(encode_known(empty)) == empty
