"""SNMPv3 messages with USM parameters: octets to fields, fields to octets. What they mean, agent and manager decide.

1. Reading keeps positions into the datagram: where the digest stands must be known to check it.
2. Everything out of the ranges of RFC 3412, 6 or RFC 3414, 2.4 is a DecodeError; a security model other than USM
   is not read further.
"""

from typing import Final, NamedTuple

from snmp_format.ber import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SEQUENCES,
    DecodeError,
    header,
    integer,
    octets,
    read_header,
    read_integer,
    wrap,
)
from snmp_format.pdu import VERSION_3
from snmp_format.usm import USER_NAME_BYTES_MAX

USM: Final = 3
AUTH: Final = 1
PRIV: Final = 2
REPORTABLE: Final = 4
ENGINE_ID_BYTES: Final = (5, 32)
MESSAGE_BYTES_LEAST: Final = 484
"""What every engine must take: the least that may stand in msgMaxSize. Source: RFC 3412, 6."""
MESSAGE_BYTES_SHORTEST: Final = 5

_VERSION_TLV: Final = bytes((INTEGER, 1, VERSION_3))
_USM_TLV: Final = bytes((INTEGER, 1, USM))


class V3Message(NamedTuple):
    """A message before anything of it is believed.

    size_max: msgMaxSize, what the sender takes. flags: AUTH, PRIV, REPORTABLE. digest_at, digest_end: where
    msgAuthenticationParameters stand. salt: msgPrivacyParameters. data: msgData, a scoped PDU or an OCTET STRING that
    hides one, with its header.
    """

    message_id: int
    size_max: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user_name: bytes
    digest_at: int
    digest_end: int
    salt: bytes
    data: bytes


class UnknownModelError(DecodeError):
    """A message under a security model that is not USM."""


def is_version_3(datagram: bytes) -> bool:
    """Whether a datagram says it is SNMPv3."""
    if len(datagram) < MESSAGE_BYTES_SHORTEST:
        return False
    at = 2 if datagram[1] < 0x80 else datagram[1] - 0x7E
    return datagram[at : at + 3] == _VERSION_TLV


def read_message(datagram: bytes) -> V3Message:
    """The fields of a v3 message. Raises DecodeError; UnknownModelError where another model secures it."""
    return _read(datagram)[0]


class MessageReader:
    """`read_message` for many messages that are laid out alike, as those of one manager are.

    Where the fields stand is known again by all octets that are no field: when those before and between the fields are
    the same ones, so are all lengths and with them all places. What is in a field is checked each time.
    """

    __slots__ = ("_shapes",)

    def __init__(self) -> None:
        self._shapes: Final[dict[int, list[_Shape]]] = {}

    def read(self, datagram: bytes) -> V3Message:
        """The fields of a v3 message. Raises what `read_message` does."""
        shapes = self._shapes.get(len(datagram))
        for shape in shapes or ():
            if (message := shape.read(datagram)) is not None:
                return message
        message, places = _read(datagram)
        if shapes is None:
            if len(self._shapes) >= _SHAPES_MAX:
                del self._shapes[next(iter(self._shapes))]
            shapes = self._shapes[len(datagram)] = []
        shapes.insert(0, _Shape(datagram, message, places))
        del shapes[_ALIKE_MAX:]
        return message


_SHAPES_MAX: Final = 256
_ALIKE_MAX: Final = 4


class _Shape:
    """Where the fields of a message stand. The user's name and what comes before the engine's are of the shape too."""

    __slots__ = ("_flags", "_name", "_places", "_size_max", "_skeleton")

    def __init__(self, datagram: bytes, message: V3Message, places: "_Places") -> None:
        self._places: Final = places
        self._skeleton: Final = places.skeleton(datagram)
        self._flags: Final = message.flags
        self._size_max: Final = message.size_max
        self._name: Final = message.user_name

    def read(self, datagram: bytes) -> V3Message | None:
        """The fields of a message of this shape, None for one of another."""
        places = self._places
        if places.skeleton(datagram) != self._skeleton:
            return None
        (id_at, id_end, engine_at, engine_end, boots_at, boots_end, time_at, time_end,
         digest_at, digest_end, salt_at, salt_end, data_at, _) = places  # fmt: skip
        if (datagram[id_at] | datagram[boots_at] | datagram[time_at]) & 0x80:
            return None
        return V3Message(
            int.from_bytes(datagram[id_at:id_end], "big"),
            self._size_max,
            self._flags,
            datagram[engine_at:engine_end],
            int.from_bytes(datagram[boots_at:boots_end], "big"),
            int.from_bytes(datagram[time_at:time_end], "big"),
            self._name,
            digest_at,
            digest_end,
            datagram[salt_at:salt_end],
            datagram[data_at:],
        )


class _Places(NamedTuple):
    """Where the fields of a message begin and end: octets of values, without their headers. data_at: of its header."""

    id_at: int
    id_end: int
    engine_at: int
    engine_end: int
    boots_at: int
    boots_end: int
    time_at: int
    time_end: int
    digest_at: int
    digest_end: int
    salt_at: int
    salt_end: int
    data_at: int
    data_start: int

    def skeleton(self, datagram: bytes) -> bytes:
        """All octets up to the data that are in none of these fields."""
        (id_at, id_end, engine_at, engine_end, boots_at, boots_end, time_at, time_end,
         digest_at, digest_end, salt_at, salt_end, _, data_start) = self  # fmt: skip
        return (
            datagram[:id_at]
            + datagram[id_end:engine_at]
            + datagram[engine_end:boots_at]
            + datagram[boots_end:time_at]
            + datagram[time_end:digest_at]
            + datagram[digest_end:salt_at]
            + datagram[salt_end:data_start]
        )


