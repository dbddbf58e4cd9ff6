"""No datagram does anything to the trap receiver but be refused."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from data_collector.core.trap import Trap, answer, read_trap
from snmp_format.ber import DecodeError
from tests.unit.test_data_collector_trap import v1, v2

REAL = st.sampled_from([v1(6, 1), v2(), v2(tag=0xA6)])
CHANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6)


@given(st.one_of(st.binary(max_size=200), REAL), CHANGES, st.integers(0, 200))
def test_any_octets_are_a_trap_or_refused(datagram: bytes, changes: list[tuple[int, int]], length: int) -> None:
    hurt = bytearray(datagram)
    for place, value in changes:
        if place < len(hurt):
            hurt[place] = value
    hurt = hurt[: max(length, 0)] if length % 3 == 0 else hurt

    with suppress(DecodeError):
        trap = read_trap(bytes(hurt))
        assert isinstance(trap, Trap)
        reply = answer(bytes(hurt), trap)
        assert reply is None or len(reply) == len(hurt)
