"""Supplies that a maker keeps in private records, and how they complete the standard table."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from data_collector.core.evidence import Oid, Picture
from data_collector.core.normalise.colorants import colour_in
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.normalise.supplies import INKS_AND_TONERS, SUPPLIES_MAX, Amount, measured, worse
from data_collector.core.text import text_of
from data_collector.core.vendors import SupplyRecord
from wire_format.printer_mib import SupplyState
from wire_format.records import Supply

RECORDS_END: Final = 0xFF
LENGTH_AT: Final = 2
VALUE_AT: Final = 3
"""A record: key, type, length, then so many octets of value."""
NUMBER_LENGTH: Final = 4
FRACTION_LENGTH: Final = 2

UNMEASURED: Final = frozenset([SupplyState.UNKNOWN, SupplyState.SOME_LEFT, SupplyState.LOW])


def read_records(picture: Picture, identifier: Oid) -> dict[int, bytes]:
    """The values in a private octet string of records, by key; a torn tail is left out.

    The value is 4 octets long almost everywhere, 1 or 2 on old models: the length in the record is believed.
    """
    raw = picture.value(identifier)
    found: dict[int, bytes] = {}
    at = 0
    while isinstance(raw, bytes) and at + VALUE_AT <= len(raw) and raw[at] != RECORDS_END:
        end = at + VALUE_AT + raw[at + LENGTH_AT]
        if end > len(raw):
            break
        found.setdefault(raw[at], raw[at + VALUE_AT : end])
        at = end
    return found


def read_count(picture: Picture, identifier: Oid, key: int) -> int | None:
    """The 32-bit number of one record; None when there is none."""
    value = read_records(picture, identifier).get(key, b"")
    return int.from_bytes(value) if len(value) == NUMBER_LENGTH else None


def read_private_supplies(view: SnmpView, model: str | None) -> tuple[Supply, ...]:
    """The supplies a definition finds in private records, numbered from 1."""
    supplies: list[Supply] = []
    for rule in view.definition.supplies:
        if not _is_meant(rule, model or ""):
            continue
        records = read_records(view.picture, rule.object)
        status = int.from_bytes(records[rule.status]) if rule.status in records else None
        amount = _amount(view, rule, records.get(rule.key, b""), status)
        if amount is None:
            continue
        supply = Supply(
            index=len(supplies) + 1,
            kind=rule.kind,
            colorant=rule.colorant,
            description=rule.description,
            unit="percent" if amount.percent is not None else None,
            capacity=100 if amount.percent is not None else None,
            level=amount.percent,
            percent=amount.percent,
            state=amount.state,
        )
        if status in rule.empty:
            supply = worse(supply, SupplyState.EMPTY)
        elif status in rule.low:
            supply = worse(supply, SupplyState.LOW)
        supplies.append(supply)
    measured_ones = [supply for supply in supplies if supply.percent is not None]
    return tuple(s for s in supplies if s.percent is not None or not any(_same(s, other) for other in measured_ones))


def join_private(told: Iterable[Supply], private: Iterable[Supply]) -> tuple[Supply, ...]:
    """The standard table's rows completed by private ones; a state alone adds no row to a table that has some."""
    rows = tuple(told)
    kept = [s for s in private if not rows or s.percent is not None or any(_same(row, s) for row in rows)]
    return complete(rows, kept)


def _amount(view: SnmpView, rule: SupplyRecord, value: bytes, status: int | None) -> Amount | None:
    """What a record says of its supply; without one, that some is left where its status says so. None: nothing."""
    part = _part(rule, value)
    if part is None:
        known = status in (*rule.fine, *rule.low, *rule.empty)
        return Amount(state=SupplyState.SOME_LEFT) if known and rule.fine else None
    hundredfold, whole = part
    if hundredfold > 100 * whole:
        source = f"record {rule.key:#04x}"
        view.findings.add(f"supplies/{rule.description}", source, value, "more than 100 percent")
        return None
    return measured(hundredfold, whole)


def _part(rule: SupplyRecord, value: bytes) -> tuple[int, int] | None:
    """A hundred times what is left, and what a full supply holds; None when the record does not say it."""
    if rule.fraction:
        return (100 * value[0], value[1]) if len(value) == FRACTION_LENGTH and value[1] else None
    return (int.from_bytes(value), rule.divide) if len(value) == NUMBER_LENGTH else None


def fill_levels(view: SnmpView, supplies: tuple[Supply, ...]) -> tuple[Supply, ...]:
    """supplies, with the levels of a private table where the standard one only says that some is left.

    Its rows are known by their colour; a single row without one is the only marking supply there is.
    """
    table = view.definition.supply_levels
    if table is None:
        return supplies
    names = dict(view.picture.column(table.names))
    levels = {
        colour_in(text_of(names.get(suffix), view.charset)): level
        for suffix, level in view.picture.column(table.levels)
        if isinstance(level, int)
    }
    inks = [supply for supply in supplies if supply.kind in INKS_AND_TONERS]
    if len(inks) == 1 and len(levels) == 1:
        levels = {inks[0].colorant: next(iter(levels.values()))}
    return tuple(_levelled(supply, levels, table.low) if supply in inks else supply for supply in supplies)


def _levelled(supply: Supply, levels: Mapping[str | None, int], low: tuple[int, ...]) -> Supply:
    level = levels.get(supply.colorant)
    if level is None or supply.percent is not None or supply.state not in UNMEASURED:
        return supply
    if level in low:
        return worse(supply, SupplyState.LOW)
    if not 0 < level <= 100:
        return supply
    state = SupplyState.LOW if supply.state is SupplyState.LOW else SupplyState.MEASURED
    return replace(supply, unit="percent", capacity=100, level=level, percent=level, state=state)


def complete(told: Iterable[Supply], better: Iterable[Supply]) -> tuple[Supply, ...]:
    """told, with percentages and particulars from better where told has none, and the rows told lacks.

    A row keeps its number and description, since alerts and people know it by them.
    """
    rest = list(better)
    merged: list[Supply] = []
    for supply in told:
        twin = next((other for other in rest if _same(supply, other)), None)
        if twin is not None:
            rest.remove(twin)
            supply = _completed(supply, twin)
        merged.append(supply)
    free = max((supply.index for supply in merged), default=0) + 1
    merged += [replace(supply, index=free + place) for place, supply in enumerate(rest)]
    return tuple(merged[:SUPPLIES_MAX])


def _completed(supply: Supply, twin: Supply) -> Supply:
    supply = replace(
        supply,
        part_number=supply.part_number or twin.part_number,
        serial=supply.serial or twin.serial,
        colorant=supply.colorant or twin.colorant,
    )
    if supply.percent is None and twin.percent is not None and supply.state in UNMEASURED:
        state = SupplyState.LOW if SupplyState.LOW in (supply.state, twin.state) else twin.state
        return replace(
            supply, unit=twin.unit, capacity=twin.capacity, level=twin.level, percent=twin.percent, state=state
        )
    return worse(supply, twin.state)


def _same(supply: Supply, other: Supply) -> bool:
    return _family(supply.kind) == _family(other.kind) and supply.colorant == other.colorant


def _family(kind: str) -> str:
    return "marking" if kind in INKS_AND_TONERS else kind


def _is_meant(rule: SupplyRecord, model: str) -> bool:
    if rule.only_model is not None and not rule.only_model.search(model):
        return False
    return rule.unless_model is None or not rule.unless_model.search(model)
