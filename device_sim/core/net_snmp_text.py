"""What net-snmp's snmpwalk printed, as a recording: `snmpwalk -On`, also with -Ox, -Oe, -OT, -Ot or -OU.

1. A value begins with `OID = TYPE: `; lines without that belong to the value before, which is a text over several
   lines or hexadecimal that goes on.
2. Names instead of numbers (a walk without -On) and values net-snmp could not print are flaws, named by line.
3. Texts are taken between their quotes, with \\" and \\\\ undone; without quotes as they stand. A unit behind a number
   is left out; of "up(1)" the number counts.
4. What an agent says of what it does not have ("No more variables left ...") is neither value nor flaw.
Source: net-snmp, snmplib/mib.c (sprint_realloc_by_type) and snmpcmd(1).
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from device_sim.core.snmp.layout import Leaf
from device_sim.core.snmprec import LINE_BYTES_MAX, Flaw, Recording, integer_reader, unsigned_reader
from snmp_format.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    IP_ADDRESS,
    NULL,
    OPAQUE,
    TIME_TICKS,
    Oid,
    object_identifier,
    octets,
    parse_dotted,
    unsigned,
    wrap,
)

VALUE_BYTES_MAX: Final = 65_535
_START: Final = re.compile(rb"\s*(?P<oid>\.?\d+(?:\.\d+)+|[A-Za-z][\w.:\"'-]*) = (?P<rest>.*)", re.DOTALL)
_TYPE: Final = re.compile(rb"(?P<type>[A-Za-z][A-Za-z0-9-]*(?: Address)?): ?(?P<value>.*)", re.DOTALL)
_ABSENT: Final = (b"No more variables", b"No Such Object", b"No Such Instance")
_ENDS: Final = (b"No more variables", b"Timeout", b"End of MIB")
_NUMBER: Final = re.compile(rb"\s*(?:[\w.+-]*\((-?\d{1,20})\)|(-?\d{1,20}))(?:\s|$)")
_TICKS: Final = re.compile(rb"\s*(?:\((\d{1,10})\)|(\d{1,10})\s*$)")
_SPAN: Final = re.compile(rb"(?:(\d+):)?(\d+):(\d+):(\d+)\.(\d\d)\s*$")
_HEX: Final = re.compile(rb"\s*(?:[0-9A-Fa-f]{2}(?:\s+|$))*")
_BITS: Final = re.compile(rb"\s*((?:[0-9A-Fa-f]{2}(?:\s+|$))*)")


def looks_like_snmpwalk(content: bytes) -> bool:
    """Whether these octets of a file are what snmpwalk printed, and no .snmprec."""
    for line in content.splitlines()[:20]:
        if line.strip() and not line.startswith(b"#"):
            return _START.fullmatch(line) is not None
    return False


def read_snmpwalk(content: bytes) -> Recording:
    """The recording in what snmpwalk printed. Never raises: what cannot be read is in its flaws."""
    leaves: dict[Oid, tuple[int, Leaf[None]]] = {}
    flaws = []
    typed = _TYPED.search(content) is not None
    for number, written_oid, value in _values(content):
        try:
            if typed and value.isdigit():
                value = b"Timeticks: " + value  # of all types this one alone is left out, by -Ot
            oid, tlv = _oid(written_oid), _tlv(value)
        except _FlawError as flaw:
            flaws.append(Flaw(line=number, reason=str(flaw)))
            continue
        if tlv is None:
            continue
        if (earlier := leaves.get(oid)) is not None:
            flaws.append(Flaw(line=earlier[0], reason=f"the same object is recorded again at line {number}"))
        leaves[oid] = number, Leaf(oid, tlv)
    flaws.sort(key=lambda flaw: flaw.line)
    return Recording(leaves=tuple(leaves[oid][1] for oid in sorted(leaves)), flaws=tuple(flaws))


class _FlawError(Exception):
    """Why one value is not served."""


def _values(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number of the first line, object and value of each variable."""
    number, oid, parts = 0, b"", list[bytes]()
    for at, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = line.removesuffix(b"\r")
        found = _START.fullmatch(line)
        if found is None and parts:
            if not line.startswith(_ENDS):
                parts.append(line)
            continue
        if parts:
            yield number, oid, b"\n".join(parts)
            parts = []
        if found is not None:
            number, oid, parts = at, found["oid"], [found["rest"]]
        elif line.strip() and not line.startswith((b"#", *_ENDS)):
            yield at, b"", line
    if parts:
        yield number, oid, b"\n".join(parts)


