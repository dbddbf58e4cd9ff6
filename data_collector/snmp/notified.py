"""SNMPv3 on the hearing side: traps of engines as they were met, informs to an engine of our own.

1. Of a trap its sender is authoritative. One that is signed is in time when its boots and time are not behind what the
   same engine said before, but for WINDOW_S; older ones are replays, and count for nothing (RFC 3414, 3.2, 7b).
2. Of an inform we are authoritative. Whoever does not know our engine, or its time, is told by a report, as the sender
   of an inform expects; then the inform has our boots and our time, but for WINDOW_S, and is answered by a response
   secured as it was itself (RFC 3414, 3.2, 7a; RFC 3416, 4.2.7).
3. A trap is told from an inform by its PDU, after its digest was checked: some printers ask for reports of traps too.
4. A user without authentication proves nothing, so time does not either.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from data_collector.core.evidence import Oid
from data_collector.core.trap import Trap, read_trap_pdu
from data_collector.snmp.users import UsmUser
from data_collector.snmp.usm import (
    ENGINES_MAX,
    NOT_IN_TIME,
    UNKNOWN_ENGINE,
    UNKNOWN_USER,
    UNSUPPORTED_LEVEL,
    WRONG_DIGEST,
    Keyring,
)
from snmp_format.ber import SEQUENCE, counter32, object_identifier, varbind, wrap
from snmp_format.manager import request_pdu
from snmp_format.pdu import INFORM, REPORT, RESPONSE
from snmp_format.usm import SALT_BYTES, LocalKeys
from snmp_format.v3_message import AUTH, PRIV, REPORTABLE, ScopedPdu, V3Message, read_message
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

WINDOW_S: Final = 150
"""Source: RFC 3414, 2.2.3."""
BOOTS_END: Final = 2**31 - 1
"""An engine whose boots have come so far takes nothing any more. Source: RFC 3414, 2.2.2."""
_ENTERPRISE: Final = 32_473
"""The number for examples (RFC 5612): we have none of our own, and the rest of the name is unique."""
_OCTETS: Final = 5
"""Format of an engine ID: octets of the maker's choice. Source: RFC 3411, SnmpEngineID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEngine:
    """The collector as an authoritative engine. boots: how often it was started; started_s: monotonic seconds."""

    engine_id: bytes
    boots: int
    started_s: float

    @classmethod
    def of(cls, sender: str, boots: int, started_s: float) -> "OwnEngine":
        """The engine of the collector with this name at its portal: the same after each restart."""
        name = hashlib.sha256(f"inkwire trap receiver {sender}".encode()).digest()[:16]
        engine_id = (_ENTERPRISE | 0x80000000).to_bytes(4, "big") + bytes((_OCTETS,)) + name
        return cls(engine_id=engine_id, boots=min(boots, BOOTS_END - 1), started_s=started_s)

    def time_s(self, now_s: float) -> int:
        """snmpEngineTime: seconds since the start."""
        return min(2**31 - 1, int(now_s - self.started_s))


class Heard(NamedTuple):
    """What a datagram was. trap: None when it counts for nothing; reply: what to send back; late: it was a replay."""

    trap: Trap | None = None
    reply: bytes | None = None
    late: bool = False


@dataclass(slots=True)
class _Met:
    """What an engine said of its time last. at_s: monotonic seconds when it was."""

    boots: int
    time_s: int
    at_s: float


