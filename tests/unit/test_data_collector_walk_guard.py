"""What a device may do to a walk, and where it is stopped."""

from data_collector.core.walk_guard import WalkGuard, WalkLimits, WalkStop

ROOT = (1, 3, 6, 1, 2, 1, 43, 11)


def judged(*rows: tuple[int, ...], asked: int = 10, limits: WalkLimits | None = None) -> list[WalkStop | None]:
    """The verdict on each row, all in one answer."""
    guard = WalkGuard(ROOT, limits or WalkLimits(), now_s=0.0)
    return [guard.judge((*ROOT, *row), answer=1, asked=asked, now_s=0.0) for row in rows]


def test_rows_that_go_forward_are_kept() -> None:
    assert judged((1,), (1, 1), (2,), (10,)) == [None] * 4


def test_a_row_that_repeats_ends_the_walk() -> None:
    assert judged((1,), (2,), (2,)) == [None, None, WalkStop.BACKWARD]


def test_a_row_that_goes_back_ends_the_walk() -> None:
    assert judged((9,), (3,)) == [None, WalkStop.BACKWARD]


def test_a_longer_identifier_comes_after_its_prefix_and_10_after_9() -> None:
    assert judged((9,), (9, 0), (10,), (9, 9)) == [None, None, None, WalkStop.BACKWARD]


def test_the_root_itself_is_no_row_of_the_walk() -> None:
    assert judged(()) == [WalkStop.BACKWARD]


def test_a_row_behind_the_subtree_is_the_normal_end() -> None:
    guard = WalkGuard(ROOT, WalkLimits(), now_s=0.0)

    assert guard.judge((1, 3, 6, 1, 2, 1, 43, 12, 1), answer=1, asked=1, now_s=0.0) is WalkStop.END
    assert not WalkStop.END.broken


def test_a_row_before_the_subtree_is_going_back() -> None:
    guard = WalkGuard(ROOT, WalkLimits(), now_s=0.0)

    stop = guard.judge((1, 3, 6, 1, 2, 1, 1, 1, 0), answer=1, asked=1, now_s=0.0)

    assert stop is WalkStop.BACKWARD
    assert stop.broken


def test_an_answer_with_more_rows_than_asked_ends_the_walk() -> None:
    assert judged((1,), (2,), (3,), asked=2) == [None, None, WalkStop.FLOOD]


def test_the_rows_of_each_answer_are_counted_anew() -> None:
    guard = WalkGuard(ROOT, WalkLimits(), now_s=0.0)

    verdicts = [guard.judge((*ROOT, row), answer=(row - 1) // 2, asked=2, now_s=0.0) for row in range(1, 9)]

    assert verdicts == [None] * 8


def test_a_walk_ends_at_its_number_of_rows() -> None:
    assert judged((1,), (2,), (3,), limits=WalkLimits(rows_max=2)) == [None, None, WalkStop.ROWS]


def test_a_walk_ends_at_its_time() -> None:
    guard = WalkGuard(ROOT, WalkLimits(duration_max_s=5.0), now_s=100.0)

    assert guard.judge((*ROOT, 1), answer=1, asked=1, now_s=105.0) is None
    assert guard.judge((*ROOT, 2), answer=2, asked=1, now_s=105.1) is WalkStop.TIME
