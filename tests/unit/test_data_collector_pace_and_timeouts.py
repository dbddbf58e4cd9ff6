"""One wheel for all timeouts, one bucket for all packets."""

import pytest

from data_collector.core.pace import Pace
from data_collector.core.timeout_wheel import NOTCH_S, TimeoutWheel


def test_a_thing_is_due_at_its_time_and_never_earlier() -> None:
    wheel: TimeoutWheel[str] = TimeoutWheel()
    wheel.add("later", 2.0)
    wheel.add("soon", 1.004)

    assert wheel.due(1.0) == []
    assert wheel.wake_at() == pytest.approx(1.01)
    assert wheel.due(1.004 + NOTCH_S) == ["soon"]
    assert wheel.due(5.0) == ["later"]
    assert wheel.wake_at() is None


def test_things_of_one_notch_share_one_wake_up() -> None:
    wheel: TimeoutWheel[int] = TimeoutWheel()
    for number in range(1000):
        wheel.add(number, 1.0)

    assert len(wheel) == 1000
    assert wheel.due(1.0) == list(range(1000))


def test_packets_leave_at_the_rate_whatever_the_loop_does() -> None:
    pace, sent, now_s = Pace(1000.0, 0.0), 0, 0.0
    for step in range(200):
        now_s += 0.002 if step % 7 else 0.1  # a loop that is late now and then
        leaving = pace.permits(now_s)
        pace.spend(leaving)
        sent += leaving
    assert sent <= 1000 * now_s + 10


def test_a_loop_that_slept_does_not_flood_the_network() -> None:
    pace = Pace(1000.0, 0.0)
    pace.spend(pace.permits(0.0))

    assert pace.permits(60.0) <= 10


def test_a_pace_says_how_long_to_wait_for_one_more() -> None:
    pace = Pace(100.0, 0.0)
    pace.spend(pace.permits(0.0))

    assert pace.wait_s() == pytest.approx(0.01)
    assert pace.permits(pace.wait_s()) == 1


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(0.0, 0.0)
