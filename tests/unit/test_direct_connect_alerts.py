"""Alerts on their way: told at most twice, folded when they flap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from direct_connect.core.alerts import APART_MAX, TrackedAlert, cleared, fold, told
from direct_connect.core.batching import Lane
from tests.support.direct_connect import an_alert

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def flap(number: int, *, ended: bool = True, was_told: bool = False, code: int = 8) -> TrackedAlert:
    onset_at = AT + timedelta(seconds=2 * number)
    alert = an_alert(f"a{number}", code=code, onset_at=onset_at)
    if ended:
        alert = replace(alert, cleared_at=onset_at + timedelta(seconds=1))
    return TrackedAlert(alert=alert, lane=Lane.PRIORITY, told=was_told)


def test_the_first_end_of_an_alert_counts() -> None:
    once = cleared(flap(1, ended=False), AT)

    assert once.alert.cleared_at == AT
    assert once.changed
    assert cleared(once, AT + timedelta(hours=1)) == once


def test_an_open_alert_stays_tracked_after_it_was_told_and_an_ended_one_does_not() -> None:
    left = told(flap(1, ended=False))

    assert left is not None
    assert (left.told, left.changed) == (True, False)
    assert told(flap(1)) is None


def test_a_few_alerts_of_one_code_stay_apart() -> None:
    assert fold([flap(number) for number in range(APART_MAX)], 8) is None


def test_flapping_is_folded_into_the_newest_with_the_first_onset_and_a_count() -> None:
    known = [flap(number) for number in range(6)]

    folding = fold(known, 8)

    assert folding is not None
    assert folding.alert.alert.alert_id == "a5"
    assert folding.alert.alert.onset_at == known[0].alert.onset_at
    assert folding.alert.alert.cleared_at == known[5].alert.cleared_at
    assert folding.alert.alert.count == 6
    assert folding.replaced == ("a0", "a1", "a2", "a3", "a4")


def test_folding_what_was_folded_adds_the_counts() -> None:
    first = fold([flap(number) for number in range(6)], 8)
    assert first is not None

    second = fold([first.alert, *(flap(number) for number in range(6, 10))], 8)

    assert second is not None
    assert second.alert.alert.count == 10
    assert second.alert.alert.onset_at == AT


def test_open_alerts_told_alerts_and_other_codes_are_never_folded() -> None:
    apart = [flap(20, ended=False), flap(21, was_told=True), flap(22, code=1102)]

    assert fold([*apart, *(flap(number) for number in range(APART_MAX))], 8) is None
