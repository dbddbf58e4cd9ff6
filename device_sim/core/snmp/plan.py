"""How to answer one request, worked out once and kept.

1. A SteadyPlan knows every name of its answer beforehand: constant VarBinds are merged octets, live ones are slots.
2. A SearchPlan meets tables whose rows come and go, or a v1 error: it looks anew each time.
3. A plan belongs to a layout, never to a printer: the subject and the request-id come with each question.
4. An answer over size_max: GETBULK is cut after a whole VarBind; anything else becomes tooBig. An error that must
   repeat the request's VarBinds is as long as the request was.
Source: RFC 3416, 4.2.1 to 4.2.3; RFC 1157, 4.1.2 and 4.1.3 (v1 errors); RFC 3584, 4.2.2.1 (no Counter64 in v1).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

from device_sim.core.snmp.layout import Layout
from device_sim.core.snmp.message import NO_BINDINGS, Frame, Request, frame_of
from snmp_format.ber import (
    COUNTER64,
    END_OF_MIB_VIEW,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SEQUENCES,
    read_header,
    varbind,
    wrap,
)
from snmp_format.pdu import GET, GET_BULK, NO_SUCH_NAME, TOO_BIG, VERSION_1

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)
_MISSING: Final = (NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW)


class Plan(Protocol[S_contra]):
    """How to answer one request of anybody's."""

    @property
    def community(self) -> bytes:
        """Whom it was asked for."""

    def render(self, subject: S_contra, request_id: bytes, size_max: int) -> bytes:
        """The whole response datagram, at most size_max octets. request_id: TLV."""


class Planner(Protocol[S]):
    """Whoever has a better way to answer a request whose VarBinds are known beforehand than `SteadyPlan`."""

    def plan(self, request: Request, slots: "Sequence[Slot[S]]") -> Plan[S]: ...


def make_plan(layout: Layout[S], request: Request, size_max: int, planner: Planner[S] | None = None) -> Plan[S]:
    """How to answer `request`, which is no SET, now and whenever it comes again. size_max: of the answer, in octets."""
    slots = _steady_slots(layout, request, size_max)
    if slots is None:
        return SearchPlan(layout, request)
    return SteadyPlan(request, slots) if planner is None else planner.plan(request, slots)


Slot = bytes | tuple[bytes, Callable[[S], bytes]]
"""A whole VarBind, or the name TLV and how to make the value."""


class SteadyPlan(Generic[S]):
    """Names known, order known: only live values are made, and made anew at each answer.

    The parts of the answer are constant octets, and for each live value a header, its name and the value.
    """

    __slots__ = ("_bindings", "_bulk", "_frame", "_live", "_parts", "community")

    def __init__(self, request: Request, slots: Sequence[Slot[S]]) -> None:
        self.community = request.community
        self._frame = frame_of(request)
        self._bulk = request.kind == GET_BULK
        self._bindings = request.bindings if request.version == VERSION_1 else NO_BINDINGS
        self._parts: list[bytes] = [b""]
        live = []
        for slot in slots:
            if isinstance(slot, bytes):
                self._parts[-1] += slot
            else:
                name, value_of = slot
                live.append((len(self._parts), len(name), value_of))
                self._parts += (b"", name, b"", b"")
        self._live = tuple(live)

    def render(self, subject: S, request_id: bytes, size_max: int) -> bytes:
        parts = self._parts.copy()
        for place, name_size, value_of in self._live:
            value = value_of(subject)
            parts[place] = SEQUENCES[name_size + len(value)]
            parts[place + 2] = value
        body = b"".join(parts)
        answer = self._frame.answer(request_id, body)
        if len(answer) <= size_max:
            return answer
        if self._bulk:
            return cut(self._frame, request_id, split_bindings(body), size_max)
        return self._frame.error(request_id, TOO_BIG, 0, self._bindings)


