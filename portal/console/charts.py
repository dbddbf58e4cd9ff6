"""The rows behind a chart: they are its table, and the script draws the canvas from them."""

from dataclasses import dataclass
from datetime import date, timedelta

from portal.console.moments import MONTHS, Moment
from portal.console.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day. tick: words under the axis, empty for most. part: today, which is not over. None: no data."""

    words: str
    tick: str
    mono: int | None
    colour: int | None
    unsplit: int | None
    total: int | None
    part: bool


def day_rows(moment: Moment, first: date, usage: Usage) -> list[DayRow]:
    """A row a day from first, one for each step of the usage."""
    today = moment.today()
    rows = []
    for index, total in enumerate(usage.total):
        day = first + timedelta(days=index)
        rows.append(
            DayRow(
                words=moment.day_words(day),
                tick=_tick(day, first, today),
                mono=usage.mono[index],
                colour=usage.colour[index],
                unsplit=usage.unsplit[index],
                total=total,
                part=day == today,
            )
        )
    return rows


def _tick(day: date, first: date, today: date) -> str:
    # Mondays, and the month where it changes; none so near to today that the two would touch.
    if day != first and (day.weekday() != 0 or (day - first).days < 3):
        return ""
    if (today - day).days < 3:
        return ""
    named = day == first or day.month != (day - timedelta(days=7)).month
    return f"{day.day} {MONTHS[day.month - 1]}" if named else str(day.day)
