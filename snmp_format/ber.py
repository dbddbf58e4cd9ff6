"""BER for SNMP, both ways, without an object for each TLV.

1. A value is its encoded bytes (tag, length, content) from the moment it is known: `integer(5)` is b"\\x02\\x01\\x05".
2. An OID is known three ways: a tuple of arcs (order), its content octets (`name`, the key of look-ups),
   and its TLV. Content octets do not sort like arcs, so order is always decided on tuples.
3. Reading is strict where laxness could be abused, lax where real managers are: lengths may be longer than needed
   (net-snmp sends 0x82 for short ones), but never indefinite and never past the end; tags are single octets.
4. Nothing here recurses. Whatever the octets, the only exception is DecodeError.
Source: X.690; RFC 3416, 3; RFC 2578, 7.1.
"""

from collections.abc import Sequence
from typing import Final

Oid = tuple[int, ...]

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL_TAG: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46

NULL: Final = b"\x05\x00"
NO_SUCH_OBJECT: Final = b"\x80\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_MIB_VIEW: Final = b"\x82\x00"

ARC_MAX: Final = 2**32 - 1
ARCS_MAX: Final = 128
"""Sub-identifiers in an OBJECT IDENTIFIER. Source: RFC 2578, 3.5."""
TEXT_BYTES_MAX: Final = 255


class DecodeError(Exception):
    """Octets from a peer that are not the BER of an SNMP message."""


def header(tag: int, size: int) -> bytes:
    """Tag and length octets, in the shortest form."""
    if size < 0x80:
        return bytes((tag, size))
    if size < 0x100:
        return bytes((tag, 0x81, size))
    if size < 0x10000:
        return bytes((tag, 0x82, size >> 8, size & 0xFF))
    return bytes((tag, 0x83)) + size.to_bytes(3, "big")


SEQUENCES: Final = tuple(header(SEQUENCE, size) for size in range(2048))
"""Headers by size: room for any name (at most 650 octets) with a live value (at most LIVE_BYTES_MAX)."""
LIVE_BYTES_MAX: Final = 1024


def sequence(size: int) -> bytes:
    """The header of a SEQUENCE of so many octets."""
    return SEQUENCES[size] if size < 2048 else header(SEQUENCE, size)


def wrap(tag: int, content: bytes) -> bytes:
    """One TLV."""
    return header(tag, len(content)) + content


def varbind(name_tlv: bytes, value_tlv: bytes) -> bytes:
    """One VarBind: the SEQUENCE of a name and its value."""
    return sequence(len(name_tlv) + len(value_tlv)) + name_tlv + value_tlv


_QUICK_MAX: Final = 1024
_HEADERS: Final = {
    tag: tuple(header(tag, size) for size in range(10)) for tag in (INTEGER, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64)
}


def unsigned(tag: int, value: int) -> bytes:
    """A number from 0 to 2**64 - 1 under the tag of a counter, gauge or time."""
    size = (value.bit_length() >> 3) + 1
    return _HEADERS[tag][size] + value.to_bytes(size, "big")


_SMALL_INTEGERS: Final = tuple(unsigned(INTEGER, value) for value in range(_QUICK_MAX))
_SMALL_COUNTERS: Final = tuple(unsigned(COUNTER32, value) for value in range(_QUICK_MAX))
_COUNTER_HEADERS: Final = _HEADERS[COUNTER32]
_TICKS_HEADERS: Final = _HEADERS[TIME_TICKS]


def integer(value: int) -> bytes:
    """INTEGER of any size."""
    if 0 <= value < _QUICK_MAX:
        return _SMALL_INTEGERS[value]
    size = ((value if value >= 0 else ~value).bit_length() >> 3) + 1
    return header(INTEGER, size) + value.to_bytes(size, "big", signed=True)


def counter32(value: int) -> bytes:
    """Counter32: wraps at 2**32."""
    value &= 0xFFFFFFFF
    if value < _QUICK_MAX:
        return _SMALL_COUNTERS[value]
    size = (value.bit_length() >> 3) + 1
    return _COUNTER_HEADERS[size] + value.to_bytes(size, "big")


def gauge32(value: int) -> bytes:
    """Gauge32: stays at its maximum instead of wrapping."""
    return unsigned(GAUGE32, min(value, 0xFFFFFFFF))


def time_ticks(value: int) -> bytes:
    """TimeTicks: hundredths of a second, wrapping at 2**32."""
    value &= 0xFFFFFFFF
    size = (value.bit_length() >> 3) + 1
    return _TICKS_HEADERS[size] + value.to_bytes(size, "big")


