"""How a working week goes: what share of a working day's jobs falls into an hour, by the clock on the wall there.

1. A day has a morning peak, a dip at noon and a second, lower peak; the shares of its hours add up to 1.
2. Mondays to Thursdays are busier than Fridays, whose afternoon is quiet; weekends are as the profile says, Saturday
   more than Sunday. The last two working days of a month are the busiest. There are no public holidays.
3. Hours are hours of virtual time, so a day on which clocks change has 23 or 25 of them; the one that comes twice,
   or not at all, lies in the night.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from device_sim.core.profile import Workload

_MIDDLE_S: Final = 1800
_SHAPE: Final = (0.55, 1.2, 1.45, 1.25, 1.05, 0.95, 1.15, 1.1, 0.8, 0.5)
"""Of the tenths of a working day, as far as noon does not interfere."""
_NOON_H, _NOON = 12, 0.45
_WEEKDAYS: Final = (1.04, 1.1, 1.06, 1.04, 0.92)
_FRIDAY, _QUIET_FROM_H, _QUIET = 4, 13, 0.45
_SATURDAY, _SATURDAY_SHARE, _SUNDAY_SHARE = 5, 1.5, 0.5
_MONTH_ENDS_DAYS, _MONTH_ENDS, _MONTH_BEGINS = 2, 1.4, 1.1
_MONTH_ELSE: Final = 0.96


def share_of_day(work: Workload, hour: int, zone: tzinfo) -> float:
    """What share of a typical working day's jobs falls into an hour. hour: since 1970, UTC. zone: of the site."""
    at = _local(hour, zone)
    if not work.day_starts_h <= at.hour < work.day_ends_h:
        return 0.0
    weekday = at.weekday()
    if work.rhythm == "even":
        flat = 1 / (work.day_ends_h - work.day_starts_h)
        return flat * (work.weekend_percent / 100 if weekday >= _SATURDAY else 1.0)
    share = _day(work.day_starts_h, work.day_ends_h)[at.hour]
    if weekday >= _SATURDAY:
        return share * work.weekend_percent / 100 * (_SATURDAY_SHARE if weekday == _SATURDAY else _SUNDAY_SHARE)
    if weekday == _FRIDAY and at.hour >= _QUIET_FROM_H:
        share *= _QUIET
    return share * _WEEKDAYS[weekday] * _of_month(at.toordinal(), at.day)


@lru_cache(maxsize=4096)
def _local(hour: int, zone: tzinfo) -> datetime:
    """The wall clock there in the middle of that hour: some zones are half an hour off."""
    return datetime.fromtimestamp(hour * 3600 + _MIDDLE_S, UTC).astimezone(zone)


@lru_cache(maxsize=64)
def _day(starts_h: int, ends_h: int) -> tuple[float, ...]:
    """The shares of the 24 hours of a working day."""
    length = ends_h - starts_h
    weights = [0.0] * 24
    for hour in range(starts_h, ends_h):
        weights[hour] = _SHAPE[(hour - starts_h) * len(_SHAPE) // length]
    if starts_h < _NOON_H < ends_h - 1:
        weights[_NOON_H] *= _NOON
    whole = sum(weights)
    return tuple(weight / whole for weight in weights)


@lru_cache(maxsize=512)
def _of_month(ordinal: int, day: int) -> float:
    """How busy a working day is for its place in the month. ordinal, day: of its date."""
    this = datetime.fromordinal(ordinal)
    later = (this + timedelta(days=ahead) for ahead in range(1, 11))
    left = sum(other.month == this.month and other.weekday() < _SATURDAY for other in later)
    if left < _MONTH_ENDS_DAYS:
        return _MONTH_ENDS
    first = day <= 3 and not any((this - timedelta(days=back)).weekday() < _SATURDAY for back in range(1, day))
    return _MONTH_BEGINS if first else _MONTH_ELSE
