"""Live values made once for each change of a printer, not once for each question.

1. A subject counts its changes (`version`). What was made from it is good until that count moves; what changes without
   it, as with the clock, is `clocked` (see `layout`) and never kept.
2. A subject keeps a list of VarBinds, as long as there are objects that somebody has asked of its kind; None stands
   for what nobody has asked since the last change. Place 0 is empty and always known.
3. Equal VarBinds of an object are one object for all subjects, as long as there are few: levels and states are shared,
   serial numbers and counters are not.
4. What is `lasting` is taken over into the list of the next version, as long as the subject is who it was.
5. A memo never shows in an answer: it is what `SteadyPlan`, which keeps nothing, would make anew.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, Generic, TypeVar, cast

from device_sim.core.snmp.layout import Clocked, Lasting
from device_sim.core.snmp.message import NO_BINDINGS, Request, frame_of
from device_sim.core.snmp.plan import Slot, cut, split_bindings
from snmp_format.ber import varbind
from snmp_format.pdu import GET_BULK, TOO_BIG

SHARED_MAX: Final = 256
"""Different VarBinds of one object that are kept for all; with more of them they are each subject's own."""
_REQUEST_ID_USUAL: Final = 6
_ALWAYS_KNOWN: Final = 0

_NOT_KNOWN: Final = (TypeError, IndexError, ValueError)
"""What joining meets where something has not been asked for since the last change: None, or a list that is too short.
It is made then, and joined again, so an error of any other origin comes again too."""

Kept = list[bytes | None]


class Remembering:
    """A subject with room for what was made from it: what, of which version and identity, and in whose order."""

    __slots__ = ("kept", "kept_by", "kept_for", "kept_version", "version")

    identity: object
    kept: Kept
    kept_by: object
    kept_for: object
    kept_version: int
    version: int

    def forget(self) -> None:
        """Nothing is kept."""
        self.kept, self.kept_by, self.kept_for, self.kept_version = [], None, None, -1


T = TypeVar("T", bound=Remembering)


class Memo(Generic[T]):
    """The live objects of one kind of subject that were asked for, each with its place in a subject's list."""

    __slots__ = ("_blank", "_lasting", "_makers", "_places", "_shared")

    def __init__(self) -> None:
        self._places: Final[dict[bytes, int]] = {}
        self._makers: Final[list[tuple[bytes, Callable[[T], bytes]]]] = []
        self._shared: Final[list[dict[bytes, bytes] | None]] = []
        self._blank: Final[Kept] = [b""]
        self._lasting: Final[list[int]] = []

    def plan(self, request: Request, slots: Sequence[Slot[T]]) -> "KeptPlan[T]":
        """How to answer a request whose VarBinds are known beforehand."""
        return KeptPlan(request, slots, self)

    def place(self, name: bytes, value_of: Callable[[T], bytes]) -> int:
        """Where the VarBind of an object stands in a subject's list. name: TLV. value_of: makes the value TLV."""
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self._blank)
            if isinstance(value_of, Lasting):
                self._lasting.append(place)
                value_of = value_of.value_of
            self._makers.append((name, value_of))
            self._shared.append({})
            self._blank.append(None)
        return place

    def renew(self, subject: T) -> None:
        """The subject's list is of its present version; nothing is in it yet but what lasts."""
        before, subject.kept = subject.kept, self._blank.copy()
        if subject.kept_by is self and subject.kept_for is subject.identity:
            for place in self._lasting:
                if place >= len(before):
                    break
                subject.kept[place] = before[place]
        subject.kept_by = self
        subject.kept_for = subject.identity
        subject.kept_version = subject.version

    def complete(self, subject: T, places: Sequence[int]) -> None:
        """Make what is missing at those places of the list that the subject keeps."""
        kept = subject.kept
        if len(kept) < len(self._blank):
            kept += self._blank[len(kept) :]
        for place in places:
            if kept[place] is None:
                name, value_of = self._makers[place - 1]
                value, shared = value_of(subject), self._shared[place - 1]
                known = None if shared is None else shared.get(value)
                kept[place] = self._one_for_all(place, name, value) if known is None else known

    def _one_for_all(self, place: int, name: bytes, value: bytes) -> bytes:
        """The VarBind of a value that is not shared yet, to be shared from now on where there are few."""
        made, shared = varbind(name, value), self._shared[place - 1]
        if shared is not None and len(shared) < SHARED_MAX:
            shared[value] = made
        else:
            self._shared[place - 1] = None
        return made


