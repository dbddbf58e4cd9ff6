"""TOML documents become vendor definitions, or one clear sentence about what is wrong with them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Oid, oid
from data_collector.core.vendors.definition import (
    Definition,
    Definitions,
    JobTable,
    Lookup,
    MeterRule,
    Recorded,
    SupplyColumns,
    SupplyLevels,
    SupplyRecord,
    TextSource,
)
from wire_format.printer_mib import SUPPLY_KINDS
from wire_format.records import METER_NAME_PATTERN, Unit

TEXTS: Final = (
    "model", "serial", "firmware", "firmware_date", "product_number", "asset_number", "hostname",
    "console", "device_id",
)  # fmt: skip
COMMENT: Final = "note"
"""A key for people: allowed everywhere, read by nobody."""


class DefinitionError(Exception):
    """A vendor definition that cannot be used. Says file, key and remedy."""


def parse_definitions(documents: Mapping[str, str]) -> Definitions:
    """Definitions from TOML documents by file name. Raises DefinitionError."""
    return Definitions(tuple(parse_definition(name, documents[name]) for name in sorted(documents)))


def parse_definition(file: str, document: str) -> Definition:
    """One definition from one TOML document. Raises DefinitionError."""
    try:
        content = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{file}: this is not TOML ({error}); correct the file or remove it") from error
    table = Table(file, "", content)
    definition = Definition(
        name=file.removesuffix(".toml"),
        manufacturer=table.text("manufacturer"),
        object_ids=table.oids("object_ids"),
        serial_first=table.flag("serial_first"),
        capacity_unknown_is_percent=table.flag("capacity_unknown_is_percent"),
        meters=tuple(_meter(each) for each in table.tables("meter")),
        supplies=tuple(_supply(each) for each in table.tables("supply")),
        supply_columns=_supply_columns(table.tables("supply_columns")),
        supply_levels=next((_supply_levels(each) for each in table.tables("supply_levels")), None),
        jobs=next((_jobs(each) for each in table.tables("jobs")), None),
        descriptions=table.patterns("descriptions"),
        other_devices=table.patterns("other_devices"),
        network_cards=table.patterns("network_cards"),
        model_noise=table.patterns("model_noise"),
        canonical_serial=table.patterns("canonical_serial"),
        **{name: tuple(_source(each) for each in table.tables(name)) for name in TEXTS},
    )
    table.finish()
    return definition


class Table:
    """One TOML table that knows its place in the file and which of its keys were read."""

    def __init__(self, file: str, place: str, content: Mapping[str, object]) -> None:
        self._file, self._place = file, place
        self._left = {key: value for key, value in content.items() if key != COMMENT}

    def wrong(self, key: str, remedy: str) -> DefinitionError:
        """An error about one key of this table."""
        return DefinitionError(f"{self._file}: {self._place}{key}: {remedy}")

    def text(self, key: str) -> str | None:
        """A string, or None when the key is not there."""
        value = self._left.pop(key, None)
        if value is not None and not (isinstance(value, str) and value):
            raise self.wrong(key, "write a text in quotes")
        return value

    def required(self, key: str) -> str:
        """A string that must be there."""
        value = self.text(key)
        if value is None:
            raise self.wrong(key, "this key is missing; add it")
        return value

    def flag(self, key: str) -> bool:
        """true or false; false when the key is not there."""
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "write true or false")
        return value

    def number(self, key: str, lowest: int = 0) -> int | None:
        """A whole number, or None when the key is not there."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise self.wrong(key, f"write a whole number of at least {lowest}")
        return value

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty when the key is not there."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(type(each) is int for each in value):
            raise self.wrong(key, "write a list of whole numbers")
        return tuple(value)

    def oid(self, key: str) -> Oid | None:
        """An object identifier, dotted or by a name of the standard MIBs."""
        value = self.text(key)
        return None if value is None else self._as_oid(key, value)

    def required_oid(self, key: str) -> Oid:
        """An object identifier that must be there."""
        return self._as_oid(key, self.required(key))

    def oids(self, key: str) -> tuple[Oid, ...]:
        """A list of object identifiers."""
        return tuple(self._as_oid(key, each) for each in self._texts(key))

    def pattern(self, key: str) -> re.Pattern[str] | None:
        """A regular expression, or None when the key is not there."""
        value = self.text(key)
        return None if value is None else self._as_pattern(key, value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when the key is not there."""
        return tuple(self._texts(key))

    def patterns(self, key: str) -> tuple[re.Pattern[str], ...]:
        """A list of regular expressions."""
        return tuple(self._as_pattern(key, each) for each in self._texts(key))

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables of an array of tables, or one single table."""
        value = self._left.pop(key, [])
        rows = value if isinstance(value, list) else [value]
        found = []
        for row, content in enumerate(rows, start=1):
            if not isinstance(content, dict):
                raise self.wrong(key, f"write it as a table, [[{key}]]")
            found.append(Table(self._file, f"{self._place}{key}[{row}].", content))
        return tuple(found)

    def finish(self) -> None:
        """Raises DefinitionError for a key nobody asked for: it is a slip of the pen, and would be lost."""
        for key in self._left:
            raise self.wrong(key, "nobody reads this key; correct its spelling or remove it")

    def _texts(self, key: str) -> list[str]:
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, "write a list of texts")
        return value

    def _as_oid(self, key: str, value: str) -> Oid:
        if value in mib.NAMED:
            return mib.NAMED[value]
        try:
            return oid(value)
        except ValueError as error:
            names = ", ".join(sorted(mib.NAMED))
            raise self.wrong(
                key, f"{value!r} is no object identifier; write digits and dots, or one of {names}"
            ) from error

    def _as_pattern(self, key: str, value: str) -> re.Pattern[str]:
        try:
            return re.compile(value, re.IGNORECASE)
        except re.error as error:
            raise self.wrong(key, f"{value!r} is no regular expression ({error}); correct it") from error


