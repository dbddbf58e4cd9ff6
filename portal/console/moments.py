"""Times as people read them: the clock today, the day this year, the year before; and how long ago.

1. "Now" is the record clock, the same one that stamps what arrives; never the wall clock of this machine.
2. Every time shown stands in a time element with its full UTC form.
3. A day and a month are half open and end at midnight in the zone of the page.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from markupsafe import Markup

from portal.clocks import from_ms
from portal.console.figures import UNKNOWN

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_FULL: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_DAYS_WITH_HOURS: Final = 10
_MONTH_FORM: Final = re.compile(r"(\d{4})-(\d{2})")
_DAY_FORM: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open stretch of time, start <= t < end, with the words for it. short: for the head of a column."""

    start: datetime
    end: datetime
    words: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One page's now and zone; formats every other time against them."""

    now: datetime
    zone: tzinfo

    def clock(self, at: datetime | None, *, seconds: bool = False) -> str:
        """14:05 today, 14 Nov 09:52 this year, 14 Nov 2025 before."""
        if at is None:
            return UNKNOWN
        here, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if here.date() == today.date():
            return f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
        day = f"{here.day} {MONTHS[here.month - 1]}"
        return f"{day} {here:%H:%M}" if here.year == today.year else f"{day} {here.year}"

    def tag(self, at: datetime | None, *, seconds: bool = False) -> Markup:
        """The clock form inside a time element that carries the full UTC time."""
        if at is None:
            return Markup('<span class="muted">–</span>')
        return Markup('<time datetime="{}">{}</time>').format(utc_text(at), self.clock(at, seconds=seconds))

    def age(self, at: datetime | None) -> Markup:
        """How long ago: 26 s, 17 min, 2 h 17, 3 d 4 h, 11 d. A time ahead of now counts as just now."""
        if at is None:
            return Markup(UNKNOWN)
        return lasting((self.now - at).total_seconds())

    def at(self, at_ms: int | None, *, seconds: bool = False) -> Markup:
        """tag() for an instant as the tables hold it."""
        return self.tag(None if at_ms is None else from_ms(at_ms), seconds=seconds)

    def ago(self, at_ms: int | None) -> Markup:
        """age() for an instant as the tables hold it."""
        return self.age(None if at_ms is None else from_ms(at_ms))

    def today(self) -> date:
        """The day it is in the zone of the page."""
        return self.now.astimezone(self.zone).date()

    def day_start(self, day: date) -> datetime:
        """Midnight that opens the day, as an aware time."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def day_words(self, day: date) -> str:
        """ "17 Nov", with the year when it is another."""
        words = f"{day.day} {MONTHS[day.month - 1]}"
        return words if day.year == self.today().year else f"{words} {day.year}"

    def long_day(self) -> str:
        """ "Tuesday 17 November"."""
        day = self.today()
        return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS_FULL[day.month - 1]}"

    def span(self, text: str) -> Span | None:
        """The month 2026-11 or the day 2026-11-17 as a half-open span; None when it is neither."""
        try:
            if found := _MONTH_FORM.fullmatch(text):
                first = date(int(found[1]), int(found[2]), 1)
                following = (first + timedelta(days=32)).replace(day=1)
                words = f"{MONTHS_FULL[first.month - 1]} {first.year}"
                short = f"{MONTHS[first.month - 1]} {first.year}"
                if (first.year, first.month) == (self.today().year, self.today().month):
                    short = f"{MONTHS[first.month - 1]} to date"
            elif found := _DAY_FORM.fullmatch(text):
                first = date(int(found[1]), int(found[2]), int(found[3]))
                following = first + timedelta(days=1)
                words = f"{first.day} {MONTHS_FULL[first.month - 1]} {first.year}"
                short = "today so far" if first == self.today() else self.day_words(first)
            else:
                return None
        except (ValueError, OverflowError):
            return None
        return Span(start=self.day_start(first), end=self.day_start(following), words=words, short=short)

    def zone_words(self) -> str:
        """The zone's name, for the footer."""
        return str(self.zone)


def lasting(seconds: float) -> Markup:
    """A stretch of time with its units set small."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return _with_unit(whole, "s")
    if whole < _HOUR_S:
        return _with_unit(whole // _MINUTE_S, "min")
    if whole < _DAY_S:
        minutes = whole % _HOUR_S // _MINUTE_S
        return _with_unit(whole // _HOUR_S, "h") + (Markup(" {:02d}").format(minutes) if minutes else Markup())
    days, hours = whole // _DAY_S, whole % _DAY_S // _HOUR_S
    tail = Markup(" ") + _with_unit(hours, "h") if hours and days < _DAYS_WITH_HOURS else Markup()
    return _with_unit(days, "d") + tail


def utc_text(at: datetime) -> str:
    """The full UTC form, to the second, for time elements and exports."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _with_unit(number: int, unit: str) -> Markup:
    return Markup('{}<span class="u">{}</span>').format(number, unit)
