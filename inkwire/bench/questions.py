"""What is asked in the benchmark of the simulator, and whether a reply answers it.

1. A question is one datagram whose request-id alone changes: four octets, so its place never moves.
2. Replies are read by a reader of their own, not by the simulator's: a common mistake would hide itself.
3. A reply must bear the community and the request-id, no error, exactly the names asked for (GET), or as many as
   asked for, each another (GETBULK), and values of SNMP: an exception such as noSuchInstance is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from inkwire.bench.errors import WrongReplyError

Oid = tuple[int, ...]

COMMUNITY: Final = b"public"
RESPONSE: Final = 0xA2
_GET, _GET_BULK = 0xA0, 0xA5
_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_VALUE_OCTETS: Final = {
    _INTEGER: (1, 4), _OCTETS: (0, 65535), _OID: (1, 640), 0x40: (4, 4), 0x41: (1, 5), 0x42: (1, 5), 0x43: (1, 5),
    0x46: (1, 9),
}  # fmt: skip

_SYSTEM: Final = "1.3.6.1.2.1.1"
_DEVICE: Final = "1.3.6.1.2.1.25.3.2.1"
_PRINTER: Final = "1.3.6.1.2.1.43"
LIFE_COUNT: Final = f"{_PRINTER}.10.2.1.4.1.1"
"""prtMarkerLifeCount of the one engine: the meter that people are billed by."""
READ: Final = (
    *(f"{_SYSTEM}.{number}.0" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"{_DEVICE}.{column}.1" for column in (3, 5, 6)),
    "1.3.6.1.2.1.25.3.5.1.1.1", "1.3.6.1.2.1.25.3.5.1.2.1", "1.3.6.1.2.1.2.2.1.6.1",
    *(f"{_PRINTER}.5.1.1.{column}.1" for column in (1, 16, 17, 18, 19)),
    f"{_PRINTER}.6.1.1.3.1.1", f"{_PRINTER}.6.1.1.3.1.2",
    *(f"{_PRINTER}.8.2.1.{column}.1.{row}" for row in (1, 2) for column in (9, 10, 11, 13)),
    *(f"{_PRINTER}.10.2.1.{column}.1.1" for column in (3, 4, 5, 15)),
    *(f"{_PRINTER}.11.1.1.{column}.1.{row}" for row in (1, 2) for column in (6, 8, 9)),
    f"{_PRINTER}.16.5.1.2.1.1", f"{_PRINTER}.17.6.1.2.1.1",
)  # fmt: skip
"""One reading of a printer: 40 objects that every profile has, 25 or 26 of them live (made at each request)."""
GENERAL: Final = f"{_PRINTER}.5.1.1.15.1"
"""prtAuxiliarySheetBannerPage: of the 25 objects behind it, from the printer's name to its covers, 6 to 10 are live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. datagram: with request-id 0 in the four octets at id_at. names: content octets, () for any.

    count: how many variable bindings the answer must have. within: content octets that the names of an answer to a
    GETBULK begin with. life_count: whether the first value is prtMarkerLifeCount.
    """

    name: str
    datagram: bytes
    id_at: int
    names: tuple[bytes, ...]
    count: int
    within: bytes = field(default=b"")
    life_count: bool = False


def questions() -> tuple[Question, ...]:
    """GET of 1 object, GET of 40, GETBULK of 25."""
    return (
        _question("GET 1", _GET, (LIFE_COUNT,), 0, life_count=True),
        _question("GET 40", _GET, READ, 0),
        _question("GETBULK 25", _GET_BULK, (GENERAL,), 25),
    )


def read_reply(question: Question, reply: bytes, request_id: int) -> int:
    """The first value where it is a number, else 0. Raises WrongReplyError unless the reply answers the question."""
    try:
        return _read(question, reply, request_id)
    except IndexError as error:
        raise WrongReplyError(f"{question.name}: a reply is cut short: {reply.hex()}") from error


def _read(question: Question, reply: bytes, request_id: int) -> int:
    at = _enter(reply, 0, _SEQUENCE, len(reply))
    at = _leaf(reply, at, _INTEGER, b"\x01")
    at = _leaf(reply, at, _OCTETS, COMMUNITY)
    at = _enter(reply, at, RESPONSE, len(reply))
    at = _leaf(reply, at, _INTEGER, request_id.to_bytes(4, "big"))
    at = _leaf(reply, at, _INTEGER, b"\x00")
    at = _leaf(reply, at, _INTEGER, b"\x00")
    at = _enter(reply, at, _SEQUENCE, len(reply))
    names: list[bytes] = []
    first = 0
    for name, tag, value in _bindings(reply, at):
        least, most = _VALUE_OCTETS.get(tag, (1, 0))
        if not least <= len(value) <= most:
            raise WrongReplyError(f"{question.name}: {value.hex()!r} under tag {tag:#04x} is no value")
        if not names and tag not in (_OCTETS, _OID):
            first = int.from_bytes(value, "big")
        names.append(name)
    if len(names) != question.count:
        raise WrongReplyError(f"{question.name}: {len(names)} values instead of {question.count}")
    if question.within:
        wrong = len(set(names)) < len(names) or not all(name.startswith(question.within) for name in names)
    else:
        wrong = tuple(names) != question.names
    if wrong:
        raise WrongReplyError(f"{question.name}: the reply names other objects than were asked for")
    return first


def _bindings(reply: bytes, at: int) -> Iterator[tuple[bytes, int, bytes]]:
    while at < len(reply):
        start, end = _extent(reply, at)
        if reply[at] != _SEQUENCE or end > len(reply):
            raise WrongReplyError("a variable binding is none")
        name, at = _extent(reply, start)
        if reply[start] != _OID:
            raise WrongReplyError("a variable binding has no name")
        value, stop = _extent(reply, at)
        if stop != end:
            raise WrongReplyError("a variable binding does not hold exactly a name and a value")
        yield reply[name:at], reply[at], reply[value:stop]
        at = end


def _extent(octets: bytes, at: int) -> tuple[int, int]:
    """Where the content of the TLV at `at` begins and ends."""
    size = octets[at + 1]
    if size < 0x80:
        return at + 2, at + 2 + size
    start = at + 2 + (size & 0x7F)
    return start, start + int.from_bytes(octets[at + 2 : start], "big")


def _enter(octets: bytes, at: int, tag: int, end: int) -> int:
    start, stop = _extent(octets, at)
    if octets[at] != tag or stop != end:
        raise WrongReplyError(f"the reply has not {tag:#04x} up to its end at {at}: {octets.hex()}")
    return start


def _leaf(octets: bytes, at: int, tag: int, content: bytes) -> int:
    start, stop = _extent(octets, at)
    if octets[at] != tag or octets[start:stop].rjust(len(content), b"\0") != content:
        raise WrongReplyError(f"the reply says {octets[start:stop].hex()} instead of {content.hex()} at {at}")
    return stop


def _question(name: str, kind: int, oids: tuple[str, ...], repetitions: int, life_count: bool = False) -> Question:
    names = tuple(_content(_arcs(oid)) for oid in oids)
    bindings = b"".join(_wrap(_SEQUENCE, _wrap(_OID, content) + b"\x05\x00") for content in names)
    rest = b"\x02\x01\x00" + _wrap(_INTEGER, bytes((repetitions,))) + _wrap(_SEQUENCE, bindings)
    pdu = _wrap(kind, b"\x02\x04\0\0\0\0" + rest)
    datagram = _wrap(_SEQUENCE, b"\x02\x01\x01" + _wrap(_OCTETS, COMMUNITY) + pdu)
    return Question(
        name=name,
        datagram=datagram,
        id_at=len(datagram) - len(rest) - 4,
        names=names,
        count=repetitions or len(names),
        within=_content(_arcs(_PRINTER)) if repetitions else b"",
        life_count=life_count,
    )


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    return bytes((tag, 0x82, size >> 8, size & 0xFF)) + content


def _arcs(oid: str) -> Oid:
    return tuple(map(int, oid.split(".")))


def _content(oid: Oid) -> bytes:
    octets = bytearray((oid[0] * 40 + oid[1],))
    for arc in oid[2:]:
        groups = [arc >> shift & 0x7F for shift in range(28, -1, -7) if arc >> shift or not shift]
        octets += bytes(0x80 | group for group in groups[:-1]) + bytes(groups[-1:])
    return bytes(octets)
