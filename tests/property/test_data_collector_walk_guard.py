"""The walk guard against any device at all."""

from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.walk_guard import WalkGuard, WalkLimits

ROOT = (1, 3, 6, 1)
ROWS = st.lists(st.tuples(st.lists(st.integers(0, 4), max_size=4), st.integers(0, 3), st.integers(0, 30)), max_size=60)


@given(ROWS, st.integers(1, 12), st.integers(1, 5))
def test_what_passes_is_ordered_under_the_root_and_within_every_limit(
    rows: list[tuple[list[int], int, int]], rows_max: int, asked: int
) -> None:
    guard = WalkGuard(ROOT, WalkLimits(rows_max=rows_max, duration_max_s=20.0), now_s=0.0)
    kept: list[tuple[tuple[int, ...], int]] = []
    for tail, answer, now_s in rows:
        identifier = (*ROOT[: 4 - (tail[0] == 4 if tail else 0)], *tail)
        if guard.judge(identifier, answer=answer, asked=asked, now_s=float(now_s)) is not None:
            break
        assert now_s <= 20
        kept.append((identifier, answer))

    identifiers = [identifier for identifier, _answer in kept]
    assert identifiers == sorted(set(identifiers))
    assert all(identifier[:4] == ROOT and len(identifier) > 4 for identifier in identifiers)
    assert len(kept) <= rows_max
    runs = [answer for _identifier, answer in kept]
    longest = run = 0
    for place, answer in enumerate(runs):
        run = run + 1 if place and runs[place - 1] == answer else 1
        longest = max(longest, run)
    assert longest <= asked
