"""Which tables go into one GETBULK, and what its answer says of each."""

import random
from bisect import bisect_right
from collections.abc import Sequence

import pytest

from data_collector.core.bundles import ALONE_MAX, FEW, OBJECTS_MAX, Answered, Bundle, bundles, columns_in
from data_collector.core.evidence import Oid
from data_collector.core.reading import Walk

ROOTS: list[Oid] = [(1, 3, table) for table in range(1, 10)]


def agent(objects: Sequence[Oid], bundle: Bundle) -> list[Answered]:
    """The whole answer of RFC 3416, 4.2.3."""

    def after(identifier: Oid) -> Answered:
        place = bisect_right(objects, identifier)
        return (identifier, None) if place == len(objects) else (objects[place], 1)

    answer = [after(walk.root) for walk in bundle.empty]
    row = [walk.root for walk in bundle.tables]
    for _ in range(bundle.rows):
        cells = [after(one) for one in row]
        answer += cells
        row = [identifier for identifier, _ in cells]
    return answer


def walk(root: Oid, rows_max: int = 64) -> Walk:
    return Walk(root=root, rows_max=rows_max)


PAIR = Bundle(empty=(), tables=(walk((1, 3, 1)), walk((1, 3, 2))), rows=2)


@pytest.mark.parametrize("seed", range(40))
def test_however_an_honest_answer_is_cut_each_table_has_its_first_rows_and_no_other(seed: int) -> None:
    dice = random.Random(seed)
    sizes = {root: dice.choice((0, 0, 1, 2, 4, 9, 33, 70)) for root in ROOTS}
    objects = sorted((*root, row) for root, size in sizes.items() for row in range(size))
    known = {root: dice.choice((sizes[root], dice.randrange(12))) for root in ROOTS if dice.random() < 0.7}
    walks = [walk(root, dice.choice((8, 64, 512))) for root in ROOTS]

    asked = list(bundles(walks, known))

    assert sorted(one.root for bundle in asked for one in bundle.walks) == ROOTS
    for bundle in asked:
        whole = agent(objects, bundle)
        assert len(whole) <= (OBJECTS_MAX if len(bundle.walks) > 1 else ALONE_MAX)
        cut = whole[: dice.randrange(1, len(whole) + 1)]
        columns = columns_in(bundle, cut)
        assert columns is not None
        for one, column in zip(bundle.walks, columns, strict=True):
            rows: list[Oid] = [(*one.root, row) for row in range(sizes[one.root])]
            assert [identifier for identifier, _ in column.rows] == rows[: len(column.rows)]
            assert not column.ended or len(column.rows) == len(rows)
        if cut == whole:
            for one, column in zip(bundle.walks, columns, strict=True):
                assert column.ended or len(column.rows) == (bundle.rows if one in bundle.tables else 1)


def test_a_table_that_was_empty_is_asked_for_its_next_object_only_and_one_that_was_not_for_its_rows_and_one() -> None:
    (bundle,) = bundles([walk((1, 3, 1)), walk((1, 3, 2))], {(1, 3, 1): 0, (1, 3, 2): 3})

    assert ([one.root for one in bundle.empty], [one.root for one in bundle.tables]) == ([(1, 3, 1)], [(1, 3, 2)])
    assert bundle.rows == 4


def test_a_table_nobody_has_read_is_asked_for_few_rows_and_never_more_than_it_may_have_and_one() -> None:
    assert [bundle.rows for bundle in bundles([walk((1, 3, 1))], {})] == [FEW]
    assert [bundle.rows for bundle in bundles([walk((1, 3, 1), rows_max=2)], {})] == [3]


def test_a_row_in_a_table_that_was_empty_is_seen() -> None:
    bundle = Bundle(empty=(walk((1, 3, 1)),), tables=(), rows=0)

    assert columns_in(bundle, [((1, 3, 1, 7), 5)]) is not None
    (column,) = columns_in(bundle, [((1, 3, 1, 7), 5)]) or ()
    assert (column.rows, column.ended) == ((((1, 3, 1, 7), 5),), False)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [((1, 3, 1, 1), 1), ((1, 3, 1, 2), 1)],
        [((1, 3, 1, 2), 1), ((1, 3, 2, 1), 1), ((1, 3, 1, 1), 1), ((1, 3, 2, 2), 1)],
        [((1, 3, 1), 1), ((1, 3, 2, 1), 1)],
        [((1, 3, 1), None), ((1, 3, 2, 1), 1)],
        [((1, 3, 1, 1), 1), ((1, 3, 2, 1), 1), ((1, 3, 1, 2), 1), ((1, 3, 2, 2), 1), ((1, 3, 1, 3), 1)],
    ],
    ids=["nothing", "first table only", "back", "the root itself", "the view ends for the first", "more than asked"],
)
def test_an_odd_answer_is_used_for_no_table(answer: list[Answered]) -> None:
    assert columns_in(PAIR, answer) is None


def test_an_answer_by_columns_in_place_of_rows_is_odd() -> None:
    by_columns: list[Answered] = [((1, 3, table, row), 1) for table in (1, 2) for row in (1, 2)]

    assert columns_in(PAIR, by_columns) is None
