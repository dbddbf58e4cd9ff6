"""A recorded walk (.snmprec) as a MIB: each line `oid|tag|value` is one constant object.

1. tag: the number of the ASN.1 tag (2, 4, 5, 6, 64 to 68, 70), then x for hexadecimal or e for backslash escapes.
2. The value is all that follows the second bar, bars included; octets above 127 are taken as they stand.
3. A line that cannot be served becomes a Flaw with its number; the others are served. Order in the file does not
   matter; of two lines with one OID the last is served and the earlier is a flaw.
4. snmpsim's variation tags (`2:numeric|...`) ask for a program behind the value: each is a flaw, never guessed at.
Source: snmpsim's documentation of its data files.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from device_sim.core.snmp.layout import Layout, Leaf
from device_sim.core.snmp.view import PlanBook, SubjectView
from snmp_format.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    IP_ADDRESS,
    NULL,
    OPAQUE,
    TIME_TICKS,
    Oid,
    integer,
    object_identifier,
    octets,
    parse_dotted,
    unsigned,
    wrap,
)

LINE_BYTES_MAX: Final = 200_000
INTEGER_RANGE: Final = (-(2**31), 2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A line that is not served. line: from 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a .snmprec file says. leaves: in the order of their OIDs."""

    leaves: tuple[Leaf[None], ...]
    flaws: tuple[Flaw, ...]

    def book(self) -> PlanBook[None]:
        """The recording as the MIB of any number of printers."""
        return PlanBook(Layout(self.leaves))

    def view(self) -> SubjectView[None]:
        """What an agent that replays it shows."""
        return SubjectView(self.book(), None)


def read_recording(content: bytes) -> Recording:
    """The recording in the octets of a file. Never raises: what cannot be read is in its flaws."""
    leaves: dict[Oid, tuple[int, Leaf[None]]] = {}
    flaws = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = line.removesuffix(b"\r")
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            leaf = _read_line(line)
        except _FlawError as flaw:
            flaws.append(Flaw(line=number, reason=str(flaw)))
            continue
        earlier = leaves.get(leaf.oid)
        if earlier is not None:
            flaws.append(Flaw(line=earlier[0], reason=f"the same object is recorded again at line {number}"))
        leaves[leaf.oid] = number, leaf
    flaws.sort(key=lambda flaw: flaw.line)
    return Recording(leaves=tuple(leaves[oid][1] for oid in sorted(leaves)), flaws=tuple(flaws))


class _FlawError(Exception):
    """Why one line is not served."""


def _read_line(line: bytes) -> Leaf[None]:
    if len(line) > LINE_BYTES_MAX:
        raise _FlawError(f"the line is longer than {LINE_BYTES_MAX} octets")
    written_oid, bar, rest = line.partition(b"|")
    tag, second_bar, value = rest.partition(b"|")
    if not bar or not second_bar:
        raise _FlawError("the line is not oid|tag|value")
    try:
        oid = parse_dotted(written_oid.decode("latin-1").strip())
    except ValueError as error:
        raise _FlawError("the first field is not an object identifier") from error
    return Leaf(oid, _read_value(tag.decode("latin-1").strip(), value))


def _read_value(tag: str, value: bytes) -> bytes:
    kind, colon, variation = tag.partition(":")
    if colon:
        raise _FlawError(f"the variation module {variation!r} of snmpsim is not supported; record plain values")
    encoding = kind[-1:] if kind[-1:] in ("x", "e") else ""
    encode = _ENCODERS.get(kind.removesuffix(encoding))
    if encode is None:
        raise _FlawError(f"the tag {tag!r} is none of {', '.join(_ENCODERS)}")
    if encoding == "x":
        try:
            value = bytes.fromhex(value.decode("ascii"))
        except ValueError as error:
            raise _FlawError("the value is not an even number of hexadecimal digits") from error
        if kind == "64x":
            return _address(value)
    elif encoding == "e":
        value = _ESCAPE.sub(_unescape, value)
    try:
        return encode(value)
    except ValueError as error:
        raise _FlawError(f"the value does not fit the tag {tag}") from error


def integer_reader(number_in: Callable[[bytes], int]) -> Callable[[bytes], bytes]:
    """What makes an INTEGER of written ones. number_in: reads one; either raises ValueError for what does not fit."""

    def encode(value: bytes) -> bytes:
        number = number_in(value)
        if not INTEGER_RANGE[0] <= number <= INTEGER_RANGE[1]:
            raise ValueError(number)
        return integer(number)

    return encode


def _number(value: bytes) -> int:
    if not _DECIMAL.fullmatch(value):
        raise ValueError(value)
    return int(value)


def unsigned_reader(number_in: Callable[[bytes], int], tag: int, bits: int) -> Callable[[bytes], bytes]:
    """What makes a counter, gauge or TimeTicks of written ones, as `integer_reader` does."""

    def encode(value: bytes) -> bytes:
        number = number_in(value)
        if not 0 <= number < 1 << bits:
            raise ValueError(number)
        return unsigned(tag, number)

    return encode


def _ip_address(value: bytes) -> bytes:
    return _address(bytes(_number(part) for part in value.split(b".")))


def _address(value: bytes) -> bytes:
    if len(value) != 4:
        raise _FlawError("an IpAddress has four octets")
    return wrap(IP_ADDRESS, value)


_ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "2": integer_reader(_number),
    "4": octets,
    "5": lambda value: NULL,
    "6": lambda value: object_identifier(parse_dotted(value.decode("latin-1").strip())),
    "64": _ip_address,
    "65": unsigned_reader(_number, COUNTER32, 32),
    "66": unsigned_reader(_number, GAUGE32, 32),
    "67": unsigned_reader(_number, TIME_TICKS, 32),
    "68": lambda value: wrap(OPAQUE, value),
    "70": unsigned_reader(_number, COUNTER64, 64),
}

_DECIMAL: Final = re.compile(rb"\s*-?[0-9]{1,20}\s*")
_ESCAPE: Final = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_CONTROLS: Final = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescape(found: re.Match[bytes]) -> bytes:
    mark = found[1]
    return bytes.fromhex(mark[1:].decode()) if len(mark) == 3 else _CONTROLS.get(mark, mark)
