"""What a short question must show before a printer's last reading may stand, and what is read when it does not."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture, SnmpValue, oid
from data_collector.core.short_reading import (
    OBJECTS_MAX,
    Short,
    Verdict,
    counts_elsewhere,
    judge_short,
    moved_on,
    moving_questions,
    short_question,
)
from data_collector.core.vendors import GENERIC, Definition, MeterRule
from tests.support.data_collector_core import PRINTER, alert_row, picture, supply_row
from wire_format.records import Unit

UPTIME = 8_640_000
LATER = timedelta(minutes=10)
TONER = supply_row(1, kind=3, description=b"Black Toner", unit=19, capacity=100, level=40)
DRUM = supply_row(2, kind=9, description=b"Drum", unit=19, capacity=100, level=70)
INK = supply_row(3, kind=5, description=b"Cyan Ink", unit=19, capacity=100, level=50)
CALM: dict[str, SnmpValue] = {
    **PRINTER,
    "1.3.6.1.2.1.43.5.1.1.1.1": 4,
    "1.3.6.1.2.1.43.5.1.1.19.1": 12,
    "1.3.6.1.2.1.43.16.5.1.2.1.1": b"Ready",
    "1.3.6.1.2.1.43.16.5.1.2.1.2": b"",
    **TONER,
    **DRUM,
}
LIFE = (*mib.PRT_MARKER_LIFE_COUNT, 1, 1)
EVENTS = (*mib.PRT_ALL_EVENTS, 1)
COPIES = oid("1.3.6.1.4.1.99999.1.1.0")
SCANS = oid("1.3.6.1.4.1.99999.1.2.0")
MAKER = Definition(
    name="examplo",
    meters=(
        MeterRule(name="copy.impressions", unit=Unit.IMPRESSIONS, sum=(COPIES,)),
        MeterRule(name="scan.images", unit=Unit.IMAGES, sum=(SCANS,)),
    ),
)
COUNTS: dict[str, SnmpValue] = {"1.3.6.1.4.1.99999.1.1.0": 700, "1.3.6.1.4.1.99999.1.2.0": 800}


def question(*tables: Mapping[str, SnmpValue], life_counts: bool = True, maker: Definition = GENERIC) -> Short | None:
    """The short question to a calm printer, changed by tables."""
    return short_question(picture(CALM, *tables), maker, life_counts=life_counts)


def answers(
    before: Picture, asked: Short, changed: Mapping[str, SnmpValue] | None = None, ticks: int = 60_000
) -> dict[Oid, SnmpValue]:
    """What it answers ten minutes later. changed: by dotted identifier."""
    now: dict[Oid, SnmpValue] = {one: value for one in asked.gets if (value := before.value(one)) is not None}
    now[mib.SYS_UP_TIME] = UPTIME + ticks
    return now | {oid(name): value for name, value in (changed or {}).items()}


def judged(changed: Mapping[str, SnmpValue] | None = None, ticks: int = 60_000, passed: timedelta = LATER) -> Verdict:
    """The verdict on a calm printer that answers with these changes."""
    before, asked = picture(CALM), question()
    assert asked is not None
    return judge_short(asked, before, UPTIME, answers(before, asked, changed, ticks), passed)


def test_all_equal_and_a_clock_that_ran_on_is_unchanged() -> None:
    assert judged() is Verdict.UNCHANGED


@pytest.mark.parametrize(
    "changed",
    [
        {"1.3.6.1.2.1.43.10.2.1.4.1.1": 12_346},
        {"1.3.6.1.2.1.25.3.5.1.1.1": 1},
        {"1.3.6.1.2.1.25.3.5.1.2.1": b"\x80"},
        {"1.3.6.1.2.1.43.5.1.1.19.1": 13},
        {"1.3.6.1.2.1.43.16.5.1.2.1.1": b"Sleep"},
        {"1.3.6.1.2.1.43.11.1.1.9.1.1": 100},
    ],
)
def test_a_count_a_state_an_alert_a_display_or_a_toner_that_moved_is_a_change(changed: dict[str, SnmpValue]) -> None:
    assert judged(changed) is Verdict.CHANGED


@pytest.mark.parametrize(
    "changed",
    [
        {"1.3.6.1.2.1.43.5.1.1.17.1": b"EX-4712-A"},
        {"1.3.6.1.2.1.43.5.1.1.1.1": 5},
        {"1.3.6.1.2.1.43.10.2.1.4.1.1": 12_344},
        {"1.3.6.1.2.1.43.10.2.1.4.1.1": b"12345"},
        {"1.3.6.1.2.1.1.3.0": b""},
    ],
)
def test_another_printer_another_set_up_or_a_count_that_fell_is_read_whole(changed: dict[str, SnmpValue]) -> None:
    assert judged(changed) is Verdict.UNSURE


def test_an_object_that_is_not_answered_any_more_is_read_whole() -> None:
    before, asked = picture(CALM), question()
    assert asked is not None
    for lost in asked.gets:
        told = answers(before, asked)
        del told[lost]
        assert judge_short(asked, before, UPTIME, told, LATER) is Verdict.UNSURE


@pytest.mark.parametrize(
    ("ticks", "passed"),
    [
        (500 - UPTIME, LATER),  # restarted
        (0, LATER),  # stands still: the answers are old
        (60_000, timedelta(hours=3)),  # slept
        (1_080_000, LATER),  # leapt ahead
        (-60_000, -LATER),  # our own clock was set back
        (60_000 - 2**32, LATER),  # rolled over
    ],
)
def test_an_uptime_that_did_not_go_on_with_time_is_read_whole(ticks: int, passed: timedelta) -> None:
    assert judged(None, ticks, passed) is Verdict.UNSURE


@pytest.mark.parametrize(
    "lacks",
    ["1.3.6.1.2.1.43.5.1.1.17.1", "1.3.6.1.2.1.43.5.1.1.1.1", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.43.10.2.1.4.1.1",
     "1.3.6.1.2.1.25.3.5.1.1.1"],
)  # fmt: skip
def test_a_printer_without_identity_configuration_count_clock_or_state_is_always_read_whole(lacks: str) -> None:
    without = Picture((one, value) for one, value in picture(CALM) if one != oid(lacks))

    assert short_question(without, GENERIC, life_counts=True) is None


def test_a_serial_number_that_is_none_or_a_busy_printer_is_read_whole() -> None:
    assert question({"1.3.6.1.2.1.43.5.1.1.17.1": b"0000000000"}) is None
    assert question({"1.3.6.1.2.1.25.3.5.1.1.1": 4}) is None


def test_the_question_is_small_and_asks_what_moves_by_itself() -> None:
    asked = question(INK, COUNTS, maker=MAKER)

    assert asked is not None
    levels = {one for one in asked.gets if one[: len(mib.PRT_SUPPLY_LEVEL)] == mib.PRT_SUPPLY_LEVEL}
    assert levels == {(*mib.PRT_SUPPLY_LEVEL, 1, 1), (*mib.PRT_SUPPLY_LEVEL, 1, 3)}
    assert SCANS in asked.gets
    assert COPIES not in asked.gets
    assert (*mib.PRT_CONSOLE_TEXT, 1, 2) not in asked.gets
    assert asked.walks == ()


def test_a_life_count_that_stood_while_another_moved_is_not_believed_again() -> None:
    before, now = picture(CALM, COUNTS), picture(CALM, COUNTS, {"1.3.6.1.4.1.99999.1.1.0": 701})
    both = picture(CALM, COUNTS, {"1.3.6.1.4.1.99999.1.1.0": 701, "1.3.6.1.2.1.43.10.2.1.4.1.1": 12_346})

    assert counts_elsewhere(before, now, MAKER)
    assert not counts_elsewhere(before, both, MAKER)
    for asked in (
        question(COUNTS, maker=MAKER, life_counts=False),
        question(COUNTS, {"1.3.6.1.2.1.43.10.2.1.4.1.1": 0}, maker=MAKER),
    ):
        assert asked is not None
        assert {COPIES, SCANS, (*mib.PRT_SUPPLY_LEVEL, 1, 2)} <= set(asked.gets)


def test_where_events_are_not_counted_the_alert_table_and_all_levels_are_read() -> None:
    standing = alert_row(7, severity=4, group=11, part=1, code=1104, description=b"Toner low", ticks=1)
    uncounted = question(standing, {"1.3.6.1.2.1.43.5.1.1.19.1": 0})
    without = short_question(
        Picture((one, value) for one, value in picture(CALM) if one != EVENTS), GENERIC, life_counts=True
    )

    for asked in (uncounted, without):
        assert asked is not None
        assert asked.walks == (mib.PRT_ALERT_SEVERITY,)
        assert (*mib.PRT_SUPPLY_LEVEL, 1, 2) in asked.gets


def test_every_standing_alert_is_asked_for() -> None:
    asked = question(alert_row(7, severity=4, group=11, part=1, code=1104, description=b"Toner low", ticks=1))

    assert asked is not None
    assert {(*mib.PRT_ALERT_CODE, 1, 7), (*mib.PRT_ALERT_SEVERITY, 1, 7), EVENTS} <= set(asked.gets)


def test_a_question_that_is_not_short_is_none() -> None:
    many = {one: value for row in range(1, OBJECTS_MAX + 1) for one, value in supply_row(row, kind=5, level=9).items()}

    assert question(many) is None


def test_a_display_alone_brings_no_table_and_a_count_brings_levels_and_meters() -> None:
    before, asked = picture(CALM, COUNTS), question(COUNTS, maker=MAKER)
    assert asked is not None
    shown = answers(before, asked, {"1.3.6.1.2.1.43.16.5.1.2.1.1": b"Sleep"})
    counted = answers(before, asked, {"1.3.6.1.2.1.43.10.2.1.4.1.1": 12_346})
    opened = answers(before, asked, {"1.3.6.1.2.1.43.5.1.1.19.1": 13})

    display = moving_questions(asked, before, MAKER, shown)
    count = moving_questions(asked, before, MAKER, counted)
    cover = moving_questions(asked, before, MAKER, opened)

    assert (display.gets, display.walks) == (((*mib.HR_DEVICE_STATUS, 1),), ())
    assert COPIES in count.gets
    assert [walk.root for walk in count.walks] == [mib.PRT_SUPPLY_LEVEL]
    assert {mib.PRT_SUPPLIES, mib.PRT_ALERT} <= {walk.root for walk in cover.walks}


def test_what_was_walked_replaces_its_rows_and_the_clock_goes_on() -> None:
    date = b"\x07\xea\x0b\x16\x0c\x00\x00\x00+\x00\x00"
    before = picture(CALM, {"1.3.6.1.2.1.25.1.2.0": date}, alert_row(7, severity=4, code=1104))

    now = moved_on(before, {LIFE: 12_350}.items(), [mib.PRT_ALERT], timedelta(hours=13))

    assert now.column(mib.PRT_ALERT) == ()
    assert now.value(LIFE) == 12_350
    assert now.value(mib.HR_SYSTEM_DATE) == b"\x07\xea\x0b\x17\x01\x00\x00\x00+\x00\x00"
    assert len(now) == len(before) - 2
