"""Chance and back-off: bounds, spread, and UUIDs."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest

from direct_connect.core.backoff import BackoffPolicy
from direct_connect.core.chance import fraction, spread, uuid7
from wire_format.records import UUID7_PATTERN

POLICY = BackoffPolicy()


@pytest.mark.parametrize(("failures", "ceiling_s"), [(1, 10), (2, 20), (5, 160), (9, 2560), (10, 3600), (10_000, 3600)])
def test_waits_are_spread_between_five_seconds_and_a_doubling_ceiling(failures: int, ceiling_s: float) -> None:
    dice = random.Random(20261122)

    waits = [POLICY.delay_s(failures, dice.randbytes) for _ in range(2000)]

    span = ceiling_s - 5.0
    assert min(waits) >= 5.0
    assert max(waits) <= ceiling_s
    assert min(waits) < 5.0 + span * 0.05
    assert max(waits) > ceiling_s - span * 0.05


def test_nobody_comes_before_the_portal_asked_and_not_all_at_that_moment() -> None:
    dice = random.Random(7)

    waits = [POLICY.delay_s(3, dice.randbytes, asked_s=120.0) for _ in range(500)]

    assert min(waits) >= 125.0
    assert max(waits) - min(waits) > 25.0


def test_a_retry_after_of_years_is_not_believed() -> None:
    assert POLICY.delay_s(1, random.Random(1).randbytes, asked_s=1e9) <= 86_400.0 + 10.0


def test_a_sender_that_was_turned_away_tries_about_once_a_day() -> None:
    dice = random.Random(3)

    waits = [POLICY.next_day_s(dice.randbytes) for _ in range(500)]

    assert 0.9 * 86_400 <= min(waits) < max(waits) <= 1.1 * 86_400


def test_fractions_reach_from_zero_to_just_under_one() -> None:
    assert fraction(lambda count: b"\x00" * count) == 0.0
    assert 0.999999 < fraction(lambda count: b"\xff" * count) < 1.0


def test_a_name_is_always_spread_to_the_same_place() -> None:
    assert spread("printer") == spread("printer")
    assert 0.0 <= spread("printer") < 1.0
    assert spread("printer") != spread("printer 2")


def test_uuids_are_version_seven_and_sort_by_time() -> None:
    dice = random.Random(5)
    start = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    made = [uuid7(start + timedelta(milliseconds=step), dice.randbytes) for step in range(300)]

    assert made == sorted(made)
    assert all(re.fullmatch(UUID7_PATTERN, each) for each in made)
    assert len(set(made)) == 300


def test_a_clock_before_1970_still_gives_a_uuid() -> None:
    assert re.fullmatch(UUID7_PATTERN, uuid7(datetime(1969, 1, 1, tzinfo=UTC), random.Random(1).randbytes))
