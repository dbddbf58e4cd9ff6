"""What a simulated printer shows of its live state. Source: RFC 2790, RFC 3805, the HP notes of the domain."""

from datetime import UTC, datetime

import pytest

from device_sim.core.birth import born
from device_sim.core.mibs.host import detected_error_state
from device_sim.core.mibs.hp import ENGINE_COUNTS, GENERAL_DEVICE_STATUS, IDENTITY, JOB_ENTRY
from device_sim.core.mibs.printer_media import PRINTER_MIB
from device_sim.core.state import ActiveAlert, FinishedJob, LivePrinter, RunningJob
from device_sim.profiles_shelf import load_profile, profile_names
from tests.support.device_sim_mib import get, walk
from tests.support.device_sim_snmp import MIB_2
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Job, Outcome, Service

NOON_S = datetime(2026, 11, 16, 12, 0, 30, 500_000, tzinfo=UTC).timestamp()


def printer(profile: str = "color-laserjet-m479", index: int = 0) -> LivePrinter:
    return born(load_profile(profile), seed=7, index=index, address="127.1.0.1", at_s=NOON_S)


def alert(index: int, **changes: object) -> ActiveAlert:
    fields = {
        "index": index, "alert_id": f"a-{index}", "severity": 3, "training": 3, "group": 8, "group_index": 2,
        "location": -2, "code": 808, "description": "Tray 2 is empty", "console_text": "Load Tray 2",
        "onset_s": NOON_S, "onset_ticks": 4_200, "error": DETECTED_ERRORS.index("noPaper"),
    }  # fmt: skip
    return ActiveAlert(**(fields | changes))  # type: ignore[arg-type]  # a mixed bag of fields


@pytest.mark.parametrize("profile", profile_names())
def test_every_profile_can_be_walked_from_end_to_end_in_order(profile: str) -> None:
    found = list(walk(printer(profile), (1, 3)))

    assert found == sorted(found)
    assert len(found) > 100
    for table in (
        (5, 1, 1),
        (6, 1, 1),
        (8, 2, 1),
        (9, 2, 1),
        (10, 2, 1),
        (11, 1, 1),
        (12, 1, 1),
        (16, 5, 1),
        (17, 6, 1),
    ):
        assert any(oid[: 7 + len(table)] == (*PRINTER_MIB, *table) for oid in found), table


def test_a_printer_says_who_it_is() -> None:
    state = printer()
    identity = state.identity

    values = get(
        state,
        (*MIB_2, 1, 5, 0),
        (*MIB_2, 1, 6, 0),
        (*MIB_2, 2, 2, 1, 6, 1),
        (*MIB_2, 25, 3, 2, 1, 3, 1),
        (*PRINTER_MIB, 5, 1, 1, 17, 1),
        (*IDENTITY, 3, 0),
        (*IDENTITY, 6, 0),
        (*GENERAL_DEVICE_STATUS, 7, 0),
    )

    assert values == [
        identity.hostname.encode(),
        identity.location.encode(),
        bytes.fromhex(identity.mac.replace(":", "")),
        b"HP Color LaserJet MFP M479fdw",
        identity.serial.encode(),
        identity.serial.encode(),
        b"20250122",
        state.profile.device_id.encode(),
    ]


def test_two_printers_of_one_profile_differ_only_in_what_is_theirs() -> None:
    first, second = walk(printer(index=0), (1, 3)), walk(printer(index=1), (1, 3))

    assert first.keys() == second.keys()
    assert first[(*PRINTER_MIB, 5, 1, 1, 17, 1)] != second[(*PRINTER_MIB, 5, 1, 1, 17, 1)]
    assert first[(*MIB_2, 1, 1, 0)] == second[(*MIB_2, 1, 1, 0)]


def test_meters_supplies_and_media_move_with_the_state() -> None:
    state = printer()
    asked = ((*PRINTER_MIB, 10, 2, 1, 4, 1, 1), (*PRINTER_MIB, 11, 1, 1, 9, 1, 1), (*PRINTER_MIB, 8, 2, 1, 10, 1, 2))
    state.meters[0], state.supply_amounts[0], state.input_amounts[1] = 41_000, 7_500_000, 250
    before = get(state, *asked)

    state.meters[0], state.supply_amounts[0], state.input_amounts[1] = 41_010, 750_000, 25

    assert before == [41_000, 100, 250]
    assert get(state, *asked) == [41_010, 10, 25]


def test_a_plotter_counts_metres() -> None:
    state = printer("designjet-t1600")
    state.meters[state.profile.meter_place["media.length"]] = 12_345_678

    unit, count = get(state, (*PRINTER_MIB, 10, 2, 1, 3, 1, 1), (*PRINTER_MIB, 10, 2, 1, 4, 1, 1))

    assert (unit, count) == (17, 12_345)


@pytest.mark.parametrize(
    ("status", "alerts", "expected"),
    [
        (PrinterState.IDLE, [], [2, 3]),
        (PrinterState.PRINTING, [], [2, 4]),
        (PrinterState.WARMING_UP, [], [2, 5]),
        (PrinterState.IDLE, [alert(1, severity=4)], [3, 3]),
        (PrinterState.STOPPED, [alert(1)], [5, 1]),
    ],
)
def test_device_and_printer_status_follow_the_printer(
    status: PrinterState, alerts: list[ActiveAlert], expected: list[int]
) -> None:
    state = printer()
    state.status, state.alerts = status, tuple(alerts)

    assert get(state, (*MIB_2, 25, 3, 2, 1, 5, 1), (*MIB_2, 25, 3, 5, 1, 1, 1)) == expected


