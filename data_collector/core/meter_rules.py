"""Whether one meter may be sent as right, given what the same source told before.

1. A count that stays or rises no faster than any printer prints is right.
2. A small step back without a restart is jitter: withheld, so that nobody counts the rise twice. Only when the count
   stays down for JITTER_HELD readings is it believed.
3. After a restart a few impressions may be gone for good, because firmware keeps the count in NVRAM now and then
   (HP-LASERJET-COMMON-MIB): sent, and named.
4. A fall at a known modulus, from the last tenth below it, is a wrap: sent, and named in every reading after it.
5. Any other fall, and any rise that is too fast, is withheld once. The next reading confirms it: then it is sent,
   named, and counts as a new beginning. A glitch that nobody confirms leaves no trace but its finding.

The decision is ADR "Readings that make no sense".
"""

import enum
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from wire_format.records import Meter, Unit

JITTER_MAX: Final = 10
JITTER_HELD: Final = 3
NVRAM_LOSS_MAX: Final = 9
SLACK: Final = 1_000
PER_MINUTE: Final = {
    Unit.IMPRESSIONS: 600, Unit.SHEETS: 600, Unit.IMAGES: 600, Unit.MM: 200_000,
}  # fmt: skip
"""What no printer exceeds: the fastest cut-sheet presses make some 330 sides, a roll runs below 200 m a minute."""

COUNTER32: Final = 2**32
HP_ENGINE_COUNT: Final = 1_000_000
HP_DUPLEX_COUNT: Final = 2**24
STANDARD_COUNT: Final = "1.3.6.1.2.1.43.10.2.1.4."
MODULI: Final = {
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0": (HP_ENGINE_COUNT,),
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.22.0": (HP_DUPLEX_COUNT,),
}
"""Where a source starts again at 0. Source: HP-LASERJET-COMMON-MIB."""


class Oddity(enum.StrEnum):
    """First word of a finding about a meter: stable, for people and programs to sort by."""

    JITTER = "jitter"
    NVRAM_LOSS = "nvram-loss"
    WRAP = "wrap"
    ROLLBACK = "rollback"
    BOARD_CHANGED = "board-changed"
    JUMP = "jump"
    SOURCE_CHANGED = "source-changed"
    UNIT_CHANGED = "unit-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A value that waits for the next reading. times: readings in a row that were withheld."""

    value: int
    at: datetime
    times: int = 1
    oddity: Oddity


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one source of one meter told last and was believed. passed: modulus times the wraps since first seen."""

    value: int
    unit: Unit
    at: datetime
    passed: int = 0
    held: Held | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a meter was read. restarted: since the reading before; None where the uptime does not tell."""

    at: datetime
    restarted: bool | None = None
    hp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What to remember, whether the meter goes out, and what is to be said of it."""

    seen: Seen
    sent: bool
    reason: str | None = None


def judge(meter: Meter, seen: Seen | None, moment: Moment) -> Judgement:
    """What becomes of a meter, given what its source told before (None: never seen)."""
    if seen is None:
        return Judgement(seen=Seen(value=meter.value, unit=meter.unit, at=moment.at), sent=True)
    if seen.unit is not meter.unit:
        fresh = Seen(value=meter.value, unit=meter.unit, at=moment.at)
        return _sent(fresh, f"{Oddity.UNIT_CHANGED}: counted {seen.unit}, now {meter.unit}; a new count begins")
    rise = meter.value - seen.value
    if 0 <= rise <= _rise_max(seen.unit, seen.at, moment.at):
        return _sent(_moved(seen, meter, moment), _wraps_told(seen.passed))
    if rise > 0:
        return _odd(meter, seen, moment, Oddity.JUMP)
    modulus = _modulus(meter, seen, moment)
    if modulus is not None:
        wrapped = replace(_moved(seen, meter, moment), passed=seen.passed + modulus)
        return _sent(wrapped, _wraps_told(wrapped.passed))
    if moment.restarted and -rise <= NVRAM_LOSS_MAX:
        reason = f"{Oddity.NVRAM_LOSS}: {-rise} less than before the restart; the count goes on from here"
        return _sent(_moved(seen, meter, moment), reason)
    if -rise <= JITTER_MAX:
        return _odd(meter, seen, moment, Oddity.JITTER)
    return _odd(meter, seen, moment, Oddity.BOARD_CHANGED if moment.restarted else Oddity.ROLLBACK)


def _odd(meter: Meter, seen: Seen, moment: Moment, oddity: Oddity) -> Judgement:
    """Withheld, or believed because the readings before said the same."""
    held = seen.held
    went = f"{seen.value:,} became {meter.value:,}"
    confirms = (
        held is not None
        and (held.oddity is Oddity.JUMP) == (oddity is Oddity.JUMP)
        and 0 <= meter.value - held.value <= _rise_max(seen.unit, held.at, moment.at)
    )
    if held is None or not confirms:
        waiting = Held(value=meter.value, at=moment.at, oddity=oddity)
        return Judgement(seen=replace(seen, held=waiting), sent=False, reason=f"{oddity}: {went}; withheld")
    if held.oddity is Oddity.BOARD_CHANGED:
        oddity = held.oddity  # the restart was seen with the first reading
    if held.times < (JITTER_HELD if oddity is Oddity.JITTER else 1):
        waiting = replace(held, value=meter.value, at=moment.at, times=held.times + 1)
        return Judgement(seen=replace(seen, held=waiting), sent=False, reason=f"{oddity}: {went}; withheld")
    if oddity is Oddity.JITTER:
        oddity = Oddity.ROLLBACK
    fresh = Seen(value=meter.value, unit=meter.unit, at=moment.at)
    return _sent(fresh, f"{oddity}: {went} and stays so; a new count begins")


def _sent(seen: Seen, reason: str | None) -> Judgement:
    return Judgement(seen=seen, sent=True, reason=reason)


def _moved(seen: Seen, meter: Meter, moment: Moment) -> Seen:
    return Seen(value=meter.value, unit=seen.unit, at=moment.at, passed=seen.passed)


def _wraps_told(passed: int) -> str | None:
    if not passed:
        return None
    return f"{Oddity.WRAP}: the counter began again at 0; since it is watched it counted {passed:,} more than it shows"


def _rise_max(unit: Unit, since: datetime, at: datetime) -> float:
    """The most that could be printed; no limit where the collector's own clock went back or the unit has none."""
    minutes = (at - since).total_seconds() / 60
    per_minute = PER_MINUTE.get(unit)
    if per_minute is None or minutes < 0:
        return float("inf")
    return per_minute * minutes + SLACK * (1_000 if unit is Unit.MM else 1)


def _modulus(meter: Meter, seen: Seen, moment: Moment) -> int | None:
    """The modulus at which the source began again, if that explains the fall."""
    known = MODULI.get(meter.source, ())
    if meter.source.startswith(STANDARD_COUNT) and moment.hp:
        known = (HP_ENGINE_COUNT,)  # the same count under the standard's name
    if meter.source.startswith("1.3.6.1."):
        known = (*known, COUNTER32)
    for modulus in known:
        rise = meter.value + modulus - seen.value
        near = modulus - seen.value <= modulus // 10 and meter.value <= modulus // 10
        if near and 0 < rise <= _rise_max(seen.unit, seen.at, moment.at):
            return modulus
    return None
