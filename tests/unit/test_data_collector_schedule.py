"""When the collector scans."""

from data_collector.core.schedule import Schedule


def test_the_first_scan_is_at_the_start() -> None:
    assert Schedule(100.0, now_s=5.0).due(5.0)


def test_the_next_scan_is_one_interval_after_the_turn_not_after_the_scan() -> None:
    schedule = Schedule(100.0, now_s=5.0)

    schedule.begin(7.0)

    assert schedule.wake_at() == 105.0
    assert not schedule.due(104.9)
    assert schedule.due(105.0)


def test_missed_turns_are_swallowed() -> None:
    schedule = Schedule(100.0, now_s=0.0)

    schedule.begin(350.0)

    assert schedule.wake_at() == 400.0


def test_a_scan_that_is_asked_for_is_due_at_once_and_leaves_the_grid_alone() -> None:
    schedule = Schedule(100.0, now_s=0.0)
    schedule.begin(0.0)

    schedule.ask()

    assert schedule.due(10.0)
    schedule.begin(10.0)
    assert not schedule.due(11.0)
    assert schedule.wake_at() == 100.0
