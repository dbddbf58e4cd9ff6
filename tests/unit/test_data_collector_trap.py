"""What a collector makes of a trap."""

import pytest

from data_collector.core.trap import GENERIC_TRAPS, PRINTER_ALERT, AlertGate, Trap, answer, read_trap
from snmp_format.ber import DecodeError, integer, object_identifier, octets, time_ticks, varbind, wrap

SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def v2(kind: tuple[int, ...] = PRINTER_ALERT, tag: int = 0xA7, version: int = 1) -> bytes:
    bindings = varbind(object_identifier(SYS_UP_TIME), time_ticks(7)) + varbind(
        object_identifier(TRAP_OID), object_identifier(kind)
    )
    pdu = wrap(tag, integer(4711) + integer(0) + integer(0) + wrap(0x30, bindings))
    return wrap(0x30, integer(version) + octets(b"public") + pdu)


def v1(generic: int, specific: int) -> bytes:
    fields = object_identifier(PRINTER_ALERT[:-2]) + wrap(0x40, bytes(4)) + integer(generic) + integer(specific)
    return wrap(0x30, integer(0) + octets(b"public") + wrap(0xA4, fields + time_ticks(7) + wrap(0x30, b"")))


def test_an_alert_is_known_in_both_versions() -> None:
    assert read_trap(v2()) == read_trap(v1(6, 1)) == Trap(kind=PRINTER_ALERT)


def test_other_traps_are_told_apart() -> None:
    assert read_trap(v1(0, 0)).kind == (*GENERIC_TRAPS, 1)
    assert read_trap(v2((*GENERIC_TRAPS, 1))).kind == (*GENERIC_TRAPS, 1)


def test_an_inform_is_answered_with_its_own_bindings_and_a_trap_is_not() -> None:
    inform = v2(tag=0xA6)

    assert answer(inform, read_trap(inform)) == v2(tag=0xA2)
    assert answer(v2(), read_trap(v2())) is None


@pytest.mark.parametrize(
    "datagram", [b"", b"\x30", v2()[:-1], v2(version=3), v2(tag=0xA0), wrap(0x30, b""), b"\x30\x84\xff\xff\xff\xff"]
)
def test_what_is_no_notification_is_refused(datagram: bytes) -> None:
    with pytest.raises(DecodeError):
        read_trap(datagram)


def test_a_printer_that_calls_is_read_at_once_and_then_once_a_minute_to_the_last() -> None:
    gate = AlertGate()
    read: list[float] = []
    for tenths in range(2_000):
        now_s = tenths / 10
        if now_s < 100:
            gate.note("10.0.0.1", now_s)
        read += [now_s] * len(gate.take(now_s))

    assert read == [0.0, 60.0, 120.0]
    assert gate.wake_at() is None


def test_one_that_floods_holds_up_nobody_else() -> None:
    gate = AlertGate()
    for _ in range(3):
        gate.note("10.0.0.1", 0.0)
        gate.take(0.0)
    gate.note("10.0.0.1", 1.0)
    gate.note("10.0.0.2", 1.0)

    assert gate.take(1.0) == ("10.0.0.2",)
    assert gate.wake_at() == 60.0


def test_more_callers_than_can_be_read_wait_for_their_turn() -> None:
    gate = AlertGate()
    for number in range(5):
        gate.note(f"10.0.0.{number}", 0.0)

    assert [len(gate.take(0.0, 2)) for _ in range(4)] == [2, 2, 1, 0]
