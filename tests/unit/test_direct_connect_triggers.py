"""When a batch must leave: every edge of the policy, as a table where it is one."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from direct_connect.core.triggers import AT_ONCE, Pending, TriggerPolicy
from tests.support.direct_connect import an_alert
from wire_format.records import Reason

POLICY = TriggerPolicy()
HOURS_3 = 10_800.0
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDER = "A" * 43


@dataclass(frozen=True)
class Edge:
    name: str
    pending: Pending
    now_s: float
    due: Reason | None
    wake_s: float


IDLE = Pending(deadline_s=HOURS_3)
EDGES = [
    Edge("nothing yet", IDLE, 0.0, None, HOURS_3),
    Edge("a moment before three hours", IDLE, HOURS_3 - 0.001, None, HOURS_3),
    Edge("three hours", IDLE, HOURS_3, Reason.INTERVAL, HOURS_3),
    Edge("not enrolled, so no heartbeat", Pending(), 1e9, None, math.inf),
    Edge("18 jobs", replace(IDLE, jobs=18), 5.0, None, HOURS_3),
    Edge("the 19th job", replace(IDLE, jobs=19), 5.0, Reason.JOBS, AT_ONCE),
    Edge("19 jobs before enrolment", Pending(jobs=19), 5.0, Reason.JOBS, AT_ONCE),
    Edge("99 impressions", replace(IDLE, impressions=99), 5.0, None, HOURS_3),
    Edge("the 100th impression", replace(IDLE, impressions=100), 5.0, Reason.IMPRESSIONS, AT_ONCE),
    Edge(
        "19th job, 100th impression and three hours in one second",
        replace(IDLE, jobs=19, impressions=100),
        HOURS_3,
        Reason.JOBS,
        AT_ONCE,
    ),
    Edge("a push by hand", replace(IDLE, push_asked=True), 0.0, Reason.MANUAL, AT_ONCE),
    Edge("a deadline missed while off", replace(IDLE, deadline_reason=Reason.BOOT), HOURS_3, Reason.BOOT, HOURS_3),
    Edge("an alert", replace(IDLE, urgent_codes=frozenset({8})), 0.0, Reason.ALERT, AT_ONCE),
    Edge(
        "an alert goes before everything else that is due",
        replace(IDLE, urgent_codes=frozenset({8}), jobs=19, push_asked=True),
        HOURS_3,
        Reason.ALERT,
        AT_ONCE,
    ),
    Edge(
        "the same code again within its minute",
        replace(IDLE, urgent_codes=frozenset({8}), alert_batch_s={8: 100.0}),
        159.9,
        None,
        160.0,
    ),
    Edge(
        "the same code again after its minute",
        replace(IDLE, urgent_codes=frozenset({8}), alert_batch_s={8: 100.0}),
        160.0,
        Reason.ALERT,
        160.0,
    ),
    Edge(
        "another code does not wait for the flapping one",
        replace(IDLE, urgent_codes=frozenset({8, 1102}), alert_batch_s={8: 100.0}),
        101.0,
        Reason.ALERT,
        AT_ONCE,
    ),
    Edge(
        "a flapping code does not hold up jobs",
        replace(IDLE, urgent_codes=frozenset({8}), alert_batch_s={8: 100.0}, jobs=19),
        101.0,
        Reason.JOBS,
        AT_ONCE,
    ),
]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_a_batch_is_due_exactly_when_the_policy_says_so(edge: Edge) -> None:
    assert POLICY.due(edge.pending, edge.now_s) == edge.due


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_it_says_when_to_wake(edge: Edge) -> None:
    assert POLICY.wake_at(edge.pending) == edge.wake_s


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_what_is_due_is_due_at_the_moment_it_said_to_wake(edge: Edge) -> None:
    wake_s = POLICY.wake_at(edge.pending)
    if wake_s != math.inf:
        assert POLICY.due(edge.pending, wake_s if wake_s != AT_ONCE else edge.now_s) is not None


def test_a_formed_batch_resets_jobs_impressions_and_deadline() -> None:
    pending = replace(IDLE, jobs=19, impressions=250, deadline_reason=Reason.BOOT, push_asked=True)

    after = POLICY.formed(pending, 500.0, impressions=250, jobs=19)

    assert after == Pending(deadline_s=500.0 + HOURS_3, formed_s=500.0)


def test_what_came_in_while_a_batch_was_formed_counts_for_the_next() -> None:
    pending = replace(IDLE, jobs=21, impressions=130)

    after = POLICY.formed(pending, 500.0, impressions=100, jobs=19)

    assert (after.jobs, after.impressions) == (2, 30)


def test_an_alert_batch_resets_no_other_trigger() -> None:
    pending = replace(IDLE, jobs=18, impressions=99, push_asked=True, urgent_codes=frozenset({8}))

    after = POLICY.alert_formed(pending, 200.0)

    assert after == replace(pending, urgent_codes=frozenset(), alert_batch_s={8: 200.0}, alert_unsent={8: 1})


def test_codes_that_calmed_down_are_forgotten() -> None:
    pending = replace(IDLE, urgent_codes=frozenset({8}), alert_batch_s={1102: 100.0, 3: 150.0})

    assert POLICY.alert_formed(pending, 160.0).alert_batch_s == {3: 150.0, 8: 160.0}


def test_critical_alerts_and_the_configured_codes_are_urgent() -> None:
    policy = TriggerPolicy(alert_codes=frozenset({1104}))

    assert policy.urgent(an_alert("a", severity="critical"))
    assert policy.urgent(an_alert("b", severity="warning", code=1104))
    assert not policy.urgent(an_alert("c", severity="warning", code=1105))


def test_first_deadlines_after_enrolment_are_spread_over_the_interval() -> None:
    deadlines = [POLICY.enrolled(Pending(), 0.0, f"sender-{number}").deadline_s or 0.0 for number in range(1000)]

    tenths = [sum(tenth * 1080 <= each < (tenth + 1) * 1080 for each in deadlines) for tenth in range(10)]
    assert sum(tenths) == 1000
    assert min(tenths) > 60


def test_the_first_deadline_is_the_same_however_often_it_is_asked_for() -> None:
    assert POLICY.enrolled(Pending(), 7.0, SENDER) == POLICY.enrolled(Pending(), 7.0, SENDER)


def test_a_restart_takes_up_the_rest_of_the_wait() -> None:
    resumed = POLICY.resumed(Pending(jobs=18), 50.0, NOON, NOON + timedelta(minutes=40), SENDER)

    assert (resumed.deadline_s, resumed.deadline_reason, resumed.jobs) == (50.0 + 2400, Reason.INTERVAL, 18)


@pytest.mark.parametrize(
    "deadline_at",
    [NOON - timedelta(days=30), NOON, NOON + timedelta(hours=3, seconds=1), NOON + timedelta(days=365 * 20)],
    ids=["a month off", "due on the dot", "clock set back a little", "clock lost its battery"],
)
def test_a_missed_or_senseless_deadline_becomes_a_boot_push_within_ten_minutes(deadline_at: datetime) -> None:
    resumed = POLICY.resumed(Pending(), 50.0, NOON, deadline_at, SENDER)

    assert resumed.deadline_reason is Reason.BOOT
    assert resumed.deadline_s is not None
    assert 50.0 <= resumed.deadline_s < 650.0


def test_senders_that_boot_together_do_not_call_together() -> None:
    deadlines = {
        POLICY.resumed(Pending(), 0.0, NOON, NOON - timedelta(days=1), f"sender-{number}").deadline_s
        for number in range(200)
    }

    assert len(deadlines) > 190


def test_a_shorter_interval_brings_the_deadline_forward_and_a_longer_one_never_back() -> None:
    assert POLICY.hurried(IDLE, 600.0).deadline_s == 600.0
    assert POLICY.hurried(IDLE, 90_000.0) == IDLE
    assert POLICY.hurried(Pending(), 600.0).deadline_s is None
