"""A short reading of a known printer: the few objects that show whether anything changed since it was read whole.

1. Who it is: the serial number. Whether it ran on: sysUpTime. Whether what was cached of it still holds:
   prtGeneralConfigChanges, which RFC 3805 counts for exactly this purpose. A printer that lacks one of them is read
   whole.
2. What it does: status, detected errors, every alert in its table, the first line of its display and all that were not
   blank.
3. What it counted: prtMarkerLifeCount of every marker. It counts whatever is marked on media, whoever asked for it, so
   the meters of impressions, sheets and lengths stand while it stands; those of scanned images are asked for. Should a
   printer ever be seen to count elsewhere while its life count stood, all its meters are asked for from then on.
4. What is left: the levels of what people replace, such as toner, and of what goes without a print, such as ink.
   Drums, fusers and waste boxes for toner move with the count, or by a cover that is opened, which prtAlertAllEvents
   counts. Where that is not there or cannot be right, all levels and the alert table are asked for.
5. All equal: the printer is as it was, and only its clocks went on. Something of 2 to 4 differs: what moves is read,
   what prtGeneralConfigChanges covers is not. Anything else, or anything missing or odd: it is read whole.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture, SnmpValue, Varbind
from data_collector.core.normalise.printer_clock import read_date
from data_collector.core.normalise.status import IDLE, PRINTING, WARMUP
from data_collector.core.reading import (
    ALERT_COLUMNS,
    ALERTS_MAX,
    PRIVATE_ROWS_MAX,
    SUPPLIES_MAX,
    SUPPLY_COLUMNS,
    Questions,
    Walk,
)
from data_collector.core.serials import canonical_serial
from data_collector.core.text import text_of
from data_collector.core.vendors import Definition, MeterRule
from wire_format.printer_mib import SUPPLY_KINDS
from wire_format.records import Unit

OBJECTS_MAX: Final = 36
"""A question of more is no cheap one: such a printer is read whole."""
UPTIME_SLACK: Final = timedelta(seconds=90)
"""As in known_meters: what two clocks and a slow agent may differ by."""
MARKED: Final = frozenset([Unit.IMPRESSIONS, Unit.SHEETS, Unit.MM, Unit.MM2])
"""Units of what a marker puts on media: prtMarkerLifeCount counts it too."""
_BY_COUNT: Final = frozenset(
    ["wasteToner", "opc", "developer", "fuserOil", "fuser", "coronaWire", "fuserOilWick", "cleanerUnit",
     "fuserCleaningPad", "transferUnit", "fuserOiler", "staples", "stitchingWire"]
)  # fmt: skip
_ROWS_MAX: Final = {
    mib.PRT_ALERT: ALERTS_MAX * ALERT_COLUMNS,
    mib.PRT_SUPPLIES: SUPPLIES_MAX * SUPPLY_COLUMNS,
    mib.PRT_SUPPLY_LEVEL: SUPPLIES_MAX,
}
_TICK: Final = timedelta(milliseconds=10)


class Verdict(enum.Enum):
    """What a short question has shown."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A short question. gets: instances that must all answer; walks: columns whose rows must be the same."""

    gets: tuple[Oid, ...]
    walks: tuple[Oid, ...] = ()


def short_question(picture: Picture, definition: Definition, *, life_counts: bool) -> Short | None:
    """What to ask of a printer that was read whole and answered picture; None when nothing short is safe.

    life_counts: its life count was never seen to stand while another count moved.
    """
    fixed = _fixed(picture, definition)
    if fixed is None:
        return None
    gets = [*fixed, *_instances(picture, mib.HR_PRINTER_STATUS, mib.HR_PRINTER_ERRORS)]
    if any(value != IDLE for _, value in picture.column(mib.HR_PRINTER_STATUS)) or any(
        not isinstance(value, bytes) or any(value) for _, value in picture.column(mib.HR_PRINTER_ERRORS)
    ):  # only an idle printer without errors is told by these alone
        gets += _instances(picture, mib.HR_DEVICE_STATUS)
    gets += _instances(picture, mib.PRT_MARKER_LIFE_COUNT, mib.PRT_ALERT_SEVERITY, mib.PRT_ALERT_CODE)
    lines = _rows(picture, mib.PRT_CONSOLE_TEXT)
    gets += [one for place, (one, text) in enumerate(lines) if not place or text_of(text).strip()]
    if not lines:
        for source in definition.console:
            gets += [source.object] if source.object in picture else _instances(picture, source.object)
    counted = life_counts and any(value for _, value in picture.column(mib.PRT_MARKER_LIFE_COUNT))
    gets += _objects(picture, (rule for rule in definition.meters if not (counted and rule.unit in MARKED)))
    walks: tuple[Oid, ...] = ()
    events = events_of(picture)
    if events is None:
        gets += _instances(picture, mib.PRT_ALERT_GROUP_INDEX)
        walks = (mib.PRT_ALERT_SEVERITY,)
    else:
        gets.append(events)
    gets += _levels(picture, definition, all_of_them=events is None or not counted)
    asked = tuple(dict.fromkeys(gets))
    return Short(gets=asked, walks=walks) if len(asked) <= OBJECTS_MAX else None


