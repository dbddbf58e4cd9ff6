"""SNMP v1 and v2c messages: a datagram becomes a request, an answer becomes a datagram.

1. A request is read once and strictly; what an answer repeats (community, request-id, variable bindings) is kept
   as the octets that came, so nothing is encoded twice.
2. The *key* of a datagram is all of it but the content of its request-id. Equal keys mean equal requests, and a
   datagram whose key was seen in a valid request is valid itself.
Source: RFC 3416, 3 and 4; RFC 3417; RFC 1157, 4.1.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from snmp_format.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    NULL,
    NULL_TAG,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    OPAQUE,
    SEQUENCE,
    SEQUENCES,
    TIME_TICKS,
    DecodeError,
    header,
    integer,
    read_header,
    read_integer,
    read_oid,
    sequence,
    wrap,
)
from snmp_format.pdu import GET, GET_BULK, GET_NEXT, RESPONSE, SET, VERSION_1, VERSION_2C, VERSION_3

_KINDS: Final = {
    VERSION_1: (GET, GET_NEXT, SET),
    VERSION_2C: (GET, GET_NEXT, SET, GET_BULK),
    VERSION_3: (GET, GET_NEXT, SET, GET_BULK),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a manager.

    names: content octets of the object identifiers asked for, in order. first and second: non-repeaters and
    max-repetitions of a GETBULK, nothing otherwise. bindings: the variable-bindings TLV as it came. key: see rule 2.
    A request of v3 has no community: who asks was found out before.
    """

    version: int
    community: bytes
    kind: int
    request_id: bytes
    first: int
    second: int
    names: tuple[bytes, ...]
    bindings: bytes
    key: bytes


class UnknownVersionError(DecodeError):
    """A message of an SNMP version that is not spoken, or not here."""


def split(datagram: bytes) -> tuple[bytes, bytes]:
    """What is the key of a datagram and its request-id TLV, if it is a usual request; else octets without a meaning.

    Every octet that decides where to split is itself in the key, before the split: so two datagrams with one key are
    split at one place, and a key that equals `Request.key` of a valid request is a key in earnest.
    """
    try:
        at = 2 if datagram[1] < 0x80 else datagram[1] - 0x7E
        at += 5 + datagram[at + 4]
        at += 2 if datagram[at + 1] < 0x80 else datagram[at + 1] - 0x7E
        stop = at + 2 + datagram[at + 1]
    except IndexError:
        return b"", b""
    return datagram[: at + 2] + datagram[stop:], datagram[at:stop]


def read_request(datagram: bytes) -> Request:
    """The request in a datagram. Raises DecodeError when there is none, or anything after it."""
    start, end = read_header(datagram, 0, SEQUENCE, len(datagram))
    if end != len(datagram):
        raise DecodeError("octets follow the message")
    version, at = read_integer(datagram, start, end)
    if version not in _KINDS or version == VERSION_3:
        raise UnknownVersionError(f"SNMP version {version} is not spoken here")
    start, at = read_header(datagram, at, OCTET_STRING, end)
    return _read_pdu(datagram, at, end, version, datagram[start:at], b"")


def split_pdu(pdu: bytes) -> tuple[bytes, bytes]:
    """What `split` says of a datagram, for a PDU that stands by itself."""
    try:
        at = 2 if pdu[1] < 0x80 else pdu[1] - 0x7E
        stop = at + 2 + pdu[at + 1]
    except IndexError:
        return b"", b""
    return pdu[: at + 2] + pdu[stop:], pdu[at:stop]


def read_pdu(pdu: bytes, key_prefix: bytes) -> Request:
    """The request in a PDU of v3. key_prefix: stands before the PDU in the key. Raises DecodeError."""
    return _read_pdu(pdu, 0, len(pdu), VERSION_3, b"", key_prefix)


def _read_pdu(octets_in: bytes, at: int, end: int, version: int, community: bytes, key_prefix: bytes) -> Request:
    kind = octets_in[at] if at < end else 0
    if kind not in _KINDS[version]:
        raise DecodeError(f"PDU type {kind:#04x} is none that an agent answers")
    start, stop = read_header(octets_in, at, kind, end)
    if stop != end:
        raise DecodeError("octets follow the PDU")
    _, at = read_integer(octets_in, start, end)
    request_id = octets_in[start:at]
    key = key_prefix + octets_in[: start + 2] + octets_in[at:]
    first, at = read_integer(octets_in, at, end)
    second, at = read_integer(octets_in, at, end)
    bindings = octets_in[at:]
    return Request(
        version=version,
        community=community,
        kind=kind,
        request_id=request_id,
        first=max(first, 0),
        second=max(second, 0),
        names=_read_names(octets_in, at, end),
        bindings=bindings,
        key=key,
    )


def response_id(datagram: bytes) -> int:
    """The request-id of a v1 or v2c response. Raises DecodeError where the datagram is none."""
    at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
    _, at = read_integer(datagram, at, end)
    _, at = read_header(datagram, at, OCTET_STRING, end)
    at, end = read_header(datagram, at, RESPONSE, end)
    return read_integer(datagram, at, end)[0]


def refusal(pdu: bytes, status: int) -> bytes:
    """The response PDU that refuses a whole request PDU and sends its variable bindings back. Raises DecodeError."""
    request = read_pdu(pdu, b"")
    return PduFrame().error(request.request_id, status, 0, request.bindings)


