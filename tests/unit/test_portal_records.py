"""What a second telling means, and when a record counts."""

from datetime import datetime, timedelta

import pytest

from portal.domain.freshness import Freshness, freshness
from portal.domain.records import counted_at, merge_alert, merge_job
from tests.support.portal import NOW, alert, at, job
from wire_format.records import Clock, Media


def test_the_same_job_again_changes_nothing() -> None:
    merged = merge_job(job(), job())

    assert (merged.job, merged.altered) == (job(), ())


def test_a_repeat_adds_what_was_unknown() -> None:
    merged = merge_job(job(sheets=None, media=Media(type="bond")), job(sheets=2, media=Media(width_mm=914)))

    assert merged.job == job(sheets=2, media=Media(type="bond", width_mm=914))
    assert merged.altered == ()


def test_a_repeat_that_contradicts_is_kept_out_and_named() -> None:
    stored = job(impressions=3, media=Media(area_mm2=10))

    merged = merge_job(stored, job(impressions=300, media=Media(area_mm2=11)))

    assert merged.job == stored
    assert merged.altered == ("impressions", "media.area_mm2")


def test_a_repeat_that_says_less_is_no_contradiction() -> None:
    assert merge_job(job(), job(impressions=None, sheets=None)).altered == ()


@pytest.mark.parametrize("clearing_first", [True, False])
def test_a_cleared_alert_stays_cleared_in_either_order(clearing_first: bool) -> None:
    told = [alert(), alert(cleared_at=at(2))]
    first, second = reversed(told) if clearing_first else told

    assert merge_alert(first, second).alert.cleared_at == at(2)


def test_an_alert_keeps_its_highest_count() -> None:
    assert merge_alert(alert(count=4), alert(count=2)).alert.count == 4
    assert merge_alert(alert(), alert(count=2)).alert.count == 2


def test_an_alert_told_with_another_code_is_named() -> None:
    assert merge_alert(alert(), alert(code=13)).altered == ("code",)


@pytest.mark.parametrize(
    ("told", "clock", "counts"),
    [
        (at(-60), Clock.SYNCED, at(-60)),
        (at(-60), Clock.UNSYNCED, NOW),
        (at(60), Clock.SYNCED, NOW),
        (at(1), Clock.SYNCED, NOW),
        (None, Clock.SYNCED, NOW),
        (NOW.replace(year=2000), Clock.SYNCED, NOW),
    ],
)
def test_a_time_that_cannot_be_believed_gives_way_to_arrival(
    told: datetime | None, clock: Clock, counts: datetime
) -> None:
    assert counted_at(told, clock, NOW) == counts


@pytest.mark.parametrize(
    ("age_h", "state"),
    [(5.9, Freshness.REPORTING), (6.1, Freshness.LATE), (23.9, Freshness.LATE), (24, Freshness.SILENT)],
)
def test_a_device_is_late_after_two_intervals_and_silent_after_a_day(age_h: float, state: Freshness) -> None:
    assert freshness(NOW - timedelta(hours=age_h), NOW, 3 * 3600) is state


def test_a_device_asked_for_once_a_day_is_not_silent_before_it_is_late() -> None:
    assert freshness(NOW - timedelta(hours=30), NOW, 86_400) is Freshness.REPORTING