def judge_short(
    short: Short, before: Picture, uptime_ticks: int, answers: Mapping[Oid, SnmpValue], passed: timedelta
) -> Verdict:
    """What the answers to a short question mean. uptime_ticks: sysUpTime of `passed` ago."""
    changed = False
    for one in short.gets:
        was, now = before.value(one), answers.get(one)
        if was is None or now is None or type(was) is not type(now):
            return Verdict.UNSURE
        if one == mib.SYS_UP_TIME:
            if not ran_on(uptime_ticks, now, passed):
                return Verdict.UNSURE
        elif was != now:
            if one[: len(mib.PRT_SERIAL)] in (mib.PRT_SERIAL, mib.PRT_CONFIG_CHANGES):
                return Verdict.UNSURE
            if one[: len(mib.PRT_MARKER_LIFE_COUNT)] == mib.PRT_MARKER_LIFE_COUNT and _back(was, now):
                return Verdict.UNSURE
            changed = True
    return Verdict.CHANGED if changed else Verdict.UNCHANGED


def ran_on(was: SnmpValue, now: SnmpValue, passed: timedelta) -> bool:
    """Whether sysUpTime went on as time did: no restart, no standstill, no roll-over."""
    if not isinstance(was, int) or not isinstance(now, int) or now <= was:
        return False
    return abs((now - was) * _TICK - passed) <= UPTIME_SLACK


def moving_questions(
    short: Short, before: Picture, definition: Definition, answers: Mapping[Oid, SnmpValue]
) -> Questions:
    """What else to read when a short question was answered with a change: all that moves, and nothing that stands."""
    gets, roots = _instances(before, mib.HR_DEVICE_STATUS), []
    events = events_of(before)
    opened = events is None or answers.get(events) != before.value(events)
    if opened:  # a cover was opened, or may have been: supplies may be others than before
        columns = definition.supply_columns
        roots += [mib.PRT_ALERT, mib.PRT_SUPPLIES]
        roots += [column for column in (columns.part_number, columns.serial) if column is not None]
    if opened or any(answers.get(one) != value for one, value in _rows(before, mib.PRT_MARKER_LIFE_COUNT)):
        gets += [mib.HR_SYSTEM_DATE, *_objects(before, definition.meters)]
        gets += [record.object for record in definition.supplies]
        roots += [] if opened else [mib.PRT_SUPPLY_LEVEL]
        if definition.supply_levels is not None:
            roots.append(definition.supply_levels.levels)
    asked = frozenset(short.gets)
    return Questions(
        gets=tuple(one for one in dict.fromkeys(gets) if one in before and one not in asked),
        walks=tuple(Walk(root=root, rows_max=_ROWS_MAX.get(root, PRIVATE_ROWS_MAX)) for root in dict.fromkeys(roots)),
    )


def moved_on(before: Picture, told: Iterable[Varbind], walked: Iterable[Oid], passed: timedelta) -> Picture:
    """The picture of now: what was told stands in the place of what was known, and the printer's clock went on.

    walked: the roots whose rows are all in told.
    """
    roots = tuple(walked)
    answers = dict(told)
    lost = {one for root in roots for one, _ in _rows(before, root)}
    now = Picture((one, value) for one, value in before if one not in lost)
    date = before.value(mib.HR_SYSTEM_DATE)
    if mib.HR_SYSTEM_DATE not in answers and isinstance(date, bytes):
        now.extend([(mib.HR_SYSTEM_DATE, _later(date, passed))])
    now.extend(answers.items())
    return now


def same_rows(before: Picture, now: Picture, column: Oid) -> bool:
    """Whether a table has the same rows, whatever stands in them."""
    return [suffix for suffix, _ in before.column(column)] == [suffix for suffix, _ in now.column(column)]


