"""Objects stand in the order of their arcs, which is not the order of their octets."""

import pytest

from device_sim.core.snmp.layout import Layout, Leaf, RowTable
from snmp_format import ber

ROOT = (1, 3, 6, 1, 4, 1, 55555)


def names(layout: Layout[None]) -> list[ber.Oid]:
    found: list[ber.Oid] = []
    name = ber.oid_name((1, 3))
    while True:
        tlv, value = layout.walk(None, name)
        if value == ber.END_OF_MIB_VIEW:
            return found
        name = tlv[2:]
        found.append(ber.read_oid(name))


def test_order_is_that_of_numbers_where_octets_would_mislead() -> None:
    arcs = [0, 1, 127, 128, 255, 16383, 16384, 2**21, 2**28, 2**32 - 1]
    oids = sorted([(*ROOT, arc) for arc in arcs] + [(*ROOT, arc, 1) for arc in arcs])

    layout: Layout[None] = Layout([Leaf(oid, ber.NULL) for oid in reversed(oids)])

    assert names(layout) == oids
    assert sorted(oids, key=ber.oid_name) != oids


def test_two_objects_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match=r"two objects claim 1\.3\.6\.1\.4\.1\.55555\.1$"):
        Layout([Leaf((*ROOT, 1), ber.NULL), Leaf((*ROOT, 1), ber.NULL)])


def test_no_object_can_stand_inside_a_table_whose_rows_come_and_go() -> None:
    table: RowTable[None, None] = RowTable(entry=(*ROOT, 5, 1), columns=(), rows=lambda _: [])

    with pytest.raises(ValueError, match="two objects claim"):
        Layout([Leaf((*ROOT, 5, 1, 2, 1), ber.NULL)], [table])


def test_a_walk_may_start_between_inside_and_behind_the_rows_of_a_table() -> None:
    table: RowTable[None, int] = RowTable(
        entry=(*ROOT, 5, 1),
        columns=((2, ber.integer), (4, ber.integer)),
        rows=lambda _: [((1, 3), 13), ((2, 1), 21)],
    )
    layout: Layout[None] = Layout([Leaf((*ROOT, 4), ber.NULL), Leaf((*ROOT, 6), ber.NULL)], [table])

    def after(*tail: int) -> ber.Oid:
        return ber.read_oid(layout.walk(None, ber.oid_name((*ROOT, *tail)))[0][2:])[len(ROOT) :]

    assert after(4) == (5, 1, 2, 1, 3)
    assert after(5) == (5, 1, 2, 1, 3)
    assert after(5, 1) == (5, 1, 2, 1, 3)
    assert after(5, 1, 2, 1, 3) == (5, 1, 2, 2, 1)
    assert after(5, 1, 2, 1, 9) == (5, 1, 2, 2, 1)
    assert after(5, 1, 2, 2, 1) == (5, 1, 4, 1, 3)
    assert after(5, 1, 3) == (5, 1, 4, 1, 3)
    assert after(5, 1, 4, 2, 1) == (6,)
    assert after(5, 1, 9, 9) == (6,)
    assert after(5, 2) == (6,)
