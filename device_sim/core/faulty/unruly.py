"""An SNMP agent that breaks the protocol: one printer's, with its faults.

1. A question is looked at, answered by the usual responder with this view, and the answer is spoilt: `talk`.
2. Nothing is learnt: an unruly printer's answers never become a plan, and plans of honest ones never answer for it.
3. What is random depends on seed, printer and the number of the question alone.
Source: RFC 3416, 4.2; RFC 1157, 4.1 (the errors of v1).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from device_sim.core.dice import Dice
from device_sim.core.faults import KNOBS, Faults, set_faults
from device_sim.core.faulty.texts import on_the_wire
from device_sim.core.mib import PrinterBook
from device_sim.core.snmp.access import READ_ALL, Access
from device_sim.core.snmp.engine import Engine
from device_sim.core.snmp.layout import Layout
from device_sim.core.snmp.message import NO_BINDINGS, Request, frame_of, read_pdu
from device_sim.core.snmp.plan import name_of
from device_sim.core.snmp.view import CopyView
from device_sim.core.state import LivePrinter
from snmp_format.ber import (
    ARC_MAX,
    COUNTER32,
    COUNTER64,
    END_OF_MIB_VIEW,
    GAUGE32,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    TIME_TICKS,
    DecodeError,
    header,
    object_identifier,
    octets,
    oid_name,
    read_header,
    read_integer,
    read_oid,
    time_ticks,
    varbind,
    wrap,
)
from snmp_format.pdu import GET, GET_BULK, NO_SUCH_NAME, SET, TOO_BIG, VERSION_1, VERSION_2C

GEN_ERR: Final = 5
SYSTEM_OR_ROWS: Final = (1, 3, 6, 1, 2, 1, 1, 9, 1, 4)
"""sysORUpTime: where bindings that nobody asked for are said to stand."""
FIRST: Final = oid_name((1, 3))
PAST_THE_END: Final = 3
ID_TURNED: Final = 0x55
_NUMBERS: Final = (INTEGER, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64)
_WHAT_WALKS: Final = (
    "snmp_endless_walk", "snmp_repeats", "snmp_more_varbinds", "snmp_reply_octets", "snmp_wrong_types",
)  # fmt: skip

Receive = Callable[[bytes, "UnrulyView"], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One datagram to be sent. delay_s: from now. from_neighbour: from the address with the last bit turned."""

    datagram: bytes
    delay_s: float = 0.0
    from_neighbour: bool = False


@dataclass(slots=True)
class Asked:
    """How often a printer was asked so far."""

    count: int = 0


@lru_cache(maxsize=4096)
def is_unruly(faults: Faults) -> bool:
    """Whether these faults break SNMP itself, or put octets into it that are no text."""
    on = set_faults(faults)
    return "community" in on or "hostile_text" in on or any(KNOBS[name].described.subject == "snmp" for name in on)


@lru_cache(maxsize=4096)
def _walks(faults: Faults) -> bool:
    """Whether the bindings of an answer are found another way than usual."""
    return not set_faults(faults).keys().isdisjoint(_WHAT_WALKS)


