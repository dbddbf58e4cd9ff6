"""The bandwidth promise: how fast a backlog may leave, over reboots and wrong clocks."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from direct_connect.core.pace import PacePolicy
from direct_connect.core.triggers import AT_ONCE

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PROMISE_BYTES = 675_000
PERIOD_S = 3 * 3600.0
BATCH_BYTES = 8_000


def drain(policy: PacePolicy, seconds: float, *, reboot_every: int | None = None) -> list[float]:
    """When each batch of an endless backlog leaves. reboot_every: so many batches; each has a new monotonic clock."""
    pace, wall_s, now_s, sent = policy.full(0.0), 0.0, 0.0, list[float]()
    while wall_s < seconds:
        if pace.resume_s > now_s:
            wall_s, now_s = wall_s + pace.resume_s - now_s, pace.resume_s
        sent.append(wall_s)
        pace = policy.charged(pace, BATCH_BYTES, now_s)
        if reboot_every and len(sent) % reboot_every == 0:
            kept = pace.kept(AT + timedelta(seconds=wall_s))
            wall_s, now_s = wall_s + 1.0, 0.0
            pace = policy.restored(kept, now_s, AT + timedelta(seconds=wall_s))
    return sent


@pytest.mark.parametrize("reboot_every", [None, 1, 7])
def test_no_three_hours_see_more_than_the_promise(reboot_every: int | None) -> None:
    sent = drain(PacePolicy(), 3 * 86_400.0, reboot_every=reboot_every)

    busiest = max(sum(BATCH_BYTES for other in sent if 0 <= other - first < PERIOD_S) for first in sent)
    assert PROMISE_BYTES * 0.8 < busiest <= PROMISE_BYTES


def test_a_backlog_leaves_in_handfuls_so_that_a_handshake_serves_several_batches() -> None:
    sent = drain(PacePolicy(), 86_400.0)

    handfuls = 1 + sum(later - earlier > 1 for earlier, later in pairwise(sent))
    assert len(sent) / handfuls > 3


def test_a_month_of_an_office_printer_is_caught_up_within_hours() -> None:
    month = 30 * 8 * 3_000  # eight pushes a day
    sent = drain(PacePolicy(), 7 * 86_400.0)
    bytes_by = list(accumulate(BATCH_BYTES for _ in sent))

    assert sent[next(place for place, total in enumerate(bytes_by) if total >= month)] < 5 * 3600


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.floats(0, 40_000), st.booleans()), max_size=60),
)
def test_what_is_left_stays_within_bounds_whatever_happens(steps: list[tuple[int, float, bool]]) -> None:
    policy = PacePolicy()
    pace, now_s, at = policy.full(0.0), 0.0, AT
    for count, wait_s, reboot in steps:
        now_s, at = now_s + wait_s, at + timedelta(seconds=wait_s)
        pace = policy.charged(pace, count, now_s)
        if reboot:
            before = pace
            pace = policy.restored(pace.kept(at), 5.0, at)
            assert abs(pace.left_bytes - before.left_bytes) <= 1
            assert (pace.resume_s > 5.0 + 0.05) == (before.resume_s > now_s + 0.05)
            now_s = 5.0
        assert -policy.burst_bytes <= pace.left_bytes <= policy.burst_bytes
        assert pace.resume_s < now_s + 3 * PERIOD_S


@pytest.mark.parametrize("wrong", [timedelta(days=-20_000), timedelta(0)])
def test_a_clock_that_went_back_gives_no_new_budget(wrong: timedelta) -> None:
    policy = PacePolicy()
    spent = policy.charged(policy.full(0.0), policy.burst_bytes, 0.0)

    again = policy.restored(spent.kept(AT), 3.0, AT + wrong)

    assert again.left_bytes <= 0
    assert again.resume_s > 3.0


def test_a_long_absence_fills_the_budget_once() -> None:
    policy = PacePolicy()
    spent = policy.charged(policy.full(0.0), policy.burst_bytes, 0.0)

    again = policy.restored(spent.kept(AT), 3.0, AT + timedelta(days=400))

    assert again.left_bytes == pytest.approx(policy.period_bytes, abs=1)
    assert again.resume_s == AT_ONCE


@pytest.mark.parametrize("text", [None, "", "x", "nan going 2026", "1 2 3 4", "5 going 2026-13-01T00:00:00Z"])
def test_a_memo_that_cannot_be_read_begins_anew(text: str | None) -> None:
    assert PacePolicy().restored(text, 1.0, AT) == PacePolicy().full(1.0)
