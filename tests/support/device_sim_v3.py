"""An SNMPv3 manager for tests: messages as octets, under keys it is told, with anything wrong that a test wants."""

from dataclasses import dataclass, replace

from device_sim.core.fleet_snmp import AuthWord, UserSpec, snmp_access
from device_sim.core.snmp.usm import KeyCache, User
from snmp_format import ber
from snmp_format.pdu import GET, REPORT, RESPONSE
from snmp_format.v3_message import AUTH, REPORTABLE, ScopedPdu, read_message
from snmp_format.v3_seal import Seal, is_signed_by, opened, seal

AUTH_PASSWORD, PRIV_PASSWORD = "maplesyrup", "pancakes and honey"
SALT = b"\0\0\0\0\0\0\0\7"


def users(*specs: UserSpec) -> tuple[User, ...]:
    """Users as a fleet makes them of what an operator wrote."""
    return snmp_access(("public",), specs, (), "the test").users


def user_spec(name: str = "alice", auth: AuthWord | None = "SHA-256", private: bool = True) -> UserSpec:
    """A user under the passwords above."""
    return UserSpec(
        name=name,
        auth=auth,
        auth_password=AUTH_PASSWORD if auth else "",
        priv="AES-128" if private and auth else None,
        priv_password=PRIV_PASSWORD if private and auth else "",
    )


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A request as a manager sends it. flags: None for the user's full level, reportable."""

    user: User
    engine_id: bytes
    boots: int
    time_s: int
    pdu: bytes
    flags: int | None = None
    message_id: int = 77
    size_max: int = 65507
    context_engine_id: bytes | None = None
    context_name: bytes = b""
    salt: bytes = SALT

    def datagram(self) -> bytes:
        """The message in octets."""
        flags = self.user.level | REPORTABLE if self.flags is None else self.flags
        context = self.engine_id if self.context_engine_id is None else self.context_engine_id
        keys = KeyCache().keys(self.user, self.engine_id) if flags & AUTH else None
        how = Seal(flags, self.engine_id, self.boots, self.time_s, self.user.name, keys)
        scoped = ScopedPdu(context, self.context_name, self.pdu)
        return seal(how, self.message_id, self.salt, scoped, size_max=self.size_max)

    def but(self, **changes: object) -> "Asking":
        """The same with something else in it."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the tests name fields


def get_pdu(*oids: ber.Oid, kind: int = GET, request_id: int = 4711, first: int = 0, second: int = 0) -> bytes:
    """A request PDU by itself."""
    bindings = b"".join(ber.varbind(ber.object_identifier(oid), ber.NULL) for oid in oids)
    pdu = ber.integer(request_id) + ber.integer(first) + ber.integer(second) + ber.wrap(ber.SEQUENCE, bindings)
    return ber.wrap(kind, pdu)


@dataclass(frozen=True, kw_only=True)
class V3Answer:
    """What came back, its digest checked. kind: RESPONSE or REPORT. varbinds: OID and the value's TLV."""

    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    message_id: int
    context_name: bytes
    kind: int
    request_id: int
    status: int
    index: int
    varbinds: tuple[tuple[ber.Oid, bytes], ...]

    @property
    def oids(self) -> list[ber.Oid]:
        return [oid for oid, _ in self.varbinds]


def read_v3(datagram: bytes | None, user: User) -> V3Answer:
    """The answer in a datagram, which must be one, and secured as it says."""
    assert datagram is not None, "the agent was silent"
    message = read_message(datagram)
    keys = KeyCache().keys(user, message.engine_id) if message.flags & AUTH else None
    assert keys is None or is_signed_by(datagram, message, keys)
    scoped = opened(message, keys)
    pdu = scoped.pdu
    assert pdu[0] in (RESPONSE, REPORT)
    at, end = ber.read_header(pdu, 0, pdu[0], len(pdu))
    request_id, at = ber.read_integer(pdu, at, end)
    status, at = ber.read_integer(pdu, at, end)
    index, at = ber.read_integer(pdu, at, end)
    return V3Answer(
        flags=message.flags,
        engine_id=message.engine_id,
        boots=message.boots,
        time_s=message.time_s,
        message_id=message.message_id,
        context_name=scoped.context_name,
        kind=pdu[0],
        request_id=request_id,
        status=status,
        index=index,
        varbinds=tuple(_bindings(pdu, at)),
    )


def _bindings(pdu: bytes, at: int) -> list[tuple[ber.Oid, bytes]]:
    at, end = ber.read_header(pdu, at, ber.SEQUENCE, len(pdu))
    found = []
    while at < end:
        start, stop = ber.read_header(pdu, at, ber.SEQUENCE, end)
        start, value_at = ber.read_header(pdu, start, ber.OBJECT_IDENTIFIER, stop)
        found.append((ber.read_oid(pdu[start:value_at]), pdu[value_at:stop]))
        at = stop
    return found
