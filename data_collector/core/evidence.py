"""What the adapters brought home from one printer, before anybody judged it.

1. A Picture is a set of answered objects, nothing more: what a device did not answer is absent.
2. Octet strings stay bytes until a reader knows which charset they are in.
3. Evidence holds whole documents (LEDM, IPP): the core parses them, the adapters only fetch.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from wire_format.records import Finding

Oid = tuple[int, ...]
SnmpValue = int | bytes | Oid
"""An integer of any kind, an octet string, or an object identifier. noSuchObject and NULL are absent."""

Varbind = tuple[Oid, SnmpValue]


def oid(dotted: str) -> Oid:
    """The numbers of a dotted identifier; a leading dot is allowed. Raises ValueError for anything else."""
    return tuple(int(arc) for arc in dotted.removeprefix(".").split("."))


@lru_cache(8192)
def dotted(identifier: Oid) -> str:
    """An object identifier as people write it."""
    return ".".join(str(arc) for arc in identifier)


class Picture:
    """All objects one agent answered, in the order of the MIB tree.

    A later answer for the same object replaces an earlier one. Columns are found by bisection,
    so that a full walk of a chatty printer costs no more than the rows that are wanted.
    """

    __slots__ = ("_order", "_values")

    def __init__(self, varbinds: Iterable[Varbind] = ()) -> None:
        self._values: dict[Oid, SnmpValue] = {}
        self._order: list[Oid] | None = None
        self.extend(varbinds)

    def extend(self, varbinds: Iterable[Varbind]) -> None:
        """Add answers to the picture."""
        self._values.update(varbinds)
        self._order = None

    def value(self, identifier: Oid) -> SnmpValue | None:
        """The answer for one instance, or None."""
        return self._values.get(identifier)

    def column(self, prefix: Oid) -> tuple[tuple[Oid, SnmpValue], ...]:
        """Every answer below prefix as (the rest of its identifier, value), in MIB order."""
        order, values, length = self._sorted(), self._values, len(prefix)
        # A row sorts after its prefix, and before any that has a larger number in the last place.
        start = bisect_right(order, prefix)
        end = bisect_left(order, (*prefix[:-1], prefix[-1] + 1), start) if prefix else len(order)
        if start == end:
            return ()
        return tuple([(identifier[length:], values[identifier]) for identifier in order[start:end]])

    def __iter__(self) -> Iterator[Varbind]:
        return ((identifier, self._values[identifier]) for identifier in self._sorted())

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._values

    def _sorted(self) -> list[Oid]:
        if self._order is None:
            self._order = sorted(self._values)
        return self._order


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything read from one address at one moment.

    ledm: path of the resource to its document, e.g. "/DevMgmt/ProductUsageDyn.xml".
    ipp: one whole reply to Get-Printer-Attributes, as received. ipp_jobs: one to Get-Jobs.
    job_page: HP's accounting page, with names in it, which nobody but its reader may touch.
    mac: aa:bb:cc:dd:ee:ff, from ARP.
    hostname: what the name service calls the address. findings: what the adapters noticed while reading.
    unanswered: SNMP objects that were asked for, and of which nobody knows whether the agent has them.
    """

    address: str
    observed_at: datetime
    hostname: str | None = None
    picture: Picture = field(default_factory=Picture)
    ledm: Mapping[str, bytes] = field(default_factory=dict)
    ipp: bytes | None = None
    ipp_jobs: bytes | None = None
    job_page: bytes | None = field(default=None, repr=False)
    mac: str | None = None
    findings: tuple[Finding, ...] = ()
    unanswered: frozenset[Oid] = frozenset()
