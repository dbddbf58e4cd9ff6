"""A believable week: by the clock on the wall, with mornings, noons, Fridays and ends of months."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from device_sim.core.fleet import at_work
from device_sim.core.rhythm import share_of_day
from device_sim.core.workload import HOUR_MS, arrivals, jobs_expected
from tests.support.device_sim import ALL_PROFILES, changed, profile

MODEL = "color-laserjet-m479"  # 8 to 18 o'clock, 75 jobs a day, 3 % of that at a weekend
BERLIN, NEW_YORK, DELHI = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")


def hour_of(year: int, month: int, day: int, hour: int = 0, zone: ZoneInfo | None = None) -> int:
    """Hours since 1970 of a moment on the wall clock there."""
    return int(datetime(year, month, day, hour, tzinfo=zone or UTC).timestamp()) // 3600


def day(year: int, month: int, number: int, name: str = MODEL, zone: ZoneInfo | None = None) -> list[float]:
    """What is expected in each hour of a day there."""
    begins = hour_of(year, month, number, zone=zone)
    ends = int((datetime(year, month, number, tzinfo=zone or UTC) + timedelta(days=1)).timestamp()) // 3600
    return [jobs_expected(profile(name), hour, zone or UTC) for hour in range(begins, ends)]


def working_hours(values: Iterable[float]) -> list[int]:
    return [hour for hour, value in enumerate(values) if value]


def test_a_working_day_has_a_morning_peak_a_noon_and_a_lower_afternoon() -> None:
    hours = day(2026, 11, 17)

    assert working_hours(hours) == list(range(8, 18))
    assert hours.index(max(hours)) in (9, 10, 11)
    assert hours[12] < min(hours[11], hours[13]) and hours[14] < max(hours[9:12]) and hours[17] < hours[9]


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_a_working_week_brings_about_as_many_jobs_as_the_model_says(name: str) -> None:
    work = profile(name).workload
    week = sum(sum(day(2026, 11, number, name)) for number in range(9, 14))

    assert week / 5 == pytest.approx(work.jobs_per_day, rel=0.1)


def test_fridays_are_quiet_after_noon_and_weekends_nearly_all_day() -> None:
    monday, friday, saturday, sunday = (day(2026, 11, number) for number in (9, 13, 14, 15))

    assert sum(friday[13:]) < 0.5 * sum(monday[13:]) and sum(friday[:12]) > 0.8 * sum(monday[:12])
    assert 0 < sum(sunday) < sum(saturday) < 0.1 * sum(monday)


def test_the_last_two_working_days_of_a_month_are_the_busiest() -> None:
    sums = {number: sum(day(2026, 11, number)) for number in range(1, 31)}

    tuesday_before, last_monday, last_friday = sums[17], sums[30], sums[27]
    assert last_monday == max(sums.values()) > 1.2 * tuesday_before
    assert last_friday > 1.3 * sums[20]
    assert sums[2] > sums[9]  # the first working day


def test_office_hours_are_those_of_the_place() -> None:
    assert working_hours(day(2026, 11, 17, zone=BERLIN)) == list(range(8, 18))
    assert hour_of(2026, 11, 17, 8, BERLIN) == hour_of(2026, 11, 17, 7)
    assert working_hours(day(2026, 11, 17, zone=NEW_YORK)) == list(range(8, 18))


def test_a_zone_that_is_half_an_hour_off_works_as_long_as_any_other() -> None:
    hours = [jobs_expected(profile(MODEL), hour, DELHI) for hour in range(hour_of(2026, 11, 17), hour_of(2026, 11, 18))]

    assert len(working_hours(hours)) == 10 and sum(hours) == pytest.approx(sum(day(2026, 11, 17)))


@pytest.mark.parametrize(
    ("number", "month", "length"), [(29, 3, 23), (25, 10, 25), (24, 10, 24)], ids=["spring", "autumn", "plain"]
)
def test_a_day_on_which_clocks_change_has_its_own_length_and_its_usual_work(
    number: int, month: int, length: int
) -> None:
    hours, usual = day(2026, month, number, zone=BERLIN), day(2026, month, number - 7, zone=BERLIN)

    assert len(hours) == length
    assert sum(hours) == pytest.approx(sum(usual), rel=0.5) and len(working_hours(hours)) == 10


def test_people_come_at_eight_before_and_after_the_clocks_change() -> None:
    friday, monday = (
        min(hour for hour in range(begins, begins + 24) if jobs_expected(profile(MODEL), hour, BERLIN))
        for begins in (hour_of(2026, 10, 23, zone=BERLIN), hour_of(2026, 10, 26, zone=BERLIN))
    )

    assert monday - friday == 3 * 24 + 1
    assert {datetime.fromtimestamp(hour * 3600, BERLIN).hour for hour in (friday, monday)} == {8}


def test_always_means_as_much_in_every_hour_of_every_day_anywhere() -> None:
    always = at_work(profile(MODEL), "always", 1.0)

    begins = hour_of(2026, 10, 20)
    assert len({jobs_expected(always, hour, BERLIN) for hour in range(begins, begins + 14 * 24)}) == 1


def test_an_even_rhythm_keeps_its_hours() -> None:
    work = changed(MODEL, workload={"rhythm": "even"}).workload
    shares = [share_of_day(work, hour, UTC) for hour in range(hour_of(2026, 11, 16), hour_of(2026, 11, 17))]

    assert working_hours(shares) == list(range(8, 18)) and set(shares) == {0.0, 0.1}


def test_the_jobs_of_an_hour_depend_on_nothing_but_their_names() -> None:
    hour = hour_of(2026, 11, 17, 10)

    once = arrivals(profile(MODEL), 7, 3, hour, BERLIN)

    assert once == arrivals(profile(MODEL), 7, 3, hour, BERLIN) == tuple(sorted(once))
    assert all(at_ms // HOUR_MS == hour for at_ms in once)
    assert any(arrivals(profile(MODEL), 7, other, hour, BERLIN) != once for other in range(4, 8))