def counter64(value: int) -> bytes:
    """Counter64: wraps at 2**64."""
    return unsigned(COUNTER64, value & 0xFFFFFFFFFFFFFFFF)


def octets(value: bytes) -> bytes:
    """OCTET STRING."""
    return header(OCTET_STRING, len(value)) + value


_TEXT_HEADERS: Final = tuple(header(OCTET_STRING, size) for size in range(TEXT_BYTES_MAX + 1))


def text(value: str) -> bytes:
    """OCTET STRING of UTF-8, cut to what a DisplayString may hold, never inside a character."""
    content = value.encode()
    if len(content) > TEXT_BYTES_MAX:
        content = content[:TEXT_BYTES_MAX].decode(errors="ignore").encode()
    return _TEXT_HEADERS[len(content)] + content


def object_identifier(oid: Oid) -> bytes:
    """OBJECT IDENTIFIER as TLV."""
    return wrap(OBJECT_IDENTIFIER, oid_name(oid))


def oid_name(oid: Oid) -> bytes:
    """The content octets of an OBJECT IDENTIFIER. Raises ValueError where the arcs are none."""
    if not 2 <= len(oid) <= ARCS_MAX or oid[0] > 2 or (oid[0] < 2 and oid[1] > 39):
        raise ValueError(f"not an object identifier: {oid}")
    content = bytearray()
    for arc in (oid[0] * 40 + oid[1], *oid[2:]):
        if not 0 <= arc <= ARC_MAX:
            raise ValueError(f"sub-identifier {arc} is outside 0..4294967295")
        shift = 28
        while shift and not arc >> shift:
            shift -= 7
        while shift:
            content.append(0x80 | arc >> shift & 0x7F)
            shift -= 7
        content.append(arc & 0x7F)
    return bytes(content)


def read_oid(name: bytes) -> Oid:
    """Arcs of the content octets of an OBJECT IDENTIFIER. Raises DecodeError when they are not minimal or too big."""
    if not name or name[-1] & 0x80:
        raise DecodeError("an object identifier ends inside a sub-identifier")
    arcs: list[int] = []
    arc = 0
    fresh = True
    for octet in name:
        if fresh and octet == 0x80:
            raise DecodeError("a sub-identifier starts with a padding octet")
        arc = arc << 7 | octet & 0x7F
        fresh = octet < 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
        elif arc > ARC_MAX >> 7:
            raise DecodeError("a sub-identifier is larger than 32 bits")
    first = min(arcs[0] // 40, 2)
    if len(arcs) >= ARCS_MAX:
        raise DecodeError("an object identifier has more than 128 sub-identifiers")
    return (first, arcs[0] - 40 * first, *arcs[1:])


def read_header(octets_in: bytes, at: int, tag: int, end: int) -> tuple[int, int]:
    """Where the content of the TLV at `at` begins and ends.

    Raises DecodeError unless it has that tag and ends by `end`.
    """
    if at + 2 > end:
        raise DecodeError("the message is cut short")
    if octets_in[at] != tag:
        raise DecodeError(f"tag {octets_in[at]:#04x} stands where {tag:#04x} is expected")
    size = octets_in[at + 1]
    start = at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or start + count > end:
            raise DecodeError("a length is indefinite, too long or cut short")
        size = int.from_bytes(octets_in[start : start + count], "big")
        start += count
    if start + size > end:
        raise DecodeError("a length points past the end")
    return start, start + size


def read_integer(octets_in: bytes, at: int, end: int) -> tuple[int, int]:
    """The INTEGER at `at`, of at most 32 bits, and where the next TLV begins."""
    start, stop = read_header(octets_in, at, INTEGER, end)
    if not 1 <= stop - start <= 4:
        raise DecodeError("an integer has no octets or more than four")
    return int.from_bytes(octets_in[start:stop], "big", signed=True), stop


def dotted(oid: Sequence[int]) -> str:
    """An OID as people write it."""
    return ".".join(map(str, oid))


def parse_dotted(written: str) -> Oid:
    """The arcs of "1.3.6" or ".1.3.6". Raises ValueError for anything else."""
    arcs = written.removeprefix(".").split(".")
    if not all(arc.isascii() and arc.isdigit() and len(arc) <= 10 for arc in arcs):
        raise ValueError(f"{written!r} is not an object identifier")
    oid = tuple(map(int, arcs))
    oid_name(oid)
    return oid
