"""Every edge of the triggers, as stories: what happens in the printer, and which batches come of it.

The policy alone is in test_direct_connect_triggers; here it works with spool, restarts and clocks.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from direct_connect.core.batching import Lane
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import AT_ONCE, TriggerPolicy
from direct_connect.core.verdict import HttpAnswer, judge
from direct_connect.errors import InvalidRecordError, SpoolFullError
from tests.support.direct_connect import a_snapshot, an_alert
from tests.support.direct_connect_printer import Printer
from wire_format.answers import Ack
from wire_format.records import Batch
from wire_format.settings import Desired, Settings

Step = Callable[[Printer], None]
YEAR_S = 365 * 86_400.0


def jobs(count: int, start: int = 0) -> Step:
    return lambda printer: printer.print_jobs(count, start)


def impressions(*counts: int) -> Step:
    def step(printer: Printer) -> None:
        for count in counts:
            printer.gatherer.impressions_made(count)

    return step


def passes(seconds: float) -> Step:
    return lambda printer: printer.clock.advance(seconds)


def clock_set(seconds: float) -> Step:
    """The wall clock is set; the monotonic one does not care."""

    def step(printer: Printer) -> None:
        printer.clock.at += timedelta(seconds=seconds)

    return step


def suspended(seconds: float) -> Step:
    """The machine slept, with a clock that counts it; SystemClock on Linux does not (docs/howto/embed.md)."""
    return passes(seconds)


def restart(off_s: float = 0.0, wall_jump_s: float = 0.0) -> Step:
    return lambda printer: printer.restart(off_s=off_s, wall_jump=timedelta(seconds=wall_jump_s))


def alert(name: str, code: int = 8, severity: str = "critical") -> Step:
    return lambda printer: printer.gatherer.alert_raised(
        an_alert(name, code=code, severity=severity, onset_at=printer.clock.at)
    )


def clear(name: str) -> Step:
    return lambda printer: printer.gatherer.alert_cleared(name)


def push(printer: Printer) -> None:
    printer.gatherer.ask_push()


def both(first: Step, second: Step) -> Step:
    """Two steps with no time to form a batch in between."""

    def step(printer: Printer) -> None:
        first(printer)
        second(printer)

    return step


def heartbeat(printer: Printer) -> None:
    """The first heartbeat, whose moment depends on the sender's name, is over."""
    printer.clock.advance(10_800)
    printer.gatherer.form_due()
    for lane in Lane:
        while (batch := printer.spool.oldest(lane)) is not None:
            printer.spool.ack(batch.stream, batch.sequence, printer.clock.at)


def wish(
    version: int, *, interval_s: int | None = None, jobs_max: int | None = None, impressions_max: int | None = None
) -> Step:
    settings = Settings(interval_s=interval_s, jobs_max=jobs_max, impressions_max=impressions_max)
    return lambda printer: printer.gatherer.take_desired(Desired(version=version, settings=settings))


@dataclass(frozen=True)
class Story:
    """Steps, each followed by forming what is due; the batches as reason/jobs/alerts/impressions that still wait."""

    name: str
    steps: tuple[Step, ...]
    batches: tuple[str, ...]


def story(name: str, *steps: Step, batches: str) -> Story:
    return Story(name, (heartbeat, *steps), tuple(batches.split()))


