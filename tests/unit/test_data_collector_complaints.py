"""The complaints of the trade about readings (E1 to E36), each as the collector must behave. One test a complaint.

Not the collector's, and so not here: E1, E11, E12, E14, E16, E25, E27 to E30, E33 and E35 (usage, periods, bills, alert
history and audit are made at the portal from what is reported), E24 (days left and orders are the portal's). Of E9,
E10, E13, E20, E26, E31 and E34 only the collector's half is here: what the portal makes of it is tested there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from data_collector.core.evidence import Evidence, SnmpValue, oid
from data_collector.core.known_alerts import standing, with_ended
from data_collector.core.known_jobs import device_key, without_known
from data_collector.core.known_meters import Known, judged, meters_key
from data_collector.core.normalise import report
from data_collector.core.shared_serials import told_apart
from tests.support.data_collector_core import (
    ADDRESS,
    DEFINITIONS,
    NOON,
    PRINTER,
    alert_row,
    evidence,
    ipp_reply,
    ipp_value,
    report_of,
    supply_row,
)
from wire_format.printer_mib import SupplyState
from wire_format.records import Job, Outcome, Report, Service

LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"
UNIT = "1.3.6.1.2.1.43.10.2.1.3.1.1"
SERIAL = "1.3.6.1.2.1.43.5.1.1.17.1"
MAC = "1.3.6.1.2.1.2.2.1.6.1"
UPTIME = "1.3.6.1.2.1.1.3.0"
ERRORS = "1.3.6.1.2.1.25.3.5.1.2.1"
CONSOLE = "1.3.6.1.2.1.43.16.5.1.2.1.1"
HP: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.11.2.3.9.1")}
HP_TOTAL = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0"
DAY_TICKS = 8_640_000
TONER, PERCENT, WASTE = 3, 19, 4


def total(reported: Report) -> int | None:
    """The total of impressions that is sent."""
    return next((meter.value for meter in reported.meters if meter.name == "total.impressions"), None)


def words(reported: Report) -> list[str]:
    """The first words of the findings."""
    return [finding.reason.partition(":")[0] for finding in reported.findings]


def days(*tables: dict[str, SnmpValue]) -> list[tuple[int | None, list[str]]]:
    """The total that is sent each day, and what is said, of a printer read once a day; tables change it."""
    known: Known | None = None
    told = []
    for day, table in enumerate(tables):
        clock: dict[str, SnmpValue] = {UPTIME: DAY_TICKS * (day + 10)}
        read = report(replace(evidence(PRINTER, clock, table), observed_at=NOON + timedelta(days=day)), DEFINITIONS)
        sent, known = judged(read, known)
        told.append((total(sent), words(sent)))
    return told


def counts(*values: int) -> Sequence[dict[str, SnmpValue]]:
    """One table a day with this life count."""
    return [{LIFE_COUNT: value} for value in values]


def test_e2_one_impression_less_than_yesterday_is_withheld_and_never_counted_twice() -> None:
    assert days(*counts(1_697_341, 1_697_340, 1_697_341, 1_697_350)) == [
        (1_697_341, []), (None, ["jitter"]), (1_697_341, []), (1_697_350, []),
    ]  # fmt: skip


def test_e3_a_standard_and_a_vendors_count_that_differ_are_both_told_and_neither_takes_over_silently() -> None:
    both: dict[str, SnmpValue] = {**HP, LIFE_COUNT: 6_466, HP_TOTAL: 6_462}
    vendor_only: dict[str, SnmpValue] = {**HP, LIFE_COUNT: b"", HP_TOTAL: 6_463}

    assert days(both, vendor_only) == [
        (6_466, ["sources-disagree"]), (6_463, ["this should be a number", "source-changed"]),
    ]  # fmt: skip


def test_e4_a_kyocera_total_is_what_its_definition_adds_up() -> None:
    kyocera: dict[str, SnmpValue] = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.1347.41")}
    rules = [rule for definition in DEFINITIONS if definition.name == "kyocera" for rule in definition.meters]
    summed = next(rule for rule in rules if len(rule.sum) > 1)
    parts: dict[str, SnmpValue] = {".".join(map(str, part)): 100 + place for place, part in enumerate(summed.sum)}

    meters = {meter.name: meter.value for meter in report_of(kyocera, parts).meters}

    assert meters[summed.name] == sum(100 + place for place in range(len(summed.sum)))


def test_e5_a_serial_with_00_before_it_is_the_same_printer() -> None:
    with_zeros, without = report_of(HP, {SERIAL: b"00VNB1234567"}), report_of(HP, {SERIAL: b"VNB1234567"})

    assert with_zeros.device.serial == without.device.serial == "VNB1234567"


def test_e6_a_printer_without_serial_is_reported_and_flagged_weak() -> None:
    reported = report_of({SERIAL: b"", MAC: bytes.fromhex("00aabbccddee")})

    assert total(reported) == 12_345
    assert (meters_key(reported.device), words(reported)) == ("meters:mac:00:aa:bb:cc:dd:ee", ["weak-identity"])


@pytest.mark.parametrize("serial", [b"XXXXXXXXXX", b"0000000000", b"N/A", b"Not Available", b"unknown", b"----------"])
def test_e7_a_placeholder_is_no_serial_and_merges_nobody(serial: bytes) -> None:
    one, other = (report_of({SERIAL: serial, MAC: bytes.fromhex(f"00aabbccdde{end}")}) for end in "12")

    assert one.device.serial is other.device.serial is None
    assert "weak-identity" in words(one)
    assert device_key(one.device) != device_key(other.device)


def test_e8_two_printers_that_swap_addresses_keep_their_histories() -> None:
    def at(address: str, serial: bytes, value: int, day: int) -> Report:
        table: dict[str, SnmpValue] = {SERIAL: serial, LIFE_COUNT: value, UPTIME: DAY_TICKS * (day + 10)}
        moved = replace(evidence(PRINTER, table), address=address, observed_at=NOON + timedelta(days=day))
        return report(moved, DEFINITIONS)

    memory: dict[str | None, Known] = {}
    told = []
    for one in (
        at("192.0.2.1", b"AAAA1111", 50_000, 0), at("192.0.2.2", b"BBBB2222", 100, 0),
        at("192.0.2.2", b"AAAA1111", 50_010, 1), at("192.0.2.1", b"BBBB2222", 105, 1),
    ):  # fmt: skip
        sent, memory[meters_key(one.device)] = judged(one, memory.get(meters_key(one.device)))
        told.append((total(sent), words(sent)))

    assert told == [(50_000, []), (100, []), (50_010, []), (105, [])]


def test_e10_a_printer_has_one_identity_whoever_reads_it_and_by_whichever_protocol() -> None:
    by_ipp = ipp_reply(
        ipp_value(0x41, "printer-device-id", "MFG:HP;MDL:LaserJet 9;SN:VNB1234567;"),
    )

    over_snmp = report_of(HP, {SERIAL: b"00VNB1234567"})
    over_ipp = report(Evidence(address=ADDRESS, observed_at=NOON, ipp=by_ipp), DEFINITIONS)

    assert over_snmp.device.serial == over_ipp.device.serial


def test_e13_a_reading_carries_its_own_moment_and_answers_that_stand_still_are_told() -> None:
    frozen: dict[str, SnmpValue] = {UPTIME: 8_640_000, LIFE_COUNT: 137}

    assert days(frozen, frozen) == [(137, []), (137, ["uptime-stuck"])]


def test_e15_one_field_that_makes_no_sense_costs_only_itself_and_the_count_after_a_gap_is_whole() -> None:
    broken = supply_row(1, kind=9_999, description=b"\xff\x00", capacity=0, level=-77)

    reported = report_of(broken)

    assert total(reported) == 12_345
    assert any(finding.field == "supplies/1/level" and finding.raw == "-77" for finding in reported.findings)
    assert days({LIFE_COUNT: 5_000}, {LIFE_COUNT: b"?"}, {LIFE_COUNT: 9_000})[2] == (9_000, [])


def test_e17_a_count_that_wraps_at_its_modulus_goes_on_and_one_that_falls_elsewhere_does_not() -> None:
    def hp(*values: int) -> Sequence[dict[str, SnmpValue]]:
        return [{**HP, LIFE_COUNT: value} for value in values]

    assert days(*hp(999_900, 40, 60)) == [(999_900, []), (40, ["wrap"]), (60, ["wrap"])]
    assert days(*hp(700_000, 40)) == [(700_000, []), (None, ["rollback"])]


def test_e18_up_to_nine_lost_with_the_power_are_no_alarm() -> None:
    assert days({LIFE_COUNT: 1_000}, {LIFE_COUNT: 991, UPTIME: 5_000}) == [(1_000, []), (991, ["nvram-loss"])]


def test_e19_a_new_board_counts_anew_under_the_same_serial_once_it_is_confirmed() -> None:
    restarted: dict[str, SnmpValue] = {LIFE_COUNT: 0, UPTIME: 5_000}
    later: dict[str, SnmpValue] = {LIFE_COUNT: 3, UPTIME: DAY_TICKS + 5_000}

    assert days({LIFE_COUNT: 50_000}, restarted, later) == [
        (50_000, []), (None, ["board-changed"]), (3, ["board-changed"]),
    ]  # fmt: skip


@pytest.mark.parametrize("level", [100, 10, 1, 0])
def test_e20_coarse_levels_are_told_as_they_are_and_nothing_is_made_of_them(level: int) -> None:
    (supply,) = report_of(supply_row(1, kind=TONER, unit=PERCENT, capacity=100, level=level)).supplies

    assert (supply.level, supply.percent) == (level, level)


@pytest.mark.parametrize(("level", "capacity"), [(150, 100), (-3, 100), (7, 0), (-2, -2)])
def test_e21_there_is_a_percentage_only_of_real_numbers_within_their_bounds(level: int, capacity: int) -> None:
    (supply,) = report_of(supply_row(1, kind=TONER, unit=7, capacity=capacity, level=level)).supplies

    assert supply.percent is None


@pytest.mark.parametrize(
    "sign",
    [
        alert_row(1, severity=4, group=11, part=1, code=1104, description=b"Toner low", ticks=500),
        {ERRORS: b"\x20"},
        {CONSOLE: b"Black toner low"},
    ],
)
def test_e22_some_left_hides_no_low_toner_whoever_tells_of_it(sign: dict[str, SnmpValue]) -> None:
    toner = supply_row(1, kind=TONER, description=b"Black Toner", unit=PERCENT, capacity=-2, level=-3)

    (supply,) = report_of(toner, sign).supplies

    assert (supply.state, supply.percent) == (SupplyState.LOW, None)


def test_e23_a_waste_box_without_room_is_as_bad_as_an_empty_cartridge() -> None:
    full, roomy = (
        report_of(supply_row(1, kind=WASTE, description=b"Waste toner", unit=PERCENT, capacity=100, level=level))
        for level in (0, 80)
    )

    assert [full.supplies[0].state, roomy.supplies[0].state] == [SupplyState.EMPTY, SupplyState.MEASURED]


def test_e26_an_alert_is_told_with_its_onset_stays_while_it_stands_and_its_end_is_told_once() -> None:
    jam = alert_row(1, severity=3, group=13, part=1, code=8, description=b"Jam", ticks=8_000_000)
    during, after = report_of(jam), report_of()

    ended = with_ended(after, during.alerts)

    assert during.alerts[0].onset_at == NOON - timedelta(seconds=6_400)
    assert [alert.cleared_at for alert in ended.alerts] == [NOON]
    assert standing(ended, during.alerts) == ()


@pytest.mark.parametrize("jobs", [("1", "2"), ("2", "3")])
def test_e31_what_was_spooled_is_not_told_again(jobs: tuple[str, ...]) -> None:
    listed = tuple(Job(job_id=one, service=Service.PRINT, outcome=Outcome.COMPLETED) for one in jobs)

    fresh = without_known(replace(report_of(), jobs=listed), ("1", "2"))

    assert [job.job_id for job in fresh.jobs] == [one for one in jobs if one == "3"]


def test_e32_a_printer_in_the_year_2000_is_dated_by_the_reading_and_its_skew_is_told() -> None:
    reported = report_of({"1.3.6.1.2.1.25.1.2.0": bytes.fromhex("07d0010100000100")})

    assert reported.observed_at == NOON
    assert words(reported) == ["clock-off"]


def test_e34_lifetime_counts_do_not_depend_on_the_jobs_a_short_list_still_holds() -> None:
    assert days({LIFE_COUNT: 100}, {LIFE_COUNT: 900}) == [(100, []), (900, [])]
    assert report_of({LIFE_COUNT: 900}).jobs == ()


def test_e36_a_supply_without_a_serial_number_is_no_error() -> None:
    reported = report_of(HP, supply_row(1, kind=TONER, description=b"Refill", unit=PERCENT, capacity=100, level=50))

    assert (reported.supplies[0].serial, reported.findings) == (None, ())


def test_f2_metres_and_feet_are_never_impressions() -> None:
    for unit, count, millimetres in ((17, 12, 12_000), (16, 10, 3_048)):
        (meter,) = report_of({UNIT: unit, LIFE_COUNT: count}).meters
        assert (meter.name, meter.value) == ("media.length", millimetres)


def test_f2_negatives_of_other_programs_mean_nothing_here() -> None:
    levels = {
        level: report_of(supply_row(1, kind=TONER, unit=PERCENT, capacity=100, level=level)) for level in (-4, -5, -6)
    }

    for level, reported in levels.items():
        assert (reported.supplies[0].state, reported.supplies[0].level) == (SupplyState.UNKNOWN, level)
        assert reported.findings[0].raw == str(level)


def test_e9_one_printer_seen_twice_in_a_scan_is_told_apart_from_two_that_share_a_serial() -> None:
    def seen(mac: str, value: int) -> Report:
        return report_of({SERIAL: b"SHARED0001", MAC: bytes.fromhex(mac), LIFE_COUNT: value})

    twice, _ = told_apart([seen("00aabbccdd01", 500), seen("00aabbccdd02", 500)], lambda _name: None)
    shared, _ = told_apart([seen("00aabbccdd01", 500), seen("00aabbccdd02", 90_000)], lambda _name: None)

    assert [one.device.serial for one in twice] == ["SHARED0001", "SHARED0001"]
    assert [one.device.serial for one in shared] == [None, None]