def counts_elsewhere(before: Picture, now: Picture, definition: Definition) -> bool:
    """Whether a meter of what is marked moved on while every life count stood: rule 3's exception."""
    if before.column(mib.PRT_MARKER_LIFE_COUNT) != now.column(mib.PRT_MARKER_LIFE_COUNT):
        return False
    rules = [rule for rule in definition.meters if rule.unit in MARKED]
    return any(before.value(one) != now.value(one) for one in _objects(before, rules) if one in now)


def events_of(picture: Picture) -> Oid | None:
    """The instance of prtAlertAllEvents that can be believed: not one that counted nothing beside standing alerts."""
    rows = picture.column(mib.PRT_ALL_EVENTS)
    if len(rows) != 1 or not isinstance(rows[0][1], int):
        return None
    if rows[0][1] == 0 and picture.column(mib.PRT_ALERT):
        return None
    return (*mib.PRT_ALL_EVENTS, *rows[0][0])


def _fixed(picture: Picture, definition: Definition) -> list[Oid] | None:
    """Identity and clock, rule 1; None for a printer that lacks one of them, or is busy."""
    serials = picture.column(mib.PRT_SERIAL)
    if len(serials) != 1 or canonical_serial(text_of(serials[0][1]), definition.canonical_serial) is None:
        return None
    changes, uptime = picture.column(mib.PRT_CONFIG_CHANGES), picture.value(mib.SYS_UP_TIME)
    states = [value for _, value in picture.column(mib.HR_PRINTER_STATUS)]
    if len(changes) != 1 or not isinstance(uptime, int) or not states:
        return None
    if any(state in (PRINTING, WARMUP) for state in states) or not picture.column(mib.PRT_MARKER_LIFE_COUNT):
        return None
    own = [source.object for source in definition.serial if source.object in picture] if definition.serial_first else []
    return [mib.SYS_UP_TIME, *_instances(picture, mib.PRT_SERIAL, mib.PRT_CONFIG_CHANGES), *own]


def _instances(picture: Picture, *columns: Oid) -> list[Oid]:
    return [one for column in columns for one, _ in _rows(picture, column)]


def _rows(picture: Picture, column: Oid) -> list[Varbind]:
    return [((*column, *suffix), value) for suffix, value in picture.column(column)]


def _objects(picture: Picture, rules: Iterable[MeterRule]) -> list[Oid]:
    """The counters these rules read, as far as the printer has them."""
    found: list[Oid] = []
    for rule in rules:
        found += [one for one in rule.sum if one in picture]
        if rule.record is not None and rule.record.object in picture:
            found.append(rule.record.object)
        if rule.lookup is not None:
            kinds = dict(picture.column(rule.lookup.types))
            found += [
                (*rule.lookup.values, *suffix)
                for suffix, _ in picture.column(rule.lookup.values)
                if kinds.get(suffix) in rule.lookup.wanted
            ]
    return found


def _levels(picture: Picture, definition: Definition, *, all_of_them: bool) -> list[Oid]:
    """Where the levels of supplies stand that may move while nothing else does."""
    kinds = dict(picture.column(mib.PRT_SUPPLY_TYPE))
    found = [
        (*mib.PRT_SUPPLY_LEVEL, *suffix)
        for suffix, _ in picture.column(mib.PRT_SUPPLY_LEVEL)
        if all_of_them or not _by_count(kinds.get(suffix))
    ]
    found += [
        record.object
        for record in definition.supplies
        if record.object in picture and (all_of_them or record.kind not in _BY_COUNT)
    ]
    if definition.supply_levels is not None:
        found += _instances(picture, definition.supply_levels.levels)
    return found


def _by_count(kind: SnmpValue | None) -> bool:
    return isinstance(kind, int) and SUPPLY_KINDS.get(kind) in _BY_COUNT


def _back(was: SnmpValue, now: SnmpValue) -> bool:
    return isinstance(was, int) and isinstance(now, int) and now < was


def _later(date: bytes, passed: timedelta) -> bytes:
    """A DateAndTime after so much time; one that cannot be read stays as it is."""
    told = read_date(date)
    if told is None:
        return date
    try:
        at = told[0] + passed
    except OverflowError:
        return date
    return at.year.to_bytes(2, "big") + bytes([at.month, at.day, at.hour, at.minute, at.second]) + date[7:]