STORIES = [
    story("18 jobs wait", jobs(18), batches=""),
    story("the 19th job takes the 18 along", jobs(18), jobs(1, 18), batches="jobs:19"),
    story("the 20th begins anew", jobs(20), jobs(18, 20), jobs(1, 38), batches="jobs:20 jobs:19"),
    story("99 impressions wait", impressions(99), batches=""),
    story("the 100th impression", impressions(99), impressions(1), batches="impressions:0"),
    story("250 impressions one by one", *[impressions(1)] * 250, jobs(1), batches="impressions:0 impressions:0"),
    story("250 impressions at once", impressions(250), jobs(1), batches="impressions:0"),
    story(
        "a job of 250 impressions: meters while it prints, its record with what forms next",
        *[impressions(50)] * 5, jobs(1), passes(10_800),
        batches="impressions:0 impressions:0 interval:1",
    ),
    story("a moment before three hours", passes(10_799.9), batches=""),
    story("an idle printer's day", *[passes(10_800)] * 8, batches="interval:0 " * 8),
    story("18 jobs and 99 impressions leave with the heartbeat", jobs(18), impressions(99), passes(10_800),
          batches="interval:18"),
    story("... and count from nothing after it", jobs(18), impressions(99), passes(10_800), jobs(18, 18),
          impressions(99), batches="interval:18"),
    story("a batch puts the heartbeat off", passes(10_000), jobs(19), passes(10_799), passes(1),
          batches="jobs:19 interval:0"),
    story("an alert does not", passes(10_000), alert("a"), passes(799), passes(1), batches="alert:0:a interval:0"),
    story("an alert resets no count", jobs(18), impressions(99), alert("a"), jobs(1, 18), impressions(1),
          impressions(99),
          batches="alert:0:a jobs:19 impressions:0"),
    story("a warning waits", alert("a", severity="warning"), jobs(19), batches="jobs:19:a"),
    story("a push by hand", jobs(3), push, batches="manual:3"),
    story("a push by hand and the 19th job", both(push, jobs(19)),
          batches="manual:19"),
    story("restart after 18 jobs", jobs(18), restart(60), jobs(1, 18), batches="jobs:19"),
    story("restart after 99 impressions", impressions(99), restart(60), impressions(1), batches="impressions:0"),
    story("a push asked before a restart is not remembered", both(push, restart()),
          batches=""),
    story("the rest of the wait after a restart", passes(10_000), restart(700), passes(99), passes(1.1),
          batches="interval:0"),
    story("a month off", jobs(5), restart(30 * 86_400), passes(600), batches="boot:5"),
    story("a month off with the 19th job just before", jobs(18), restart(30 * 86_400), jobs(1, 18), passes(10_799),
          batches="jobs:19"),
    story("a month running without a network is a month of heartbeats", *[passes(10_800)] * 240,
          batches="interval:0 " * 240),
    story("the clock is set a year ahead", clock_set(YEAR_S), passes(10_799), passes(1), batches="interval:0"),
    story("the clock is set ten years back", clock_set(-10 * YEAR_S), passes(10_799), passes(1), batches="interval:0"),
    story("the clock was set ahead, then a restart", passes(9_000), clock_set(YEAR_S), restart(5), passes(600),
          batches="boot:0"),
    story("the clock was set back, then a restart", passes(9_000), clock_set(-YEAR_S), restart(5), passes(600),
          batches="boot:0"),
    story("a machine that slept eight hours", suspended(8 * 3600), batches="interval:0"),
    story("an alert before a restart", both(alert("a"), restart(240)),
          batches="alert:0:a"),
    story("a shorter interval is in force at once", wish(1, interval_s=600), passes(599), passes(1),
          batches="interval:0"),
    story("a longer interval from the next batch on", wish(1, interval_s=86_400), passes(10_800), passes(86_399),
          passes(1), batches="interval:0 interval:0"),
    story("fewer jobs asked for", wish(1, jobs_max=2), passes(60), jobs(2), batches="jobs:2"),
    story("fewer impressions asked for", wish(1, impressions_max=5), passes(59), impressions(5), passes(1),
          batches="impressions:0"),
    story("more jobs asked for", wish(1, jobs_max=30), jobs(29), jobs(1, 29), batches="jobs:30"),
    story("an older version changes nothing", wish(5, jobs_max=2), wish(4, jobs_max=1), jobs(1), batches=""),
    story("the embedder's own counts hold within that minute", wish(1, jobs_max=1), passes(60), jobs(1), jobs(18, 1),
          jobs(1, 19), passes(59), passes(1), batches="jobs:1 jobs:19"),
]  # fmt: skip