@pytest.mark.parametrize(
    ("labels", "octets"),
    [((), "00"), (("lowPaper",), "80"), (("jammed", "doorOpen"), "0c"), (("serviceRequested", "outputFull"), "0108")],
)
def test_detected_errors_are_bits_from_the_left(labels: tuple[str, ...], octets: str) -> None:
    bits = sum(1 << DETECTED_ERRORS.index(label) for label in labels)

    assert detected_error_state(bits).hex() == octets


def test_uptime_and_date_are_those_of_the_virtual_clock() -> None:
    state = printer()
    state.booted_s = NOON_S - 90.25

    values = get(state, (*MIB_2, 1, 3, 0), (*MIB_2, 25, 1, 1, 0), (*MIB_2, 25, 1, 2, 0))

    assert values == [9025, 9025, bytes((0x07, 0xEA, 11, 16, 12, 0, 30, 5)) + b"+\0\0"]


def test_alert_rows_stand_while_the_alert_stands() -> None:
    state = printer()
    entry = (*PRINTER_MIB, 18, 1, 1)
    none = walk(state, entry)
    state.alerts = (alert(9, code=8, group_index=-1), alert(3))

    rows = walk(state, entry)

    assert none == {}
    assert list(rows) == [(*entry, column, 1, index) for column in range(1, 10) for index in (3, 9)]
    assert [rows[(*entry, column, 1, 3)] for column in range(1, 10)] == [
        3,
        3,
        3,
        8,
        2,
        -2,
        808,
        b"Tray 2 is empty",
        4200,
    ]


def test_the_console_shows_what_the_printer_says() -> None:
    state = printer()
    state.console_text = "Load Tray 2 with A4 plain paper, 210 x 297 mm"

    lines = get(state, *((*PRINTER_MIB, 16, 5, 1, 2, 1, line) for line in (1, 2)), (*GENERAL_DEVICE_STATUS, 3, 0))

    assert lines == [b"Load Tray 2 with A4 plain paper, 210 x 2", b"97 mm", state.console_text.encode()]


def test_a_designjet_keeps_its_status_display_empty() -> None:
    assert get(printer("designjet-t1600"), (*GENERAL_DEVICE_STATUS, 3, 0)) == [b""]


def test_hp_page_counts_roll_over_where_hp_s_do() -> None:
    state = printer()
    state.meters[state.profile.meter_place["total.impressions"]] = 1_000_005
    state.meters[state.profile.meter_place["total.impressions.color"]] = 1_000_004

    assert get(state, (*ENGINE_COUNTS, 5, 0), (*ENGINE_COUNTS, 7, 0)) == [5, 1_000_004]


def job(number: int, outcome: Outcome, impressions: int) -> FinishedJob:
    record = Job(
        job_id=str(number), name="salaries.pdf", service=Service.PRINT, outcome=outcome, impressions=impressions
    )
    return FinishedJob(number=number, record=record)


def test_the_job_table_lists_running_and_finished_jobs_without_names() -> None:
    state = printer()
    state.finished.extend([job(300, Outcome.COMPLETED, 12), job(100_000, Outcome.CANCELED, 1)])
    state.job = RunningJob(
        number=100_001, name="secret", service=Service.PRINT, submitted_s=NOON_S, started_s=NOON_S, wanted=9, done=4,
        color=False, stopped=False,
    )  # fmt: skip

    table = walk(state, JOB_ENTRY)

    def column(number: int) -> list[object]:
        return [value for oid, value in table.items() if oid[len(JOB_ENTRY)] == number]

    assert [oid[-1] for oid in table if oid[len(JOB_ENTRY)] == 15] == [300, 100_000, 100_001]
    assert (column(13), column(15)) == ([12, 1, 4], [5, 10, 11])
    assert set(column(1) + column(2)) == {b""}


def test_job_names_are_shown_only_when_asked_for() -> None:
    state = printer()
    state.finished.append(job(5, Outcome.COMPLETED, 12))

    assert get(state, (*JOB_ENTRY, 1, 5), job_names=True) == [b"salaries.pdf"]
    assert get(state, (*JOB_ENTRY, 1, 5)) == [b""]


def test_another_maker_s_private_meters_are_its_own() -> None:
    state = printer("ecosys-p3155")
    state.meters[0] = 123_456
    kyocera, hp = (1, 3, 6, 1, 4, 1, 1347), (1, 3, 6, 1, 4, 1, 11)

    assert get(state, (*kyocera, 43, 10, 1, 1, 12, 1, 1)) == [123_456]
    assert walk(state, hp) == {}


def test_tables_are_indexed_by_the_device_the_printer_is() -> None:
    state = printer()

    values = get(state, (*PRINTER_MIB, 5, 1, 1, 17, 3), (*MIB_2, 25, 3, 2, 1, 1, 3), device_index=3)

    assert values == [state.identity.serial.encode(), 3]
