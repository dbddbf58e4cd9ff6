"""SNMPv3 with USM for any number of engines: datagram in, datagram or silence out.

1. The order of the checks is the standard's: engine, user, level, digest, time, privacy. The first that fails is
   counted at the engine that was asked, and reported where the sender can use a report.
2. A report tells one counter. It is secured as the request was, as far as the request had proved itself: one about
   time carries a digest, so that a manager may believe the clock in it.
3. Nothing is kept of a manager; a request is judged by itself.
Source: RFC 3412, 7; RFC 3413, 3.2; RFC 3414, 3.
"""

from collections.abc import Iterable
from typing import Final

from device_sim.core.snmp.engine import BOOTS_MAX, Engine
from device_sim.core.snmp.message import refusal
from device_sim.core.snmp.usm import KeyCache, User
from device_sim.core.snmp.view import MibView
from snmp_format.ber import (
    INTEGER,
    DecodeError,
    Oid,
    counter32,
    integer,
    object_identifier,
    read_header,
    read_integer,
    sequence,
    varbind,
    wrap,
)
from snmp_format.pdu import AUTHORIZATION_ERROR, GET, GET_BULK, GET_NEXT, INFORM, REPORT, SET
from snmp_format.usm import SALT_BYTES, LocalKeys
from snmp_format.v3_message import (
    AUTH,
    PRIV,
    REPORTABLE,
    MessageReader,
    ScopedPdu,
    UnknownModelError,
    V3Message,
    read_scoped_pdu,
)
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

TIME_WINDOW_S: Final = 150.0
"""Source: RFC 3414, 2.2.3."""
SNMP_MODULES: Final = (1, 3, 6, 1, 6, 3)
UNKNOWN_SECURITY_MODELS: Final = (*SNMP_MODULES, 11, 2, 1, 1, 0)
INVALID_MESSAGES: Final = (*SNMP_MODULES, 11, 2, 1, 2, 0)
UNKNOWN_PDU_HANDLERS: Final = (*SNMP_MODULES, 11, 2, 1, 3, 0)
UNAVAILABLE_CONTEXTS: Final = (*SNMP_MODULES, 12, 1, 4, 0)
UNKNOWN_CONTEXTS: Final = (*SNMP_MODULES, 12, 1, 5, 0)
UNSUPPORTED_SECURITY_LEVELS: Final = (*SNMP_MODULES, 15, 1, 1, 1, 0)
NOT_IN_TIME_WINDOWS: Final = (*SNMP_MODULES, 15, 1, 1, 2, 0)
UNKNOWN_USER_NAMES: Final = (*SNMP_MODULES, 15, 1, 1, 3, 0)
UNKNOWN_ENGINE_IDS: Final = (*SNMP_MODULES, 15, 1, 1, 4, 0)
WRONG_DIGESTS: Final = (*SNMP_MODULES, 15, 1, 1, 5, 0)
DECRYPTION_ERRORS: Final = (*SNMP_MODULES, 15, 1, 1, 6, 0)

_COUNTERS: Final = {
    UNKNOWN_PDU_HANDLERS: "unknown_pdu_handlers",
    UNKNOWN_CONTEXTS: "unknown_contexts",
    UNSUPPORTED_SECURITY_LEVELS: "unsupported_security_levels",
    NOT_IN_TIME_WINDOWS: "not_in_time_windows",
    UNKNOWN_USER_NAMES: "unknown_user_names",
    UNKNOWN_ENGINE_IDS: "unknown_engine_ids",
    WRONG_DIGESTS: "wrong_digests",
    DECRYPTION_ERRORS: "decryption_errors",
}
_CONFIRMED: Final = (GET, GET_NEXT, GET_BULK, SET, INFORM)
"""The PDU types to which there is a response, and so a report. Source: RFC 3411, 2.8."""
_ANSWERED: Final = (GET, GET_NEXT, GET_BULK, SET)
_NO_REQUEST_ID: Final = integer(0)
_AROUND_BYTES_MAX: Final = 72
"""What stands around a PDU, without engine identifiers, user name and digest: 64 octets of headers, 8 of salt."""


class _Reported(Exception):  # an outcome, not an error
    """A check failed. counter: the object that tells it. flags: how the report is secured."""

    def __init__(self, counter: Oid, flags: int = 0) -> None:
        super().__init__(counter)
        self.counter = counter
        self.flags = flags


