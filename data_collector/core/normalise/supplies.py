"""The marker supplies of RFC 3805, and what firmware makes of them.

1. -1 is unlimited (other), -2 unknown, -3 some left; none of the three is ever a percentage.
2. A percentage needs level and capacity, both real, and a level no higher than the capacity.
3. Capacity unknown (some firmware writes 0 for it) and unit percent: the level is the percentage. So it
   is with no unit at all. 0 of 0 says nothing.
4. A receptacle's level is the room that remains: 0 is a full waste box, and as bad as an empty cartridge.
5. The worst word wins: an alert, an error bit or the display that calls a supply low or empty is believed over -3.
6. An error bit names no supply. When it cannot be told which one is meant, that becomes a finding.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Oid, dotted
from data_collector.core.normalise.colorants import LETTERS, colour_in, colour_named
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.text import decode_text, shorten
from wire_format.printer_mib import SUPPLY_KINDS, SUPPLY_UNITS, SupplyState
from wire_format.records import LEVEL_LOWEST, Alert, Status, Supply

PERCENT: Final = 19
"""PrtMarkerSuppliesSupplyUnitTC."""
SAYING_NOTHING: Final = (1, 2)
"""PrtMarkerSuppliesTypeTC: other and unknown."""
UNKNOWN: Final = -2
SOME_LEFT: Final = -3
SUPPLIES_MAX: Final = 128
LEVEL_HIGHEST: Final = 2**31 - 1

WASTE: Final = frozenset(["wasteToner", "wasteInk", "wasteWax", "wasteWater", "wastePaper"])
INKS_AND_TONERS: Final = frozenset(
    ["toner", "ink", "inkCartridge", "inkRibbon", "tonerCartridge", "solidWax", "ribbonWax", "matteToner", "matteInk"]
)

SERIAL_IN_WORDS: Final = re.compile(r"(?<![A-Za-z])S/N[_ ]*:[_ ]*([\w-]{6,})")
"""Engines that Samsung made, whoever sells them, write a supply's serial behind its name: Black Toner S/N:CRUM-..."""

COLLECTS: Final = re.compile(r"toner collect|waste|resttoner", re.IGNORECASE)
"""What a cleaner unit is called that is a box for waste toner."""

KIND_WORDS: Final = (
    (re.compile(r"waste|resttoner|récup|recup|废|廃", re.IGNORECASE), "wasteToner"),
    (re.compile(r"drum|photoconduct|imaging unit|trommel|tambour|感光|ドラム|\bopc\b", re.IGNORECASE), "opc"),
    (re.compile(r"fus(er|ing)|fixier|定影", re.IGNORECASE), "fuser"),
    (re.compile(r"transfer|belt", re.IGNORECASE), "transferUnit"),
    (re.compile(r"developer|entwickler", re.IGNORECASE), "developer"),
    (re.compile(r"toner|墨粉|碳粉|トナー", re.IGNORECASE), "toner"),
    (re.compile(r"\bink|tinte|encre|tinta|墨|インク", re.IGNORECASE), "ink"),
    (re.compile(r"cartridge|kassette", re.IGNORECASE), "tonerCartridge"),
    (re.compile(r"staple", re.IGNORECASE), "staples"),
)
"""For rows without a type: what the description calls it."""

LOW_CODES: Final = frozenset([10, 12, 14, 16, 1104, 1105, 1106, 1107, 1108, 1111, 1113])
EMPTY_CODES: Final = frozenset([11, 13, 15, 17, 1101, 1102, 1103, 1109, 1110, 1112, 1114])
"""PrtAlertCodeTC about a marker supply: life almost over, almost empty, almost full ... and the end of it."""

LITTLE_PERCENT: Final = 20
"""Below it a printer's "low" may well be about this supply."""
DISPLAY_SUBJECT: Final = re.compile(
    r"toner|\bink|cartridge|kassette|patrone|tinte|encre|cartouche|tinta|墨|トナー|インク", re.IGNORECASE
)
DISPLAY_WORDS: Final = (
    (
        re.compile(r"\b(empty|depleted|out of|exhausted|leer|vide|agotad|vac[ií]o)|なし|耗尽|已空", re.IGNORECASE),
        SupplyState.EMPTY,
    ),
    (
        re.compile(r"\b(low|nearly|almost|niedrig|wenig|faible|bajo|bientôt)\b|少|不足|残り", re.IGNORECASE),
        SupplyState.LOW,
    ),
)
"""What a display says of a supply. Of a line with words of both kinds ("almost empty") the milder is meant."""

