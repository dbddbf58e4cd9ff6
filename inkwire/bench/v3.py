"""SNMPv3 with USM as a manager speaks it, SHA-1 and AES-128, for the load generator.

1. It shares nothing with the simulator's USM: keys, messages and readings are made here, from the RFCs.
2. An engine is found out before it is measured, in the standard's two steps: a report about an unknown engine tells
   its name, an authenticated one about time tells boots and time. Its localised keys are kept.
3. A reply must be of that engine, user and message, bear the digest that belongs to it, and open under the key.
Source: RFC 3412, 6; RFC 3414, 2.6, 4, 6 and A.2; RFC 3826.
"""

import hashlib
import hmac
import itertools
import time
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from inkwire.bench import octets as ber
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.questions import RESPONSE, Question, first_number, read_response

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # before it moved, in version 47
    from cryptography.hazmat.primitives.ciphers.modes import CFB

USER: Final = "bench"
AUTH_PASSWORD: Final = "the auth of the bench"
PRIV_PASSWORD: Final = "the priv of the bench"
USER_WORD: Final = f"{USER}:SHA-1:{AUTH_PASSWORD}:AES-128:{PRIV_PASSWORD}"
"""The user as `inkwire sim run --user` takes him."""

_AUTH_PRIV: Final = 3
_AUTH: Final = 1
_REPORTABLE: Final = 4
_DIGEST_BYTES: Final = 12
_REPORT: Final = 0xA8
_TAKEN_BYTES: Final = 65507
_USM_STATS: Final = "1.3.6.1.6.3.15.1.1"
UNKNOWN_ENGINE_IDS: Final = f"{_USM_STATS}.4.0"
NOT_IN_TIME_WINDOWS: Final = f"{_USM_STATS}.2.0"


def localised(password: str, engine_id: bytes) -> bytes:
    """The key of a password at an engine, by SHA-1. Source: RFC 3414, A.2.2 and 2.6."""
    return _localised(_spread(password), engine_id)


def _spread(password: str) -> bytes:
    """Ku."""
    octets = itertools.islice(itertools.cycle(password.encode()), 1_048_576)
    return hashlib.sha1(bytes(octets), usedforsecurity=False).digest()


