"""The asking side of SNMP, without a socket: a walk that a hostile or broken agent cannot make endless.

1. Requests have an unpredictable id; an answer with another one, or that is not secured as asked, is no answer.
2. A walk takes only names that increase strictly and lie under its root, no more bindings than it asked for, and at
   most rows_max objects and bytes_max octets.
3. An agent that cannot answer a GETBULK (genErr, tooBig, silence) is asked for less, at last by GETNEXT.
4. Values are kept as the octets that came: what is odd about them is what a recording is for.
Source: RFC 3416, 4.2; RFC 3414, 3 and 4; docs of our own collector on walks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from device_sim.core.snmp.usm import User, local_keys
from snmp_format.ber import (
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DecodeError,
    Oid,
    integer,
    object_identifier,
    octets,
    read_header,
    read_integer,
    read_oid,
    varbind,
    wrap,
)
from snmp_format.pdu import GET_BULK, GET_NEXT, REPORT, RESPONSE, VERSION_1
from snmp_format.usm import SALT_BYTES, LocalKeys
from snmp_format.v3_message import REPORTABLE, ScopedPdu, read_message, read_scoped_pdu
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

MESSAGE_BYTES_MAX: Final = 8192
ROWS_MAX: Final = 100_000
WALK_BYTES_MAX: Final = 16 * 1024 * 1024
REPETITIONS: Final = 20
_ENDS: Final = (0x80, 0x81, 0x82)
_RANDOM: Final = 2**31 - 1


class Security(Protocol):
    """How PDUs travel."""

    def sealed(self, pdu: bytes, number: int) -> bytes:
        """The datagram for a PDU. number: unpredictable, from 1."""

    def opened(self, datagram: bytes) -> bytes | None:
        """The PDU in an answer, or None where it is none of ours. Raises DecodeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunitySecurity:
    """SNMP v1 and v2c. version: VERSION_1 or VERSION_2C."""

    version: int
    community: bytes

    def sealed(self, pdu: bytes, number: int) -> bytes:
        return wrap(SEQUENCE, integer(self.version) + octets(self.community) + pdu)

    def opened(self, datagram: bytes) -> bytes | None:
        at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
        version, at = read_integer(datagram, at, end)
        _, at = read_header(datagram, at, OCTET_STRING, end)
        return datagram[at:end] if version == self.version else None