class UsmAgent:
    """The users of a fleet, at whatever engine they ask."""

    __slots__ = ("_keys", "_read", "_salt", "_size_max", "_users", "_window_s")

    def __init__(self, users: Iterable[User], *, size_max: int, salt: int, window_s: float = TIME_WINDOW_S) -> None:
        """size_max: of an answer, in octets. salt: where the salts start, 64 bits, different at each start.

        window_s: by how much a manager's idea of the engine's time may be wrong, in seconds of the engine's clock.
        """
        self._users: Final = {user.name: user for user in users}
        self._size_max: Final = size_max
        self._salt = salt
        self._window_s: Final = window_s
        self._keys: Final = KeyCache()
        self._read: Final = MessageReader().read

    def receive(self, datagram: bytes, view: MibView) -> bytes | None:
        """The answer to a v3 datagram, or None for silence. Never raises for what a peer sent."""
        engine = view.engine()
        if engine is None:
            return None
        counters = engine.counters
        try:
            message = self._read(datagram)
        except UnknownModelError:
            counters.unknown_security_models += 1
            return None
        except DecodeError:
            counters.in_asn_parse_errs += 1
            return None
        if message.flags & PRIV and not message.flags & AUTH:
            counters.invalid_messages += 1
            return None
        keys: LocalKeys | None = None
        scoped: ScopedPdu | None = None
        try:
            user = self._user(message, engine)
            if message.flags & AUTH:
                keys = self._keys.keys(user, engine.engine_id)
                self._prove(datagram, message, keys, engine)
            scoped = _opened(message, keys)
            return self._answer(message, engine, user, keys, scoped, view)
        except _Reported as reported:
            name = _COUNTERS[reported.counter]
            setattr(counters, name, getattr(counters, name) + 1)
            return self._report(reported, message, engine, keys, scoped)
        except DecodeError:
            counters.in_asn_parse_errs += 1
            return None

    def _user(self, message: V3Message, engine: Engine) -> User:
        if message.engine_id != engine.engine_id:
            raise _Reported(UNKNOWN_ENGINE_IDS)
        user = self._users.get(message.user_name)
        if user is None:
            raise _Reported(UNKNOWN_USER_NAMES)
        if (message.flags & AUTH and user.auth is None) or (message.flags & PRIV and not user.priv_key):
            raise _Reported(UNSUPPORTED_SECURITY_LEVELS)
        return user

    def _prove(self, datagram: bytes, message: V3Message, keys: LocalKeys, engine: Engine) -> None:
        """Nothing raised: the message is from who has the keys, and of now."""
        if not is_signed_by(datagram, message, keys):
            raise _Reported(WRONG_DIGESTS)
        late = message.boots != engine.boots or abs(message.time_s - engine.time_s) > self._window_s
        if late or engine.boots == BOOTS_MAX:
            raise _Reported(NOT_IN_TIME_WINDOWS, AUTH)

    def _answer(
        self,
        message: V3Message,
        engine: Engine,
        user: User,
        keys: LocalKeys | None,
        scoped: ScopedPdu,
        view: MibView,
    ) -> bytes:
        level = message.flags & (AUTH | PRIV)
        if scoped.context_engine_id != engine.engine_id or scoped.pdu[0] not in _ANSWERED:
            raise _Reported(UNKNOWN_PDU_HANDLERS, level)
        if scoped.context_name:
            raise _Reported(UNKNOWN_CONTEXTS, level)
        if level != user.level:
            pdu = refusal(scoped.pdu, AUTHORIZATION_ERROR)
        else:
            around = (
                _AROUND_BYTES_MAX
                + 2 * len(engine.engine_id)
                + len(user.name)
                + (user.auth.digest_bytes if user.auth else 0)
            )
            room = min(self._size_max, message.size_max) - around
            pdu = view.answer_pdu(scoped.pdu, user.access, room)
        return self._secured(message, engine, keys, level, scoped, pdu)

    def _report(
        self,
        reported: _Reported,
        message: V3Message,
        engine: Engine,
        keys: LocalKeys | None,
        scoped: ScopedPdu | None,
    ) -> bytes | None:
        if scoped is None and not message.flags & PRIV:
            scoped = _readable(message.data)
        expected = scoped.pdu[0] in _CONFIRMED if scoped else bool(message.flags & REPORTABLE)
        if not expected:
            return None
        request_id = _request_id(scoped.pdu) if scoped else _NO_REQUEST_ID
        counted = counter32(getattr(engine.counters, _COUNTERS[reported.counter]))
        binding = varbind(object_identifier(reported.counter), counted)
        pdu = wrap(REPORT, request_id + _NO_ERROR + sequence(len(binding)) + binding)
        return self._secured(message, engine, keys, reported.flags, scoped, pdu)

    def _secured(
        self,
        message: V3Message,
        engine: Engine,
        keys: LocalKeys | None,
        flags: int,
        scoped: ScopedPdu | None,
        pdu: bytes,
    ) -> bytes:
        """A message to the sender of `message`, with a digest and hidden as `flags` say. keys: where they say so."""
        context_engine_id = engine.engine_id if scoped is None else scoped.context_engine_id
        context = ScopedPdu(context_engine_id, scoped.context_name if scoped else b"", pdu)
        how = Seal(flags, engine.engine_id, engine.boots, engine.time_s, message.user_name, keys)
        self._salt = (self._salt + 1) & _SALT_MASK
        return seal(how, message.message_id, self._salt.to_bytes(SALT_BYTES, "big"), context)


def _opened(message: V3Message, keys: LocalKeys | None) -> ScopedPdu:
    """The scoped PDU of a message, made readable. Raises DecodeError."""
    if not message.flags & PRIV:
        return opened(message, None)
    try:
        return opened(message, keys)
    except DecodeError:
        # CFB cannot tell a wrong key. The manager is told so all the same, where net-snmp's agent is silent.
        raise _Reported(DECRYPTION_ERRORS) from None


def _readable(data: bytes) -> ScopedPdu | None:
    try:
        return read_scoped_pdu(data)
    except DecodeError:
        return None


def _request_id(pdu: bytes) -> bytes:
    try:
        start, end = read_header(pdu, 0, pdu[0], len(pdu))
        _, stop = read_integer(pdu, start, end)
    except DecodeError:
        return _NO_REQUEST_ID
    return pdu[start:stop]


_NO_ERROR: Final = bytes((INTEGER, 1, 0, INTEGER, 1, 0))
_SALT_MASK: Final = 2**64 - 1