def _localised(key: bytes, engine_id: bytes) -> bytes:
    return hashlib.sha1(key + engine_id + key, usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is known of an engine. time_s: its snmpEngineTime at our monotonic moment at_s."""

    engine_id: bytes
    boots: int = 0
    time_s: int = 0
    at_s: float = 0.0
    auth_key: bytes = field(repr=False)
    aes: AES = field(repr=False)

    def now_s(self) -> int:
        """snmpEngineTime as it should be now; 0 before the engine has told it."""
        return self.time_s + int(time.monotonic() - self.at_s) if self.at_s else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A message that was read. pdu_at: where its PDU begins in scoped; it ends with it."""

    engine_id: bytes
    boots: int
    time_s: int
    scoped: bytes
    pdu_at: int


class Secured:
    """A Wire to engines under authPriv, each of which was discovered before."""

    def __init__(self) -> None:
        self._auth_key: Final = _spread(AUTH_PASSWORD)
        self._priv_key: Final = _spread(PRIV_PASSWORD)
        self._sessions: Final[dict[str, Session]] = {}
        self._salt = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def session(self, address: str) -> Session:
        """What is known of the engine there."""
        return self._sessions[address]

    def put(self, question: Question, address: str, request_id: int) -> bytes:
        known = self._sessions[address]
        pdu = question.pdu
        start = ber.extent(pdu, 0)[0] + 2
        return self.message(known, request_id, pdu[:start] + request_id.to_bytes(4, "big") + pdu[start + 4 :])

    def id_of(self, reply: bytes) -> int:
        return message_id(reply)

    def read(self, question: Question, address: str, reply: bytes, request_id: int) -> int:
        try:
            opened = open_message(reply, request_id, self._sessions[address], _AUTH_PRIV)
            tag = opened.scoped[opened.pdu_at]
            if tag != RESPONSE:
                raise WrongReplyError(f"{question.name}: {address} sends a PDU {tag:#04x}, no response")
            return first_number(read_response(question, opened.scoped, opened.pdu_at, request_id))
        except IndexError as error:
            raise WrongReplyError(f"{question.name}: a reply is cut short: {reply.hex()}") from error

    def discovery(self, request_id: int) -> bytes:
        """The datagram that asks an engine for its name."""
        scoped = ber.wrap(ber.SEQUENCE, b"\x04\x00\x04\x00" + _empty_get(request_id))
        return _message(request_id, _REPORTABLE, (b"", 0, 0, b"", b"", b""), scoped)[0]

    def named(self, address: str, reply: bytes, request_id: int) -> None:
        """Take the name from the report that answers a discovery. Raises WrongReplyError."""
        opened = _reported(reply, request_id, None, 0, UNKNOWN_ENGINE_IDS)
        engine_id = opened.engine_id
        if not 5 <= len(engine_id) <= 32:
            raise WrongReplyError(f"{address} has an engine ID of {len(engine_id)} octets")
        self._sessions[address] = Session(
            engine_id=engine_id,
            auth_key=_localised(self._auth_key, engine_id),
            aes=AES(_localised(self._priv_key, engine_id)[:16]),
        )

    def hello(self, address: str, request_id: int) -> bytes:
        """The authenticated datagram that asks an engine whose name is known for its time."""
        return self.message(self._sessions[address], request_id, _empty_get(request_id))

    def timed(self, address: str, reply: bytes, request_id: int) -> None:
        """Take boots and time from the report that answers `hello`. Raises WrongReplyError."""
        known = self._sessions[address]
        opened = _reported(reply, request_id, known, _AUTH, NOT_IN_TIME_WINDOWS)
        self._sessions[address] = Session(
            engine_id=known.engine_id,
            boots=opened.boots,
            time_s=opened.time_s,
            at_s=time.monotonic(),
            auth_key=known.auth_key,
            aes=known.aes,
        )

    def message(self, known: Session, request_id: int, pdu: bytes) -> bytes:
        """A request PDU as an authPriv message to that engine."""
        self._salt += 1
        salt = self._salt.to_bytes(8, "big")
        boots, time_s = known.boots, known.now_s()
        scoped = ber.wrap(ber.SEQUENCE, ber.wrap(ber.OCTETS, known.engine_id) + b"\x04\x00" + pdu)
        iv = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
        hidden = ber.wrap(ber.OCTETS, Cipher(known.aes, CFB(iv)).encryptor().update(scoped))
        named = (known.engine_id, boots, time_s, USER.encode(), bytes(_DIGEST_BYTES), salt)
        blank, digest_at = _message(request_id, _AUTH_PRIV | _REPORTABLE, named, hidden)
        digest = hmac.digest(known.auth_key, blank, "sha1")[:_DIGEST_BYTES]
        return blank[:digest_at] + digest + blank[digest_at + _DIGEST_BYTES :]


class Naming:
    """A Wire that finds out the names of engines, whatever the question."""

    def __init__(self, found: Secured) -> None:
        self._found: Final = found

    def put(self, question: Question, address: str, request_id: int) -> bytes:
        return self._found.discovery(request_id)

    def id_of(self, reply: bytes) -> int:
        return message_id(reply)

    def read(self, question: Question, address: str, reply: bytes, request_id: int) -> int:
        self._found.named(address, reply, request_id)
        return 0


class Timing:
    """A Wire that finds out boots and time of engines whose names are known, whatever the question."""

    def __init__(self, found: Secured) -> None:
        self._found: Final = found

    def put(self, question: Question, address: str, request_id: int) -> bytes:
        return self._found.hello(address, request_id)

    def id_of(self, reply: bytes) -> int:
        return message_id(reply)

    def read(self, question: Question, address: str, reply: bytes, request_id: int) -> int:
        self._found.timed(address, reply, request_id)
        return 0


def message_id(reply: bytes) -> int:
    """The msgID of a v3 message, or -1 where there is none to be found."""
    try:
        start, _ = ber.extent(reply, 0)
        _, at = ber.extent(reply, start)
        start, _ = ber.extent(reply, at)
        start, stop = ber.extent(reply, start)
    except IndexError:
        return -1
    return int.from_bytes(reply[start:stop], "big")


def open_message(reply: bytes, request_id: int, known: Session | None, flags: int) -> _Opened:
    """A message, its digest checked and made readable. known: the engine it must be of. flags: its security level.

    Raises WrongReplyError, and IndexError where it is cut.
    """
    at = ber.enter(reply, 0, ber.SEQUENCE, len(reply))
    at = ber.leaf(reply, at, ber.INTEGER, b"\x03")
    start, parameters_at = ber.field(reply, at, ber.SEQUENCE)
    at = ber.leaf(reply, start, ber.INTEGER, request_id.to_bytes(4, "big"))
    _, at = ber.field(reply, at, ber.INTEGER)
    at = ber.leaf(reply, at, ber.OCTETS, bytes((flags,)))
    ber.leaf(reply, at, ber.INTEGER, b"\x03")
    start, data_at = ber.field(reply, parameters_at, ber.OCTETS)
    start = ber.enter(reply, start, ber.SEQUENCE, data_at)
    fields = []
    for tag in (ber.OCTETS, ber.INTEGER, ber.INTEGER, ber.OCTETS, ber.OCTETS, ber.OCTETS):
        begin, start = ber.field(reply, start, tag)
        fields.append((begin, start))
    engine_id, boots, time_s, user, digest, salt = (reply[begin:end] for begin, end in fields)
    scoped = reply[data_at:]
    if known is not None:
        if engine_id != known.engine_id or user != USER.encode():
            raise WrongReplyError(f"the engine {engine_id.hex()} answered {user!r} for {known.engine_id.hex()}")
        _check_digest(reply, fields[4], digest, known)
        if flags == _AUTH_PRIV:
            begin = ber.enter(reply, data_at, ber.OCTETS, len(reply))
            iv = boots.rjust(4, b"\0")[-4:] + time_s.rjust(4, b"\0")[-4:] + salt
            scoped = Cipher(known.aes, CFB(iv)).decryptor().update(reply[begin:])
    at = ber.enter(scoped, 0, ber.SEQUENCE, len(scoped))
    if flags == _AUTH_PRIV:
        at = ber.leaf(scoped, at, ber.OCTETS, engine_id)
    else:  # a report may repeat the context of what it is about
        _, at = ber.field(scoped, at, ber.OCTETS)
    at = ber.leaf(scoped, at, ber.OCTETS, b"")
    return _Opened(
        engine_id=engine_id,
        boots=int.from_bytes(boots, "big"),
        time_s=int.from_bytes(time_s, "big"),
        scoped=scoped,
        pdu_at=at,
    )


def _check_digest(reply: bytes, place: tuple[int, int], digest: bytes, known: Session) -> None:
    begin, end = place
    blank = reply[:begin] + bytes(end - begin) + reply[end:]
    if digest != hmac.digest(known.auth_key, blank, "sha1")[:_DIGEST_BYTES]:
        raise WrongReplyError(f"the digest {digest.hex()} is not that of the message: {reply.hex()}")


def _reported(reply: bytes, request_id: int, known: Session | None, flags: int, counter: str) -> _Opened:
    try:
        opened = open_message(reply, request_id, known, flags)
        scoped = opened.scoped
        at = ber.enter(scoped, opened.pdu_at, _REPORT, len(scoped))
        for _ in range(3):
            _, at = ber.field(scoped, at, ber.INTEGER)
        at = ber.enter(scoped, at, ber.SEQUENCE, len(scoped))
        names = [name for name, _, _ in ber.bindings(scoped, at)]
    except IndexError as error:
        raise WrongReplyError(f"a report is cut short: {reply.hex()}") from error
    if names != [ber.oid_content(counter)]:
        raise WrongReplyError(f"a report tells {[name.hex() for name in names]} instead of {counter}")
    return opened


def _empty_get(request_id: int) -> bytes:
    return ber.wrap(0xA0, ber.number(request_id) + b"\x02\x01\x00\x02\x01\x00\x30\x00")


def _message(
    request_id: int, flags: int, named: tuple[bytes, int, int, bytes, bytes, bytes], data: bytes
) -> tuple[bytes, int]:
    """A message, and where the digest begins in it. named: the fields of UsmSecurityParameters."""
    engine_id, boots, time_s, user, digest, salt = named
    who = ber.wrap(ber.OCTETS, engine_id) + ber.number(boots) + ber.number(time_s) + ber.wrap(ber.OCTETS, user)
    behind = ber.wrap(ber.OCTETS, salt) + data
    parameters = ber.wrap(ber.SEQUENCE, who + ber.wrap(ber.OCTETS, digest) + ber.wrap(ber.OCTETS, salt))
    head = ber.number(request_id) + ber.number(_TAKEN_BYTES) + bytes((ber.OCTETS, 1, flags)) + b"\x02\x01\x03"
    body = b"\x02\x01\x03" + ber.wrap(ber.SEQUENCE, head) + ber.wrap(ber.OCTETS, parameters) + data
    whole = ber.wrap(ber.SEQUENCE, body)
    return whole, len(whole) - len(behind) - len(digest)