BADNESS: Final = {SupplyState.EMPTY: 2, SupplyState.LOW: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is left: a percentage where one is known, and a word always. doubt: why a raw value was not used."""

    percent: int | None = None
    state: SupplyState
    doubt: str | None = None


def read_amount(level: int | None, capacity: int | None, *, in_percent: bool) -> Amount:
    """How much is left of a supply, or of the room in a receptacle.

    in_percent: the unit is percent or not given, so that a level without capacity is one.
    Source: RFC 3805, prtMarkerSuppliesMaxCapacity and prtMarkerSuppliesLevel.
    """
    match level:
        case None | -2:
            return Amount(state=SupplyState.UNKNOWN)
        case -1:
            return Amount(state=SupplyState.UNLIMITED)
        case -3:
            return Amount(state=SupplyState.SOME_LEFT)
    if level < SOME_LEFT:
        return Amount(state=SupplyState.UNKNOWN, doubt="a level below -3 has no meaning in RFC 3805")
    if capacity is not None and capacity > 0:
        if level > capacity:
            return Amount(state=SupplyState.SOME_LEFT, doubt=f"the level is above the capacity of {capacity}")
        return measured(100 * level, capacity)
    if capacity == 0 and not (in_percent and 0 < level <= 100):
        doubt = "the capacity is 0" if level else None
        return Amount(state=SupplyState.UNKNOWN, doubt=doubt)
    if in_percent and level <= 100:
        return measured(level, 1)
    return Amount(state=SupplyState.SOME_LEFT if level else SupplyState.EMPTY)


def measured(hundredfold: int, capacity: int) -> Amount:
    """A percentage, rounded to the nearest; 0 only when nothing is left."""
    percent = (2 * hundredfold + capacity) // (2 * capacity)
    if hundredfold == 0:
        return Amount(percent=0, state=SupplyState.EMPTY)
    return Amount(percent=max(1, percent), state=SupplyState.MEASURED)


def worse(supply: Supply, state: SupplyState) -> Supply:
    """supply, with state if that is the worse word."""
    if BADNESS.get(state, 0) > BADNESS.get(supply.state, 0):
        return replace(supply, state=state)
    return supply


def kind_in(description: str) -> str:
    """The kind of supply that a description names, or "unknown"."""
    return next((kind for pattern, kind in KIND_WORDS if pattern.search(description)), "unknown")


def serial_in(description: str) -> str | None:
    """The serial number of a supply that stands in its description, or None."""
    return _found(SERIAL_IN_WORDS, description)


def read_supplies(view: SnmpView, alerts: tuple[Alert, ...], status: Status) -> tuple[Supply, ...]:
    """Rows of prtMarkerSuppliesTable, in their order, worst word included."""
    rows = view.indices(mib.PRT_SUPPLIES, range(4, 10))
    colorants = {
        row: decode_text(value, view.charset)
        for row, value in view.rows(mib.PRT_COLORANT_VALUE)
        if isinstance(value, bytes)
    }
    supplies = [supply for row in rows if (supply := _supply(view, row, colorants)) is not None]
    supplies = [_told_by_alerts(supply, alerts) for supply in supplies[:SUPPLIES_MAX]]
    supplies = _told_by_display(supplies, status.console_text or "")
    return tuple(_told_by_errors(view, supplies, status.detected_errors))


def _supply(view: SnmpView, row: int, colorants: dict[int, str]) -> Supply | None:
    if row < 0:
        return None
    field = f"supplies/{row}"
    description = view.text(view.cell(mib.PRT_SUPPLY_DESCRIPTION, row), field)
    level = view.number(view.cell(mib.PRT_SUPPLY_LEVEL, row), field)
    capacity = view.number(view.cell(mib.PRT_SUPPLY_CAPACITY, row), field)
    number = view.number(view.cell(mib.PRT_SUPPLY_TYPE, row), field)
    silent = level in (None, UNKNOWN) and capacity in (None, UNKNOWN)
    if silent and not description and number in (None, *SAYING_NOTHING):
        return None
    unit = view.number(view.cell(mib.PRT_SUPPLY_UNIT, row), field)
    in_percent = unit in (None, PERCENT) or view.definition.capacity_unknown_is_percent
    private = view.definition.supply_levels
    almost_empty = private is not None and level in private.low
    amount = Amount(state=SupplyState.LOW) if almost_empty else read_amount(level, capacity, in_percent=in_percent)
    if amount.doubt is not None:
        view.findings.add(f"{field}/level", dotted(view.cell(mib.PRT_SUPPLY_LEVEL, row)), level, amount.doubt)
    kind = SUPPLY_KINDS.get(number, "") if number is not None else ""
    if not kind:
        if number is not None:
            view.findings.add(
                f"{field}/kind", dotted(view.cell(mib.PRT_SUPPLY_TYPE, row)), number, "RFC 3805 has no such type"
            )
        kind = kind_in(description)
    if kind == "cleanerUnit" and COLLECTS.search(description):
        kind = "wasteToner"
    columns = view.definition.supply_columns
    return Supply(
        index=row,
        kind=kind,
        colorant=_colorant(view, row, description, kind, colorants),
        description=shorten(description, 255) or None,
        part_number=_detail(view, columns.part_number, row) or _found(columns.part_number_pattern, description),
        serial=_detail(view, columns.serial, row)
        or _found(columns.serial_pattern, description)
        or serial_in(description),
        unit=SUPPLY_UNITS.get(unit) if unit is not None else None,
        capacity=_bounded(capacity),
        level=_bounded(level),
        percent=amount.percent,
        state=amount.state,
    )


def _colorant(view: SnmpView, row: int, description: str, kind: str, colorants: dict[int, str]) -> str | None:
    told = colour_in(description) or _coded(view, description)
    index = view.number(view.cell(mib.PRT_SUPPLY_COLORANT, row), f"supplies/{row}")
    tabled = colour_named(colorants.get(index, "")) if index else None
    if told is None:
        return None if kind in WASTE else tabled
    if tabled is not None and tabled.split()[-1] != told.split()[-1]:
        view.findings.add(
            f"supplies/{row}/colorant",
            dotted(view.cell(mib.PRT_COLORANT_VALUE, index or 0)),
            tabled,
            f"the description says {told}, and is believed",
        )
    return told


def _coded(view: SnmpView, description: str) -> str | None:
    """The colour in a part number that stands for a description, where the maker has such."""
    letters = _found(view.definition.supply_columns.colorant_pattern, description)
    return LETTERS.get(letters.casefold()) if letters else None


def _told_by_alerts(supply: Supply, alerts: tuple[Alert, ...]) -> Supply:
    for alert in alerts:
        if alert.group != "markerSupplies" or alert.location != supply.index:
            continue
        if alert.code in EMPTY_CODES:
            supply = worse(supply, SupplyState.EMPTY)
        elif alert.code in LOW_CODES:
            supply = worse(supply, SupplyState.LOW)
    return supply


def _told_by_display(supplies: list[Supply], console: str) -> list[Supply]:
    """What the lines of the display say of a supply they name by its colour, or of the only one there is."""
    inks = [supply for supply in supplies if supply.kind in INKS_AND_TONERS]
    for line in console.split(" / "):
        state = next((word for pattern, word in reversed(DISPLAY_WORDS) if pattern.search(line)), None)
        if state is None or not DISPLAY_SUBJECT.search(line):
            continue
        colour = colour_in(line)
        meant = [supply for supply in inks if colour is not None and supply.colorant == colour]
        if colour is None and len(inks) == 1:
            meant = inks
        supplies = [worse(supply, state) if supply in meant else supply for supply in supplies]
    return supplies


def _told_by_errors(view: SnmpView, supplies: list[Supply], errors: tuple[str, ...]) -> list[Supply]:
    """lowToner and noToner name no row: they are about one that is low already, or the only one that can be meant."""
    state = SupplyState.EMPTY if "noToner" in errors else SupplyState.LOW if "lowToner" in errors else None
    inks = [supply for supply in supplies if supply.kind in INKS_AND_TONERS]
    if state is None or not inks:
        return supplies
    known = [supply for supply in inks if supply.state in BADNESS or _little(supply)]
    meant = known or [supply for supply in inks if supply.percent is None] or inks
    if len(inks) > 1 and (known or len(meant) > 1):
        if not known:
            source = dotted(view.of_printer(mib.HR_PRINTER_ERRORS))
            reason = "unexplained: the printer calls a supply low or empty, and does not tell which"
            view.findings.add("supplies", source, ", ".join(errors), reason)
        return supplies
    return [worse(supply, state) if supply is meant[0] else supply for supply in supplies]


def _little(supply: Supply) -> bool:
    return supply.percent is not None and supply.percent <= LITTLE_PERCENT


def _detail(view: SnmpView, column: Oid | None, row: int) -> str | None:
    if column is None:
        return None
    for suffix, value in view.picture.column(column):
        if row in (suffix[0], suffix[-1]) and isinstance(value, bytes):
            return shorten(decode_text(value, view.charset), 128) or None
    return None


def _found(pattern: re.Pattern[str] | None, description: str) -> str | None:
    found = pattern.search(description) if pattern is not None else None
    return None if found is None else shorten(found[1] if found.re.groups else found[0], 128) or None


def _bounded(value: int | None) -> int | None:
    return value if value is not None and LEVEL_LOWEST <= value <= LEVEL_HIGHEST else None