class SearchPlan(Generic[S]):
    """What to look for; where it leads depends on the subject, so it is found anew each time."""

    __slots__ = ("_frame", "_layout", "_request", "community")

    def __init__(self, layout: Layout[S], request: Request) -> None:
        self.community = request.community
        self._frame = frame_of(request)
        self._layout = layout
        self._request = request

    def render(self, subject: S, request_id: bytes, size_max: int) -> bytes:
        request = self._request
        if request.kind == GET_BULK:
            return cut(self._frame, request_id, self._repeat(subject, size_max), size_max)
        find = self._exactly if request.kind == GET else self._behind
        parts = []
        for index, name in enumerate(request.names, 1):
            found, value = find(subject, name)
            if request.version == VERSION_1 and value in _MISSING:
                return self._frame.error(request_id, NO_SUCH_NAME, index, request.bindings)
            parts.append(varbind(found, value))
        answer = self._frame.answer(request_id, b"".join(parts))
        if len(answer) <= size_max:
            return answer
        bindings = request.bindings if request.version == VERSION_1 else NO_BINDINGS
        return self._frame.error(request_id, TOO_BIG, 0, bindings)

    def _exactly(self, subject: S, name: bytes) -> tuple[bytes, bytes]:
        value = self._layout.lookup(name)
        encoded = value if isinstance(value, bytes) else value(subject)
        if self._request.version == VERSION_1 and encoded[0] == COUNTER64:
            encoded = NO_SUCH_INSTANCE
        return wrap(OBJECT_IDENTIFIER, name), encoded

    def _behind(self, subject: S, name: bytes) -> tuple[bytes, bytes]:
        found, value = self._layout.walk(subject, name)
        while self._request.version == VERSION_1 and value[0] == COUNTER64:
            found, value = self._layout.walk(subject, name_of(found))
        return found, value

    def _repeat(self, subject: S, size_max: int) -> Iterator[bytes]:
        request = self._request
        walk = self._layout.walk
        for name in request.names[: request.first]:
            yield varbind(*walk(subject, name))
        columns = list(request.names[request.first :])
        for _ in range(request.second if columns else 0):
            ended = True
            for place, name in enumerate(columns):
                found, value = walk(subject, name)
                columns[place] = name_of(found)
                ended = ended and value == END_OF_MIB_VIEW
                yield varbind(found, value)
            if ended:
                return


def name_of(name_tlv: bytes) -> bytes:
    """The content octets of an OBJECT IDENTIFIER of ours, which is short: ARCS_MAX arcs of at most five octets."""
    return name_tlv[2 if name_tlv[1] < 0x80 else name_tlv[1] - 0x7E :]


def split_bindings(body: bytes) -> Iterator[bytes]:
    """The VarBinds that stand one after another in `body`, which is of our own making."""
    at = 0
    while at < len(body):
        _, stop = read_header(body, at, SEQUENCE, len(body))
        yield body[at:stop]
        at = stop


def cut(frame: Frame, request_id: bytes, parts: Iterator[bytes], size_max: int) -> bytes:
    """As many whole VarBinds as fit, which may be none. Source: RFC 3416, 4.2.3."""
    room = size_max - len(frame.answer(request_id, b"")) - _LENGTHS_MAX
    kept = []
    for part in parts:
        room -= len(part)
        if room < 0:
            break
        kept.append(part)
    return frame.answer(request_id, b"".join(kept))


_LENGTHS_MAX: Final = 9
"""What the three lengths around the VarBinds can grow by, up to a datagram's size."""


def _steady_slots(layout: Layout[S], request: Request, size_max: int) -> list[Slot[S]] | None:
    """The answer's VarBinds, or None where they depend on the subject's rows, or may become an error of v1."""
    if request.version == VERSION_1:
        return None
    if request.kind == GET:
        return [_slot(wrap(OBJECT_IDENTIFIER, name), layout.lookup(name)) for name in request.names]
    once = len(request.names) if request.kind != GET_BULK else request.first
    slots: list[Slot[S]] = []
    for slot in _walk_slots(layout, request.names, once, request.second):
        if slot is None:
            return None
        slots.append(slot)
        size_max -= len(slot) if isinstance(slot, bytes) else len(slot[0]) + 4
        if size_max < 0:
            break
    return slots


def _walk_slots(layout: Layout[S], names: tuple[bytes, ...], once: int, repeats: int) -> Iterator[Slot[S] | None]:
    """What stands behind each name: once for the first so many, then again and again for the others together.

    None stands for a table whose rows come and go: what is behind it cannot be known beforehand.
    """
    places = [layout.place_behind(name) for name in names]
    for name, place in zip(names[:once], places[:once], strict=True):
        yield _slot_at(layout, place, name)
    columns = places[once:]
    for step in range(repeats if columns else 0):
        for name, place in zip(names[once:], columns, strict=True):
            yield _slot_at(layout, place + step, name)
        if min(columns) + step >= len(layout):
            return


def _slot_at(layout: Layout[S], place: int, name: bytes) -> Slot[S] | None:
    if place >= len(layout):
        last = layout.binding(len(layout) - 1) if place > len(layout) else None
        return varbind(last.name if last else wrap(OBJECT_IDENTIFIER, name), END_OF_MIB_VIEW)
    binding = layout.binding(place)
    if binding is None:
        return None
    if binding.value is None:
        return binding.encoded
    return binding.name, binding.value


def _slot(name: bytes, value: bytes | Callable[[S], bytes]) -> Slot[S]:
    return varbind(name, value) if isinstance(value, bytes) else (name, value)
