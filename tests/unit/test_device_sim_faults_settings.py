"""Faults as they are set: by word, by table, by share; and the registry that describes them."""

import pytest

from device_sim.core.errors import ConfigError
from device_sim.core.faults import (
    KNOBS,
    NO_FAULTS,
    FaultError,
    Faults,
    checked_value,
    faults_of,
    read_setting,
    set_faults,
    with_fault,
)
from device_sim.core.fleet import parse_fleet, placements
from tests.support.device_sim_snmp import REPOSITORY


def test_every_fault_is_off_until_it_is_set() -> None:
    assert faults_of((), 1, 0) is NO_FAULTS
    assert set_faults(NO_FAULTS) == {}


@pytest.mark.parametrize("name", KNOBS)
def test_every_fault_says_what_it_is_for_and_takes_its_own_example(name: str) -> None:
    knob = KNOBS[name]
    described = knob.described

    setting = read_setting(knob.argument)

    assert all((described.purpose, described.expect, described.case, knob.range))
    assert setting.value == described.example
    assert set_faults(faults_of((setting,), 1, 0)) == {name: described.example}
    assert knob.command == f"inkwire sim run --fault {knob.argument}"


def test_a_share_is_decided_by_the_seed_and_each_printer_by_itself() -> None:
    settings = (read_setting("serial_zeros@25%"), read_setting("counter_jitter=2@50%"))

    once = [faults_of(settings, 7, index) for index in range(2000)]

    assert [faults_of(settings, 7, index) for index in reversed(range(2000))] == once[::-1]
    assert [faults_of(settings, 8, index) for index in range(2000)] != once
    assert 400 < sum(faults.serial_zeros for faults in once) < 600
    assert 180 < sum(faults.serial_zeros and faults.counter_jitter == 2 for faults in once) < 330


def test_printers_with_equal_faults_share_one_object() -> None:
    settings = (read_setting("serial_zeros@50%"), read_setting("counter_jitter@50%"))

    assert len({id(faults_of(settings, 1, index)) for index in range(10_000)}) == 4
    assert with_fault(with_fault(NO_FAULTS, "serial_zeros", True), "serial_zeros", None) is NO_FAULTS
    assert with_fault(NO_FAULTS, "serial_zeros", True) is with_fault(NO_FAULTS, "serial-zeros", True)


def test_a_name_without_a_value_takes_the_example() -> None:
    assert read_setting("serial_says").value == "XXXXXXXXXX"
    assert read_setting("serial_says=").value == ""
    assert read_setting("supply-level-code=-2@10%") == read_setting("supply_level_code=-2@10%")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("paper_jam", "is no fault; `inkwire sim faults` lists them"),
        ("serial_lost", "did you mean one of serial_says, serial_zeros, serial_shared"),
        ("supply_level_code=7", "must be -3 to -1; try supply_level_code=-3"),
        ("counter_jitter=one", "must be 1 to 1,000 impressions; try counter_jitter=1"),
        ("mac_says=xyz", "try mac_says=00:00:00:00:00:00"),
        ("clock_at_boot=yesterday", "try clock_at_boot=2000-01-01"),
        ("serial_zeros=maybe", "must be true or false"),
        ("serial_zeros@0%", "share must be above 0"),
        ("serial_zeros@101%", "at most 100"),
        (f"serial_says={'x' * 256}", "try serial_says=XXXXXXXXXX"),
    ],
)
def test_a_wrong_fault_is_refused_with_a_remedy(word: str, said: str) -> None:
    with pytest.raises(FaultError) as caught:
        read_setting(word)

    assert said in str(caught.value)


def test_a_live_setter_refuses_values_of_another_type() -> None:
    for name, value in (("serial_zeros", 1), ("counter_jitter", True), ("counter_jitter", "2"), ("serial_says", 5)):
        with pytest.raises(FaultError):
            checked_value(name, value)


def test_a_fleet_file_gives_faults_to_a_group_or_a_share_of_it() -> None:
    fleet = parse_fleet(
        """
        [[groups]]
        profile = "ecosys-p3155"
        count = 3
        [groups.faults]
        serial_says = "N/A"
        counter_jitter = { value = 2, share_percent = 50 }

        [[groups]]
        profile = "ecosys-p3155"
        """,
        "FLEET.toml",
    )

    places = placements(fleet, "FLEET.toml")

    assert [len(place.faults) for place in places] == [2, 2, 2, 0]
    assert places[0].faults == (read_setting("serial_says=N/A"), read_setting("counter_jitter=2@50%"))


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ("faults = 3", "groups[1].faults", "must be a table of faults"),
        ("[groups.faults]\nnonsense = true", "groups[1].faults.nonsense", "is no fault"),
        ("[groups.faults]\ncounter_jitter = 0", "groups[1].faults.counter_jitter", "must be 1 to 1,000"),
        ("[groups.faults]\ncounter_jitter = { share_percent = 3 }", "groups[1].faults.counter_jitter", "value"),
        ('[groups.faults]\nserial_zeros = { value = true, share_percent = "9" }', "share_percent", "a number"),
        ("[groups.faults]\nserial_zeros = [1]", "groups[1].faults.serial_zeros", "must be true, a number"),
    ],
)
def test_a_wrong_fault_of_a_fleet_file_names_its_place(table: str, key: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fleet(f'[[groups]]\nprofile = "ecosys-p3155"\n{table}\n', "FLEET.toml")

    assert key in caught.value.key
    assert said in caught.value.remedy


def test_faults_are_one_flat_list_of_named_fields() -> None:
    assert list(KNOBS) == list(Faults.__dataclass_fields__)


def test_the_fleet_of_liars_has_a_printer_for_each_fault_and_honest_ones_between() -> None:
    path = REPOSITORY / "fixtures" / "fleets" / "liars.toml"

    places = placements(parse_fleet(path.read_text(), str(path)), str(path))

    alone = [place.faults[-1].name for place in places if 0 < len(place.faults) <= 3]
    assert set(alone) == set(KNOBS)
    assert sum(not place.faults for place in places) >= 5
