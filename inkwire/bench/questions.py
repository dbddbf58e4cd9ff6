"""What is asked in the benchmark of the simulator, and whether a reply answers it.

1. A question is one datagram whose request-id alone changes: four octets, so its place never moves. A secured one is
   asked in SNMPv3: of it the PDU is made anew into a message each time (see `v3`).
2. Replies are read by a reader of their own, not by the simulator's: a common mistake would hide itself.
3. A reply must bear the community and the request-id, no error, exactly the names asked for (GET), or as many as
   asked for, each another (GETBULK), and values of SNMP: an exception such as noSuchInstance is none.
"""

from dataclasses import dataclass, field
from typing import Final

from inkwire.bench.errors import WrongReplyError
from inkwire.bench.octets import INTEGER, OCTETS, OID, SEQUENCE, bindings, enter, leaf, oid_content, wrap

COMMUNITY: Final = b"public"
RESPONSE: Final = 0xA2
_GET, _GET_BULK = 0xA0, 0xA5
_VALUE_OCTETS: Final = {
    INTEGER: (1, 4), OCTETS: (0, 65535), OID: (1, 640), 0x40: (4, 4), 0x41: (1, 5), 0x42: (1, 5), 0x43: (1, 5),
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
WHO_AND_HOW_FAR: Final = (f"{_SYSTEM}.3.0", f"{_PRINTER}.5.1.1.17.1", "1.3.6.1.2.1.2.2.1.6.1", LIFE_COUNT)
"""sysUpTime, prtGeneralSerialNumber, ifPhysAddress and prtMarkerLifeCount: what can be told without asking."""

Value = tuple[int, bytes]
"""Tag and content octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. datagram: with request-id 0 in the four octets at id_at. names: content octets, () for any.

    count: how many variable bindings the answer must have. within: content octets that the names of an answer to a
    GETBULK begin with. life_count: whether the first value is prtMarkerLifeCount. pdu: of the datagram, with its
    header. secured: whether it is asked in SNMPv3.
    """

    name: str
    datagram: bytes
    id_at: int
    names: tuple[bytes, ...]
    count: int
    pdu: bytes
    within: bytes = field(default=b"")
    life_count: bool = False
    secured: bool = False


def questions() -> tuple[Question, ...]:
    """GET of 1 object, GET of 40, GETBULK of 25, by SNMP v2c."""
    return (
        _question("GET 1", _GET, (LIFE_COUNT,), 0, life_count=True),
        _question("GET 40", _GET, READ, 0),
        _question("GETBULK 25", _GET_BULK, (GENERAL,), 25),
    )


def secured_questions() -> tuple[Question, ...]:
    """GET of 1 object and GET of 40, by SNMPv3."""
    return (
        _question("v3 GET 1", _GET, (LIFE_COUNT,), 0, life_count=True, secured=True),
        _question("v3 GET 40", _GET, READ, 0, secured=True),
    )


def who_and_how_far() -> Question:
    """The question of a steady run."""
    return _question("who and how far", _GET, WHO_AND_HOW_FAR, 0)


def read_reply(question: Question, reply: bytes, request_id: int) -> int:
    """The first value where it is a number, else 0. Raises WrongReplyError unless the reply answers the question."""
    return first_number(read_values(question, reply, request_id))


def first_number(values: list[Value]) -> int:
    """The first value where it is a number, else 0."""
    tag, value = values[0]
    return 0 if tag in (OCTETS, OID) else int.from_bytes(value, "big")


def read_values(question: Question, reply: bytes, request_id: int) -> list[Value]:
    """What a reply in v2c tells. Raises WrongReplyError unless it answers the question."""
    try:
        at = enter(reply, 0, SEQUENCE, len(reply))
        at = leaf(reply, at, INTEGER, b"\x01")
        at = leaf(reply, at, OCTETS, COMMUNITY)
        return read_response(question, reply, at, request_id)
    except IndexError as error:
        raise WrongReplyError(f"{question.name}: a reply is cut short: {reply.hex()}") from error


def read_response(question: Question, reply: bytes, at: int, request_id: int) -> list[Value]:
    """What the response PDU from `at` to the end tells. Raises WrongReplyError, and IndexError where it is cut."""
    at = enter(reply, at, RESPONSE, len(reply))
    at = leaf(reply, at, INTEGER, request_id.to_bytes(4, "big"))
    at = leaf(reply, at, INTEGER, b"\x00")
    at = leaf(reply, at, INTEGER, b"\x00")
    at = enter(reply, at, SEQUENCE, len(reply))
    names: list[bytes] = []
    values: list[Value] = []
    for name, tag, value in bindings(reply, at):
        least, most = _VALUE_OCTETS.get(tag, (1, 0))
        if not least <= len(value) <= most:
            raise WrongReplyError(f"{question.name}: {value.hex()!r} under tag {tag:#04x} is no value")
        names.append(name)
        values.append((tag, value))
    if len(names) != question.count:
        raise WrongReplyError(f"{question.name}: {len(names)} values instead of {question.count}")
    if question.within:
        wrong = len(set(names)) < len(names) or not all(name.startswith(question.within) for name in names)
    else:
        wrong = tuple(names) != question.names
    if wrong:
        raise WrongReplyError(f"{question.name}: the reply names other objects than were asked for")
    return values


def _question(
    name: str, kind: int, oids: tuple[str, ...], repetitions: int, life_count: bool = False, secured: bool = False
) -> Question:
    names = tuple(map(oid_content, oids))
    asked = b"".join(wrap(SEQUENCE, wrap(OID, content) + b"\x05\x00") for content in names)
    rest = b"\x02\x01\x00" + wrap(INTEGER, bytes((repetitions,))) + wrap(SEQUENCE, asked)
    pdu = wrap(kind, b"\x02\x04\0\0\0\0" + rest)
    datagram = wrap(SEQUENCE, b"\x02\x01\x01" + wrap(OCTETS, COMMUNITY) + pdu)
    return Question(
        name=name,
        datagram=datagram,
        id_at=len(datagram) - len(rest) - 4,
        names=names,
        count=repetitions or len(names),
        pdu=pdu,
        within=oid_content(_PRINTER) if repetitions else b"",
        life_count=life_count,
        secured=secured,
    )