def told(batch: Batch) -> str:
    (report,) = batch.reports
    names = ",".join(each.alert_id + ("!" if each.cleared_at else "") for each in report.alerts)
    return f"{batch.reason.value}:{len(report.jobs)}" + (f":{names}" if names else "")


@pytest.mark.parametrize("edge", STORIES, ids=lambda edge: edge.name)
def test_exactly_these_batches_are_formed(edge: Story) -> None:
    printer = Printer()
    batches: list[Batch] = []
    for step in edge.steps:
        step(printer)
        batches += printer.formed()

    assert [told(batch) for batch in batches] == list(edge.batches)
    assert [batch.sequence for batch in batches] == list(range(2, len(batches) + 2))


def test_the_19th_job_the_100th_impression_and_three_hours_in_one_second_are_one_batch_for_the_jobs() -> None:
    printer = Printer()
    heartbeat(printer)
    printer.clock.advance(10_800)
    impressions(100)(printer)
    jobs(19)(printer)

    assert [told(batch) for batch in printer.formed()] == ["jobs:19"]
    assert printer.formed() == []
    assert printer.gatherer.wake_at() == printer.clock.now_s + 10_800


def test_with_an_alert_in_that_second_there_are_two_and_the_alert_goes_first() -> None:
    printer = Printer()
    heartbeat(printer)
    printer.clock.advance(10_800)
    impressions(100)(printer)
    jobs(19)(printer)
    alert("jam")(printer)

    assert [told(batch) for batch in printer.formed()] == ["alert:0:jam", "jobs:19"]


def test_an_alert_one_second_after_power_on_leaves_once_with_its_own_time_over_another_reboot() -> None:
    printer = Printer()
    printer.restart(off_s=86_400)
    printer.clock.advance(1)
    raised_at = printer.clock.at
    printer.gatherer.alert_raised(an_alert("jam", onset_at=raised_at))
    printer.gatherer.form_due()

    printer.restart(off_s=20)
    printer.gatherer.form_due()
    printer.clock.advance(240)

    (batch,) = [batch for batch in printer.formed() if batch.reason == "alert"]
    assert [each.onset_at for each in batch.reports[0].alerts] == [raised_at]
    printer.clock.advance(10_800)
    assert not [each for batch in printer.formed() for each in batch.reports[0].alerts]


def test_flapping_gives_at_most_one_batch_a_minute_with_the_count_and_both_times() -> None:
    printer = Printer()
    heartbeat(printer)
    began_at = printer.clock.at
    batches = []
    for number in range(200):
        alert(f"jam-{number}")(printer)
        batches += [(printer.clock.now_s, batch) for batch in printer.formed()]
        printer.clock.advance(0.5)
        printer.gatherer.alert_cleared(f"jam-{number}")
        printer.gatherer.alert_taken()
        batches += [(printer.clock.now_s, batch) for batch in printer.formed()]
        printer.clock.advance(0.5)
    printer.clock.advance(60)
    batches += [(printer.clock.now_s, batch) for batch in printer.formed()]

    moments = [moment for moment, _ in batches]
    assert all(later - sooner >= 60 for sooner, later in itertools.pairwise(moments))
    alerts = [each for _, batch in batches for each in batch.reports[0].alerts]
    assert sum(each.count or 1 for each in {each.alert_id: each for each in alerts}.values()) == 200
    folded = max(alerts, key=lambda each: each.count or 0)
    assert folded.onset_at is not None and folded.cleared_at is not None
    assert began_at < folded.onset_at < folded.cleared_at


def test_what_flaps_for_a_month_without_a_network_is_a_few_batches_and_one_count() -> None:
    printer = Printer()
    heartbeat(printer)
    formed = 0
    for number in range(2000):
        alert(f"jam-{number}")(printer)
        formed += printer.gatherer.form_due()
        printer.gatherer.alert_cleared(f"jam-{number}")
        printer.clock.advance(61)
        formed += printer.gatherer.form_due()
    assert sum(batch.reason == "alert" for batch in printer.formed()) <= 8
    assert formed <= 8 + 2000 * 61 // 10_800 + 1

    printer.gatherer.alert_taken()

    (batch,) = printer.formed()
    assert sum(each.count or 1 for each in batch.reports[0].alerts) > 1900


