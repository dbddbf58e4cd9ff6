"""What an operator writes: profiles, fleets, clocks, claims. Errors name the place and the remedy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device_sim.clock import ClockSpec, ScaledClock, started_now
from device_sim.core.errors import ConfigError
from device_sim.core.fleet import FleetSpec, Group, at_work, counted_fleet, parse_fleet, placements
from device_sim.core.profile import Family
from device_sim.core.profile_rules import parse_profile
from device_sim.options import read_claims
from device_sim.profiles_shelf import load_profile, profile_names
from tests.support.device_sim import profile

FLEETS = Path(__file__).parents[2] / "fixtures" / "fleets"
MONO = (Path(__file__).parents[2] / "device_sim" / "profiles" / "ecosys-p3155.toml").read_text(encoding="utf-8")


def test_the_shelf_has_many_models_of_many_vendors_large_format_among_them() -> None:
    models = [load_profile(name) for name in profile_names()]

    assert [model.name for model in models] == list(profile_names()) == sorted(profile_names())
    assert len(models) >= 12 and len({model.manufacturer.lower() for model in models}) >= 8
    assert sum(model.family is Family.LARGE_FORMAT for model in models) >= 5


@pytest.mark.parametrize(
    "was, becomes, key, remedy",
    [
        ('model = "ECOSYS P3155dn"', "", "model", "is missing; add it as a text in quotes"),
        ("job_log_max = 0", 'job_log_max = "0"', "job_log_max", "must be a whole number"),
        ("jobs_per_day = 110", "job_per_day = 110", "workload.job_per_day", "is no setting; known here:"),
        ('kind = "tonerCartridge"', 'kind = "toner cartridge"', "supplies[1].kind", "PrtMarkerSuppliesTypeTC"),
        ('family = "office"', 'family = "desk"', "family", "must be one of: office, large-format"),
        ("duplex_percent = 55", "duplex_percent = 155", "workload.duplex_percent", "from 0 to 100"),
        ("day_starts_h = 7", "day_starts_h = 19", "workload.day_starts_h", "before day_ends_h"),
        ("impressions_per_minute = 55.0", "", "pace.impressions_per_minute", "above 0"),
        ('services = ["print"]', 'services = ["scan"]', "services", 'must hold "print"'),
        ("[pace]", "[pace", "", "is not TOML"),
    ],
)
def test_an_error_in_a_profile_names_file_key_and_remedy(was: str, becomes: str, key: str, remedy: str) -> None:
    assert was in MONO

    with pytest.raises(ConfigError) as caught:
        parse_profile(MONO.replace(was, becomes, 1), "mine.toml")

    assert caught.value.where == "mine.toml" and caught.value.key == key
    assert remedy in str(caught.value)


def test_a_profile_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MONO.replace("ECOSYS P3155dn", "My printer"), encoding="utf-8")

    assert load_profile(str(tmp_path / "mine.toml")).model == "My printer"
    with pytest.raises(ConfigError, match=r"cannot be read .*give the path"):
        load_profile(str(tmp_path / "other.toml"))
    with pytest.raises(ConfigError, match="like it: laserjet-m507, color-laserjet-m479"):
        load_profile("laserjet")


@pytest.mark.parametrize("path", sorted(FLEETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_sample_fleet_can_be_run(path: Path) -> None:
    placed = placements(parse_fleet(path.read_text(encoding="utf-8"), path.name), path.name)

    assert placed
    for name in {place.profile for place in placed}:
        load_profile(name)


def test_printers_stand_at_following_addresses() -> None:
    spec = FleetSpec(
        groups=(Group(profile="a", count=2, path="direct"), Group(profile="b")), first_address="127.1.0.255"
    )

    placed = placements(spec, "fleet.toml")

    assert [(p.index, p.profile, p.address, p.path) for p in placed] == [
        (0, "a", "127.1.0.255", "direct"),
        (1, "a", "127.1.1.0", "direct"),
        (2, "b", "127.1.1.1", "none"),
    ]


@pytest.mark.parametrize(
    "spec, remedy",
    [
        (FleetSpec(groups=()), "1 to 1048576 printers, not 0"),
        (FleetSpec(groups=(Group(profile="a", count=0),)), r"groups\[1\].count: must be at least 1"),
        (FleetSpec(groups=(Group(profile="a"),), first_address="printer"), "must be an IPv4 address"),
        (FleetSpec(groups=(Group(profile="a", count=3),), first_address="127.255.255.254"), "leave 127.0.0.0/8"),
        (FleetSpec(groups=(Group(profile="a", count=3),), first_address="255.255.255.255"), "must be an IPv4"),
        (FleetSpec(groups=(Group(profile="a"),), snmp_port=70_000), "snmp_port: must be a port"),
        (FleetSpec(groups=(Group(profile="a"),), load=0.0), "load: must be above 0"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused_with_the_remedy(spec: FleetSpec, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy):
        placements(spec, "fleet.toml")


def test_a_counted_fleet_takes_the_models_in_turn_and_the_first_ones_push() -> None:
    groups = counted_fleet(["a", "b"], 5, 2).groups

    assert [group.profile for group in groups] == ["a", "b", "a", "b", "a"]
    assert [group.path for group in groups] == ["direct", "direct", "none", "none", "none"]


def test_always_means_as_busy_as_in_office_hours() -> None:
    office = profile("color-laserjet-m479")

    always = at_work(office, "always", 2.0)

    assert always.workload.jobs_per_day == 2 * 75 * 24 // 10
    assert (always.workload.day_starts_h, always.workload.day_ends_h) == (0, 24)
    assert at_work(office, "office", 1.0).workload == office.workload


def test_a_clock_spec_says_the_same_in_every_process() -> None:
    spec = ClockSpec.parse("2026-11-16T07:30:00Z,1795312800.25,600")

    assert ClockSpec.parse(str(spec)) == spec
    assert spec.epoch_s == datetime(2026, 11, 16, 7, 30, tzinfo=UTC).timestamp()
    assert (spec.real_s, spec.speed) == (1795312800.25, 600.0)


@pytest.mark.parametrize(
    "text", ["", "2026-11-16T07:30:00Z", "2026-11-16T07:30:00Z,1,0", "now,1,1", "2026-11-16T07:30:00Z,1,1,1"]
)
def test_a_broken_clock_spec_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="EPOCH,REAL,SPEED such as 2026"):
        ClockSpec.parse(text)


def test_a_scaled_clock_says_how_long_to_wait_in_real_seconds() -> None:
    clock = ScaledClock(started_now(600.0))

    assert 0.9 < clock.real_until(clock.now_s() + 600.0) <= 1.0
    assert clock.real_until(clock.now_s() - 1.0) == 0.0


def test_claim_codes_come_one_by_one_in_a_list_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("THREE\nFOUR\n\n", encoding="utf-8")

    assert read_claims(["ONE", "TWO, ", f"@{tmp_path / 'claims'}"]) == ("ONE", "TWO", "THREE", "FOUR")
    with pytest.raises(ConfigError, match="a code stands there twice"):
        read_claims(["ONE", "ONE"])
    with pytest.raises(ConfigError, match="cannot be read; give @FILE"):
        read_claims([f"@{tmp_path / 'none'}"])


def test_a_group_stands_where_it_says_and_else_where_the_fleet_does() -> None:
    text = (
        'time_zone = "Europe/Berlin"\n[[groups]]\nprofile = "a"\n[[groups]]\nprofile = "b"\ntime_zone = "Asia/Tokyo"\n'
    )

    placed = placements(parse_fleet(text, "fleet.toml"), "fleet.toml")

    assert [place.time_zone for place in placed] == ["Europe/Berlin", "Asia/Tokyo"]
    assert placed[1:][0].time_zone == "Asia/Tokyo"