class Notified:
    """Opens what arrives in version 3. users: who may tell; own: whom informs are for."""

    def __init__(self, users: Sequence[UsmUser], own: OwnEngine) -> None:
        self._users: Final = {user.name.encode(): user for user in users}
        self._own: Final = own
        self._keyring: Final = Keyring()
        self._met: Final[OrderedDict[bytes, _Met]] = OrderedDict()
        self._salt = secrets.randbits(64)

    def hear(self, datagram: bytes, now_s: float) -> Heard:
        """What a datagram was. now_s: monotonic seconds. Raises DecodeError for what is no v3 message."""
        message = read_message(datagram)
        own = message.engine_id == self._own.engine_id
        user = self._users.get(message.user_name)
        if user is None or not message.engine_id:
            return Heard(reply=self._report(message, UNKNOWN_USER if own else UNKNOWN_ENGINE, None, now_s))
        keys = self._keyring.keys(user, message.engine_id)
        level = 0 if keys is None else AUTH | PRIV if keys.hides else AUTH
        if message.flags & 3 != level:
            return Heard(reply=self._report(message, UNSUPPORTED_LEVEL, None, now_s) if own else None)
        if keys is not None and not is_signed_by(datagram, message, keys):
            return Heard(reply=self._report(message, WRONG_DIGEST, None, now_s) if own else None)
        if own and keys is not None and not self._in_our_time(message, now_s):
            return Heard(reply=self._report(message, NOT_IN_TIME, keys, now_s), late=True)
        scoped = opened(message, keys)
        trap = read_trap_pdu(scoped.pdu, 0, len(scoped.pdu))
        if scoped.pdu[0] == INFORM:
            if not own:  # to an engine that we were once, or never
                return Heard(reply=self._report(message, UNKNOWN_ENGINE, None, now_s))
            return Heard(Trap(kind=trap.kind), self._response(message, scoped, keys, now_s))
        if keys is not None and not self._in_its_time(message, now_s):
            return Heard(late=True)
        return Heard(Trap(kind=trap.kind))

    def _in_our_time(self, message: V3Message, now_s: float) -> bool:
        return message.boots == self._own.boots and abs(message.time_s - self._own.time_s(now_s)) <= WINDOW_S

    def _in_its_time(self, message: V3Message, now_s: float) -> bool:
        """Whether a signed message is none of before; what it says of its engine's time is then believed."""
        known = self._met.get(message.engine_id)
        if known is None:
            known = self._met[message.engine_id] = _Met(message.boots, message.time_s, now_s)
            if len(self._met) > ENGINES_MAX:
                self._met.popitem(last=False)
        elif (message.boots, message.time_s) > (known.boots, known.time_s):
            known.boots, known.time_s, known.at_s = message.boots, message.time_s, now_s
        behind_s = known.time_s + int(now_s - known.at_s) - message.time_s
        return message.boots == known.boots and message.boots < BOOTS_END and behind_s <= WINDOW_S

    def _report(self, message: V3Message, kind: Oid, keys: LocalKeys | None, now_s: float) -> bytes | None:
        """What is wrong with a message, for its sender; None when he does not ask for that. Source: RFC 3412, 7.1."""
        if not message.flags & REPORTABLE:
            return None
        bindings = wrap(SEQUENCE, varbind(object_identifier((*kind, 0)), counter32(1)))
        pdu = request_pdu(REPORT, 0, 0, 0, bindings)
        scoped = ScopedPdu(self._own.engine_id, b"", pdu)
        return self._sealed(message, AUTH if keys is not None else 0, keys, scoped, now_s)

    def _response(self, message: V3Message, scoped: ScopedPdu, keys: LocalKeys | None, now_s: float) -> bytes:
        """The inform's own PDU under the tag of a response."""
        answer = ScopedPdu(scoped.context_engine_id, scoped.context_name, bytes((RESPONSE,)) + scoped.pdu[1:])
        return self._sealed(message, message.flags & 3, keys, answer, now_s)

    def _sealed(self, message: V3Message, flags: int, keys: LocalKeys | None, scoped: ScopedPdu, now_s: float) -> bytes:
        own = self._own
        self._salt = (self._salt + 1) % 2**64
        how = Seal(flags, own.engine_id, own.boots, own.time_s(now_s), message.user_name, keys)
        return seal(how, message.message_id, self._salt.to_bytes(SALT_BYTES, "big"), scoped)
