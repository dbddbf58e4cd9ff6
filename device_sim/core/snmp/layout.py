"""The picture of a MIB: which objects there are, in which order, and how each finds its value.

1. A Layout is shared by all printers of one profile; a *subject* (one printer's live state) comes with each question.
2. A leaf is constant (encoded once, for all) or live (a function of the subject, whose value is at most
   LIVE_BYTES_MAX octets long). A live value may be kept until the subject's `version` moves (see `memo`); one that
   depends on the clock, or on anything else that no version counts, is `clocked`.
3. A table whose rows come and go stands in the order as one block, under its entry's OID, and no leaf stands inside it.
4. Order is the order of arc tuples, nothing else.
Source: RFC 3416, 4.2.1 to 4.2.3.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from device_sim.core.snmp.access import MibTree
from snmp_format.ber import (
    END_OF_MIB_VIEW,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OBJECT_IDENTIFIER,
    Oid,
    oid_name,
    read_oid,
    varbind,
    wrap,
)

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)
R = TypeVar("R")

Value = bytes | Callable[[S], bytes]
"""The TLV of a value, or how to make it from the subject."""


@dataclass(frozen=True, slots=True)
class Clocked(Generic[S]):
    """How to make a value that changes without a change of the subject's version: made for each answer."""

    value_of: Callable[[S], bytes]

    def __call__(self, subject: S) -> bytes:
        return self.value_of(subject)


def clocked(value_of: Callable[[S], bytes]) -> Clocked[S]:
    """Mark a value that depends on the clock, or on anything else that no version counts."""
    return Clocked(value_of)


@dataclass(frozen=True, slots=True)
class Writer(Generic[S]):
    """What a manager may do to an object instance.

    tag: of the values it takes. refusal: the error-status for the content octets of a value, 0 where it may be
    written: nothing is changed yet. write: makes it so; it cannot fail.
    """

    tag: int
    refusal: Callable[[S, bytes], int]
    write: Callable[[S, bytes], None]


@dataclass(frozen=True, slots=True)
class Lasting(Generic[S]):
    """How to make a value of nothing but the subject's `identity`: it holds as long as that is the same object."""

    value_of: Callable[[S], bytes]

    def __call__(self, subject: S) -> bytes:
        return self.value_of(subject)


def lasting(value_of: Callable[[S], bytes]) -> Lasting[S]:
    """Mark a value that depends on the subject's `identity` alone."""
    return Lasting(value_of)


@dataclass(frozen=True, slots=True)
class Leaf(Generic[S]):
    """One object instance. writer: where a manager may change it."""

    oid: Oid
    value: Value[S]
    writer: Writer[S] | None = None


