"""How much was printed between moments, from lifetime meters.

1. A meter is a lifetime count; usage is the difference of two readings, never a sum of jobs.
2. A step back of up to 9 is jitter (a counter kept in NVRAM every 10 sheets): the high mark stays, nothing is
   counted twice when it rises again. A larger fall is a new baseline: that step counts 0, never less.
3. No reading in a step is "no data" (None), which is not 0. What was printed meanwhile counts when it is told.
4. One device is counted once: of several sources of a meter the direct one leads, then the first by name,
   among those heard of in the last day of the newest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from portal.storage.reads.meters import MeterSeries

ALL: Final = "total.impressions"
MONO: Final = "total.impressions.monochrome"
COLOUR: Final = "total.impressions.color"
AREA: Final = "print.area"
IMPRESSION_METERS: Final = (ALL, MONO, COLOUR)
USAGE_METERS: Final = (*IMPRESSION_METERS, AREA)
JITTER_MAX: Final = 9
_DIRECT_SOURCE: Final = "firmware"
_STILL_HEARD_MS: Final = 24 * 3600 * 1000

Steps = tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Usage in each step between the moments asked for. unsplit: impressions told without colour or mono."""

    mono: Steps
    colour: Steps
    unsplit: Steps
    total: Steps
    area_mm2: Steps


def series_steps(series: MeterSeries, moments_ms: Sequence[int]) -> Steps:
    """How far one meter rose in each step, None where no reading fell into it."""
    used: list[int | None] = []
    high: int | None = None
    for index, seen in enumerate(series.seen):
        before, high_before = (series.seen[index - 1] if index else None), high
        if seen is not None:
            if high_before is None and index:
                high_before = series.first_value
            fell_far = high_before is not None and seen.value < high_before - JITTER_MAX
            high = seen.value if high_before is None or fell_far else max(high_before, seen.value)
        if index == 0:
            continue
        if seen is None or (before is not None and seen.at_ms < moments_ms[index - 1]):
            used.append(None)
        else:
            assert high_before is not None  # seen, and not at the first moment
            used.append(max(0, seen.value - high_before) if not fell_far else 0)
    return tuple(used)


def leading(series: Iterable[MeterSeries]) -> MeterSeries | None:
    """Of one meter's sources the one that counts."""
    known = list(series)
    if not known:
        return None
    newest = max(one.latest_ms for one in known)
    heard = [one for one in known if one.latest_ms >= newest - _STILL_HEARD_MS]
    return min(heard, key=lambda one: (one.source != _DIRECT_SOURCE, one.source))


def device_usage(series: Sequence[MeterSeries], moments_ms: Sequence[int]) -> Usage:
    """One device's usage in each step. series: all its meters of USAGE_METERS, from every source."""
    nothing: Steps = (None,) * (len(moments_ms) - 1)

    def steps(name: str) -> Steps | None:
        lead = leading(one for one in series if one.name == name)
        return None if lead is None else series_steps(lead, moments_ms)

    total, mono, colour, area = steps(ALL), steps(MONO), steps(COLOUR), steps(AREA)
    never_colour = any(one.color_capable == 0 for one in series)
    if total is not None and colour is None and mono is None and never_colour:
        mono = total
    elif total is not None and mono is None and colour is not None:
        mono = _rest(total, colour)
    elif total is not None and colour is None and mono is not None:
        colour = _rest(total, mono)
    unsplit = total if mono is None and colour is None else nothing
    return Usage(
        mono=mono or nothing,
        colour=colour or nothing,
        unsplit=unsplit or nothing,
        total=total or add_steps([mono or nothing, colour or nothing]) or nothing,
        area_mm2=area or nothing,
    )


def by_device(series: Sequence[MeterSeries], moments_ms: Sequence[int]) -> dict[int, Usage]:
    """Each device's usage."""
    grouped: dict[int, list[MeterSeries]] = {}
    for one in series:
        grouped.setdefault(one.device_id, []).append(one)
    return {device_id: device_usage(own, moments_ms) for device_id, own in grouped.items()}


def fleet_usage(usages: Iterable[Usage], steps: int) -> Usage:
    """Devices added up; a step is None only where no device told anything."""
    known = list(usages)
    nothing: Steps = (None,) * steps
    return Usage(
        mono=add_steps([one.mono for one in known]) or nothing,
        colour=add_steps([one.colour for one in known]) or nothing,
        unsplit=add_steps([one.unsplit for one in known]) or nothing,
        total=add_steps([one.total for one in known]) or nothing,
        area_mm2=add_steps([one.area_mm2 for one in known]) or nothing,
    )


def add_steps(rows: Sequence[Steps]) -> Steps:
    """Column sums of what is known; None where a column knows nothing."""
    return tuple(
        sum(value for value in column if value is not None) if any(value is not None for value in column) else None
        for column in zip(*rows, strict=True)
    )


def _rest(whole: Steps, part: Steps) -> Steps:
    return tuple(None if one is None else max(0, one - (other or 0)) for one, other in zip(whole, part, strict=True))
