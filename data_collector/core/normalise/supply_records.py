"""Supplies that a maker keeps in private records, and how they complete the standard table."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from data_collector.core.evidence import Oid, Picture
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.normalise.supplies import INKS_AND_TONERS, SUPPLIES_MAX, measured, worse
from data_collector.core.vendors import SupplyRecord
from wire_format.printer_mib import SupplyState
from wire_format.records import Supply

RECORD_LENGTH: Final = 7
RECORDS_END: Final = 0xFF
NUMBER_AT: Final = 3
"""A record: key, two octets of type and length, then a 32-bit number."""

UNMEASURED: Final = frozenset([SupplyState.UNKNOWN, SupplyState.SOME_LEFT, SupplyState.LOW])


def read_records(picture: Picture, identifier: Oid) -> dict[int, int]:
    """The numbers in a private octet string of seven-octet records, by key; a torn tail is left out."""
    raw = picture.value(identifier)
    found: dict[int, int] = {}
    if not isinstance(raw, bytes):
        return found
    for at in range(0, len(raw) - RECORD_LENGTH + 1, RECORD_LENGTH):
        if raw[at] == RECORDS_END:
            break
        found.setdefault(raw[at], int.from_bytes(raw[at + NUMBER_AT : at + RECORD_LENGTH]))
    return found


def read_private_supplies(view: SnmpView, model: str | None) -> tuple[Supply, ...]:
    """The supplies a definition finds in private records, numbered from 1."""
    supplies: list[Supply] = []
    for rule in view.definition.supplies:
        if not _is_meant(rule, model or ""):
            continue
        records = read_records(view.picture, rule.object)
        value = records.get(rule.key)
        if value is None:
            continue
        if value > 100 * rule.divide:
            view.findings.add(f"supplies/{rule.description}", f"record {rule.key:#04x}", value, "more than 100 percent")
            continue
        amount = measured(value, rule.divide)
        supply = Supply(
            index=len(supplies) + 1,
            kind=rule.kind,
            colorant=rule.colorant,
            description=rule.description,
            unit="percent",
            capacity=100,
            level=amount.percent,
            percent=amount.percent,
            state=amount.state,
        )
        status = records.get(rule.status) if rule.status is not None else None
        if status in rule.empty:
            supply = worse(supply, SupplyState.EMPTY)
        elif status in rule.low:
            supply = worse(supply, SupplyState.LOW)
        supplies.append(supply)
    return tuple(supplies)


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
