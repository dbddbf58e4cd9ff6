"""Times as the pages show them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.console.moments import Moment, lasting

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 17, 13, 5, 8, tzinfo=UTC)
HERE = Moment(now=NOW, zone=BERLIN)


@pytest.mark.parametrize(
    ("at", "seconds", "said"),
    [
        (NOW, True, "14:05:08"),
        (NOW, False, "14:05"),
        (datetime(2026, 11, 14, 8, 52, tzinfo=UTC), False, "14 Nov 09:52"),
        (datetime(2025, 11, 14, 8, 52, tzinfo=UTC), True, "14 Nov 2025"),
        (datetime(2026, 11, 16, 23, 30, tzinfo=UTC), False, "00:30"),
        (None, False, "–"),
    ],
)
def test_a_time_is_told_as_near_as_it_is(at: datetime | None, seconds: bool, said: str) -> None:
    assert HERE.clock(at, seconds=seconds) == said


def test_every_time_carries_its_full_utc_form() -> None:
    assert HERE.tag(NOW) == '<time datetime="2026-11-17T13:05:08Z">14:05</time>'


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (26, "26 s"), (59.9, "59 s"), (17 * 60, "17 min"), (2 * 3600 + 17 * 60, "2 h 17"),
        (3 * 3600, "3 h"), (76 * 3600, "3 d 4 h"), (11 * 86_400 + 3600, "11 d"), (-5, "0 s"),
    ],
)  # fmt: skip
def test_an_age_is_told_in_two_units_at_most(seconds: float, said: str) -> None:
    assert lasting(seconds).replace('<span class="u">', " ").replace("</span>", "") == said


def test_a_month_is_half_open_and_ends_at_midnight_of_the_zone() -> None:
    span = HERE.span("2026-10")

    assert span is not None
    assert span.start == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert span.end == datetime(2026, 10, 31, 23, tzinfo=UTC)  # summer time ended on the 25th
    assert span.words == "October 2026"


def test_a_day_that_changes_to_winter_time_has_25_hours() -> None:
    span = HERE.span("2026-10-25")

    assert span is not None
    assert span.end.astimezone(UTC) - span.start.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-02-30", "november", "2026-11-17T00:00", "0000-01", "9999-12"]
)
def test_what_is_no_period_is_no_span(text: str) -> None:
    assert HERE.span(text) is None


def test_only_the_running_month_is_called_to_date() -> None:
    running, past = HERE.span("2026-11"), HERE.span("2026-10")

    assert running is not None and running.short == "Nov to date"
    assert past is not None and past.short == "Oct 2026"
