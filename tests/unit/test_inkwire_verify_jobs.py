"""Rules 4 to 8 of `inkwire verify`: jobs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inkwire.verify.compare import compare
from inkwire.verify.facts import Export, ShownJob, Truth
from inkwire.verify.job_rules import visible_at
from inkwire.verify.limits import Limits
from inkwire.verify.verdict import Difference, Fault, Thing, Verdict
from tests.support.verify import (
    OFFICE,
    PLOTTER,
    READ_AT,
    SCANNED_OFFICE,
    WRITTEN,
    after,
    fleet,
    made_job,
    shown,
)
from wire_format.records import InkUse, Job, Media, Outcome, Service

SETTLED = Limits(pending_within_s=0)


def job_of(export: Export, serial: str, job_id: str) -> ShownJob:
    return next(row for row in export.jobs if (row.serial, row.job.job_id.partition("-")[0]) == (serial, job_id))


def with_job(export: Export, row: ShownJob, *instead: ShownJob) -> Export:
    return replace(export, jobs=(*(each for each in export.jobs if each is not row), *instead))


def altered(serial: str, job_id: str, change: Callable[[Job], Job]) -> Verdict:
    export = shown(fleet())
    row = job_of(export, serial, job_id)
    return compare(fleet(), with_job(export, row, replace(row, job=change(row.job))))


def only(verdict: Verdict) -> Difference:
    (difference,) = verdict.differences
    return difference


def names(verdict: Verdict) -> list[tuple[Fault, str, str]]:
    return [(difference.fault, difference.serial, difference.item) for difference in verdict.differences]


def test_a_fleet_shown_as_it_printed_has_no_difference() -> None:
    verdict = compare(fleet(), shown(fleet()), SETTLED)

    assert verdict.differences == ()
    assert verdict.counts[Thing.JOB].found == 18


def test_a_pushed_job_that_is_not_there_is_lost_and_told_with_what_it_was() -> None:
    export = shown(fleet())

    verdict = compare(fleet(), with_job(export, job_of(export, PLOTTER, "103")))

    lost = only(verdict)
    assert (lost.fault, lost.thing, lost.serial, lost.printer, lost.item) == (Fault.LOST, Thing.JOB, PLOTTER, 0, "103")
    assert lost.wanted == "print, completed, 4 impressions, 2026-11-16T10:30:00.000Z"
    assert verdict.counts[Thing.JOB].lost == 1


def test_a_young_job_may_be_on_its_way_but_not_once_the_fleet_has_stopped() -> None:
    export = shown(fleet())
    without_the_last = with_job(export, job_of(export, PLOTTER, "108"))

    assert compare(fleet(), without_the_last).counts[Thing.JOB].pending == 1
    assert compare(fleet(), without_the_last).same
    assert names(compare(fleet(), without_the_last, SETTLED)) == [(Fault.LOST, PLOTTER, "108")]


def test_a_young_job_that_a_later_one_overtook_is_lost() -> None:
    export = shown(fleet())

    verdict = compare(fleet(), with_job(export, job_of(export, PLOTTER, "107")), Limits(pending_within_s=12 * 3600.0))

    assert names(verdict) == [(Fault.LOST, PLOTTER, "107")]
    assert "later job" in only(verdict).found


def test_a_job_shown_twice_is_named() -> None:
    export = shown(fleet())
    row = job_of(export, OFFICE, "200")

    verdict = compare(fleet(), with_job(export, row, row, row))

    assert names(verdict) == [(Fault.TWICE, OFFICE, "200")]
    assert verdict.impressions.jobs_shown == verdict.impressions.jobs_made - verdict.impressions.jobs_unseen + 12


def test_a_job_under_a_second_id_is_twice() -> None:
    export = shown(fleet())
    row = job_of(export, OFFICE, "200")
    again = replace(row, job=replace(row.job, job_id="0200"))

    verdict = compare(fleet(), with_job(export, row, row, again))

    assert names(verdict) == [(Fault.TWICE, OFFICE, "0200")]
    assert only(verdict).wanted == "job 200 once"


def test_a_job_that_no_printer_made_is_invented() -> None:
    export = shown(fleet())
    row = job_of(export, OFFICE, "200")
    ghost = replace(row, job=made_job("999", after(4), impressions=70).job)

    verdict = compare(fleet(), with_job(export, row, row, ghost))

    assert names(verdict) == [(Fault.INVENTED, OFFICE, "999")]
    assert "70 impressions" in only(verdict).found


def test_a_job_made_after_the_truth_was_written_is_not_judged_unless_the_fleet_has_stopped() -> None:
    export = shown(fleet())
    row = job_of(export, OFFICE, "200")
    export = with_job(export, row, row, replace(row, job=made_job("202", WRITTEN + timedelta(minutes=5)).job))

    verdict = compare(fleet(), export)

    assert verdict.same
    assert verdict.counts[Thing.JOB].newer == 1
    assert names(compare(fleet(), export, SETTLED)) == [(Fault.INVENTED, OFFICE, "202")]


CHANGES: dict[str, Callable[[Job], Job]] = {
    "impressions": lambda job: replace(job, impressions=5),
    "outcome": lambda job: replace(job, outcome=Outcome.ABORTED),
    "service": lambda job: replace(job, service=Service.COPY),
    "completed_at": lambda job: replace(job, completed_at=after(3.001)),
    "submitted_at": lambda job: replace(job, submitted_at=None),
    "sheets": lambda job: replace(job, sheets=2),
    "copies": lambda job: replace(job, copies=None),
    "category": lambda job: replace(job, category="premium"),
    "media.length_mm": lambda job: replace(job, media=Media(type="bond", width_mm=914, length_mm=1, source="Roll 1")),
    "media.type": lambda job: replace(job, media=None),
    "media.area_mm2": lambda job: replace(job, media=replace(job.media or Media(), area_mm2=3)),
    "inks.cyan": lambda job: replace(job, inks=job.inks[1:]),
    "inks.yellow": lambda job: replace(job, inks=(*job.inks, InkUse(colorant="yellow", volume_ul=1))),
}


@pytest.mark.parametrize("field", CHANGES)
def test_any_field_of_a_pushed_job_that_differs_is_altered_and_told(field: str) -> None:
    verdict = altered(PLOTTER, "103", CHANGES[field])

    assert names(verdict) == [(Fault.ALTERED, PLOTTER, "103")]
    assert field in only(verdict).wanted
    assert field in only(verdict).found


def test_a_job_name_and_the_order_of_inks_are_not_compared() -> None:
    assert altered(PLOTTER, "103", lambda job: replace(job, name="a1b2", inks=job.inks[::-1])).same


@pytest.mark.parametrize("field", ["impressions", "outcome", "service"])
def test_a_field_that_a_collector_read_wrong_is_altered(field: str) -> None:
    verdict = altered(SCANNED_OFFICE, "305", CHANGES[field])

    assert names(verdict) == [(Fault.ALTERED, SCANNED_OFFICE, "305")]


def test_what_a_collector_can_not_know_is_not_compared() -> None:
    assert altered(SCANNED_OFFICE, "305", lambda job: replace(job, impressions=None, outcome=Outcome.UNKNOWN)).same


def test_a_scanned_job_under_two_ids_is_twice() -> None:
    export = shown(fleet())
    row = job_of(export, SCANNED_OFFICE, "305")
    again = replace(row, job=replace(row.job, job_id="305-another"))

    assert names(compare(fleet(), with_job(export, row, row, again))) == [(Fault.TWICE, SCANNED_OFFICE, "305")]


def test_the_id_of_a_pushed_job_is_the_printer_s_to_the_letter() -> None:
    export = shown(fleet())
    row = job_of(export, PLOTTER, "103")
    other = replace(row, job=replace(row.job, job_id="103-5f0c3a"))

    assert (Fault.LOST, PLOTTER, "103") in names(compare(fleet(), with_job(export, row, other)))


def test_a_time_that_a_collector_reckoned_is_right_within_the_margin_of_a_reading() -> None:
    def told_at(hours: float) -> Verdict:
        return altered(SCANNED_OFFICE, "305", lambda job: replace(job, completed_at=after(hours)))

    assert told_at(3.6 + 0.3).same
    assert names(told_at(3.6 + 0.4)) == [(Fault.ALTERED, SCANNED_OFFICE, "305")]


def test_a_job_received_too_long_after_it_was_completed_is_late() -> None:
    export = shown(fleet())
    row = job_of(export, PLOTTER, "103")
    late = replace(row, received_at=after(3) + timedelta(hours=4, seconds=1))
    in_time = replace(row, received_at=after(3) + timedelta(hours=4))

    assert compare(fleet(), with_job(export, row, in_time)).same
    verdict = compare(fleet(), with_job(export, row, late))
    assert names(verdict) == [(Fault.LATE, PLOTTER, "103")]
    assert compare(fleet(), with_job(export, row, late), Limits(late_after_s=5 * 3600.0)).same


def test_a_scanned_job_that_a_reading_could_see_is_expected_and_one_that_rotated_out_is_not() -> None:
    export = shown(fleet())
    seen = {row.job.job_id.partition("-")[0] for row in export.jobs if row.serial == SCANNED_OFFICE}

    verdict = compare(fleet(), export)

    # The log keeps 3: the reading at +4 h sees 303 to 305, the one at +7 h 307 to 309.
    assert seen == {"303", "304", "305", "307", "308", "309"}
    assert verdict.counts[Thing.JOB].unseen == 4
    assert verdict.impressions.jobs_unseen == 16
    for job_id in sorted(seen):
        without = with_job(export, job_of(export, SCANNED_OFFICE, job_id))
        assert names(compare(fleet(), without)) == [(Fault.LOST, SCANNED_OFFICE, job_id)]


def test_a_scanned_job_made_since_the_last_reading_is_pending_and_unseen_when_nobody_came_for_long() -> None:
    read_at = READ_AT[:2]
    lately = compare(replace(fleet(), written_at=after(6)), shown(fleet(), read_at))
    long_ago = compare(fleet(), shown(fleet(), read_at))

    assert lately.counts[Thing.JOB].pending > 1
    assert long_ago.counts[Thing.JOB].pending == 1, "only job 401 is young"
    assert long_ago.counts[Thing.JOB].unseen > lately.counts[Thing.JOB].unseen


def test_a_reading_after_the_truth_was_written_proves_nothing() -> None:
    truth = replace(fleet(), written_at=after(5))
    export = shown(fleet())

    # What the printer made after +5 h is not in this truth, so what its log showed at +7 h is not known.
    early = tuple(
        replace(made, jobs=tuple(j for j in made.jobs if j.completed_at < after(5))) for made in truth.printers
    )
    without = with_job(export, job_of(export, SCANNED_OFFICE, "307"))

    verdict = compare(replace(truth, printers=early), without)
    assert [name for name in names(verdict) if name[0] is Fault.LOST] == []


def test_a_job_is_late_from_the_first_reading_on_when_the_collector_came_after_it() -> None:
    read_at = (after(9), after(10))
    export = shown(fleet(), read_at)
    late = [difference for difference in compare(fleet(), export).differences if difference.fault is Fault.LATE]

    assert [difference.item for difference in late if difference.serial == SCANNED_OFFICE] == []


def test_a_job_counts_as_visible_only_if_no_skew_of_the_reading_could_hide_it() -> None:
    jobs = tuple(made_job(str(minute), after(0) + timedelta(minutes=minute)) for minute in (0, 30, 58, 62))
    at = after(1)

    assert set(visible_at(jobs, 2, [at], timedelta(0))) == {"30", "58"}
    assert set(visible_at(jobs, 2, [at], timedelta(minutes=5))) == set()
    assert set(visible_at(jobs, 3, [at], timedelta(minutes=5))) == {"30"}
    assert set(visible_at(jobs, 0, [at], timedelta(0))) == set()


def test_a_truth_without_jobs_is_compared_too() -> None:
    empty: Truth = replace(fleet(), printers=tuple(replace(made, jobs=()) for made in fleet().printers))

    assert compare(empty, replace(shown(fleet()), jobs=())).same
