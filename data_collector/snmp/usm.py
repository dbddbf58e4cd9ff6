"""SNMPv3 on the asking side: engines as they were met, keys made once, reports in words.

1. A password becomes a key (Ku) once, which takes milliseconds; a key at an engine (Kul) once for each user and engine.
2. What is asked is secured as well as the user can. An answer counts only when its digest is right, and its level is
   that of the question.
3. Boots and time of an engine are believed from its first report, for want of better; a wrong guess costs one round,
   because the engine then answers with a report that is signed, and that one alone corrects them.
4. Old answers cannot be played back: the number of a message is unpredictable and used once.
Source: RFC 3414, 3 and 4; RFC 3412, 7.2; RFC 5343.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from data_collector.core.evidence import Oid
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from snmp_format.ber import DecodeError
from snmp_format.des import DesKeys
from snmp_format.manager import ManagerCodec, Response, request_pdu
from snmp_format.pdu import GET, REPORT
from snmp_format.usm import AUTH_PROTOCOLS, SALT_BYTES, LocalKeys, localised_key, password_key
from snmp_format.v3_message import AUTH, PRIV, REPORTABLE, ScopedPdu, V3Message, read_message, read_scoped_pdu
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

KEYS_MAX: Final = 8_192
ENGINES_MAX: Final = 65_536
_ENGINE_ID_BYTES: Final = range(5, 33)
_STATS: Final[Oid] = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVEL: Final[Oid] = (*_STATS, 1)
NOT_IN_TIME: Final[Oid] = (*_STATS, 2)
UNKNOWN_USER: Final[Oid] = (*_STATS, 3)
UNKNOWN_ENGINE: Final[Oid] = (*_STATS, 4)
WRONG_DIGEST: Final[Oid] = (*_STATS, 5)
CANNOT_DECRYPT: Final[Oid] = (*_STATS, 6)
REASONS: Final = MappingProxyType(
    {
        UNSUPPORTED_LEVEL: "the device does not allow this user that security level: check which protocols it has",
        NOT_IN_TIME: "the device keeps saying that its clock moved",
        UNKNOWN_USER: "the device does not know this user",
        UNKNOWN_ENGINE: "the device keeps changing its engine ID",
        WRONG_DIGEST: "the authentication password or protocol of this user is wrong",
        CANNOT_DECRYPT: "the privacy password or protocol of this user is wrong",
    }
)
"""usmStats objects of a report, as reasons."""


@dataclass(slots=True)
class Engine:
    """An authoritative engine as last heard of. at_s: monotonic seconds when it was."""

    engine_id: bytes
    boots: int
    time_s: int
    at_s: float

    def time_now_s(self, now_s: float) -> int:
        """What its clock says by now."""
        return min(2**31 - 1, self.time_s + int(now_s - self.at_s))


@dataclass(frozen=True, slots=True)
class Report:
    """An engine's answer that something was wrong. kind: the usmStats object, without its instance."""

    kind: Oid

    @property
    def reason(self) -> str:
        """What to do about it."""
        return REASONS.get(self.kind, f"the device reports {'.'.join(map(str, self.kind))}")


