"""Reading and writing BER for the benchmark, apart from the simulator's: a common mistake would hide itself."""

from collections.abc import Iterator
from typing import Final

from inkwire.bench.errors import WrongReplyError

INTEGER: Final = 0x02
OCTETS: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30


def extent(octets: bytes, at: int) -> tuple[int, int]:
    """Where the content of the TLV at `at` begins and ends. Raises IndexError behind the octets."""
    size = octets[at + 1]
    if size < 0x80:
        return at + 2, at + 2 + size
    start = at + 2 + (size & 0x7F)
    return start, start + int.from_bytes(octets[at + 2 : start], "big")


def enter(octets: bytes, at: int, tag: int, end: int) -> int:
    """Where the content of the TLV at `at` begins. Raises WrongReplyError unless it has that tag, up to `end`."""
    start, stop = extent(octets, at)
    if octets[at] != tag or stop != end:
        raise WrongReplyError(f"the reply has not {tag:#04x} up to its end at {at}: {octets.hex()}")
    return start


def leaf(octets: bytes, at: int, tag: int, content: bytes) -> int:
    """Where the TLV at `at` ends. Raises WrongReplyError unless it has that tag and content."""
    start, stop = extent(octets, at)
    if octets[at] != tag or octets[start:stop].rjust(len(content), b"\0") != content:
        raise WrongReplyError(f"the reply says {octets[start:stop].hex()} instead of {content.hex()} at {at}")
    return stop


def field(octets: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the content of the TLV at `at` begins and ends. Raises WrongReplyError unless it has that tag."""
    start, stop = extent(octets, at)
    if octets[at] != tag or stop > len(octets):
        raise WrongReplyError(f"the reply has no {tag:#04x} at {at}: {octets.hex()}")
    return start, stop


def bindings(reply: bytes, at: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Name, tag and value of the variable bindings from `at` to the end. Raises WrongReplyError."""
    while at < len(reply):
        start, end = extent(reply, at)
        if reply[at] != SEQUENCE or end > len(reply):
            raise WrongReplyError("a variable binding is none")
        name, at = extent(reply, start)
        if reply[start] != OID:
            raise WrongReplyError("a variable binding has no name")
        value, stop = extent(reply, at)
        if stop != end:
            raise WrongReplyError("a variable binding does not hold exactly a name and a value")
        yield reply[name:at], reply[at], reply[value:stop]
        at = end


def wrap(tag: int, content: bytes) -> bytes:
    """A TLV."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    return bytes((tag, 0x82, size >> 8, size & 0xFF)) + content


def number(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return wrap(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid_content(dotted: str) -> bytes:
    """The content octets of an object identifier."""
    oid = tuple(map(int, dotted.split(".")))
    octets = bytearray((oid[0] * 40 + oid[1],))
    for arc in oid[2:]:
        groups = [arc >> shift & 0x7F for shift in range(28, -1, -7) if arc >> shift or not shift]
        octets += bytes(0x80 | group for group in groups[:-1]) + bytes(groups[-1:])
    return bytes(octets)
