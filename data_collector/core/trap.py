"""Traps and informs as far as a collector cares: is it a printer's alert, and does the sender wait for an answer?

1. Nothing a trap says is believed but "something happened here": what happened is read from the printer itself.
2. An inform is answered with its own bindings (RFC 3416, 4.2.7): the same octets under the tag of a response.
3. A printer that tells much is read once at once, and then at most once in GAP_S, the last time after it fell silent.
"""

from dataclasses import dataclass
from typing import Final

from data_collector.core.evidence import Oid
from snmp_format.ber import (
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DecodeError,
    read_header,
    read_integer,
    read_oid,
)
from snmp_format.pdu import INFORM, RESPONSE, VERSION_1, VERSION_2C

TRAP_V1: Final = 0xA4
TRAP_V2: Final = 0xA7
ENTERPRISE_SPECIFIC: Final = 6
GENERIC_TRAPS: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5)
SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
PRINTER_ALERT: Final[Oid] = (1, 3, 6, 1, 2, 1, 43, 18, 2, 0, 1)
"""printerV2Alert. Source: RFC 3805."""
BINDINGS_READ_MAX: Final = 16
GAP_S: Final = 60.0
WAITING_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One notification.

    kind: its OID, for version 1 made after RFC 3584, 3.1. answer_at: where the tag of an inform is; None for a trap.
    """

    kind: Oid
    answer_at: int | None = None


def read_trap(datagram: bytes) -> Trap:
    """A notification of version 1 or 2c. Raises DecodeError."""
    at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
    version, at = read_integer(datagram, at, end)
    if version not in (VERSION_1, VERSION_2C):
        raise DecodeError(f"version {version} has no community")
    _start, at = read_header(datagram, at, OCTET_STRING, end)
    return read_trap_pdu(datagram, at, end)


def read_trap_pdu(data: bytes, at: int, end: int) -> Trap:
    """The notification whose PDU stands at `at`. Raises DecodeError."""
    kind = data[at] if at < end else 0
    if kind == TRAP_V1:
        at, end = read_header(data, at, TRAP_V1, end)
        start, at = read_header(data, at, OBJECT_IDENTIFIER, end)
        enterprise = read_oid(data[start:at])
        _start, at = read_header(data, at, IP_ADDRESS, end)
        generic, at = read_integer(data, at, end)
        specific, at = read_integer(data, at, end)
        own = generic == ENTERPRISE_SPECIFIC
        return Trap(kind=(*enterprise, 0, specific) if own else (*GENERIC_TRAPS, generic + 1))
    if kind not in (TRAP_V2, INFORM):
        raise DecodeError(f"a PDU of kind {kind:#04x} is no notification")
    answer_at = at if kind == INFORM else None
    at, end = read_header(data, at, kind, end)
    for _field in ("request-id", "error-status", "error-index"):
        _number, at = read_integer(data, at, end)
    at, end = read_header(data, at, SEQUENCE, end)
    for _ in range(BINDINGS_READ_MAX):
        start, at = read_header(data, at, SEQUENCE, end)
        name_at, name_end = read_header(data, start, OBJECT_IDENTIFIER, at)
        if read_oid(data[name_at:name_end]) == SNMP_TRAP_OID:
            value_at, value_end = read_header(data, name_end, OBJECT_IDENTIFIER, at)
            return Trap(kind=read_oid(data[value_at:value_end]), answer_at=answer_at)
    raise DecodeError("no snmpTrapOID among the first bindings")


def answer(datagram: bytes, trap: Trap) -> bytes | None:
    """The response to an inform of version 2c; None for a trap."""
    if trap.answer_at is None:
        return None
    return datagram[: trap.answer_at] + bytes((RESPONSE,)) + datagram[trap.answer_at + 1 :]


class AlertGate:
    """Which printers must be read now because they called."""

    __slots__ = ("_gap_s", "_read_s", "_waiting")

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._waiting: dict[str, float] = {}
        self._read_s: dict[str, float] = {}

    def note(self, address: str, now_s: float) -> None:
        """The printer at this address called."""
        if address in self._waiting or len(self._waiting) >= WAITING_MAX:
            return
        last_s = self._read_s.get(address)
        self._waiting[address] = now_s if last_s is None else max(now_s, last_s + self._gap_s)

    def take(self, now_s: float, count_max: int = WAITING_MAX) -> tuple[str, ...]:
        """Whom to read now, in the order in which they called."""
        due = tuple(address for address, at_s in self._waiting.items() if at_s <= now_s)[:count_max]
        for address in due:
            del self._waiting[address]
            self._read_s[address] = now_s
        if len(self._read_s) > WAITING_MAX:
            self._read_s = {one: at_s for one, at_s in self._read_s.items() if at_s + self._gap_s > now_s}
        return due

    def wake_at(self) -> float | None:
        """When the next one is due; None when nobody waits."""
        return min(self._waiting.values(), default=None)