def _read_names(datagram: bytes, at: int, end: int) -> tuple[bytes, ...]:
    at, stop = read_header(datagram, at, SEQUENCE, end)
    if stop != end:
        raise DecodeError("octets follow the variable bindings")
    names = []
    while at < end:
        start, stop = read_header(datagram, at, SEQUENCE, end)
        start, value_at = read_header(datagram, start, OBJECT_IDENTIFIER, stop)
        name = datagram[start:value_at]
        read_oid(name)
        if datagram[value_at:stop] != NULL:
            _check_value(datagram, value_at, stop)
        names.append(name)
        at = stop
    return tuple(names)


_VALUE_SIZES: Final = {
    INTEGER: (1, 4),
    OCTET_STRING: (0, 65535),
    NULL_TAG: (0, 0),
    OBJECT_IDENTIFIER: (1, 640),
    IP_ADDRESS: (4, 4),
    COUNTER32: (1, 5),
    GAUGE32: (1, 5),
    TIME_TICKS: (1, 5),
    OPAQUE: (0, 65535),
    COUNTER64: (1, 9),
}
"""How many octets a value under a tag may have."""


def _check_value(datagram: bytes, at: int, end: int) -> None:
    """Raises DecodeError unless one value of SNMP fills the octets: an error may have to repeat it."""
    tag = datagram[at] if at < end else -1
    least, most = _VALUE_SIZES.get(tag, (1, 0))
    start, stop = read_header(datagram, at, tag, end)
    if stop != end or not least <= stop - start <= most:
        raise DecodeError("a variable binding does not hold exactly a name and a value of SNMP")
    content = datagram[start:stop]
    if tag == OBJECT_IDENTIFIER:
        read_oid(content)
    elif len(content) == most and tag in _UNSIGNED and content[0] != 0:
        raise DecodeError("an unsigned value is too large")
    elif tag in _UNSIGNED and content[0] & 0x80:
        raise DecodeError("an unsigned value is negative")


_UNSIGNED: Final = (COUNTER32, GAUGE32, TIME_TICKS, COUNTER64)


class Frame(Protocol):
    """What every answer to one request repeats around its request-id and its VarBinds."""

    def answer(self, request_id: bytes, body: bytes) -> bytes:
        """A response without error. body: the VarBinds, one after another."""

    def around(self, request_id_size: int, body_size: int) -> tuple[bytes, bytes]:
        """What stands before the request-id of a response without error, and between it and the VarBinds."""

    def error(self, request_id: bytes, status: int, index: int, bindings: bytes) -> bytes:
        """A response that says what went wrong, and at which VarBind (from 1). bindings: TLV to send back."""


def frame_of(request: Request) -> Frame:
    """The frame of the answers to a request: a whole datagram, for v3 the PDU alone."""
    return PduFrame() if request.version == VERSION_3 else MessageFrame(request.version, request.community)


class PduFrame:
    """A response PDU that somebody else wraps."""

    __slots__ = ()

    def answer(self, request_id: bytes, body: bytes) -> bytes:
        return wrap(RESPONSE, request_id + _NO_ERROR + sequence(len(body)) + body)

    def around(self, request_id_size: int, body_size: int) -> tuple[bytes, bytes]:
        middle = _NO_ERROR + sequence(body_size)
        return header(RESPONSE, request_id_size + len(middle) + body_size), middle

    def error(self, request_id: bytes, status: int, index: int, bindings: bytes) -> bytes:
        return wrap(RESPONSE, request_id + integer(status) + integer(index) + bindings)


class MessageFrame:
    """Version and community around a response PDU."""

    __slots__ = ("_preamble", "version")

    def __init__(self, version: int, community: bytes) -> None:
        self.version = version
        self._preamble = integer(version) + header(OCTET_STRING, len(community)) + community

    def answer(self, request_id: bytes, body: bytes) -> bytes:
        preamble = self._preamble
        if len(preamble) + len(body) > _QUICK_MAX:
            return self._message(request_id + _NO_ERROR + sequence(len(body)) + body)
        bindings = SEQUENCES[len(body)]
        pdu_size = len(request_id) + len(_NO_ERROR) + len(bindings) + len(body)
        pdu = _RESPONSES[pdu_size]
        whole = SEQUENCES[len(preamble) + len(pdu) + pdu_size]
        return b"".join((whole, preamble, pdu, request_id, _NO_ERROR, bindings, body))

    def around(self, request_id_size: int, body_size: int) -> tuple[bytes, bytes]:
        before, middle = PduFrame().around(request_id_size, body_size)
        whole = len(self._preamble) + len(before) + request_id_size + len(middle) + body_size
        return header(SEQUENCE, whole) + self._preamble + before, middle

    def error(self, request_id: bytes, status: int, index: int, bindings: bytes) -> bytes:
        return self._message(request_id + integer(status) + integer(index) + bindings)

    def _message(self, pdu: bytes) -> bytes:
        return wrap(SEQUENCE, self._preamble + wrap(RESPONSE, pdu))


_NO_ERROR: Final = bytes((INTEGER, 1, 0, INTEGER, 1, 0))
_RESPONSES: Final = tuple(header(RESPONSE, size) for size in range(len(SEQUENCES)))
_QUICK_MAX: Final = len(SEQUENCES) - 64
NO_BINDINGS: Final = sequence(0)
