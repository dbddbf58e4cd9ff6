"""A job that somebody submits waits for its turn, and can be cancelled before, in and after it."""

from dataclasses import replace

from device_sim.core.dice import Dice
from device_sim.core.events import ImpressionsMade, JobFinished, JobStarted
from device_sim.core.workload import Order, Wish, order_of
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, changed, finished, impressions, live, printer
from wire_format.records import Outcome, Service

IDLE = changed(
    "color-laserjet-m479",
    workload={"jobs_per_day": 0},
    trouble={"impressions_per_jam": 0, "covers_opened_per_day_percent": 0},
)


def wished(**wish: object) -> Order:
    return order_of(IDLE, Wish(**wish), Dice("test"))  # type: ignore[arg-type]  # the fields of Wish by name


def test_a_submitted_job_has_its_number_at_once_and_is_printed() -> None:
    one = printer(IDLE)
    live(one, MONDAY_7 + 600)
    before = list(one.state.meters)

    number = one.submit(wished(name="Offer.pdf", impressions=12, copies=2, duplex=True))
    assert one.state.job is not None and one.state.job.number == number
    events = live(one, MONDAY_7 + HOUR_S)

    assert isinstance(events[0], JobStarted) and events[0].number == number
    (ended,) = finished(events)
    record = ended.job.record
    assert record.job_id == str(number) and record.name == "Offer.pdf" and record.outcome is Outcome.COMPLETED
    assert (record.impressions, record.sheets, record.copies) == (24, 12, 2)
    assert record.submitted_at is not None and record.submitted_at.timestamp() == MONDAY_7 + 600
    assert one.state.meters[0] - before[0] == 24 == impressions(events)


def test_jobs_that_wait_are_seen_in_their_order_with_what_they_want() -> None:
    one = printer(IDLE)

    first, second, third = (one.submit(wished(name=name, impressions=9)) for name in ("a", "b", "c"))

    assert first < second < third
    assert [(job.number, job.name, job.wanted) for job in one.state.waiting] == [(second, "b", 9), (third, "c", 9)]
    assert all(job.submitted_s == MONDAY_7 and job.service is Service.PRINT for job in one.state.waiting)
    assert one.state.queued == 2
    assert [event.job.number for event in finished(live(one, MONDAY_7 + HOUR_S))] == [first, second, third]


def test_a_waiting_job_that_is_cancelled_ends_with_nothing_printed() -> None:
    one = printer(IDLE)
    one.submit(wished(impressions=50))
    waiting = one.submit(wished(impressions=50))

    assert one.cancel(waiting) and one.state.waiting == ()
    events = live(one, MONDAY_7 + HOUR_S)

    cancelled = next(event.job for event in finished(events) if event.job.number == waiting)
    assert cancelled.record.outcome is Outcome.CANCELED and cancelled.record.impressions == 0
    assert len(finished(events)) == 2 and not one.cancel(waiting)


def test_a_running_job_that_is_cancelled_counts_what_was_really_printed() -> None:
    one = printer(IDLE)
    number = one.submit(wished(impressions=500))
    live(one, MONDAY_7 + 60.7)
    done = one.state.job.done if one.state.job else 0
    assert done > 5

    assert one.cancel(number)
    events = live(one, MONDAY_7 + HOUR_S)

    (ended,) = finished(events)
    assert ended.job.record.outcome is Outcome.CANCELED and ended.job.record.impressions == done + 1
    assert impressions(events) == 1 and one.resting
    assert ended.at_s - (MONDAY_7 + 60.7) < 60 / IDLE.pace.impressions_per_minute


def test_a_job_that_has_printed_nothing_yet_ends_at_once_when_cancelled() -> None:
    one = printer(IDLE)
    number = one.submit(wished(impressions=500))
    after = one.submit(wished(impressions=1))

    assert one.cancel(number)

    assert one.state.job is not None and one.state.job.number == after
    (ended, _) = finished(live(one, MONDAY_7 + HOUR_S))
    assert ended.job.number == number and ended.job.record.impressions == 0


def test_what_somebody_submits_after_the_end_of_intake_is_cancelled_unprinted() -> None:
    one = printer(IDLE)
    one.end_intake(MONDAY_7)

    one.submit(wished(impressions=3))

    (ended,) = finished(live(one, MONDAY_7 + 1))
    assert ended.job.record.outcome is Outcome.CANCELED and one.resting and one.next_event_at() is None


def test_a_population_brings_a_printer_to_now_before_something_is_done_to_it_and_tells_what_came_of_it() -> None:
    clock = StandingClock(MONDAY_7)
    population = Population([printer(IDLE, index=index) for index in (4, 7)], clock)
    told: list[tuple[int, object]] = []
    population.listen(
        lambda happening: told.extend((happening.printer.state.identity.index, event) for event in happening.events)
    )
    clock.move(MONDAY_7 + 3600)

    number = population.act_on(7, lambda one: one.submit(wished(impressions=2)))
    started = list(told)
    clock.move(MONDAY_7 + 7200)
    population.wake()

    assert started == [(7, JobStarted(at_s=MONDAY_7 + 3600, number=number))]
    assert [type(event) for _, event in told] == [JobStarted, ImpressionsMade, JobFinished]


def test_a_withdrawn_job_is_printed_under_its_number_and_its_arrival_when_it_comes_back() -> None:
    one = printer(IDLE)
    one.submit(wished(impressions=500))
    held = one.submit(wished(impressions=2))
    one.advance(MONDAY_7 + 5)

    order = one.withdraw(held)
    one.advance(MONDAY_7 + 4 * HOUR_S)
    nothing = [job for job in one.state.finished if job.number == held]
    assert order is not None and one.submit(order, held) == held
    one.advance(MONDAY_7 + 5 * HOUR_S)

    (job,) = [job for job in one.state.finished if job.number == held]
    assert nothing == [] and one.withdraw(held) is None
    assert job.record.impressions == 2
    assert job.record.submitted_at is not None and job.record.submitted_at.timestamp() == MONDAY_7


def test_a_reserved_number_is_nobody_else_s_and_may_end_unprinted() -> None:
    one = printer(IDLE)
    reserved = one.reserve()
    other = one.submit(wished(impressions=1))

    one.turn_away(replace(wished(impressions=3), arrived_ms=int(MONDAY_7 * 1000)), reserved, Outcome.ABORTED)
    one.advance(MONDAY_7 + 60)

    ended = {job.number: job.record for job in one.state.finished}
    assert set(ended) == {reserved, other}
    assert (ended[reserved].outcome, ended[reserved].impressions) == (Outcome.ABORTED, 0)


def test_a_printer_says_when_it_takes_nothing_any_more() -> None:
    one = printer(IDLE)
    before = one.accepting

    one.end_intake(MONDAY_7)

    assert before and not one.accepting
