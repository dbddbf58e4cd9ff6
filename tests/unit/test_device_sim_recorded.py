"""A recording as a fleet: the first printer is the recorded one, the others have lives of their own."""

import pytest

from device_sim.core.fleet import FleetSpec, Group
from device_sim.core.printer import Printer
from device_sim.core.recorded.model import serial_pattern
from device_sim.core.recorded.printer import FIRST, OTHERS, RecordedPrinter, recorded_printer
from device_sim.core.recorded.rows import Rows
from device_sim.core.snmprec import read_recording
from device_sim.core.walk import layout_lines, walk_lines
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, live, printer
from tests.support.device_sim_snmp import RECORDINGS

LIFE = "1.3.6.1.2.1.43.10.2.1.4.1.1"
SERIAL = "1.3.6.1.2.1.43.5.1.1.17.1"
STATUS = "1.3.6.1.2.1.25.3.5.1.1.1"
OF_TIME = (
    "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.25.1.1.0", "1.3.6.1.2.1.25.1.2.0",
    "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.31.1.1.1.",
)  # fmt: skip
"""Clocks, and the counters of the interface: a replay lets them run with time."""


def recorded(*lines: str) -> RecordedPrinter:
    return recorded_printer(Rows(read_recording("\n".join(lines).encode("latin-1")).leaves), "recorded")


def shown(recording: RecordedPrinter, one: Printer) -> dict[str, str]:
    """What a manager reads of a printer that replays: value by OID."""
    return dict(line.split("|", 1) for line in layout_lines(recording.book.layout, one.state))


def replayed(recording: RecordedPrinter, index: int) -> Printer:
    return printer(recording.profiles()[OTHERS if index else FIRST], index=index)


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_the_first_printer_of_a_replay_says_what_was_recorded(name: str) -> None:
    original = printer(name, seed=5, index=3)
    lines = dict(line.split("|", 1) for line in walk_lines(original.state))
    recording = recorded(*(f"{oid}|{value}" for oid, value in lines.items()))

    again = shown(recording, replayed(recording, 0))

    assert list(again) == list(lines)
    assert {oid: value for oid, value in again.items() if not oid.startswith(OF_TIME)} == {
        oid: value for oid, value in lines.items() if not oid.startswith(OF_TIME)
    }


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_the_others_have_serials_counts_and_station_addresses_of_their_own(name: str) -> None:
    recording = recorded(*walk_lines(printer(name, seed=5, index=3).state))
    fleet = [shown(recording, replayed(recording, index)) for index in range(4)]

    for oid in (SERIAL, LIFE, "1.3.6.1.2.1.2.2.1.6.1"):
        assert len({one[oid] for one in fleet}) == 4, oid
    assert len({tuple(one) for one in fleet}) == 1  # the same objects everywhere


def test_counts_grow_together_and_status_follows_the_job() -> None:
    recording = recorded(
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.1347.41",
        "1.3.6.1.2.1.43.10.2.1.3.1.1|2|7",
        f"{LIFE}|65|5000",
        f"{STATUS}|2|3",
        "1.3.6.1.4.1.1347.42.2.2.1.1.3.1.1|2|3000",  # a maker's count, an INTEGER
        "1.3.6.1.4.1.99999.1.0|65|2000",  # a counter of a maker
        "1.3.6.1.4.1.99999.2.0|2|5000",  # the same number elsewhere
        "1.3.6.1.4.1.99999.3.0|2|4711",  # no count
    )
    one = replayed(recording, 0)
    statuses, lives = set(), []
    for minute in range(60 * 6):
        live(one, MONDAY_7 + HOUR_S + 60 * minute)
        now = shown(recording, one)
        statuses.add(now[STATUS])
        lives.append(int(now[LIFE].split("|")[1]))

    assert lives == sorted(lives) and lives[-1] > 5000
    assert {"2|3", "2|4"} <= statuses
    assert now["1.3.6.1.4.1.1347.42.2.2.1.1.3.1.1"] == f"2|{3000 * lives[-1] // 5000}"
    assert now["1.3.6.1.4.1.99999.1.0"] == f"65|{2000 * lives[-1] // 5000}"
    assert now["1.3.6.1.4.1.99999.2.0"] == f"2|{lives[-1]}"
    assert now["1.3.6.1.4.1.99999.3.0"] == "2|4711"