class UserSecurity:
    """SNMPv3 with USM. The agent's engine, its boots and its time are learned from its reports."""

    def __init__(self, user: User, salt: int) -> None:
        self._user, self._salt = user, salt
        self._engine_id = b""
        self._keys: LocalKeys | None = None
        self._boots, self._time_s = 0, 0

    def sealed(self, pdu: bytes, number: int) -> bytes:
        if not self._engine_id:
            nobody = Seal(REPORTABLE, b"", 0, 0, b"", None)
            return seal(nobody, number, b"", ScopedPdu(b"", b"", pdu), size_max=MESSAGE_BYTES_MAX)
        user = self._user
        self._salt = (self._salt + 1) % 2**64
        how = Seal(user.level | REPORTABLE, self._engine_id, self._boots, self._time_s, user.name, self._keys)
        context = ScopedPdu(self._engine_id, b"", pdu)
        return seal(how, number, self._salt.to_bytes(SALT_BYTES, "big"), context, size_max=MESSAGE_BYTES_MAX)

    def opened(self, datagram: bytes) -> bytes | None:
        message = read_message(datagram)
        report = not message.flags & 2 and read_scoped_pdu(message.data).pdu[0] == REPORT
        if report and (not self._engine_id or message.engine_id == self._engine_id):
            self._learn(message.engine_id, message.boots, message.time_s)
            return read_scoped_pdu(message.data).pdu
        if message.engine_id != self._engine_id or message.flags & 3 != self._user.level:
            return None
        if self._keys is None:
            return opened(message, None).pdu
        if not is_signed_by(datagram, message, self._keys):
            return None
        self._boots, self._time_s = message.boots, message.time_s
        return opened(message, self._keys).pdu

    def _learn(self, engine_id: bytes, boots: int, time_s: int) -> None:
        self._engine_id, self._boots, self._time_s = engine_id, boots, time_s
        if self._user.auth is not None:
            self._keys = local_keys(self._user, self._user.auth, engine_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an agent said. reported: the object of a report (v3) instead of an answer."""

    status: int
    bindings: tuple[tuple[Oid, bytes], ...]
    reported: Oid | None = None


def read_answer(pdu: bytes, request_id: int) -> Answer | None:
    """The response or report in a PDU; None where it answers another request. Raises DecodeError."""
    kind = pdu[0] if pdu else 0
    if kind not in (RESPONSE, REPORT):
        return None
    at, end = read_header(pdu, 0, kind, len(pdu))
    answered, at = read_integer(pdu, at, end)
    status, at = read_integer(pdu, at, end)
    _, at = read_integer(pdu, at, end)
    at, stop = read_header(pdu, at, SEQUENCE, end)
    bindings = []
    while at < stop:
        start, at = read_header(pdu, at, SEQUENCE, stop)
        name_at, name_end = read_header(pdu, start, OBJECT_IDENTIFIER, at)
        if name_end >= at:
            raise DecodeError("a variable binding has no value")
        bindings.append((read_oid(pdu[name_at:name_end]), pdu[name_end:at]))
    if kind == REPORT:
        return Answer(status=0, bindings=(), reported=bindings[0][0] if bindings else ())
    return Answer(status=status, bindings=tuple(bindings)) if answered == request_id else None


class Walk:
    """All objects under a root, asked for bit by bit. random: from 0 to its argument - 1."""

    def __init__(
        self,
        security: Security,
        random: Callable[[int], int],
        *,
        root: Oid = (1, 3, 6, 1),
        bulk: bool = True,
        rows_max: int = ROWS_MAX,
        bytes_max: int = WALK_BYTES_MAX,
    ) -> None:
        self.rows: Final[list[tuple[Oid, bytes]]] = []
        self.finished = False
        self.cut_short = ""
        self._security, self._random = security, random
        self._root, self._last = root, root
        self._repetitions = REPETITIONS if bulk else 0
        self._rows_max, self._bytes_max, self._bytes = rows_max, bytes_max, 0
        self._request_id = 0
        self._reports = 0

    def request(self) -> bytes:
        """The next datagram to send. A lost one is simply asked for again."""
        self._request_id = 1 + self._random(_RANDOM)
        binding = varbind(object_identifier(self._last), NULL)
        second = self._repetitions if self._repetitions > 1 else 0
        kind = GET_BULK if second else GET_NEXT
        pdu = integer(self._request_id) + integer(0) + integer(second) + wrap(SEQUENCE, binding)
        return self._security.sealed(wrap(kind, pdu), 1 + self._random(_RANDOM))

    def receive(self, datagram: bytes) -> bool:
        """Whether a datagram answered the last request."""
        if len(datagram) > MESSAGE_BYTES_MAX:
            return False
        try:
            pdu = self._security.opened(datagram)
            answer = None if pdu is None else read_answer(pdu, self._request_id)
        except DecodeError:
            return False
        if answer is None:
            return False
        if answer.reported is not None:
            self._reports += 1
            if self._reports > 3:
                self._end(f"the agent reports {'.'.join(map(str, answer.reported))}: wrong user or keys")
            return True
        self._take(answer)
        return True

    def ask_less(self) -> bool:
        """After silence or an error, ask for fewer objects at once; False where it is one already."""
        if self._repetitions <= 1:
            return False
        self._repetitions //= 4
        return True

    def _take(self, answer: Answer) -> None:
        if answer.status:
            # v1 ends a walk with noSuchName(2); other errors may come of asking for too much at once.
            if not self.ask_less():
                self._end("" if answer.status == 2 else f"the agent answers with error {answer.status}")
            return
        if not answer.bindings:
            self._end("the agent answers nothing")
        for oid, value in answer.bindings[: max(self._repetitions, 1)]:
            if value[0] in _ENDS or oid[: len(self._root)] != self._root:
                self._end("")
            elif oid <= self._last:
                self._end(f"the agent goes back to {'.'.join(map(str, oid))}")
            elif len(self.rows) >= self._rows_max or self._bytes > self._bytes_max:
                self._end(f"more than {self._rows_max} objects or {self._bytes_max} octets")
            if self.finished:
                return
            self._last = oid
            self._bytes += len(value)
            self.rows.append((oid, value))

    def _end(self, why: str) -> None:
        self.finished, self.cut_short = True, why


def uses_bulk(version: int) -> bool:
    """Whether that version has GETBULK."""
    return version != VERSION_1
