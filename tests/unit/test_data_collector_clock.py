"""The clock that a demonstration runs faster."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from data_collector.clock import Clock, ClockError


def test_a_clock_without_arguments_tells_the_real_time() -> None:
    before, told, after = time.time(), Clock().utc_now().timestamp(), time.time()

    assert before <= told <= after


def test_a_fast_clock_runs_as_often_as_it_says() -> None:
    real_s = time.time() - 10.0

    told = Clock.parse(f"2026-11-16T07:30:00Z,{real_s},600").utc_now()

    assert told - datetime(2026, 11, 16, 7, 30, tzinfo=UTC) >= timedelta(seconds=6_000)
    assert told.utcoffset() == timedelta(0)


def test_an_epoch_of_another_zone_is_the_same_instant() -> None:
    told = Clock.parse(f"2026-11-16T08:30:00+01:00,{time.time()},1").utc_now()

    assert told < datetime(2026, 11, 16, 7, 31, tzinfo=UTC)


def test_waiting_is_in_seconds_of_the_clock() -> None:
    clock = Clock.parse(f"2026-11-16T07:30:00Z,{time.time()},10000")

    began_s = clock.monotonic_s()
    asyncio.run(clock.sleep(60.0))

    assert clock.monotonic_s() - began_s >= 60.0


@pytest.mark.parametrize(
    ("specification", "says"),
    [
        ("now", "write EPOCH,REAL_SECONDS,SPEED"),
        ("2026-11-16T07:30:00Z,1,2,3", "write EPOCH"),
        ("2026-11-16T07:30:00,1,600", "no time zone"),
        ("2026-11-16T07:30:00Z,1,0", "speed 0"),
        ("2026-11-16T07:30:00Z,1,nan", "speed nan"),
        ("2026-11-16T07:30:00Z,1,-5", "speed -5"),
    ],
)
def test_a_clock_that_cannot_be_read_is_refused_with_the_remedy(specification: str, says: str) -> None:
    with pytest.raises(ClockError, match=says):
        Clock.parse(specification)