def test_a_new_kind_of_alert_leaves_at_once_however_many_of_another_wait() -> None:
    printer = Printer()
    for number in range(20):
        alert(f"jam-{number}")(printer)
        printer.gatherer.form_due()
        printer.clock.advance(61)
    printer.formed()

    alert("empty", code=1102)(printer)

    assert "empty" in told(printer.formed()[0])


def test_a_full_spool_does_not_make_an_alert_wait() -> None:
    printer = Printer(bytes_max=14_000)
    for number in range(0, 500, 19):
        try:
            jobs(19, number)(printer)
        except SpoolFullError:
            continue
        printer.gatherer.form_due()
    push(printer)
    printer.gatherer.form_due()
    assert printer.gatherer.wake_at() > printer.clock.now_s

    alert("jam")(printer)
    assert printer.gatherer.wake_at() == AT_ONCE
    printer.gatherer.form_due()

    batch = printer.spool.oldest(Lane.PRIORITY)
    assert batch is not None


def test_a_push_asked_for_while_a_batch_is_formed_is_that_batch() -> None:
    printer = Printer()
    heartbeat(printer)

    def snapshot() -> Snapshot:
        printer.snapshot = a_snapshot
        jobs(1, 99)(printer)
        push(printer)
        return a_snapshot()

    printer.snapshot = snapshot
    jobs(19)(printer)
    printer.gatherer.form_due()

    assert [told(batch) for batch in printer.formed()] == ["jobs:20"]


def test_what_is_made_while_a_snapshot_is_awaited_counts_for_the_next_batch() -> None:
    printer = Printer()
    heartbeat(printer)
    printer.snapshot = lambda: None
    impressions(100)(printer)
    assert printer.formed() == []
    assert printer.gatherer.wake_at() == float("inf")

    impressions(60)(printer)
    printer.snapshot = a_snapshot

    assert [told(batch) for batch in printer.formed()] == ["impressions:0"]
    assert printer.gatherer.gathered().impressions == 60


@pytest.mark.parametrize("minutes_on", [1, 5, 60, 170])
@pytest.mark.parametrize("battery", [True, False], ids=["clock runs on", "clock begins anew"])
def test_a_printer_that_is_never_on_for_long_is_heard_within_a_few_starts(minutes_on: int, battery: bool) -> None:
    printer = Printer()
    heartbeat(printer)
    powered_on_at = printer.clock.at
    starts = 0
    while not printer.formed():
        starts += 1
        assert starts < 20, "it is never heard"
        if not battery:
            printer.clock.at = powered_on_at
        printer.restart(off_s=5)
        printer.clock.advance(minutes_on * 60)


def test_a_boot_push_stays_one_over_a_second_restart() -> None:
    printer = Printer()
    heartbeat(printer)
    printer.restart(off_s=30 * 86_400)
    printer.restart(off_s=1)
    printer.clock.advance(600)

    assert [batch.reason for batch in printer.formed()] == ["boot"]


@pytest.mark.parametrize(
    "spelled", ["0", "-1", "59", "1e2", "600.0", "1e400", "9" * 30, "true", '"600"', "[600]", "{}"]
)
@pytest.mark.parametrize("name", ["interval_s", "jobs_max", "impressions_max"])
def test_a_hostile_setting_is_within_the_bounds_or_ignored(name: str, spelled: str) -> None:
    sent = Ack(stream="0" * 32, sequence=1, sha256="a" * 64)
    ack = f'{{"stream":"{"0" * 32}","sequence":1,"sha256":"{"a" * 64}"}}'
    body = f'{{"ack":{ack},"desired":{{"version":9,"settings":{{"{name}":{spelled}}}}}}}'
    printer = Printer()
    heartbeat(printer)

    judgement = judge(HttpAnswer(status=200, body=body.encode()), sent, printer.clock.at)
    printer.gatherer.take_desired(judgement.desired)

    triggers = printer.gatherer.gathered().settings.triggers
    assert 60 <= triggers.interval_s <= 86_400
    assert 1 <= triggers.jobs_max <= 1000
    assert 1 <= triggers.impressions_max <= 100_000


