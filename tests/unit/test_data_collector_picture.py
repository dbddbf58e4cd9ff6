"""A picture: what was answered, and its columns."""

import random

from data_collector.core.evidence import Oid, Picture


def test_a_column_is_every_answer_below_its_prefix_in_order_and_no_other() -> None:
    dice = random.Random(11)
    oids: set[Oid] = {tuple(dice.choices((0, 1, 2, 2**32 - 1), k=dice.randrange(1, 6))) for _ in range(300)}
    shuffled = list(oids)
    dice.shuffle(shuffled)
    picture = Picture((one, len(one)) for one in shuffled)

    for prefix in [(), *oids, (3,), (2, 9), (2**32 - 1, 2**32 - 1, 7)]:
        below = sorted(one for one in oids if one[: len(prefix)] == prefix and len(one) > len(prefix))
        assert picture.column(prefix) == tuple((one[len(prefix) :], len(one)) for one in below)


def test_an_answer_to_the_prefix_itself_is_no_row_of_its_column() -> None:
    picture = Picture([((1, 3), 1), ((1, 3, 1), 2), ((1, 4), 3)])

    assert picture.column((1, 3)) == (((1,), 2),)