def _read(datagram: bytes) -> tuple[V3Message, _Places]:
    at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
    if end != len(datagram):
        raise DecodeError("octets follow the message")
    _, at = read_integer(datagram, at, end)
    start, at = read_header(datagram, at, SEQUENCE, end)
    id_at, id_end = read_header(datagram, start, INTEGER, at)
    message_id, start = read_integer(datagram, start, at)
    size_max, start = read_integer(datagram, start, at)
    flags_at, flags_end = read_header(datagram, start, OCTET_STRING, at)
    model, stop = read_integer(datagram, flags_end, at)
    if message_id < 0 or size_max < MESSAGE_BYTES_LEAST or flags_end - flags_at != 1 or model < 1 or stop != at:
        raise DecodeError("the global data of a v3 message are out of range")
    if model != USM:
        raise UnknownModelError(f"security model {model} is not spoken here")
    start, data_at = read_header(datagram, at, OCTET_STRING, end)
    start, stop = read_header(datagram, start, SEQUENCE, data_at)
    if stop != data_at:
        raise DecodeError("octets follow the security parameters")
    engine_at, engine_end = read_header(datagram, start, OCTET_STRING, stop)
    boots, boots_end = read_integer(datagram, engine_end, stop)
    time_s, at = read_integer(datagram, boots_end, stop)
    time_end = at
    name_at, name_end = read_header(datagram, at, OCTET_STRING, stop)
    digest_at, digest_end = read_header(datagram, name_end, OCTET_STRING, stop)
    salt_at, salt_end = read_header(datagram, digest_end, OCTET_STRING, stop)
    if salt_end != stop or boots < 0 or time_s < 0 or name_end - name_at > USER_NAME_BYTES_MAX:
        raise DecodeError("the security parameters of a v3 message are out of range")
    hidden = data_at < end and datagram[data_at] == OCTET_STRING
    data_start, stop = read_header(datagram, data_at, OCTET_STRING if hidden else SEQUENCE, end)
    if stop != end:
        raise DecodeError("octets follow the data of a v3 message")
    places = _Places(
        id_at,
        id_end,
        engine_at,
        engine_end,
        read_header(datagram, engine_end, INTEGER, stop)[0],
        boots_end,
        read_header(datagram, boots_end, INTEGER, stop)[0],
        time_end,
        digest_at,
        digest_end,
        salt_at,
        salt_end,
        data_at,
        data_start,
    )
    message = V3Message(
        message_id,
        size_max,
        datagram[flags_at],
        datagram[engine_at:engine_end],
        boots,
        time_s,
        datagram[name_at:name_end],
        digest_at,
        digest_end,
        datagram[salt_at:salt_end],
        datagram[data_at:],
    )
    return message, places


class ScopedPdu(NamedTuple):
    """Whose objects are spoken of, and what is said. pdu: with its header."""

    context_engine_id: bytes
    context_name: bytes
    pdu: bytes


def read_scoped_pdu(scoped: bytes) -> ScopedPdu:
    """The parts of a scoped PDU; what follows it, such as padding, is left out. Raises DecodeError."""
    at, end = read_header(scoped, 0, SEQUENCE, len(scoped))
    engine_at, engine_end = read_header(scoped, at, OCTET_STRING, end)
    name_at, name_end = read_header(scoped, engine_end, OCTET_STRING, end)
    if name_end >= end:
        raise DecodeError("a scoped PDU has no PDU")
    _, stop = read_header(scoped, name_end, scoped[name_end], end)
    if stop != end:
        raise DecodeError("octets follow a PDU")
    return ScopedPdu(scoped[engine_at:engine_end], scoped[name_at:name_end], scoped[name_end:end])


def scoped_pdu(context_engine_id: bytes, context_name: bytes, pdu: bytes) -> bytes:
    """A scoped PDU as octets. pdu: with its header."""
    return wrap(SEQUENCE, octets(context_engine_id) + octets(context_name) + pdu)


def write_message(
    *,
    message_id: int,
    size_max: int,
    flags: int,
    engine_id: bytes,
    boots: int,
    time_s: int,
    user_name: bytes,
    digest_bytes: int,
    salt: bytes,
    data: bytes,
) -> tuple[bytes, int]:
    """A message with zeros for its digest, and where they begin. data: msgData with its header."""
    signed = _OCTETS[digest_bytes] + bytes(digest_bytes)
    behind = _OCTETS[len(salt)] + salt
    named = _OCTETS[len(engine_id)] + engine_id + integer(boots) + integer(time_s) + _OCTETS[len(user_name)] + user_name
    size = len(named) + len(signed) + len(behind)
    inner = SEQUENCES[size]
    global_data = integer(message_id) + integer(size_max) + _FLAGS[flags] + _USM_TLV
    before = _VERSION_TLV + SEQUENCES[len(global_data)] + global_data
    start = b"".join((before, _OCTETS[len(inner) + size], inner, named, signed))
    whole = header(SEQUENCE, len(start) + len(behind) + len(data))
    return b"".join((whole, start, behind, data)), len(whole) + len(start) - digest_bytes


_FLAGS: Final = tuple(bytes((OCTET_STRING, 1, flags)) for flags in range(8))
_OCTETS: Final = tuple(header(OCTET_STRING, size) for size in range(256))
