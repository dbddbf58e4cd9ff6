"""Rules 9 to 12 of `compare`: the lifetime meters of one printer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from inkwire.verify.effects import away_between, set_at
from inkwire.verify.facts import MadeBy, MadeMeter, Route, ShownMeter
from inkwire.verify.limits import Frame, span
from inkwire.verify.verdict import NOTHING, Fault, Pass, Tally, Thing
from wire_format.codec import format_instant
from wire_format.records import Unit

MAIN_METER: Final = "total.impressions"
LENGTH_METER: Final = "media.length"
COLOR: Final = ".color"
MONOCHROME: Final = ".monochrome"

FIRMWARE: Final = "firmware"
"""The source of a meter that the printer itself pushed, in full."""

# A Printer MIB counter may tell whole metres (PrtMarkerCounterUnitTC meters(17)), LEDM whole millilitres.
COARSE_STEPS: Final[Mapping[Unit, int]] = {Unit.MM: 1_000, Unit.MM2: 1_000_000, Unit.UL: 1_000}


def judge_meters(made: MadeBy, shown: Sequence[ShownMeter], frame: Frame, tally: Tally) -> dict[str, int]:
    """Enter every meter of one printer in the tally; returns the values the portal shows, by name."""
    rows: dict[str, list[ShownMeter]] = {}
    for row in shown:
        rows.setdefault(row.name, []).append(row)
    required = _required(made, rows)
    values: dict[str, int] = {}
    for meter in made.meters:
        told = rows.pop(meter.name, None)
        if told is not None:
            values[meter.name] = _judge_shown(made, meter, told, frame, tally)
        elif meter.name in required:
            _judge_absent(made, meter, frame, tally)
        else:
            tally.note(Thing.METER, Pass.UNSEEN)
    for meter, told in _all_monochrome(made, rows):
        _judge_shown(made, meter, told, frame, tally)
    for name, told in rows.items():
        latest = max(told, key=lambda row: row.observed_at)
        tally.differ(Fault.INVENTED, Thing.METER, made.printer, name, wanted=NOTHING, found=tell_meter(latest))
    return values


def _required(made: MadeBy, rows: Mapping[str, object]) -> frozenset[str]:
    names = [meter.name for meter in made.meters]
    if made.printer.route is Route.DIRECT:
        return frozenset(names)
    if LENGTH_METER in rows or not names:
        return frozenset()
    return frozenset([next(name for name in (MAIN_METER, LENGTH_METER, *names) if name in names)])


def _all_monochrome(made: MadeBy, rows: dict[str, list[ShownMeter]]) -> list[tuple[MadeMeter, list[ShownMeter]]]:
    """Of a printer without colour, the meters shown as monochrome ones too, which all are; taken out of rows."""
    if any(meter.name.endswith(COLOR) for meter in made.meters):
        return []
    told = ((meter, rows.pop(meter.name + MONOCHROME, None)) for meter in made.meters)
    return [(meter, shown) for meter, shown in told if shown is not None]


def _judge_absent(made: MadeBy, meter: MadeMeter, frame: Frame, tally: Tally) -> None:
    if meter.changed_at is not None and frame.may_be_held(made, meter.changed_at):
        tally.note(Thing.METER, Pass.PENDING)
    else:
        tally.differ(
            Fault.LOST, Thing.METER, made.printer, meter.name, wanted=f"{meter.value:,} {meter.unit}", found=NOTHING
        )


def _judge_shown(made: MadeBy, meter: MadeMeter, rows: Sequence[ShownMeter], frame: Frame, tally: Tally) -> int:
    ordered = sorted(rows, key=lambda row: (row.observed_at, row.value))
    latest = ordered[-1]
    _judge_sources(made, meter, ordered, frame, tally)
    wanted = f"{meter.value:,} {meter.unit}"
    behind = meter.value - latest.value

    def differ(fault: Fault, found: str) -> None:
        tally.note(Thing.METER, Pass.FOUND)
        tally.differ(fault, Thing.METER, made.printer, meter.name, wanted=wanted, found=found)

    if latest.unit is not meter.unit:
        differ(Fault.ALTERED, tell_meter(latest))
    elif behind == 0 or _told_coarsely(latest, behind):
        way = latest.received_at - latest.observed_at
        if way - away_between(made, latest.observed_at, latest.received_at) > frame.late_after:
            differ(Fault.LATE, f"{tell_meter(latest)}, which came after {span(way)}")
        else:
            tally.note(Thing.METER, Pass.FOUND)
    elif behind < 0 and not _set_since(made, meter, latest.observed_at - _apart(made, frame)):
        if frame.is_newer(latest.observed_at):
            tally.note(Thing.METER, Pass.NEWER)
        else:
            differ(Fault.ALTERED, f"{tell_meter(latest)}, which is {-behind:,} too many")
    elif meter.changed_at is None or meter.changed_at <= latest.observed_at - _apart(made, frame):
        differ(Fault.ALTERED, f"{tell_meter(latest)}, which is {behind:,} too few")
    elif frame.may_be_held(made, latest.observed_at):
        tally.note(Thing.METER, Pass.PENDING)
    else:
        age = span(frame.written_at - latest.observed_at)
        apart = f"{behind:,} behind" if behind > 0 else f"{-behind:,} more than after it was set"
        differ(Fault.LATE, f"{tell_meter(latest)}, {apart} and {age} old")
    return latest.value


def _set_since(made: MadeBy, meter: MadeMeter, at: datetime) -> bool:
    """Whether the count was set after that moment: a value from before may rightly be larger."""
    return any(moment >= at for moment in set_at(made, meter.name))


def _apart(made: MadeBy, frame: Frame) -> timedelta:
    """How far the moment of a reading may be from the printer's. What a printer pushes carries its own moment."""
    return timedelta(0) if made.printer.route is Route.DIRECT else frame.margin


def _told_coarsely(row: ShownMeter, behind: int) -> bool:
    step = _step(row)
    return 0 < behind < step and row.value % step == 0


def _step(row: ShownMeter) -> int:
    return 1 if row.source == FIRMWARE else COARSE_STEPS.get(row.unit, 1)


def _judge_sources(made: MadeBy, meter: MadeMeter, ordered: Sequence[ShownMeter], frame: Frame, tally: Tally) -> None:
    for source, rows in Counter(row.source for row in ordered).items():
        if rows > 1:
            tally.differ(
                Fault.TWICE,
                Thing.METER,
                made.printer,
                meter.name,
                wanted=f"one latest value from {source}",
                found=f"{rows} of them",
            )
    for earlier, later in pairwise(ordered):
        fell = earlier.value - later.value if earlier.observed_at != later.observed_at else later.value - earlier.value
        near = timedelta(0) < later.observed_at - earlier.observed_at <= frame.margin
        between = earlier.observed_at - frame.margin, later.observed_at + frame.margin
        if any(between[0] <= moment <= between[1] for moment in set_at(made, meter.name)):
            continue
        if earlier.source != later.source and fell >= max(_step(earlier), _step(later)) and not near:
            tally.differ(
                Fault.ALTERED,
                Thing.METER,
                made.printer,
                meter.name,
                wanted="sources that agree",
                found=f"{tell_meter(earlier)}, but {tell_meter(later)}",
            )


def tell_meter(row: ShownMeter) -> str:
    """A meter's value with its source and moment."""
    return f"{row.value:,} {row.unit} from {row.source} at {format_instant(row.observed_at)}"