class UnrulyView(CopyView[LivePrinter]):
    """What such a printer shows. told: its state as it is told; community: one that the responder lets in."""

    __slots__ = ("_asked", "_community", "_faults", "_seed", "_walks")

    def __init__(
        self, book: PrinterBook, told: LivePrinter, itself: LivePrinter, *, seed: int, asked: Asked, community: bytes
    ) -> None:
        super().__init__(book, told, itself)
        self._faults: Final = told.faults
        self._walks: Final = _walks(told.faults)
        self._seed, self._asked, self._community = seed, asked, community

    def talk(self, datagram: bytes, receive: Receive) -> tuple[Delivery, ...]:
        """What is sent for a datagram, in order. receive: the usual responder."""
        faults, asked = self._faults, self._asked
        asked.count += 1
        version, community = _head(datagram)
        if faults.snmp_silent or (faults.snmp_v1_only and version != VERSION_1):
            return ()
        if faults.snmp_answers_every is not None and asked.count % faults.snmp_answers_every:
            return ()
        if self._falls("loss", faults.snmp_loss_percent):
            return ()
        if faults.community is not None and version in (VERSION_1, VERSION_2C):
            if community != faults.community.encode():
                return ()
            datagram = _with_community(datagram, self._community)
        reply = receive(datagram, self)
        if reply is None:
            return ()
        if faults.community is not None and version in (VERSION_1, VERSION_2C):
            reply = _with_community(reply, community)
        spoilt = self._spoilt(reply)
        delay_s = (faults.snmp_delay_ms or 0) / 1000
        sent = Delivery(datagram=spoilt, delay_s=delay_s, from_neighbour=faults.snmp_other_address)
        return (sent,) * (1 + (faults.snmp_duplicates or 0))

    def answer_again(self, *_: object) -> None:
        return None

    def answer_pdu(self, pdu: bytes, access: Access, size_max: int) -> bytes:
        return self.answer(read_pdu(pdu, b""), size_max, learn=False, access=access)

    def engine(self) -> Engine | None:
        engine, faults = super().engine(), self._faults
        if engine is None:
            return None
        return replace(
            engine,
            engine_id=_shared_engine_id(engine.engine_id) if faults.snmp_engine_shared else engine.engine_id,
            boots=engine.boots if faults.snmp_engine_boots is None else faults.snmp_engine_boots,
            time_s=max(engine.time_s + (faults.snmp_engine_time_off_s or 0), 0),
        )

    def answer(self, request: Request, size_max: int, learn: bool, access: Access = READ_ALL) -> bytes:
        answer = self._answer(request, size_max, access)
        return answer if self._faults.hostile_text is None else on_the_wire(answer)

    def _answer(self, request: Request, size_max: int, access: Access) -> bytes:
        frame = frame_of(request)
        refused = self._refusal(request)
        if refused is not None:
            status, index = refused
            repeated = request.bindings if index or request.version == VERSION_1 else NO_BINDINGS
            return frame.error(request.request_id, status, index, repeated)
        if request.kind == SET or not self._walks:
            return super().answer(request, size_max, learn=False, access=access)
        layout = self._book.layout_for(access)
        parts, room = [], size_max - len(frame.answer(request.request_id, b"")) - _LENGTHS_MAX
        for name, value in self._found(layout, request):
            part = varbind(name, self._told_type(value))
            room -= len(part)
            if room < 0:
                break
            parts.append(part)
        parts += self._unasked()
        answer = frame.answer(request.request_id, b"".join(parts))
        size = self._faults.snmp_reply_octets
        if size is not None and parts and len(answer) < size:
            name = object_identifier((*SYSTEM_OR_ROWS[:-1], 3, 1))
            parts[-1] = varbind(name, octets(b"x" * (size - len(answer) + len(parts[-1]))))
            answer = frame.answer(request.request_id, b"".join(parts))
        return answer

    def _refusal(self, request: Request) -> tuple[int, int] | None:
        """The error status and index that this request gets in any case."""
        faults = self._faults
        if faults.snmp_too_big_above is not None and len(request.names) > faults.snmp_too_big_above:
            return TOO_BIG, 0
        if faults.snmp_no_bulk and request.kind == GET_BULK:
            return GEN_ERR, 1
        if request.names and self._falls("no-such-name", faults.snmp_no_such_name_percent):
            return NO_SUCH_NAME, 1
        share = faults.snmp_gen_err_percent
        for number, name in enumerate(request.names if share is not None else (), 1):
            if Dice(self._seed, self.subject.identity.index, "gen-err", name.hex()).unit() * 100 < (share or 0):
                return GEN_ERR, number
        return None

    def _falls(self, what: str, percent: float | None) -> bool:
        """Whether this question meets what happens to so many percent of them."""
        if percent is None:
            return False
        return Dice(self._seed, self.subject.identity.index, what, self._asked.count).unit() * 100 < percent

    def _found(self, layout: Layout[LivePrinter], request: Request) -> Iterator[tuple[bytes, bytes]]:
        """Name and value of each binding of the answer."""
        if request.kind == GET:
            for name in request.names:
                value = layout.lookup(name)
                yield wrap(OBJECT_IDENTIFIER, name), value if isinstance(value, bytes) else value(self.subject)
            return
        once = request.first if request.kind == GET_BULK else len(request.names)
        for name in request.names[:once]:
            yield self._behind(layout, name)
        columns = list(request.names[once:])
        for _ in range(request.second if columns else 0):
            for place, name in enumerate(columns):
                found, value = self._behind(layout, name)
                columns[place] = name_of(found)
                yield found, value

    def _behind(self, layout: Layout[LivePrinter], name: bytes) -> tuple[bytes, bytes]:
        subject = self.subject
        known = layout.place(name) is not None
        if self._faults.snmp_repeats == "same" and known:
            value = layout.lookup(name)
            return wrap(OBJECT_IDENTIFIER, name), value if isinstance(value, bytes) else value(subject)
        if self._faults.snmp_repeats == "back" and known:
            return layout.walk(subject, FIRST)
        found, value = layout.walk(subject, name)
        if self._faults.snmp_endless_walk:
            return self._one_more(layout, name, found, value) or (found, value)
        return found, value

    def _one_more(
        self, layout: Layout[LivePrinter], name: bytes, found: bytes, value: bytes
    ) -> tuple[bytes, bytes] | None:
        """A row behind `name` in its own column where the column has none, or None where all is as it should be."""
        at = read_oid(name)
        column, last = at[:-1], at[-1]
        if value != END_OF_MIB_VIEW and read_oid(name_of(found))[:-1] == column:
            return None
        if not 0 < last < ARC_MAX or len(column) < 2:
            return None
        first, value = layout.walk(self.subject, oid_name(column))
        if value == END_OF_MIB_VIEW or read_oid(name_of(first))[:-1] != column:
            return None
        return object_identifier((*column, last + 1)), value

    def _told_type(self, value: bytes) -> bytes:
        if not self._faults.snmp_wrong_types or value[0] not in _NUMBERS:
            return value
        number = int.from_bytes(value[2:], "big", signed=value[0] == INTEGER)
        return octets(str(number).encode())

    def _unasked(self) -> list[bytes]:
        count = self._faults.snmp_more_varbinds or 0
        return [varbind(object_identifier((*SYSTEM_OR_ROWS, row)), time_ticks(row)) for row in range(1, count + 1)]

    def _spoilt(self, reply: bytes) -> bytes:
        faults = self._faults
        if faults.snmp_wrong_request_id:
            reply = _other_request_id(reply)
        if faults.snmp_broken_ber:
            start, stop = read_header(reply, 0, SEQUENCE, len(reply))
            reply = header(SEQUENCE, stop - start + PAST_THE_END) + reply[start:]
        if faults.snmp_cut_octets is not None:
            reply = reply[: max(len(reply) - faults.snmp_cut_octets, 1)]
        return reply


