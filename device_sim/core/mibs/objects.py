"""Where MIB modules put their objects, before they become a Layout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from device_sim.core.snmp.layout import ComingAndGoing, Layout, Leaf, Writer
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid

Value = bytes | Callable[[LivePrinter], bytes]
"""The TLV of a value all printers of the profile share, or how to make it from one printer's state."""


@dataclass(frozen=True, slots=True)
class Writable:
    """A value, and how a manager may change it."""

    value: Value
    writer: Writer[LivePrinter]


MIB_2: Final[Oid] = (1, 3, 6, 1, 2, 1)
ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)


@dataclass(slots=True)
class ObjectList:
    """The objects of one profile, in any order."""

    leaves: list[Leaf[LivePrinter]] = field(default_factory=list)
    tables: list[ComingAndGoing[LivePrinter]] = field(default_factory=list)
    columns: set[Oid] = field(default_factory=set)

    def scalars(self, group: Oid, values: Mapping[int, Value | Writable]) -> None:
        """Add the one instance, .0, of each of a group's objects. values: by object number."""
        for number, value in values.items():
            self.scalar((*group, number), value)

    def scalar(self, oid: Oid, value: Value | Writable) -> None:
        """Add the one instance, .0, of an object."""
        self._leaf((*oid, 0), value)

    def row(self, entry: Oid, index: Oid, values: Mapping[int, Value | Writable]) -> None:
        """Add a row of a table that always has it. values: by column number."""
        for number, value in values.items():
            self.columns.add((*entry, number))
            self._leaf((*entry, number, *index), value)

    def table(self, table: ComingAndGoing[LivePrinter]) -> None:
        """Add a table whose rows come and go."""
        self.tables.append(table)

    def _leaf(self, oid: Oid, value: Value | Writable) -> None:
        if isinstance(value, Writable):
            self.leaves.append(Leaf(oid, value.value, value.writer))
        else:
            self.leaves.append(Leaf(oid, value))

    def layout(self) -> Layout[LivePrinter]:
        """The objects in their order. Raises ValueError when two claim one OID."""
        return Layout(self.leaves, self.tables, self.columns)
