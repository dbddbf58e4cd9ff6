"""Rules 13 to 16 of `inkwire verify`: alerts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inkwire.verify.compare import compare
from inkwire.verify.facts import Export, MadeAlert, ShownAlert, Truth
from inkwire.verify.limits import Limits
from inkwire.verify.verdict import Fault, Thing, Verdict
from tests.support.verify import (
    OFFICE,
    PLOTTER,
    SCANNED_OFFICE,
    WRITTEN,
    after,
    fleet,
    made_alert,
    shown,
)

SETTLED = Limits(pending_within_s=0)


def alert_of(export: Export, serial: str, alert_id: str) -> ShownAlert:
    return next(row for row in export.alerts if (row.serial, row.alert_id) == (serial, alert_id))


def with_alert(export: Export, row: ShownAlert, *instead: ShownAlert) -> Export:
    return replace(export, alerts=(*(each for each in export.alerts if each is not row), *instead))


def with_made(serial: str, *alerts: MadeAlert) -> Truth:
    return replace(
        fleet(),
        printers=tuple(
            replace(made, alerts=alerts) if made.printer.serial == serial else made for made in fleet().printers
        ),
    )


def judged(serial: str, alert_id: str, change: Callable[[ShownAlert], ShownAlert], limits: Limits = SETTLED) -> Verdict:
    export = shown(fleet())
    row = alert_of(export, serial, alert_id)
    return compare(fleet(), with_alert(export, row, change(row)), limits)


def names(verdict: Verdict) -> list[tuple[Fault, str, str]]:
    assert {each.thing for each in verdict.differences} <= {Thing.ALERT}
    return [(each.fault, each.serial, each.item) for each in verdict.differences]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("code", lambda row: replace(row, code=3)),
        ("severity", lambda row: replace(row, severity="warning")),
        ("onset_at", lambda row: replace(row, onset_at=row.onset_at - timedelta(milliseconds=1))),
        ("cleared_at", lambda row: replace(row, cleared_at=row.cleared_at + timedelta(seconds=1))),
        ("cleared_at", lambda row: replace(row, cleared_at=None)),
        ("count", lambda row: replace(row, count=2)),
    ],
)
def test_any_field_of_a_pushed_alert_that_differs_is_altered_and_told(
    field: str, change: Callable[[ShownAlert], ShownAlert]
) -> None:
    verdict = judged(PLOTTER, "1-1", change)

    assert names(verdict) == [(Fault.ALTERED, PLOTTER, "1-1")]
    assert field in verdict.differences[0].wanted
    assert field in verdict.differences[0].found


def test_an_alert_that_stands_must_not_be_shown_as_cleared() -> None:
    assert names(judged(PLOTTER, "1-2", lambda row: replace(row, cleared_at=after(4)))) == [
        (Fault.ALTERED, PLOTTER, "1-2")
    ]


def test_the_end_of_an_alert_may_be_on_its_way() -> None:
    truth = with_made(OFFICE, made_alert("1-1", after(6), after(10), code=808))
    export = shown(truth)
    row = alert_of(export, OFFICE, "1-1")
    export = with_alert(export, row, replace(row, cleared_at=None))

    assert compare(truth, export).same
    assert names(compare(truth, export, SETTLED)) == [(Fault.ALTERED, OFFICE, "1-1")]


def test_an_end_that_came_after_the_truth_was_written_is_not_judged() -> None:
    end = WRITTEN + timedelta(minutes=1)

    assert judged(PLOTTER, "1-2", lambda row: replace(row, cleared_at=end), Limits()).same


def test_a_pushed_alert_that_is_not_there_is_lost() -> None:
    export = shown(fleet())

    verdict = compare(fleet(), with_alert(export, alert_of(export, PLOTTER, "1-1")))

    assert names(verdict) == [(Fault.LOST, PLOTTER, "1-1")]
    assert "code 8" in verdict.differences[0].wanted


def test_a_pushed_alert_shown_twice_is_named() -> None:
    export = shown(fleet())
    row = alert_of(export, PLOTTER, "1-1")

    assert names(compare(fleet(), with_alert(export, row, row, row))) == [(Fault.TWICE, PLOTTER, "1-1")]


def test_an_alert_that_no_printer_raised_is_invented() -> None:
    export = shown(fleet())
    row = alert_of(export, PLOTTER, "1-1")
    ghost = replace(row, alert_id="9-9")

    assert names(compare(fleet(), with_alert(export, row, row, ghost))) == [(Fault.INVENTED, PLOTTER, "9-9")]
    newer = replace(ghost, onset_at=WRITTEN + timedelta(minutes=1))
    assert compare(fleet(), with_alert(export, row, row, newer)).counts[Thing.ALERT].newer == 1


def test_a_critical_alert_is_late_after_minutes_and_another_after_hours() -> None:
    def took(alert_id: str, wait: timedelta, limits: Limits = SETTLED) -> Verdict:
        return judged(PLOTTER, alert_id, lambda row: replace(row, received_at=(row.onset_at or WRITTEN) + wait), limits)

    ten, four = timedelta(minutes=10), timedelta(hours=4)
    assert took("1-1", ten).same
    assert names(took("1-1", ten + timedelta(seconds=1))) == [(Fault.LATE, PLOTTER, "1-1")]
    assert took("1-1", 2 * ten, Limits(critical_late_after_s=1200.0)).same
    assert took("1-2", four).same
    assert names(took("1-2", four + timedelta(seconds=1))) == [(Fault.LATE, PLOTTER, "1-2")]


def test_a_missing_critical_alert_is_pending_for_minutes_late_for_hours_and_then_lost() -> None:
    def missing(onset_at_hours: float, severity: str = "critical") -> Verdict:
        truth = with_made(OFFICE, made_alert("1-1", after(onset_at_hours), None, severity=severity))
        return compare(truth, replace(shown(truth), alerts=shown(with_made(OFFICE)).alerts))

    assert missing(10.4).counts[Thing.ALERT].pending == 1
    assert names(missing(10)) == [(Fault.LATE, OFFICE, "1-1")]
    assert names(missing(6)) == [(Fault.LOST, OFFICE, "1-1")]
    assert missing(10, "warning").counts[Thing.ALERT].pending == 1


def test_alerts_that_a_sender_folded_into_one_are_found_and_their_count_is_checked() -> None:
    flaps = tuple(made_alert(f"1-{n}", after(2 + n / 60), after(2 + n / 60 + 0.005), code=3) for n in range(1, 7))
    truth = with_made(OFFICE, *flaps)
    export = shown(truth)
    newest = alert_of(export, OFFICE, "1-6")
    others = tuple(row for row in export.alerts if row.serial != OFFICE)

    def with_record(row: ShownAlert) -> Verdict:
        return compare(truth, replace(export, alerts=(*others, row)), SETTLED)

    folded = replace(newest, onset_at=flaps[0].onset_at, count=6)
    assert with_record(folded).same
    assert with_record(folded).counts[Thing.ALERT].found == compare(truth, export).counts[Thing.ALERT].found
    assert names(with_record(replace(folded, count=5))) == [(Fault.LOST, OFFICE, "1-5")]
    assert names(with_record(replace(folded, count=7))) == [(Fault.ALTERED, OFFICE, "1-6")]
    assert [fault for fault, _, _ in names(with_record(newest))] == [Fault.LOST] * 5


def test_a_scanned_alert_that_stood_at_a_reading_is_expected_and_one_between_readings_is_not() -> None:
    export = shown(fleet())

    verdict = compare(fleet(), export, SETTLED)

    assert verdict.counts[Thing.ALERT].unseen == 1
    for alert_id, made_id in (("seen-1-1", "1-1"), ("seen-1-3", "1-3")):
        without = with_alert(export, alert_of(export, SCANNED_OFFICE, alert_id))
        assert names(compare(fleet(), without, SETTLED)) == [(Fault.LOST, SCANNED_OFFICE, made_id)]


def test_a_scanned_alert_is_known_by_code_and_onset_whatever_the_collector_calls_it() -> None:
    assert judged(SCANNED_OFFICE, "seen-1-1", lambda row: replace(row, alert_id="whatever")).same
    assert judged(SCANNED_OFFICE, "seen-1-1", lambda row: replace(row, onset_at=None)).same
    near = judged(SCANNED_OFFICE, "seen-1-1", lambda row: replace(row, onset_at=after(3.5) + timedelta(minutes=19)))
    far = judged(SCANNED_OFFICE, "seen-1-1", lambda row: replace(row, onset_at=after(3.5) + timedelta(minutes=21)))
    assert near.same
    assert sorted(names(far)) == [(Fault.INVENTED, SCANNED_OFFICE, "seen-1-1"), (Fault.LOST, SCANNED_OFFICE, "1-1")]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: replace(row, severity="warning"),
        lambda row: replace(row, cleared_at=after(3.9)),
        lambda row: replace(row, cleared_at=None),
    ],
    ids=["severity", "cleared too early", "never cleared"],
)
def test_a_scanned_alert_that_differs_is_altered(change: Callable[[ShownAlert], ShownAlert]) -> None:
    assert names(judged(SCANNED_OFFICE, "seen-1-1", change)) == [(Fault.ALTERED, SCANNED_OFFICE, "1-1")]


def test_a_scanned_alert_that_stands_must_not_be_shown_as_cleared() -> None:
    assert names(judged(SCANNED_OFFICE, "seen-1-3", lambda row: replace(row, cleared_at=after(9)))) == [
        (Fault.ALTERED, SCANNED_OFFICE, "1-3")
    ]


def test_a_scanned_alert_shown_twice_or_without_cause_is_named() -> None:
    export = shown(fleet())
    row = alert_of(export, SCANNED_OFFICE, "seen-1-1")
    again, ghost = replace(row, alert_id="seen-again"), replace(row, alert_id="seen-ghost", code=1101)

    assert names(compare(fleet(), with_alert(export, row, row, again), SETTLED)) == [
        (Fault.TWICE, SCANNED_OFFICE, "1-1")
    ]
    assert names(compare(fleet(), with_alert(export, row, row, ghost), SETTLED)) == [
        (Fault.INVENTED, SCANNED_OFFICE, "seen-ghost")
    ]


def test_two_alerts_of_one_code_close_together_are_two() -> None:
    flaps = (made_alert("1-1", after(3.8), after(9), code=3), made_alert("1-2", after(3.9), after(9), code=3))
    truth = with_made(SCANNED_OFFICE, *flaps)

    verdict = compare(truth, shown(truth), SETTLED)

    assert verdict.same
    assert verdict.counts[Thing.ALERT].unseen == 0


def test_a_scanned_alert_is_late_from_the_reading_that_could_bring_it() -> None:
    wait = timedelta(hours=4, seconds=1)

    verdict = judged(SCANNED_OFFICE, "seen-1-1", lambda row: replace(row, received_at=after(3.5) + wait))

    assert names(verdict) == [(Fault.LATE, SCANNED_OFFICE, "1-1")]


def test_two_supplies_low_at_once_under_one_code_are_told_apart_by_their_ends() -> None:
    both = (
        made_alert("1-1", after(3.5), None, code=1105, severity="warning"),
        made_alert("1-2", after(3.5), after(3.6), code=1105, severity="warning"),
        made_alert("1-3", after(3.52), after(6), code=1105, severity="warning"),
    )
    truth = with_made(SCANNED_OFFICE, *both)

    verdict = compare(truth, shown(truth), SETTLED)

    assert verdict.same
    assert verdict.counts[Thing.ALERT].unseen == 1