_LENGTHS_MAX: Final = 9


def _shared_engine_id(own: bytes) -> bytes:
    """One for all printers of a maker: the maker's number, and a network card of zeros."""
    return own[:5] + bytes(len(own) - 5)


def _head(message: bytes) -> tuple[int, bytes]:
    """Version and community of a message; -1 and nothing where they cannot be read."""
    try:
        start, end = read_header(message, 0, SEQUENCE, len(message))
        version, at = read_integer(message, start, end)
        start, stop = read_header(message, at, OCTET_STRING, end) if version != 3 else (at, at)
        return version, message[start:stop]
    except DecodeError:
        return -1, b""


def _with_community(message: bytes, community: bytes) -> bytes:
    """A message of v1 or v2c with another community."""
    start, end = read_header(message, 0, SEQUENCE, len(message))
    _, at = read_integer(message, start, end)
    _, stop = read_header(message, at, OCTET_STRING, end)
    return wrap(SEQUENCE, message[start:at] + octets(community) + message[stop:])


def _other_request_id(message: bytes) -> bytes:
    """A message of v1 or v2c with another request-id of the same size; one of v3 as it is."""
    start, end = read_header(message, 0, SEQUENCE, len(message))
    version, at = read_integer(message, start, end)
    if version not in (VERSION_1, VERSION_2C):
        return message
    _, at = read_header(message, at, OCTET_STRING, end)
    start, _ = read_header(message, at, message[at], end)
    _, stop = read_integer(message, start, end)
    return message[: stop - 1] + bytes((message[stop - 1] ^ ID_TURNED,)) + message[stop:]
