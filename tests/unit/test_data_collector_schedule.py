"""When the collector scans what."""

from datetime import UTC, datetime, timedelta

from data_collector.core.schedule import Rhythm, Schedule, Turn, decode_waits, encode_waits, spread_of

AT = datetime(2026, 11, 22, tzinfo=UTC)
ONE = {"one": Rhythm(focus_s=100.0, range_s=1_000.0)}
TWO = {**ONE, "two": Rhythm(focus_s=50.0, range_s=500.0)}


def begun(schedule: Schedule, now_s: float) -> dict[str, Turn]:
    turns = schedule.due(now_s)
    for name, turn in turns.items():
        schedule.begin(name, turn, now_s)
    return turns


def test_a_new_profile_is_ranged_at_the_start() -> None:
    assert Schedule(ONE, now_s=5.0).due(5.0) == {"one": Turn.RANGE}


def test_known_printers_are_read_often_and_the_range_rarely() -> None:
    schedule = Schedule(ONE, now_s=0.0)

    turns = [begun(schedule, float(now_s)) for now_s in range(0, 2_001, 100)]

    assert [one["one"] for one in turns].count(Turn.RANGE) == 3
    assert [place for place, one in enumerate(turns) if one["one"] is Turn.RANGE] == [0, 10, 20]


def test_the_next_scan_is_one_interval_after_the_turn_not_after_the_scan() -> None:
    schedule = Schedule(ONE, now_s=5.0)

    begun(schedule, 7.0)

    assert schedule.wake_at() == 105.0
    assert not schedule.due(104.9)
    assert schedule.due(105.0) == {"one": Turn.FOCUS}


def test_missed_turns_are_swallowed() -> None:
    schedule = Schedule(ONE, now_s=0.0)

    begun(schedule, 350.0)

    assert schedule.wake_at() == 400.0


def test_profiles_keep_their_own_rhythm() -> None:
    schedule = Schedule(TWO, now_s=0.0)
    begun(schedule, 0.0)

    assert begun(schedule, 50.0) == {"two": Turn.FOCUS}
    assert begun(schedule, 100.0) == {"one": Turn.FOCUS, "two": Turn.FOCUS}


def test_a_scan_that_is_asked_for_is_due_at_once_and_leaves_the_grid_alone() -> None:
    schedule = Schedule(ONE, now_s=0.0)
    begun(schedule, 0.0)

    schedule.ask(Turn.RANGE)

    assert schedule.asked("one")
    assert begun(schedule, 10.0) == {"one": Turn.RANGE}
    assert not schedule.due(11.0)
    assert schedule.wake_at() == 100.0


def test_a_restart_goes_on_where_it_was() -> None:
    before = Schedule(TWO, now_s=0.0)
    begun(before, 0.0)
    kept = encode_waits(before.waits(20.0), AT)

    after = Schedule(TWO, 7_000.0, decode_waits(kept, AT + timedelta(seconds=10)))

    assert not after.due(7_000.0)
    assert begun(after, 7_020.0) == {"two": Turn.FOCUS}
    assert begun(after, 7_070.0) == {"one": Turn.FOCUS, "two": Turn.FOCUS}


def test_what_is_overdue_after_a_restart_is_spread_and_a_new_profile_is_not() -> None:
    before = Schedule(ONE, now_s=0.0)
    begun(before, 0.0)
    kept = decode_waits(encode_waits(before.waits(0.0), AT), AT + timedelta(days=9))

    waits = {spread: Schedule(TWO, 0.0, kept, spread).waits(0.0) for spread in (0.0, 0.5, 0.9)}

    assert [one["one"][Turn.FOCUS] for one in waits.values()] == [0.0, 2.5, 4.5]
    assert [one["two"][Turn.RANGE] for one in waits.values()] == [0.0, 0.0, 0.0]


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    kept = {"one": {Turn.FOCUS: 1e9, Turn.RANGE: 1e9}}

    assert Schedule(ONE, 0.0, kept).waits(0.0) == {"one": {Turn.FOCUS: 100.0, Turn.RANGE: 1_000.0}}


def test_a_missing_printer_brings_the_range_forward_but_not_each_time() -> None:
    schedule = Schedule(ONE, now_s=0.0)
    begun(schedule, 0.0)
    begun(schedule, 100.0)

    schedule.early("one", 101.0)

    assert begun(schedule, 200.0) == {"one": Turn.RANGE}
    schedule.early("one", 201.0)
    assert begun(schedule, 300.0) == {"one": Turn.FOCUS}
    assert schedule.due(325.0) == {"one": Turn.RANGE}


def test_a_memory_that_is_none_is_an_empty_one() -> None:
    assert [decode_waits(text, AT) for text in (None, "", "[", "[1]", '{"a": 1}', '{"a": {"b": "c"}}')] == [{}] * 6


def test_senders_are_spread_evenly_and_always_alike() -> None:
    spreads = [spread_of(f"sender-{number}") for number in range(1_000)]

    assert spread_of("sender-7") == spreads[7]
    assert all(90 <= sum(low <= one < low + 0.1 for one in spreads) <= 130 for low in (0.0, 0.3, 0.9)), spreads