def _oid(written: bytes) -> Oid:
    if not written:
        raise _FlawError("the line is not OID = TYPE: value")
    try:
        return parse_dotted(written.decode("ascii").removeprefix("."))
    except ValueError as error:
        name = written[:60].decode("latin-1")
        raise _FlawError(f"{name} is a name, not numbers; walk with snmpwalk -On") from error


def _tlv(value: bytes) -> bytes | None:
    if len(value) > LINE_BYTES_MAX:
        raise _FlawError(f"the value is longer than {LINE_BYTES_MAX} octets")
    if value.startswith(_ABSENT):
        return None
    value = _WRONG_TYPE.sub(b"", value)
    if value.strip() == b'""':
        return octets(b"")
    if value.strip() == b"NULL":
        return NULL
    found = _TYPE.fullmatch(value)
    read = _READERS.get(found["type"].decode("ascii").lower()) if found else None
    if found is None or read is None:
        said = value[:40].decode("latin-1").strip()
        raise _FlawError(f"{said!r} begins with none of the types that are known: {', '.join(_READERS)}")
    try:
        return read(found["value"])
    except ValueError as error:
        raise _FlawError(f"the value does not fit {found['type'].decode('ascii')}") from error


_TYPED: Final = re.compile(rb" = (?:INTEGER|OID|STRING|Gauge32|Counter32): ")
_WRONG_TYPE: Final = re.compile(rb"^Wrong Type \(should be [^)]*\): ")


def _string(value: bytes) -> bytes:
    value = value.strip(b" ") if value.lstrip(b" ").startswith(b'"') else value
    if value.startswith(b'"'):
        if len(value) < 2 or not value.rstrip().endswith(b'"'):
            raise ValueError(value)
        value = re.sub(rb'\\(["\\])', rb"\1", value.rstrip()[1:-1])
    return _octets(value)


def _octets(value: bytes) -> bytes:
    if len(value) > VALUE_BYTES_MAX:
        raise ValueError(len(value))
    return octets(value)


def _hex(value: bytes) -> bytes:
    if not _HEX.fullmatch(value):
        raise ValueError(value)
    return _octets(bytes.fromhex(value.decode("ascii")))


def _bits(value: bytes) -> bytes:
    """BITS: hexadecimal, then the names of what is set."""
    found = _BITS.match(value)
    return _octets(bytes.fromhex(found[1].decode("ascii")) if found else b"")


def _network_address(value: bytes) -> bytes:
    return _address(bytes(int(part, 16) for part in value.strip().split(b":")))


def _ip_address(value: bytes) -> bytes:
    return _address(bytes(int(part) for part in value.strip().split(b".")))


def _address(value: bytes) -> bytes:
    if len(value) != 4:
        raise ValueError(value)
    return wrap(IP_ADDRESS, value)


def _number(value: bytes) -> int:
    found = _NUMBER.match(value)
    if found is None:
        raise ValueError(value)
    return int(found[1] if found[1] is not None else found[2])


def _ticks(value: bytes) -> bytes:
    """(361530) 1:00:15.30, or with -Ot 361530, or with -OU and the like 0:1:00:15.30."""
    if found := _TICKS.match(value):
        number = int(found[1] if found[1] is not None else found[2])
    elif found := _SPAN.search(value):
        days, hours, minutes, seconds, hundredths = (int(part or 0) for part in found.groups())
        number = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 100 + hundredths
    else:
        raise ValueError(value)
    if number >= 1 << 32:
        raise ValueError(number)
    return unsigned(TIME_TICKS, number)


def _object_id(value: bytes) -> bytes:
    return object_identifier(parse_dotted(value.decode("ascii").strip().removeprefix(".")))


def _opaque(value: bytes) -> bytes:
    return wrap(OPAQUE, bytes.fromhex(value.decode("ascii")))


_READERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "string": _string,
    "hex-string": _hex,
    "bits": _bits,
    "integer": integer_reader(_number),
    "counter32": unsigned_reader(_number, COUNTER32, 32),
    "counter64": unsigned_reader(_number, COUNTER64, 64),
    "gauge32": unsigned_reader(_number, GAUGE32, 32),
    "unsigned32": unsigned_reader(_number, GAUGE32, 32),
    "timeticks": _ticks,
    "oid": _object_id,
    "ipaddress": _ip_address,
    "network address": _network_address,
    "opaque": _opaque,
}