class ComingAndGoing(Protocol[S_contra]):
    """A table whose rows depend on the subject. entry: the OID of its row object; all instances lie under it."""

    @property
    def entry(self) -> Oid: ...

    @property
    def objects(self) -> Iterable[Oid]: ...

    def value(self, subject: S_contra, oid: Oid) -> bytes | None:
        """The value TLV of exactly that instance, or None where there is none now."""

    def after(self, subject: S_contra, oid: Oid) -> tuple[Oid, bytes] | None:
        """The first instance behind `oid` with its value TLV, or None when that is past the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTable(Generic[S, R]):
    """A ComingAndGoing made of rows. columns: ascending. rows: each with its index arcs, ascending."""

    entry: Oid
    columns: tuple[tuple[int, Callable[[R], bytes]], ...]
    rows: Callable[[S], Sequence[tuple[Oid, R]]]

    @property
    def objects(self) -> Iterable[Oid]:
        return [(*self.entry, number) for number, _ in self.columns]

    def value(self, subject: S, oid: Oid) -> bytes | None:
        column, index = oid[len(self.entry) : len(self.entry) + 1], oid[len(self.entry) + 1 :]
        for number, value_of in self.columns:
            if (number,) == column:
                return next((value_of(row) for key, row in self.rows(subject) if key == index), None)
        return None

    def after(self, subject: S, oid: Oid) -> tuple[Oid, bytes] | None:
        rows = self.rows(subject)
        if not rows:
            return None
        rest = oid[len(self.entry) :] if oid > self.entry else ()
        for number, value_of in self.columns:
            if rest and number < rest[0]:
                continue
            place = bisect_right(rows, rest[1:], key=_index_of) if rest and number == rest[0] else 0
            if place < len(rows):
                index, row = rows[place]
                return (*self.entry, number, *index), value_of(row)
        return None


@dataclass(frozen=True, slots=True)
class CutTable(Generic[S]):
    """A ComingAndGoing of which a view shows only some instances."""

    table: ComingAndGoing[S]
    tree: MibTree

    @property
    def entry(self) -> Oid:
        return self.table.entry

    @property
    def objects(self) -> Iterable[Oid]:
        return [oid for oid in self.table.objects if self.tree.holds(oid)]

    def value(self, subject: S, oid: Oid) -> bytes | None:
        return self.table.value(subject, oid) if self.tree.holds(oid) else None

    def after(self, subject: S, oid: Oid) -> tuple[Oid, bytes] | None:
        found = self.table.after(subject, oid)
        while found is not None and not self.tree.holds(found[0]):
            found = self.table.after(subject, found[0])
        return found


def _index_of(row: tuple[Oid, object]) -> Oid:
    return row[0]


Stop = Leaf[S] | ComingAndGoing[S]


class Layout(Generic[S]):
    """All objects of one profile, or of one recording, in lexicographic order."""

    def __init__(
        self,
        leaves: Iterable[Leaf[S]],
        tables: Iterable[ComingAndGoing[S]] = (),
        objects: Iterable[Oid] = (),
    ) -> None:
        """objects: OIDs of object types whose instances have more than one index arc: a missing row is noSuchInstance.

        Raises ValueError when two leaves have one OID, or a leaf stands inside a coming-and-going table.
        """
        stops: list[tuple[Oid, Stop[S]]] = [(leaf.oid, leaf) for leaf in leaves]
        stops += [(table.entry, table) for table in tables]
        stops.sort(key=_index_of)
        self._stops: Final = tuple(stop for _, stop in stops)
        self._order: Final = tuple(oid for oid, _ in stops)
        self._places: Final[dict[bytes, int]] = {}
        known = set(objects)
        for place, (oid, stop) in enumerate(stops):
            before = stops[place - 1] if place else None
            if before and (before[0] == oid or (_is_table(before[1]) and _under(oid, before[0]))):
                raise ValueError(f"two objects claim {'.'.join(map(str, oid))}")
            if isinstance(stop, Leaf):
                self._places[oid_name(oid)] = place
                known.add(oid[:-1])
            else:
                known.update(stop.objects)
        self._objects: Final = frozenset(known)
        self._writable: Final = {
            self._object_of(stop.oid): stop.writer.tag for stop in self._stops if isinstance(stop, Leaf) and stop.writer
        }
        self._bindings: Final = tuple(_binding(stop) for stop in self._stops)

    def within(self, tree: MibTree) -> "Layout[S]":
        """What of it stands in a view: all else is as if it did not exist."""
        leaves = [stop for stop in self._stops if isinstance(stop, Leaf) and tree.holds(stop.oid)]
        tables: list[ComingAndGoing[S]] = []
        for stop in self._stops:
            if isinstance(stop, Leaf):
                continue
            if tree.cuts(stop.entry):
                tables.append(CutTable(stop, tree))
            elif tree.holds(stop.entry):
                tables.append(stop)
        return Layout(leaves, tables, [oid for oid in self._objects if tree.holds(oid)])

    def writer(self, name: bytes) -> Writer[S] | None:
        """How to change the leaf with exactly these content octets, if it is there and may be changed."""
        place = self._places.get(name)
        stop = None if place is None else self._stops[place]
        return stop.writer if isinstance(stop, Leaf) else None

    def writable_tag(self, name: bytes) -> int | None:
        """The tag of the values of the object type an instance is of, where instances of it may be changed."""
        oid = read_oid(name)
        return next(
            (self._writable[oid[:size]] for size in range(len(oid), 0, -1) if oid[:size] in self._writable), None
        )

    def __len__(self) -> int:
        """How many leaves and coming-and-going tables there are."""
        return len(self._stops)

    def place(self, name: bytes) -> int | None:
        """Where the leaf with exactly these content octets stands in the order, if there is one."""
        return self._places.get(name)

    def place_after(self, oid: Oid) -> int:
        """Where the first stop behind `oid` stands; a table that holds `oid` is behind it. May be len(self)."""
        place = bisect_right(self._order, oid)
        if place and _is_table(self._stops[place - 1]) and _under(oid, self._order[place - 1]):
            return place - 1
        return place

    def place_behind(self, name: bytes) -> int:
        """`place_after` for content octets."""
        place = self._places.get(name)
        return self.place_after(read_oid(name)) if place is None else place + 1

    def binding(self, place: int) -> "Binding[S] | None":
        """The leaf at that place as a VarBind, or None where a coming-and-going table stands."""
        return self._bindings[place]

    def lookup(self, name: bytes) -> Callable[[S], bytes] | bytes:
        """The value TLV for exactly these content octets: of a leaf, of a table's row, or the exception that fits."""
        place = self._places.get(name)
        if place is not None:
            stop = self._stops[place]
            assert isinstance(stop, Leaf)
            return stop.value
        oid = read_oid(name)
        missing = NO_SUCH_INSTANCE if self._is_object(oid) else NO_SUCH_OBJECT
        before = bisect_left(self._order, oid) - 1
        stop_before = self._stops[before] if before >= 0 else None
        if stop_before is None or isinstance(stop_before, Leaf) or not _under(oid, stop_before.entry):
            return missing
        table = stop_before

        def of_table(subject: S) -> bytes:
            return table.value(subject, oid) or missing

        return clocked(of_table)

    def walk(self, subject: S, name: bytes) -> tuple[bytes, bytes]:
        """Name TLV and value TLV of the first instance behind `name`, or `name` itself with endOfMibView."""
        place = self.place_behind(name)
        oid = read_oid(name) if name not in self._places else ()
        while place < len(self._stops):
            stop = self._stops[place]
            if isinstance(stop, Leaf):
                binding = self._bindings[place]
                assert binding is not None
                return binding.name, stop.value if isinstance(stop.value, bytes) else stop.value(subject)
            found = stop.after(subject, oid)
            if found is not None:
                return wrap(OBJECT_IDENTIFIER, oid_name(found[0])), found[1]
            place += 1
        return wrap(OBJECT_IDENTIFIER, name), END_OF_MIB_VIEW

    def _object_of(self, oid: Oid) -> Oid:
        """The object type of a leaf: the first of its prefixes that is known as one."""
        return next(oid[:size] for size in range(1, len(oid)) if oid[:size] in self._objects)

    def _is_object(self, oid: Oid) -> bool:
        return any(oid[:size] in self._objects for size in range(len(oid), 0, -1))


@dataclass(frozen=True, slots=True)
class Binding(Generic[S]):
    """A leaf ready to be sent. encoded: the whole VarBind of a constant; value: how to make a live one."""

    name: bytes
    encoded: bytes | None
    value: Callable[[S], bytes] | None


def _binding(stop: Stop[S]) -> Binding[S] | None:
    if not isinstance(stop, Leaf):
        return None
    name = wrap(OBJECT_IDENTIFIER, oid_name(stop.oid))
    if isinstance(stop.value, bytes):
        return Binding(name, varbind(name, stop.value), None)
    return Binding(name, None, stop.value)


def _is_table(stop: Stop[S]) -> bool:
    return not isinstance(stop, Leaf)


def _under(oid: Oid, root: Oid) -> bool:
    return oid[: len(root)] == root
