"""The asking side of SNMP, without a socket: requests to octets, and answers read under suspicion.

1. An answer is read only as far as it can be trusted to be shaped: every length is checked against its container, every
   type against the sizes it may have. Whatever the octets, the only exception is DecodeError.
2. Values are plain: int for every kind of number, bytes for octet strings, a tuple of arcs for object identifiers, and
   None for what is not there (noSuchObject, noSuchInstance, endOfMibView, NULL).
3. The same names come again and again, so both ways of writing one are kept, up to NAMES_MAX of them. So do whole
   bindings (types, descriptions, capacities): BINDINGS_MAX of them are known again by their octets, but for those that
   count or tell the time.
4. Lax where real printers are: an unsigned number whose top bit is set without a leading zero is read as unsigned, an
   empty object identifier is 0.0, octets after the message (padding) are left alone.
Source: RFC 3416, 3; RFC 1157, 4.1; X.690.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

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
    TIME_TICKS,
    DecodeError,
    Oid,
    header,
    integer,
    object_identifier,
    octets,
    read_header,
    read_integer,
    read_oid,
    sequence,
    varbind,
)
from snmp_format.pdu import REPORT, RESPONSE

Value = int | bytes | Oid | None
Binding = tuple[Oid, Value]
NAMES_MAX: Final = 32_768
BINDINGS_MAX: Final = 16_384
NUMBER_MIN: Final = 1 << 24
NUMBER_END: Final = 1 << 31
"""Request and message numbers are drawn from here: always four octets, so that every question has one size."""

_NOTHING: Final = frozenset((NULL_TAG, 0x80, 0x81, 0x82))
_TEXTS: Final = frozenset((OCTET_STRING, IP_ADDRESS, OPAQUE))
_UNSIGNED: Final = frozenset((COUNTER32, GAUGE32, TIME_TICKS))
_LASTING: Final = frozenset((INTEGER, GAUGE32, OBJECT_IDENTIFIER, *_TEXTS, *_NOTHING))


class Response(NamedTuple):
    """What an agent said. kind: RESPONSE or REPORT. status, error_index: error-status and error-index."""

    kind: int
    request_id: int
    status: int
    error_index: int
    bindings: list[Binding]


def answer_number(datagram: bytes) -> int | None:
    """The number by which an answer says what it answers: the request-id, in v3 the msgID. None where there is none.

    Nothing else is checked here: it only finds the question, for which `read` then judges the whole datagram.
    """
    try:
        at = 2 if datagram[1] < 0x80 else datagram[1] - 0x7E
        version = datagram[at + 2]
        at += 2 + datagram[at + 1]
        if version == 3:
            at += 2 if datagram[at + 1] < 0x80 else datagram[at + 1] - 0x7E
        else:
            at += 2 + datagram[at + 1]  # a community of 128 octets or more is none of ours
            at += 2 if datagram[at + 1] < 0x80 else datagram[at + 1] - 0x7E
        if datagram[at] != INTEGER or not 1 <= datagram[at + 1] <= 4:
            return None
        return int.from_bytes(datagram[at + 2 : at + 2 + datagram[at + 1]], "big", signed=True)
    except IndexError:
        return None


class ManagerCodec:
    """Writes requests and reads answers; remembers names."""

    __slots__ = ("_kept", "_names", "_written")

    def __init__(self) -> None:
        self._kept: Final[dict[bytes, Binding]] = {}
        self._names: Final[dict[bytes, Oid]] = {}
        self._written: Final[dict[Oid, bytes]] = {}

    def bindings(self, oids: Sequence[Oid]) -> bytes:
        """The VarBindList that asks for these objects. Raises ValueError for what is no object identifier."""
        written, parts = self._written, []
        for one in oids:
            part = written.get(one)
            if part is None:
                if len(written) >= NAMES_MAX:
                    written.clear()
                part = written[one] = varbind(object_identifier(one), NULL)
            parts.append(part)
        body = b"".join(parts)
        return sequence(len(body)) + body

    def read_message(self, datagram: bytes, version: int) -> Response:
        """The response in a datagram of v1 or v2c. Raises DecodeError, also for another version."""
        at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
        said, at = read_integer(datagram, at, end)
        if said != version:
            raise DecodeError(f"an answer in version {said} to a question in version {version}")
        _, at = read_header(datagram, at, OCTET_STRING, end)
        return self.read_pdu(datagram, at, end)

    def read_pdu(self, data: bytes, at: int, end: int) -> Response:
        """The response or report PDU at `at`. Raises DecodeError."""
        kind = data[at] if at < end else 0
        if kind not in (RESPONSE, REPORT):
            raise DecodeError(f"PDU type {kind:#04x} is no answer")
        at, end = read_header(data, at, kind, end)
        request_id, at = read_integer(data, at, end)
        status, at = read_integer(data, at, end)
        index, at = read_integer(data, at, end)
        at, stop = read_header(data, at, SEQUENCE, end)
        try:
            return Response(kind, request_id, status, index, self._read_bindings(data, at, stop))
        except IndexError:
            raise DecodeError("the message is cut short") from None

    def _read_bindings(self, data: bytes, at: int, end: int) -> list[Binding]:
        names, kept = self._names, self._kept
        found: list[Binding] = []
        while at < end:
            size = data[at + 1]
            begin = at
            binding = kept.get(data[at : at + size + 2])
            if binding is not None and at + size + 2 <= end:
                found.append(binding)
                at += size + 2
                continue
            if data[at] != SEQUENCE:
                raise DecodeError("a variable binding is no sequence")
            at += 2
            if size & 0x80:
                size, at = _long(data, at, size)
            stop = at + size
            if stop > end or data[at] != OBJECT_IDENTIFIER:
                raise DecodeError("a variable binding has no name, or points past the end")
            size = data[at + 1]
            at += 2
            if size & 0x80:
                size, at = _long(data, at, size)
            value_at = at + size
            if value_at + 2 > stop:
                raise DecodeError("a variable binding has no value")
            name = data[at:value_at]
            oid = names.get(name)
            if oid is None:
                if len(names) >= NAMES_MAX:
                    names.clear()
                oid = names[name] = read_oid(name)
            tag, size = data[value_at], data[value_at + 1]
            at = value_at + 2
            if size & 0x80:
                size, at = _long(data, at, size)
            if at + size != stop:
                raise DecodeError("a variable binding does not hold exactly a name and a value")
            if tag == INTEGER:
                if not 1 <= size <= 8:
                    raise DecodeError("an integer has no octets or more than eight")
                found.append((oid, int.from_bytes(data[at:stop], "big", signed=True)))
            elif tag in _TEXTS:
                found.append((oid, data[at:stop]))
            elif tag in _UNSIGNED:
                if not 1 <= size <= 5 or (size == 5 and data[at]):
                    raise DecodeError("an unsigned value is larger than 32 bits")
                found.append((oid, int.from_bytes(data[at:stop], "big")))
            elif tag in _NOTHING:
                found.append((oid, None))
            elif tag == OBJECT_IDENTIFIER:
                found.append((oid, read_oid(data[at:stop]) if size else (0, 0)))
            elif tag == COUNTER64:
                if not 1 <= size <= 9 or (size == 9 and data[at]):
                    raise DecodeError("a counter is larger than 64 bits")
                found.append((oid, int.from_bytes(data[at:stop], "big")))
            else:
                raise DecodeError(f"type {tag:#04x} is none of SNMP")
            at = stop
            if tag in _LASTING and stop - begin < 0x80:
                if len(kept) >= BINDINGS_MAX:
                    kept.clear()
                kept[data[begin:stop]] = found[-1]
        return found


def request_pdu(kind: int, number: int, first: int, second: int, bindings: bytes) -> bytes:
    """A request. first, second: non-repeaters and max-repetitions of a GETBULK, else 0. bindings: a VarBindList."""
    head = integer(number) + integer(first) + integer(second)
    return header(kind, len(head) + len(bindings)) + head + bindings


def community_message(version: int, community: bytes, pdu: bytes) -> bytes:
    """The datagram of v1 or v2c around a PDU."""
    head = integer(version) + octets(community)
    return sequence(len(head) + len(pdu)) + head + pdu


def _long(data: bytes, at: int, size: int) -> tuple[int, int]:
    """A length of more than one octet, and where its content begins."""
    count = size & 0x7F
    if not 1 <= count <= 3:
        raise DecodeError("a length is indefinite or too long")
    return int.from_bytes(data[at : at + count], "big"), at + count
