"""What befell a printer excuses what it must in the comparison, and no more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inkwire.verify.compare import compare
from inkwire.verify.facts import Export, MadeBy, MadeEffect, Truth
from inkwire.verify.limits import Limits
from inkwire.verify.truth import decode_truth
from inkwire.verify.verdict import Fault, Thing, Verdict
from tests.support.verify import (
    OFFICE,
    READ_AT,
    SCANNED_OFFICE,
    SCANNED_PLOTTER,
    WRITTEN,
    after,
    fleet,
    made_job,
    made_meter,
    shown,
    truth_file,
)

SETTLED = Limits(pending_within_s=0.0)


def befallen(
    truth: Truth, serial: str, *effects: MadeEffect, change: Callable[[MadeBy], MadeBy] = lambda m: m
) -> Truth:
    """The fleet with these effects on one printer, and whatever else changed of it."""
    printers = tuple(
        change(replace(made, effects=effects)) if made.printer.serial == serial else made for made in truth.printers
    )
    return replace(truth, printers=printers)


def effect(word: str, hours: float, *, meter: str | None = None, zeroed: bool = False) -> MadeEffect:
    return MadeEffect(effect=word, at=after(hours), meter=meter, zeroed=zeroed)


def faults(verdict: Verdict) -> set[tuple[Fault, Thing]]:
    return {(one.fault, one.thing) for one in verdict.differences}


def without_jobs(export: Export, serial: str, *job_ids: str) -> Export:
    kept = tuple(row for row in export.jobs if row.serial != serial or row.job.job_id not in job_ids)
    return replace(export, jobs=kept)


def with_job(job_id: str, hours: float) -> Callable[[MadeBy], MadeBy]:
    return lambda made: replace(made, jobs=(*made.jobs, made_job(job_id, after(hours))))


def test_a_job_of_a_printer_that_is_off_is_pending_and_not_lost_even_when_all_others_have_sent() -> None:
    plain = befallen(fleet(), OFFICE, change=with_job("last", 10.0))
    truth = befallen(fleet(), OFFICE, effect("power-off", 10.1), change=with_job("last", 10.0))
    export = without_jobs(shown(truth), OFFICE, "last")

    assert (Fault.LOST, Thing.JOB) in faults(compare(plain, export, SETTLED))
    assert faults(compare(truth, export, SETTLED)) == set()
    assert compare(truth, export, SETTLED).counts[Thing.JOB].pending == 1


def test_a_job_from_long_before_the_power_went_is_lost_all_the_same() -> None:
    truth = befallen(fleet(), OFFICE, effect("power-off", 10.1), change=with_job("early", 0.1))
    jobs = next(made.jobs for made in truth.printers if made.printer.serial == OFFICE)
    export = without_jobs(shown(truth), OFFICE, *(job.job.job_id for job in jobs))

    assert (Fault.LOST, Thing.JOB) in faults(compare(truth, export, SETTLED))


def test_the_time_without_network_makes_no_job_late() -> None:
    truth = befallen(fleet(), OFFICE, change=with_job("late", 1.0))
    export = shown(truth)
    late = tuple(
        replace(row, received_at=after(9.0)) if row.serial == OFFICE and row.job.job_id == "late" else row
        for row in export.jobs
    )
    export = replace(export, jobs=late)
    away = befallen(
        fleet(), OFFICE, effect("network-down", 1.5), effect("network-up", 8.0), change=with_job("late", 1.0)
    )

    assert faults(compare(truth, export)) == {(Fault.LATE, Thing.JOB)}
    assert faults(compare(away, export)) == set()


def test_a_printer_is_away_until_it_has_both_power_and_network_again() -> None:
    truth = befallen(
        fleet(), OFFICE, effect("network-down", 9.0), effect("power-off", 9.2), effect("booted", 9.5),
        change=with_job("last", 9.1),
    )  # fmt: skip

    verdict = compare(truth, without_jobs(shown(truth), OFFICE, "last"), SETTLED)

    assert faults(verdict) == set()


@pytest.mark.parametrize("serial", [OFFICE, SCANNED_OFFICE])
def test_a_count_that_was_set_lower_after_it_was_read_is_no_altered_one(serial: str) -> None:
    def lowered(made: MadeBy) -> MadeBy:
        main = made_meter("total.impressions", 12, WRITTEN - timedelta(minutes=5))
        return replace(made, meters=(main, *(m for m in made.meters if m.name != "total.impressions")))

    export = shown(fleet(), READ_AT)
    if serial == OFFICE:  # its last push came before the counter was set
        rows = tuple(
            replace(row, observed_at=READ_AT[-1], received_at=READ_AT[-1]) if row.serial == serial else row
            for row in export.meters
        )
        export = replace(export, meters=rows)
    tampered = befallen(fleet(), serial, change=lowered)
    told = befallen(fleet(), serial, effect("meter-set", 10.42, meter="total.impressions"), change=lowered)
    swapped = befallen(fleet(), serial, effect("formatter-swapped", 10.42, zeroed=True), change=lowered)
    other = befallen(fleet(), serial, effect("meter-set", 10.42, meter="scan.images"), change=lowered)

    assert (Fault.ALTERED, Thing.METER) in faults(compare(tampered, export))
    assert (Fault.ALTERED, Thing.METER) in faults(compare(other, export))
    assert (Fault.ALTERED, Thing.METER) not in faults(compare(told, export))
    assert (Fault.ALTERED, Thing.METER) not in faults(compare(swapped, export))
    assert compare(told, export).counts[Thing.METER].pending >= 1
    assert (Fault.LATE, Thing.METER) in faults(compare(told, export, SETTLED))


def test_a_job_log_that_was_emptied_shows_only_what_ended_since() -> None:
    truth = fleet()
    export = without_jobs(shown(truth), SCANNED_PLOTTER, "400-5f0c3a")
    emptied = befallen(truth, SCANNED_PLOTTER, effect("formatter-swapped", 3.0))
    emptied_before = befallen(truth, SCANNED_PLOTTER, effect("formatter-swapped", 1.0))

    assert (Fault.LOST, Thing.JOB) in faults(compare(truth, export))
    assert (Fault.LOST, Thing.JOB) in faults(compare(emptied_before, export))
    assert (Fault.LOST, Thing.JOB) not in faults(compare(emptied, export))


def test_a_printer_with_another_serial_is_one_device_for_each_of_them() -> None:
    def renumbered(made: MadeBy) -> MadeBy:
        return replace(made, printer=replace(made.printer, serial="CN9NEW", former_serials=(OFFICE,)))

    export = shown(fleet())
    truth = befallen(fleet(), OFFICE, effect("formatter-swapped", 10.4), change=renumbered)
    both = replace(
        export,
        devices=(
            *export.devices,
            *(replace(row, device_id="99", serial="CN9NEW") for row in export.devices if row.serial == OFFICE),
        ),
    )

    assert faults(compare(truth, export)) == set() == faults(compare(truth, both))


def test_effects_are_read_from_the_truth_and_unknown_ones_mean_nothing() -> None:
    lines = truth_file(fleet()).splitlines()
    effects = [
        b'{"kind":"effect","printer":1,"effect":"power-off","at":"2026-11-16T09:00:00.000Z"}',
        b'{"kind":"effect","printer":1,"effect":"formatter-swapped","at":"2026-11-16T09:01:00.000Z","meters":"zero"}',
        b'{"kind":"effect","printer":1,"effect":"struck-by-lightning","at":"2026-11-16T09:02:00.000Z","volts":9}',
    ]

    (made,) = [
        made for made in decode_truth([*lines[:-1], *effects, lines[-1]]).printers if made.printer.number == 1
    ]  # fmt: skip

    assert [one.effect for one in made.effects] == ["power-off", "formatter-swapped", "struck-by-lightning"]
    assert [one.zeroed for one in made.effects] == [False, True, False]