def _source(table: Table) -> TextSource:
    source = TextSource(object=table.required_oid("read"), walk=table.flag("walk"), pattern=table.pattern("pattern"))
    table.finish()
    return source


def _meter(table: Table) -> MeterRule:
    name = table.required("name")
    if not re.fullmatch(METER_NAME_PATTERN, name):
        raise table.wrong("name", f"{name!r} is no meter name; write service.work[.colour] in lower case")
    lookups = table.tables("lookup")
    records = table.tables("record")
    rule = MeterRule(
        name=name,
        unit=_unit(table, name),
        sum=table.oids("sum"),
        lookup=_lookup(lookups[0]) if lookups else None,
        record=_recorded(records[0]) if records else None,
        absent_is_zero=table.flag("absent_is_zero"),
        over_standard=table.flag("over_standard"),
        um_per_unit=table.number("um_per_unit", lowest=1),
    )
    if [bool(rule.sum), rule.lookup is not None, rule.record is not None].count(True) != 1:
        raise table.wrong("sum", f"say exactly one of sum, lookup and record for {name}")
    table.finish()
    return rule


def _unit(table: Table, name: str) -> Unit:
    written = table.text("unit")
    if written is None:
        part = next((part for part in name.split(".")[1:] if part in ("sheets", "images")), "impressions")
        return Unit(part)
    try:
        return Unit(written)
    except ValueError as error:
        raise table.wrong("unit", f"{written!r} is no unit; write one of {', '.join(Unit)}") from error


def _lookup(table: Table) -> Lookup:
    lookup = Lookup(
        types=table.required_oid("types"),
        values=table.required_oid("values"),
        wanted=table.numbers("wanted"),
        labels=tuple(label.casefold() for label in table.texts("labels")),
    )
    if bool(lookup.wanted) == bool(lookup.labels):
        raise table.wrong("wanted", "list the types that are counted, or in labels what the table calls them")
    table.finish()
    return lookup


def _recorded(table: Table) -> Recorded:
    record = Recorded(object=table.required_oid("object"), key=_key(table, "key"))
    table.finish()
    return record


def _key(table: Table, name: str) -> int:
    key = table.number(name)
    if key is None or key > 255:
        raise table.wrong(name, "write one octet, such as 0x6f")
    return key


def _supply(table: Table) -> SupplyRecord:
    kind = table.required("kind")
    if kind not in SUPPLY_KINDS.values():
        raise table.wrong("kind", f"{kind!r} is no kind of supply; write one of {', '.join(SUPPLY_KINDS.values())}")
    record = SupplyRecord(
        object=table.required_oid("object"),
        key=_key(table, "key"),
        kind=kind,
        description=table.required("description"),
        colorant=table.text("colorant"),
        divide=table.number("divide", lowest=1) or 1,
        fraction=table.flag("fraction"),
        status=table.number("status"),
        fine=table.numbers("fine"),
        low=table.numbers("low"),
        empty=table.numbers("empty"),
        only_model=table.pattern("only_model"),
        unless_model=table.pattern("unless_model"),
    )
    table.finish()
    return record


def _supply_columns(tables: tuple[Table, ...]) -> SupplyColumns:
    if not tables:
        return SupplyColumns()
    columns = SupplyColumns(
        part_number=tables[0].oid("part_number"),
        serial=tables[0].oid("serial"),
        part_number_pattern=tables[0].pattern("part_number_pattern"),
        serial_pattern=tables[0].pattern("serial_pattern"),
        colorant_pattern=tables[0].pattern("colorant_pattern"),
    )
    tables[0].finish()
    return columns


def _supply_levels(table: Table) -> SupplyLevels:
    levels = SupplyLevels(
        names=table.required_oid("names"), levels=table.required_oid("levels"), low=table.numbers("low")
    )
    table.finish()
    return levels


def _jobs(table: Table) -> JobTable:
    numbers = {each.name: table.number(each.name) for each in fields(JobTable) if each.type is int}
    for name, value in numbers.items():
        if value is None:
            raise table.wrong(name, "this key is missing; write the number of the column")
    jobs = JobTable(
        root=table.required_oid("root"),
        completed=table.numbers("completed"),
        canceled=table.numbers("canceled"),
        aborted=table.numbers("aborted"),
        **{name: value for name, value in numbers.items() if value is not None},
    )
    table.finish()
    return jobs
