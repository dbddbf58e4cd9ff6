"""Informs to one SNMPv3 manager: he is the authoritative engine, so his name and time are learnt first.

1. An engine nobody knows yet is asked for its name without a digest; its answer names it and tells its time.
2. A report of another time is believed only with the user's digest.
3. `receive` says what to do next; when to give up is up to who sends.
Source: RFC 3414, 3.1, 3.2 (7b) and 4; RFC 3413, 3.3.
"""

import enum
from typing import Final

from device_sim.core.snmp.usm import KeyCache, User
from device_sim.core.snmp.v3_agent import NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS
from snmp_format.ber import OBJECT_IDENTIFIER, SEQUENCE, DecodeError, integer, read_header, read_integer, read_oid, wrap
from snmp_format.pdu import GET, REPORT, RESPONSE
from snmp_format.usm import LocalKeys
from snmp_format.v3_message import AUTH, REPORTABLE, ScopedPdu, read_message
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

_ENGINES_MAX: Final = 4
_NO_BINDINGS: Final = wrap(SEQUENCE, b"")


class Heard(enum.Enum):
    """What a datagram from a manager means for an inform."""

    ACKNOWLEDGED = "acknowledged"
    LEARNT = "learnt"  # his name or his time: send again
    REFUSED = "refused"  # he will not take it
    NOTHING = "nothing"  # not about this inform


class V3Manager:
    """What is known of one manager who takes informs, and messages to him."""

    __slots__ = ("_boots", "_engine_id", "_keys", "_learnt_s", "_time_s", "_user")

    def __init__(self, user: User) -> None:
        self._user: Final = user
        self._keys: Final = KeyCache(_ENGINES_MAX)
        self._engine_id = b""
        self._boots = self._time_s = 0
        self._learnt_s = 0.0

    def datagram(self, pdu: bytes, context_engine_id: bytes, message_id: int, salt: bytes, now_s: float) -> bytes:
        """What to send now to get `pdu` to him. context_engine_id: of the printer. now_s: monotonic seconds."""
        if not self._engine_id:
            ask = wrap(GET, integer(message_id) + integer(0) + integer(0) + _NO_BINDINGS)
            return seal(Seal(REPORTABLE, b"", 0, 0, b"", None), message_id, b"", ScopedPdu(b"", b"", ask))
        time_s = self._time_s + int(now_s - self._learnt_s)
        how = Seal(
            self._user.level | REPORTABLE, self._engine_id, self._boots, time_s, self._user.name, self._local_keys()
        )
        return seal(how, message_id, salt, ScopedPdu(context_engine_id, b"", pdu))

    def receive(self, datagram: bytes, message_id: int, now_s: float) -> Heard:
        """What a datagram says of the inform sent under that number."""
        try:
            message = read_message(datagram)
            if message.message_id != message_id:
                return Heard.NOTHING
            keys = None
            if message.flags & AUTH:
                keys = self._local_keys()
                if message.engine_id != self._engine_id or keys is None or not is_signed_by(datagram, message, keys):
                    return Heard.NOTHING
            pdu = opened(message, keys).pdu
            told = _first_name(pdu) if pdu[0] == REPORT else None
        except DecodeError:
            return Heard.NOTHING
        if pdu[0] == RESPONSE:
            # An answer below the level of what was asked may be anybody's.
            return Heard.ACKNOWLEDGED if message.flags & AUTH >= self._user.level & AUTH else Heard.NOTHING
        if told == UNKNOWN_ENGINE_IDS and not self._engine_id and message.engine_id:
            self._learn(message.engine_id, message.boots, message.time_s, now_s)
            return Heard.LEARNT
        if told == NOT_IN_TIME_WINDOWS and keys is not None:
            self._learn(message.engine_id, message.boots, message.time_s, now_s)
            return Heard.LEARNT
        if told == UNKNOWN_ENGINE_IDS:
            self._engine_id = b""  # another engine stands there now
            return Heard.LEARNT
        return Heard.REFUSED if told is not None else Heard.NOTHING

    def _learn(self, engine_id: bytes, boots: int, time_s: int, now_s: float) -> None:
        self._engine_id, self._boots, self._time_s, self._learnt_s = engine_id, boots, time_s, now_s

    def _local_keys(self) -> LocalKeys | None:
        return self._keys.keys(self._user, self._engine_id) if self._user.auth and self._engine_id else None


def _first_name(pdu: bytes) -> tuple[int, ...]:
    """The OID of the first variable binding. Raises DecodeError."""
    at, end = read_header(pdu, 0, pdu[0], len(pdu))
    for _ in range(3):
        _, at = read_integer(pdu, at, end)
    at, end = read_header(pdu, at, SEQUENCE, end)
    at, end = read_header(pdu, at, SEQUENCE, end)
    start, stop = read_header(pdu, at, OBJECT_IDENTIFIER, end)
    return read_oid(pdu[start:stop])