@pytest.mark.parametrize("advice", [0, -5, 59, 10**15])
def test_no_advice_makes_a_printer_push_within_a_minute(advice: int) -> None:
    printer = Printer()
    heartbeat(printer)

    printer.gatherer.take_advice(advice)

    assert printer.clock.now_s + 60 <= printer.gatherer.wake_at() <= printer.clock.now_s + 10_800


def test_no_portal_gets_more_than_a_batch_a_minute_out_of_a_busy_printer() -> None:
    printer = Printer(ConnectionSettings(triggers=TriggerPolicy(jobs_max=1000, impressions_max=10_000)))
    heartbeat(printer)
    wish(1, interval_s=60, jobs_max=1, impressions_max=1)(printer)
    moments = []
    for number in range(301):
        jobs(1, number)(printer)
        impressions(3)(printer)
        for batch in printer.formed():
            assert batch.reports[0].jobs
            moments.append(printer.clock.now_s)
            printer.gatherer.take_advice(0)
        wake_s = printer.gatherer.wake_at()
        assert wake_s <= printer.clock.now_s + 60
        printer.clock.advance(1)

    assert len(moments) == 5
    assert all(later - sooner >= 60 for sooner, later in itertools.pairwise(moments))


def test_wishes_survive_a_restart_and_never_exceed_the_bounds_even_from_a_damaged_memo() -> None:
    printer = Printer()
    wish(3, jobs_max=2)(printer)
    printer.spool.remember("desired", json.dumps({"version": 3, "settings": {"jobs_max": 0}}))

    printer.restart()

    assert printer.gatherer.gathered().settings.triggers.jobs_max == 19


@pytest.mark.parametrize("name", ["desired", "deadline_at", "deadline_why", "formed_boot", "boot"])
@pytest.mark.parametrize("value", ["", "x", "-5", "{}", "9" * 400])
def test_a_printer_starts_whatever_it_remembers_of_itself(name: str, value: str) -> None:
    printer = Printer()
    heartbeat(printer)
    printer.spool.remember(name, value)

    printer.restart()
    jobs(19)(printer)

    assert [told(batch) for batch in printer.formed()] == ["jobs:19"]


@pytest.mark.parametrize("count", [1.0, True, "5", None])
def test_impressions_are_a_whole_number(count: object) -> None:
    printer = Printer()
    with pytest.raises(InvalidRecordError, match="whole number"):
        printer.gatherer.impressions_made(count)  # type: ignore[arg-type]  # the fault under test


@pytest.mark.parametrize("job_id", ["x" * 129, 5, None, "\ud800"])
def test_a_job_that_could_not_end_does_not_begin(job_id: object) -> None:
    printer = Printer()
    with pytest.raises(InvalidRecordError):
        printer.gatherer.job_started(job_id)  # type: ignore[arg-type]  # the fault under test
    assert printer.spool.recall_all("started/") == {}


def test_ten_thousand_alerts_are_not_read_again_at_each_call() -> None:
    printer = Printer(bytes_max=100_000_000)
    reads = 0
    spool_alerts = printer.spool.alerts

    def counted() -> object:
        nonlocal reads
        reads += 1
        return spool_alerts()

    printer.spool.alerts = counted  # type: ignore[method-assign,assignment]
    for number in range(2000):
        alert(f"low-{number}", severity="warning")(printer)

    assert reads == 0
    assert printer.gatherer.gathered().alerts == 2000