class Keyring:
    """Keys of all users at all engines."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._of_passwords: Final[dict[tuple[AuthProtocol, str], bytes]] = {}
        self._local: Final[OrderedDict[tuple[UsmUser, bytes], LocalKeys]] = OrderedDict()
        self._max = keys_max

    def keys(self, user: UsmUser, engine_id: bytes) -> LocalKeys | None:
        """The keys of a user at an engine; None for a user without authentication."""
        if user.auth_protocol is AuthProtocol.NONE:
            return None
        place = (user, engine_id)
        known = self._local.get(place)
        if known is not None:
            self._local.move_to_end(place)
            return known
        protocol = AUTH_PROTOCOLS[user.auth_protocol.value]
        auth = localised_key(protocol, self._password_key(user.auth_protocol, user.auth_password), engine_id)
        priv = None
        if user.priv_protocol is not PrivProtocol.NONE:
            priv = localised_key(protocol, self._password_key(user.auth_protocol, user.priv_password), engine_id)
        if user.priv_protocol is PrivProtocol.DES:
            assert priv is not None
            made: LocalKeys = DesKeys(protocol, auth, priv)
        else:
            made = LocalKeys(protocol, auth, priv)
        self._local[place] = made
        if len(self._local) > self._max:
            self._local.popitem(last=False)
        return made

    def _password_key(self, protocol: AuthProtocol, password: str) -> bytes:
        known = self._of_passwords.get((protocol, password))
        if known is None:
            known = password_key(AUTH_PROTOCOLS[protocol.value], password.encode())
            self._of_passwords[protocol, password] = known
        return known


class Engines:
    """The engines behind addresses, the latest ENGINES_MAX of them."""

    def __init__(self, engines_max: int = ENGINES_MAX) -> None:
        self._known: Final[OrderedDict[tuple[str, int], Engine]] = OrderedDict()
        self._max = engines_max

    def at(self, peer: tuple[str, int]) -> Engine | None:
        """Who was met there."""
        return self._known.get(peer)

    def learn(self, peer: tuple[str, int], message: V3Message, now_s: float) -> None:
        """What a message says of the engine that sent it."""
        known = self._known.get(peer)
        if known is not None and known.engine_id == message.engine_id:
            known.boots, known.time_s, known.at_s = message.boots, message.time_s, now_s
            return
        if len(message.engine_id) not in _ENGINE_ID_BYTES:
            return
        self._known[peer] = Engine(message.engine_id, message.boots, message.time_s, now_s)
        if len(self._known) > self._max:
            self._known.popitem(last=False)

    def forget(self, peer: tuple[str, int]) -> None:
        """Somebody else is there now."""
        self._known.pop(peer, None)


def discovery(number: int) -> bytes:
    """A message that every engine answers with a report, which says who it is."""
    pdu = request_pdu(GET, number, 0, 0, b"\x30\x00")
    return seal(Seal(REPORTABLE, b"", 0, 0, b"", None), number, b"", ScopedPdu(b"", b"", pdu))


def read_discovery(datagram: bytes) -> V3Message | None:
    """The message of an engine that says who it is; None for anything else."""
    try:
        message = read_message(datagram)
    except DecodeError:
        return None
    return message if len(message.engine_id) in _ENGINE_ID_BYTES else None


class UserSecurity:
    """One user at one engine: seals what is asked and opens what is answered."""

    __slots__ = ("_context", "_engine", "_flags", "_keys", "_name", "_salt")

    def __init__(self, user: UsmUser, engine: Engine, keys: LocalKeys | None) -> None:
        self._engine, self._keys = engine, keys
        self._name, self._context = user.name.encode(), user.context.encode()
        self._flags = 0 if keys is None else AUTH | PRIV if keys.hides else AUTH
        self._salt = secrets.randbits(64)

    def sealed(self, pdu: bytes, number: int, now_s: float) -> bytes:
        """The datagram around a request."""
        self._salt = (self._salt + 1) % 2**64
        engine = self._engine
        how = Seal(
            self._flags | REPORTABLE, engine.engine_id, engine.boots, engine.time_now_s(now_s), self._name, self._keys
        )
        context = ScopedPdu(engine.engine_id, self._context, pdu)
        return seal(how, number, self._salt.to_bytes(SALT_BYTES, "big"), context)

    def opened(self, datagram: bytes, codec: ManagerCodec, now_s: float) -> Response | Report | None:
        """The answer in a datagram, or what its engine complains of; None for what proves nothing.

        Raises DecodeError.
        """
        message = read_message(datagram)
        engine, keys = self._engine, self._keys
        level = message.flags & 3
        signed = level & AUTH and keys is not None and is_signed_by(datagram, message, keys)
        if level != self._flags or not (signed or keys is None) or message.engine_id != engine.engine_id:
            return self._complaint(message, codec, now_s, signed=bool(signed))
        scoped = opened(message, keys)
        response = codec.read_pdu(scoped.pdu, 0, len(scoped.pdu))
        if response.kind == REPORT:
            return self._report(message, response, now_s, signed=bool(signed))
        engine.boots, engine.time_s, engine.at_s = message.boots, message.time_s, now_s
        return response

    def _complaint(self, message: V3Message, codec: ManagerCodec, now_s: float, *, signed: bool) -> Report | None:
        """A report below the level of the question: an engine that does not know the user cannot do better."""
        if message.flags & PRIV or (message.flags & AUTH and not signed):
            return None
        pdu = read_scoped_pdu(message.data).pdu
        response = codec.read_pdu(pdu, 0, len(pdu))
        return self._report(message, response, now_s, signed=signed) if response.kind == REPORT else None

    def _report(self, message: V3Message, response: Response, now_s: float, *, signed: bool) -> Report | None:
        kind = response.bindings[0][0][: len(_STATS) + 1] if response.bindings else ()
        if kind == NOT_IN_TIME:
            if not signed or message.engine_id != self._engine.engine_id:
                return None  # a stranger could send us out of time for good
            engine = self._engine
            engine.boots, engine.time_s, engine.at_s = message.boots, message.time_s, now_s
        return Report(kind)
