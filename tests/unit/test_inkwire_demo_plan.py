"""What a demo runs is decided before anything starts."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inkwire.demo.plan import DAY_WALL_S_MAX, LEAD_S_MAX, LEAD_S_MIN, Plan, Ports, lead_s, monday_morning
from inkwire.demo.run import limits_of

MONDAY = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)


def plan(speed: float = 600.0) -> Plan:
    return Plan(
        directory=Path("somewhere"),
        seed=7,
        speed=speed,
        ports=Ports(portal=8443, snmp=1161, http=8080, ipp=8631),
        epoch=MONDAY,
        real_epoch_s=1_000_000.0,
        check=True,
    )


def test_virtual_time_runs_as_fast_as_asked() -> None:
    assert plan().virtual(1_000_006.0) == MONDAY + timedelta(hours=1)
    assert plan().clock_spec == "2026-11-16T07:30:00Z,1000000.000,600"


def test_a_check_simulates_a_working_day_of_ten_and_a_half_hours() -> None:
    assert plan().day_ends == datetime(2026, 11, 16, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("speed", [1.0, 60.0, 600.0, 2000.0])
def test_a_check_never_takes_longer_than_its_share_of_two_minutes(speed: float) -> None:
    assert plan(speed).day_s / speed <= DAY_WALL_S_MAX


def test_the_fleet_is_six_that_push_and_six_that_are_scanned() -> None:
    fleet = tomllib.loads(plan().fleet_toml())

    assert [group["path"] for group in fleet["groups"]] == ["direct"] * 6 + ["none"] * 6
    assert len({group["profile"] for group in fleet["groups"]}) == 4
    assert fleet["seed"] == 7


def test_the_collector_scans_exactly_the_printers_that_do_not_push() -> None:
    config = tomllib.loads(plan().collector_toml())

    assert config["profile"][0]["targets"] == ["127.1.0.7-127.1.0.12"]


@pytest.mark.parametrize(
    ("today", "monday"),
    [(datetime(2026, 11, 16, 3, tzinfo=UTC), 16), (datetime(2026, 11, 22, 23, tzinfo=UTC), 16)],
)
def test_a_demo_opens_on_a_monday_morning(today: datetime, monday: int) -> None:
    assert monday_morning(today) == datetime(2026, 11, monday, 7, 30, tzinfo=UTC)


def test_a_slow_machine_gets_more_time_before_the_day_begins() -> None:
    assert (lead_s(0.5), lead_s(9.0), lead_s(90.0)) == (LEAD_S_MIN, 9.0, LEAD_S_MAX)


def test_claims_are_made_before_any_sender_can_use_them() -> None:
    made, _, speed = plan(2000.0).set_up_environment["INKWIRE_CLOCK"].split(",")

    earliest_use = MONDAY - timedelta(seconds=LEAD_S_MAX * 600)
    assert datetime.fromisoformat(made) < earliest_use and speed == "1"


def test_only_a_portal_that_fell_makes_a_check_more_patient() -> None:
    stood, fell = limits_of(600.0, portal_fell=False), limits_of(600.0, portal_fell=True)

    assert (stood.pending_within_s, fell.pending_within_s) == (0.0, 0.0)
    assert (stood.late_after_s, stood.critical_late_after_s) == (4 * 3600, 5 * 600)
    assert (fell.late_after_s, fell.critical_late_after_s) == (4 * 3600 + 20 * 600, 20 * 600)
