"""Lifetime meters, each with its source.

1. prtMarkerLifeCount counts what prtMarkerCounterUnit says: impressions, sheets, or a length. It is
   never called impressions when the unit says otherwise.
2. The standard's value stands before a maker's own under the same name; a definition may turn that
   round for a family (over_standard). That order is for a device's first reading: afterwards the source that was read
   before is read as long as it answers, also where it stands behind others of its maker now.
3. When two sources differ, the one not used becomes a finding. A name has one value. One that is beyond any printer's
   life is passed over for one that is not.
4. With several markers, the default one makes the total; the others have names of their own, unless the agent's column
   of counts never ended: then it invents markers.
5. A total below the sum of its monochrome and colour parts is told, and so is one beyond any printer's life.
6. A sum is told whole or not at all: a part that the agent left unanswered, or a table that broke off, is not nought.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import SnmpValue, dotted
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.normalise.supply_records import read_count
from data_collector.core.text import decode_text
from data_collector.core.vendors import Lookup, MeterRule
from wire_format.printer_mib import MARKER_COUNTER_UNITS
from wire_format.records import Meter, Unit
from wire_format.shapes import INTEGER_MAX

METERS_MAX: Final = 256
LIFE_MAX: Final = 1_000_000_000
"""Impressions, sheets or images: the fastest press needs six years without a pause for so many."""
READING_SKEW: Final = 500
"""What may be printed between the first and the last question of a reading."""
TOTAL: Final = "meters/total.impressions"
COUNTED: Final = {
    "impressions": ("total.impressions", Unit.IMPRESSIONS, 1, 1),
    "sheets": ("total.sheets", Unit.SHEETS, 1, 1),
    "feet": ("media.length", Unit.MM, 3048, 10),
    "meters": ("media.length", Unit.MM, 1000, 1),
    "micrometers": ("media.length", Unit.MM, 1, 1000),
    "tenThousandthsOfInches": ("media.length", Unit.MM, 254, 100_000),
}
"""prtMarkerCounterUnit: the meter it is, and its unit, and multiplier and divisor into that unit."""


COUNTS: Final = frozenset([Unit.IMPRESSIONS, Unit.SHEETS, Unit.IMAGES])
NOT_READ_BEFORE: Final[Mapping[str, str]] = MappingProxyType({})
TOTALS: Final = ("total.impressions", "copy.impressions", "print.impressions")
"""Meters whose names with .monochrome and .color are their parts."""


def read_meters(view: SnmpView) -> tuple[tuple[Meter, ...], tuple[Meter, ...]]:
    """All lifetime meters of an SNMP voice, a name once for each source, the first in order of trust.

    Then the spare ones: what a rule says behind another rule of the same name that was answered.
    """
    standard = _standard(view)
    private: dict[str, Meter] = {}
    spare: list[Meter] = []
    over: set[str] = set()
    for rule in view.definition.meters:
        meter = _by_rule(view, rule)
        if meter is None:
            continue
        if rule.name in private:
            spare.append(meter)
            continue
        private[rule.name] = meter
        if rule.over_standard:
            over.add(rule.name)
    first = [private[name] for name in private if name in over]
    behind = [private[name] for name in private if name not in over]
    return (*first, *standard, *behind), tuple(spare)


def one_value_each(
    meters: Iterable[Meter],
    findings: Findings,
    *,
    spare: Iterable[Meter] = (),
    heard: Mapping[str, str] = NOT_READ_BEFORE,
) -> tuple[Meter, ...]:
    """One sensible meter of each name: of the source in heard if it is told, else the first.

    Another of meters that differs becomes a finding. spare: counts only where it was read before.
    heard: the source of each meter in the last reading, by its name.
    """
    told = list(meters)
    kept: dict[str, Meter] = {}
    for meter in told:
        if meter.name not in kept or (_beyond_life(kept[meter.name]) and not _beyond_life(meter)):
            kept[meter.name] = meter
    first = dict(kept)
    for meter in (*told, *spare):
        if heard.get(meter.name) == meter.source and meter.name in kept and not _beyond_life(meter):
            kept[meter.name] = meter
    for meter in told:
        used = kept[meter.name]
        if used is not meter and (used.value, used.unit) != (meter.value, meter.unit):
            why = "which is used" if used is first[meter.name] else "which is used as before"
            findings.add(
                f"meters/{meter.name}",
                meter.source,
                str(meter.value),
                f"sources-disagree: differs from {used.value} of {used.source[:120]}, {why}",
            )
    return tuple(kept.values())[:METERS_MAX]


def rivals(meters: Iterable[Meter], spare: Iterable[Meter]) -> bool:
    """Whether any meter is told by more than one source, so that it matters which was read before."""
    told = list(meters)
    names = {meter.name for meter in told}
    return len(names) < len(told) or any(meter.name in names for meter in spare)


def tell_odd_meters(meters: Iterable[Meter], findings: Findings) -> None:
    """Add a finding for each meter that cannot be right by itself, or beside the others."""
    known = {meter.name: meter for meter in meters}
    for meter in known.values():
        if _beyond_life(meter):
            reason = "implausible: more than any printer prints in its life"
            findings.add(f"meters/{meter.name}", meter.source, str(meter.value), reason)
    for total in TOTALS:
        parts = [known[name] for name in (f"{total}.monochrome", f"{total}.color") if name in known]
        whole = known.get(total)
        if whole is not None and whole.value + READING_SKEW < sum(part.value for part in parts):
            reason = f"parts-exceed-total: {' + '.join(str(part.value) for part in parts)} in monochrome and colour"
            findings.add(f"meters/{total}", whole.source, str(whole.value), reason)


def _beyond_life(meter: Meter) -> bool:
    return meter.unit in COUNTS and meter.value > LIFE_MAX


def _standard(view: SnmpView) -> list[Meter]:
    rows = [row for row, _ in view.rows(mib.PRT_MARKER_LIFE_COUNT)]
    told = [(row, view.number(view.cell(mib.PRT_MARKER_LIFE_COUNT, row), TOTAL)) for row in rows]
    counts = [(row, value) for row, value in told if value is not None]
    wanted = view.number(view.of_printer(mib.PRT_DEFAULT_MARKER), "meters")
    main = wanted if any(row == wanted for row, _ in counts) else min((row for row, _ in counts), default=0)
    if len(counts) > 1 and view.broken(mib.PRT_MARKER_LIFE_COUNT):
        source = dotted(mib.PRT_MARKER_LIFE_COUNT)
        reason = "endless: the column of counts never ends, so its other markers are not believed"
        view.findings.add("meters", source, f"{len(counts)} markers", reason)
        counts = [(row, value) for row, value in counts if row == main]
    meters = []
    for row, value in sorted(counts, key=lambda count: (count[0] != main, count[0])):
        meter = _marker(view, row, value, is_main=row == main)
        if meter is not None:
            meters.append(meter)
    return meters


def _marker(view: SnmpView, row: int, value: int, *, is_main: bool) -> Meter | None:
    source = dotted(view.cell(mib.PRT_MARKER_LIFE_COUNT, row))
    told = view.number(view.cell(mib.PRT_MARKER_COUNTER_UNIT, row), "meters")
    unit = MARKER_COUNTER_UNITS.get(told) if told is not None else None
    if unit is None:
        unit = "impressions"
        view.findings.add(
            "meters/total.impressions/unit", source, told, "no counter unit of RFC 3805 is given; taken as impressions"
        )
    if unit not in COUNTED:
        view.findings.add("meters", source, value, f"the marker counts {unit}, which no meter is for")
        return None
    name, wire_unit, times, over = COUNTED[unit]
    if not is_main:
        name = f"auxiliary.marker-{row}.{name.rpartition('.')[2]}"
    return _meter(view, name, wire_unit, value * times // over, source)


def _by_rule(view: SnmpView, rule: MeterRule) -> Meter | None:
    if rule.record is not None:
        value = read_count(view.picture, rule.record.object, rule.record.key)
        source = f"{dotted(rule.record.object)}[{rule.record.key:#04x}]"
    elif rule.lookup is not None:
        value, source = _looked_up(view, rule.lookup)
    else:
        value, source = _summed(view, rule)
    if value is None:
        return None
    if rule.um_per_unit is not None:
        value = value * rule.um_per_unit // 1000
    return _meter(view, rule.name, rule.unit, value, source)


def _summed(view: SnmpView, rule: MeterRule) -> tuple[int | None, str]:
    parts = [(part, view.number(part, f"meters/{rule.name}")) for part in rule.sum]
    answered = [(part, value) for part, value in parts if value is not None and value >= 0]
    source = "+".join(dotted(part) for part, _ in answered)
    if not answered or (len(answered) < len(parts) and not rule.absent_is_zero):
        return None, source
    if any(value is None and part in view.unanswered for part, value in parts):
        return None, source
    return sum(value for _, value in answered), source


def _looked_up(view: SnmpView, lookup: Lookup) -> tuple[int | None, str]:
    types = ",".join([*map(str, lookup.wanted), *lookup.labels])
    source = f"{dotted(lookup.values)}[type {types}]"
    if view.broken(lookup.types) or view.broken(lookup.values):
        return None, source
    values = dict(view.picture.column(lookup.values))
    found = [
        value
        for suffix, kind in view.picture.column(lookup.types)
        if _is_wanted(kind, lookup, view) and isinstance(value := values.get(suffix), int) and value >= 0
    ]
    return (sum(found) if found else None), source


def _is_wanted(kind: SnmpValue, lookup: Lookup, view: SnmpView) -> bool:
    if isinstance(kind, bytes):
        return decode_text(kind, view.charset).casefold() in lookup.labels
    return kind in lookup.wanted


def _meter(view: SnmpView, name: str, unit: Unit, value: int, source: str) -> Meter | None:
    if not 0 <= value <= INTEGER_MAX:
        view.findings.add(f"meters/{name}", source, value, "a lifetime count is never negative")
        return None
    return Meter(name=name, unit=unit, value=value, source=source[:255])
