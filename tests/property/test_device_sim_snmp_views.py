"""A view of a MIB: what is walked, got and hidden is what its subtrees say, whatever they are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.core.mib import printer_book
from device_sim.core.snmp.access import MibTree
from device_sim.core.snmp.layout import Layout
from device_sim.core.state import LivePrinter
from snmp_format import ber
from tests.support.device_sim import MONDAY_7, changed, live, printer

BUSY = printer(changed("color-laserjet-m479", trouble={"impressions_per_jam": 3}, workload={"jobs_per_day": 200}))
live(BUSY, MONDAY_7 + 4 * 3600.0)
FULL = printer_book(BUSY.state.profile).layout


def walked(layout: Layout[LivePrinter]) -> list[tuple[ber.Oid, bytes]]:
    found: list[tuple[ber.Oid, bytes]] = []
    name = ber.oid_name((0, 0))
    while True:
        name_tlv, value = layout.walk(BUSY.state, name)
        if value == ber.END_OF_MIB_VIEW:
            return found
        start, stop = ber.read_header(name_tlv, 0, ber.OBJECT_IDENTIFIER, len(name_tlv))
        name = name_tlv[start:stop]
        found.append((ber.read_oid(name), value))


ALL = walked(FULL)
OIDS = [oid for oid, _ in ALL]
SUBTREES = st.builds(lambda oid, size: oid[:size], st.sampled_from(OIDS), st.integers(2, 16)).filter(
    lambda o: len(o) > 1
)


@settings(max_examples=25)  # each walks the whole MIB
@given(st.sets(SUBTREES, min_size=1, max_size=4), st.sets(SUBTREES, max_size=4), st.sampled_from(OIDS))
def test_a_view_shows_exactly_what_its_subtrees_hold(
    included: set[ber.Oid], excluded: set[ber.Oid], oid: ber.Oid
) -> None:
    tree = MibTree(name="some", included=tuple(included), excluded=tuple(excluded - included))

    seen = FULL.within(tree)

    assert walked(seen) == [(each, value) for each, value in ALL if tree.holds(each)]
    value = seen.lookup(ber.oid_name(oid))
    found = value if isinstance(value, bytes) else value(BUSY.state)
    assert (found in (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE)) == (not tree.holds(oid))


def test_the_printer_has_rows_that_come_and_go() -> None:
    assert BUSY.state.alerts or len(BUSY.state.finished) > 0
