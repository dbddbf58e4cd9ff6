"""Several tables asked for by one GETBULK: which of them go together, and what the answer says of each.

1. An answer holds at most OBJECTS_MAX objects, as many as a GET asks for at once, or ALONE_MAX of one table. An agent
   may cut it where it likes: a table whose end is not in it is walked on from its last row.
2. A table that was read before is asked for the rows it had, and for one more that shows its end; of one that was
   empty only the next object is asked for. Of one nobody has read, FEW rows if it may be small, else MANY.
3. Tables of about one size go together, in the order of the MIB. An agent that mixes up the columns of its answer
   cannot hide: what it says of one table then lies before that table.
4. What is odd is used for none of them: a column that goes back, more objects than were asked for, or a view that ends
   for one table and goes on for a later one. Such an agent is asked for each table by itself.
Source: RFC 3416, 4.2.3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_collector.core.evidence import Oid, SnmpValue, Varbind
from data_collector.core.reading import Walk

OBJECTS_MAX: Final = 40
ALONE_MAX: Final = 50
"""Objects of one table, whose names are short: six supplies and one more in one datagram of Ethernet."""
FEW: Final = 5
MANY: Final = 20
SMALL_MAX: Final = 64
"""A table that may have no more rows than this is asked for FEW at first."""

Answered = tuple[Oid, SnmpValue | None]
"""An object of an answer; None for its value where the agent has nothing more (endOfMibView)."""


@dataclass(slots=True, kw_only=True)
class KnownTables:
    """What a printer's tables were like. rows: of each that was read to its end, by its root.

    together: whether the agent answers for several tables at once.
    """

    rows: dict[Oid, int]
    together: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One GETBULK. empty: tables of which the next object alone is asked for; tables: those of which `rows` are."""

    empty: tuple[Walk, ...]
    tables: tuple[Walk, ...]
    rows: int

    @property
    def walks(self) -> tuple[Walk, ...]:
        """All of them, in the order of the request."""
        return (*self.empty, *self.tables)


@dataclass(frozen=True, slots=True)
class Column:
    """What an answer says of one table. ended: whether no row can follow."""

    rows: tuple[Varbind, ...]
    ended: bool


def bundles(walks: Sequence[Walk], known: Mapping[Oid, int]) -> Iterator[Bundle]:
    """Requests for all walks, each walk in one of them. known: rows each table had, by its root."""
    empty = sorted((walk for walk in walks if known.get(walk.root) == 0), key=_root)
    sized = sorted((_rows_asked(walk, known), walk.root, walk) for walk in walks if known.get(walk.root) != 0)
    first = empty[:OBJECTS_MAX]
    tables: list[Walk] = []
    rows = 0
    for asked, _, walk in sized:
        if (len(tables) + 1) * asked + len(first) > OBJECTS_MAX and (tables or first):
            yield Bundle(empty=tuple(first), tables=tuple(sorted(tables, key=_root)), rows=rows)
            first, tables = [], []
        tables.append(walk)
        rows = asked
    if tables or first:
        yield Bundle(empty=tuple(first), tables=tuple(sorted(tables, key=_root)), rows=rows)
    if len(empty) > OBJECTS_MAX:
        yield from bundles(empty[OBJECTS_MAX:], known)


def columns_in(bundle: Bundle, answer: Sequence[Answered]) -> tuple[Column, ...] | None:
    """What the answer says of each of `bundle.walks`; None when it is odd, or says nothing."""
    singles = len(bundle.empty)
    if not answer or len(answer) > singles + len(bundle.tables) * bundle.rows:
        return None
    found: list[Column] = []
    for walks, cells in ((bundle.empty, answer[:singles]), (bundle.tables, answer[singles:])):
        over = False
        for place, walk in enumerate(walks):
            mine = cells[place :: len(walks)]
            column = _column(walk, mine)
            if column is None or (over and mine and mine[0][1] is not None):
                return None
            over = over or bool(mine and mine[0][1] is None)
            found.append(column)
    return tuple(found)


def _column(walk: Walk, cells: Sequence[Answered]) -> Column | None:
    root, last = walk.root, walk.root
    length = len(root)
    rows: list[Varbind] = []
    for identifier, value in cells:
        if value is None:
            return Column(tuple(rows), ended=True)
        if identifier <= last:
            return None
        if identifier[:length] != root:
            return Column(tuple(rows), ended=True)
        rows.append((identifier, value))
        last = identifier
    return Column(tuple(rows), ended=False)


def _rows_asked(walk: Walk, known: Mapping[Oid, int]) -> int:
    had = known.get(walk.root)
    asked = (FEW if walk.rows_max <= SMALL_MAX else MANY) if had is None else had + 1
    return min(asked, walk.rows_max + 1, ALONE_MAX)


def _root(walk: Walk) -> Oid:
    return walk.root