class KeptPlan(Generic[T]):
    """A `SteadyPlan` that takes from the subject's memo what may be kept.

    The parts of the answer are constant octets and live VarBinds in turn, constant ones first and last.
    """

    __slots__ = (
        "_around", "_bindings", "_bulk", "_clocked", "_frame", "_memo", "_parts", "_pick", "_places", "community",
    )  # fmt: skip

    def __init__(self, request: Request, slots: Sequence[Slot[T]], memo: Memo[T]) -> None:
        self.community: Final = request.community
        self._frame: Final = frame_of(request)
        self._around: Final[dict[int, tuple[bytes, bytes]]] = {}
        self._bulk: Final = request.kind == GET_BULK
        self._bindings: Final = NO_BINDINGS
        self._memo: Final = memo
        parts: list[bytes] = [b""]
        places: list[int] = []
        clocked: list[tuple[int, bytes, Callable[[T], bytes]]] = []
        for slot in slots:
            if isinstance(slot, bytes):
                parts[-1] += slot
                continue
            name, value_of = slot
            if isinstance(value_of, Clocked):
                clocked.append((len(parts), name, value_of.value_of))
                places.append(_ALWAYS_KNOWN)
            else:
                places.append(memo.place(name, value_of))
            parts += (b"", b"")
        self._parts: Final = parts
        self._places: Final = tuple(places)
        self._pick: Final = _picker(places)
        self._clocked: Final = tuple(clocked)

    def render(self, subject: T, request_id: bytes, size_max: int) -> bytes:
        if subject.kept_version != subject.version or subject.kept_by is not self._memo:
            self._memo.renew(subject)
        try:
            body = self._joined(subject)
        except _NOT_KNOWN:
            self._memo.complete(subject, self._places)
            body = self._joined(subject)
        size = len(body)
        if len(request_id) != _REQUEST_ID_USUAL:
            return self._fitting(self._frame.answer(request_id, body), request_id, body, size_max)
        around = self._around.get(size)
        if around is None:
            around = self._around[size] = self._frame.around(_REQUEST_ID_USUAL, size)
        answer = b"".join((around[0], request_id, around[1], body))
        return answer if len(answer) <= size_max else self._fitting(answer, request_id, body, size_max)

    def _joined(self, subject: T) -> bytes:
        parts: list[bytes] = self._parts.copy()
        parts[1::2] = self._pick(subject.kept)
        for place, name, value_of in self._clocked:
            parts[place] = varbind(name, value_of(subject))
        return b"".join(parts)

    def _fitting(self, answer: bytes, request_id: bytes, body: bytes, size_max: int) -> bytes:
        if len(answer) <= size_max:
            return answer
        if self._bulk:
            return cut(self._frame, request_id, split_bindings(body), size_max)
        return self._frame.error(request_id, TOO_BIG, 0, self._bindings)


def _picker(places: Sequence[int]) -> "Callable[[Kept], Iterable[bytes]]":
    """What takes these places out of a list, in order; None among them is found by whoever joins them."""
    if len(places) > 1:
        return cast("Callable[[Kept], Iterable[bytes]]", itemgetter(*places))
    return cast(
        "Callable[[Kept], Iterable[bytes]]", itemgetter(slice(places[0], places[0] + 1) if places else slice(0))
    )
