"""The shape of a vendor definition, and how the right one is found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture
from data_collector.core.text import text_of
from wire_format.records import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """One place where a text may be read. object: an instance, or a column whose first usable row counts.

    pattern: what to take of it (its first group, or all of the match); a text without a match is no answer.
    """

    object: Oid
    walk: bool = False
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A counter table with a type column: the counters whose type is wanted are added up.

    labels: what a type column of texts says of the counters that are wanted, in lower case.
    """

    types: Oid
    values: Oid
    wanted: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One entry of an octet string made of fixed records: a key octet, then a big-endian number."""

    object: Oid
    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRule:
    """How a lifetime meter is read. Exactly one of sum, lookup and record says where.

    absent_is_zero: parts that are not answered count as 0, if at least one part is answered.
    over_standard: this value, not the Printer MIB's, goes under the name when both exist.
    um_per_unit: micrometres in one unit of a length that is not in millimetres.
    """

    name: str
    unit: Unit
    sum: tuple[Oid, ...] = ()
    lookup: Lookup | None = None
    record: Recorded | None = None
    absent_is_zero: bool = False
    over_standard: bool = False
    um_per_unit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRecord:
    """A supply whose remaining life stands in records (Recorded), as percent times divide.

    fraction: the record holds two octets instead, what is left and what a full supply holds.
    status: a second record that says how it is; low, empty: the numbers there that mean so. fine: those that
    mean that some is left, which is all that is known of a supply without the first record.
    only_model, unless_model: patterns on the model, for keys that mean different things in two families.
    """

    object: Oid
    key: int
    kind: str
    description: str
    colorant: str | None = None
    divide: int = 1
    fraction: bool = False
    status: int | None = None
    fine: tuple[int, ...] = ()
    low: tuple[int, ...] = ()
    empty: tuple[int, ...] = ()
    only_model: re.Pattern[str] | None = None
    unless_model: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyColumns:
    """Particulars of supplies: private columns whose rows are numbered like prtMarkerSuppliesTable, or a pattern
    on prtMarkerSuppliesDescription where the maker writes them into it. colorant_pattern: its group is the
    letter of the colour (K, C, M, Y) in a part number that stands where a description should."""

    part_number: Oid | None = None
    serial: Oid | None = None
    part_number_pattern: re.Pattern[str] | None = None
    serial_pattern: re.Pattern[str] | None = None
    colorant_pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLevels:
    """A private table that measures in percent what the standard one only calls "some left".

    names: the column whose texts name the colours. low: levels that mean almost empty, in the standard table too.
    """

    names: Oid
    levels: Oid
    low: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTable:
    """A private table of jobs: <root>.<column>.<job>. Source: HP-LASERJET-COMMON-MIB, job-info."""

    root: Oid
    impressions: int
    state: int
    size: int
    origin: int
    completed: tuple[int, ...]
    canceled: tuple[int, ...]
    aborted: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Definition:
    """What is known of one maker's printers."""

    name: str
    manufacturer: str | None = None
    object_ids: tuple[Oid, ...] = ()
    descriptions: tuple[re.Pattern[str], ...] = ()
    other_devices: tuple[re.Pattern[str], ...] = ()
    network_cards: tuple[re.Pattern[str], ...] = ()
    model_noise: tuple[re.Pattern[str], ...] = ()
    serial_first: bool = False
    canonical_serial: tuple[re.Pattern[str], ...] = ()
    capacity_unknown_is_percent: bool = False
    model: tuple[TextSource, ...] = ()
    serial: tuple[TextSource, ...] = ()
    firmware: tuple[TextSource, ...] = ()
    firmware_date: tuple[TextSource, ...] = ()
    product_number: tuple[TextSource, ...] = ()
    asset_number: tuple[TextSource, ...] = ()
    hostname: tuple[TextSource, ...] = ()
    console: tuple[TextSource, ...] = ()
    device_id: tuple[TextSource, ...] = ()
    meters: tuple[MeterRule, ...] = ()
    supplies: tuple[SupplyRecord, ...] = ()
    supply_columns: SupplyColumns = field(default_factory=SupplyColumns)
    supply_levels: SupplyLevels | None = None
    jobs: JobTable | None = None

    def texts(self) -> Iterator[TextSource]:
        """Every place this definition reads a text from, except for the serial number."""
        for sources in (
            self.model, self.firmware, self.firmware_date, self.product_number,
            self.asset_number, self.hostname, self.console, self.device_id,
        ):  # fmt: skip
            yield from sources


GENERIC = Definition(name="generic")
"""What is assumed of a printer nobody claims: the standards, and nothing else."""


class Definitions:
    """All definitions of this installation, in the order of their names."""

    def __init__(self, definitions: tuple[Definition, ...] = ()) -> None:
        self._definitions = definitions
        by_id = [(prefix, each) for each in definitions for prefix in each.object_ids]
        self._by_object_id = sorted(by_id, key=lambda entry: -len(entry[0]))

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._definitions)

    def find(self, picture: Picture) -> Definition:
        """The definition of the maker whose printer answered; GENERIC when nobody claims it."""
        return self.claimed(picture) or GENERIC

    def knows_as_printer(self, picture: Picture) -> bool:
        """Whether a definition claims this device, and does not list it among the maker's other devices."""
        definition = self.claimed(picture)
        if definition is None:
            return False
        texts = _names(picture)
        return not any(pattern.search(text) for pattern in definition.other_devices for text in texts)

    def claimed(self, picture: Picture) -> Definition | None:
        """The definition that knows this sysObjectID, sysDescr or hrDeviceDescr."""
        identifier = picture.value(mib.SYS_OBJECT_ID)
        if isinstance(identifier, tuple):
            for prefix, definition in self._by_object_id:
                if identifier[: len(prefix)] == prefix:
                    return definition
        texts = _names(picture)
        for definition in self._definitions:
            for pattern in definition.descriptions:
                if any(pattern.search(text) for text in texts):
                    return definition
        return None


def _names(picture: Picture) -> list[str]:
    descriptions = (value for _, value in picture.column(mib.HR_DEVICE_DESCR))
    return [text_of(value) for value in (picture.value(mib.SYS_DESCR), *descriptions)]
