"""Work as the printer's agents tell it: jobs, meters by service and kind of work, finishers, HP's usage.

Source: RFC 2707, PWG 5106.3, RFC 3806; HP: the domain's notes, F3.
"""

from datetime import UTC, datetime

import pytest

from device_sim.core.mibs import finisher, hp_usage, imaging_counters, job_monitoring
from device_sim.core.mibs.hp import ENGINE_COUNTS
from device_sim.core.state import FinishedJob, LivePrinter, RunningJob, WaitingJob
from tests.support.device_sim import ALL_PROFILES, HOUR_S, MONDAY_7, printer, profile
from tests.support.device_sim_mib import column, get, walk
from wire_format.records import InkUse, Job, Media, Outcome, Service

JOB, ATTRIBUTE = job_monitoring.JOB_ENTRY, job_monitoring.ATTRIBUTE_ENTRY
IMPRESSION = imaging_counters.IMPRESSION_ENTRY
NAMED = [name for name in ALL_PROFILES if "imaging-counters" in profile(name).mibs]


def at_work(name: str) -> LivePrinter:
    """A plotter with a job behind it, one under way and two that wait."""
    state = printer(name).state
    state.finished.append(
        FinishedJob(
            number=100,
            record=Job(
                job_id="100", name="plan.pdf", service=Service.PRINT, outcome=Outcome.CANCELED, impressions=3, sheets=3,
                copies=1, color_mode="color", quality="high", inks=(InkUse(colorant="gray", volume_ul=900),),
                media=Media(type="bond", width_mm=914, length_mm=1782),
                submitted_at=datetime.fromtimestamp(MONDAY_7, UTC),
            ),
        )
    )  # fmt: skip
    now_s = state.now_s
    state.job = RunningJob(
        number=101, name="next.pdf", service=Service.PRINT, submitted_s=now_s, started_s=now_s, wanted=9, done=4,
        color=False, stopped=False,
    )  # fmt: skip
    state.waiting = tuple(
        WaitingJob(number=number, name="", service=Service.COPY, submitted_s=now_s, wanted=2) for number in (102, 103)
    )
    return state


def test_jobs_that_wait_run_and_have_ended_stand_in_one_table() -> None:
    table = walk(at_work("designjet-t1600"), JOB)

    assert column(table, JOB, 2) == {(1, 100): 7, (1, 101): 5, (1, 102): 3, (1, 103): 3}
    assert column(table, JOB, 4) == {(1, 100): 0, (1, 101): 0, (1, 102): 1, (1, 103): 2}
    assert column(table, JOB, 8) == {(1, 100): 3, (1, 101): 4, (1, 102): 0, (1, 103): 0}
    assert column(table, JOB, 6)[1, 101] == 4 * 60


def test_the_general_group_tells_the_active_jobs_and_the_submission_ids_find_them() -> None:
    state = at_work("designjet-t1600")

    general = walk(state, job_monitoring.GENERAL_ENTRY)
    ids = column(walk(state, job_monitoring.JOB_ID_ENTRY), job_monitoring.JOB_ID_ENTRY, 3)

    assert [general[*job_monitoring.GENERAL_ENTRY, number, 1] for number in (2, 3, 4)] == [3, 101, 103]
    assert all(len(index) == 48 for index in ids)
    assert {bytes(index)[-8:].decode(): number for index, number in ids.items()} == {
        f"{number:08d}": number for number in (100, 101, 102, 103)
    }


def test_a_job_s_attributes_are_what_it_took_and_names_only_when_asked_for() -> None:
    state = at_work("designjet-t1600")
    numbers = {
        index[2]: value for index, value in column(walk(state, ATTRIBUTE), ATTRIBUTE, 3).items() if index[1] == 100
    }
    texts = {
        index[2]: value for index, value in column(walk(state, ATTRIBUTE), ATTRIBUTE, 4).items() if index[1] == 100
    }

    assert (numbers[71], numbers[91], numbers[114], numbers[151], numbers[171]) == (5, 0, 3, 3, 3)
    assert (numbers[173], texts[173], texts[174], texts[175]) == (2, b"gray", b"bond", b"914 x 1782 mm")
    assert texts[191] == bytes((0x07, 0xEA, 11, 16, 7, 0, 0, 0)) + b"+\0\0"
    assert 23 not in numbers
    named = column(walk(state, ATTRIBUTE, job_names=True), ATTRIBUTE, 4)
    assert named[1, 100, 23, 1] == b"plan.pdf"