def test_the_serial_is_replaced_inside_other_texts_too_and_so_is_the_station_address_in_any_spelling() -> None:
    recording = recorded(
        "1.3.6.1.2.1.1.1.0|4|Laser 12;S/N ABC1234567;MAC 001599-7DB16A;00:15:99:7d:b1:6a",
        "1.3.6.1.2.1.2.2.1.6.1|4x|0015997db16a",
        f"{SERIAL}|4|ABC1234567",
        "1.3.6.1.4.1.11.5.0|4x|41424331323334353637004100",
        "1.3.6.1.4.1.11.6.0|4|ABC12345678",  # another word
    )
    other = replayed(recording, 1)
    identity = other.state.identity
    now = shown(recording, other)

    assert now["1.3.6.1.2.1.1.1.0"] == f"4|Laser 12;S/N {identity.serial};MAC 001599-7DB16A;{identity.mac}"
    assert now["1.3.6.1.2.1.2.2.1.6.1"] == f"4x|{identity.mac.replace(':', '')}"
    assert now["1.3.6.1.4.1.11.5.0"] == f"4x|{identity.serial.encode().hex()}004100"
    assert now["1.3.6.1.4.1.11.6.0"] == "4|ABC12345678"
    assert identity.serial.startswith("ABC") and identity.serial != "ABC1234567"


def test_a_row_of_the_address_table_moves_with_the_printer() -> None:
    rows = {"1": "64|192.0.2.7", "3": "64|255.255.255.0"}
    recording = recorded(
        *(f"1.3.6.1.2.1.4.20.1.{column}.192.0.2.7|{value}" for column, value in rows.items()),
        "1.3.6.1.2.1.4.20.1.1.127.0.0.1|64|127.0.0.1",
    )

    now = shown(recording, printer(recording.profiles()[OTHERS], index=1, address="127.1.0.2"))

    assert now == {
        "1.3.6.1.2.1.4.20.1.1.127.0.0.1": "64|127.0.0.1",
        "1.3.6.1.2.1.4.20.1.1.127.1.0.2": "64|127.1.0.2",
        "1.3.6.1.2.1.4.20.1.3.127.1.0.2": "64|255.255.255.0",
    }


def test_recorded_alerts_stay_and_the_printers_own_stand_behind_them() -> None:
    row = {2: "2|4", 3: "2|1", 4: "2|11", 5: "2|1", 6: "2|-2", 7: "2|8", 8: "4|old trouble", 9: "67|10"}
    recording = recorded(*(f"1.3.6.1.2.1.43.18.1.1.{column}.1.40|{value}" for column, value in row.items()))
    one = replayed(recording, 0)
    base = shown(recording, one)
    while not one.state.alerts:
        live(one, one.state.now_s + HOUR_S)

    now = shown(recording, one)

    assert base == {f"1.3.6.1.2.1.43.18.1.1.{column}.1.40": value for column, value in row.items()}
    assert base.items() <= now.items()
    own = [oid for oid in now if oid not in base]
    assert own == sorted(own, key=lambda oid: tuple(map(int, oid.split("."))))
    assert len(own) == 9 * len(one.state.alerts) and all(int(oid.rsplit(".", 1)[1]) > 40 for oid in own)


def test_a_recording_that_says_next_to_nothing_can_be_replayed() -> None:
    recording = recorded("1.3.6.1.2.1.1.1.0|4|Printer")

    assert shown(recording, replayed(recording, 1)) == {"1.3.6.1.2.1.1.1.0": "4|Printer"}


def test_odd_levels_stay_as_they_were_recorded() -> None:
    recording = recorded_printer(Rows(read_recording((RECORDINGS / "mono-laser.snmprec").read_bytes()).leaves), "odd")

    assert shown(recording, replayed(recording, 1))["1.3.6.1.2.1.43.11.1.1.9.1.1"] == "2|-3"


def test_the_fleet_is_one_first_printer_and_others() -> None:
    fleet = recorded("1.3.6.1.2.1.1.1.0|4|Printer").fleet(
        FleetSpec(groups=(Group(profile="x", count=7), Group(profile="y")))
    )

    assert [(group.profile, group.count) for group in fleet.groups] == [(FIRST, 1), (OTHERS, 7)]


@pytest.mark.parametrize(
    ("serial", "pattern"), [("VNB3X12345", "VNB#######"), ("4F61-BKFB10", "4F6#-######"), ("12", "SIM#######")]
)
def test_other_serials_look_like_the_recorded_one(serial: str, pattern: str) -> None:
    assert serial_pattern(serial) == pattern