@pytest.mark.parametrize("name", NAMED)
def test_total_work_is_the_jobs_and_what_was_spoiled_and_made_for_itself(name: str) -> None:
    one = printer(name)
    one.advance(MONDAY_7 + 5 * HOUR_S)
    state = one.state

    impressions = column(walk(state, IMPRESSION), IMPRESSION, 4)

    work = {index[1]: int(str(count)) for index, count in impressions.items() if index[0] == 1 and index[2] == 3}
    assert work[3] == work[4] + work[5] + work[6] + work[7]
    assert work[4] == state.meter("total.impressions") and work[6] == state.meter("waste.impressions")
    assert impressions[1, 4, 4] == state.power_on_count
    by_service = sum(int(str(count)) for index, count in impressions.items() if index[0] > 1)
    assert by_service == work[4]


def test_a_jam_spoils_an_impression_and_a_new_supply_is_tried_out() -> None:
    one = printer("lexmark-cx725")
    waste, upkeep = one.state.meter("waste.impressions") or 0, one.state.meter("maintenance.impressions") or 0
    one.advance(MONDAY_7 + 20 * 24 * HOUR_S)

    assert (one.state.meter("waste.impressions") or 0) > waste
    assert one.state.meter("waste.impressions") == one.state.jams
    assert (one.state.meter("maintenance.impressions") or 0) > upkeep


def test_staples_go_with_the_sheets_and_are_refilled() -> None:
    state = printer("taskalfa-3554ci").state
    level = (*finisher.SUPPLY_ENTRY, 8, 1, 1)
    seen = []
    for sheets in (60, 59 * 60, 5000 * 60, 5001 * 60):
        state.meters[state.profile.meter_place["total.sheets"]] = sheets
        state.touch()
        seen += get(state, level)

    assert seen == [4999, 4941, 5000, 4999]
    assert walk(printer("designjet-t1600").state, finisher.DEVICE_ENTRY) == {}


def test_equivalent_impressions_are_the_sides_by_function_and_colour() -> None:
    state = printer("pagewide-477").state

    counted = get(state, *((*hp_usage.EQUIVALENT, category, source, 0) for source in (1, 2) for category in (1, 2)))

    assert counted == [
        state.meter(f"{service}.impressions.{shade}")
        for service in ("print", "copy")
        for shade in ("monochrome", "color")
    ]
    assert sum(int(str(count)) for count in counted) == state.meter("total.impressions")


def test_hp_s_sheets_on_one_side_and_on_both_are_all_its_sheets() -> None:
    state = printer("laserjet-m507").state

    simplex, duplex, sides = get(state, *((*hp_usage.PRINTED_MEDIA, number, 26, 0) for number in (1, 3, 7)))

    assert int(str(simplex)) + int(str(duplex)) == state.meter("total.sheets")
    assert sides == state.meter("total.impressions")


def test_hp_s_jams_are_the_printer_s() -> None:
    state = printer("laserjet-m507").state

    assert get(state, (*ENGINE_COUNTS, 34, 0)) == [state.jams] and state.jams > 0


def test_the_change_feed_speaks_of_the_job_that_moves() -> None:
    state = at_work("designjet-t1600")
    running = get(state, (*hp_usage.JOB_INFO_CHANGE, 0))
    state.job = None
    state.touch()

    assert running == [bytes.fromhex("0000000d 00000000 00000065 00000004")]
    assert get(state, (*hp_usage.JOB_INFO_CHANGE, 0)) == [bytes.fromhex("0000000f 00000000 00000064 0000000a")]
