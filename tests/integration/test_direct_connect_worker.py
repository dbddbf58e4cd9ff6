"""The worker: turns are taken when they are due, by threads that otherwise sleep."""

import math
import threading
from collections.abc import Callable, Iterator

import pytest

from direct_connect.core.triggers import AT_ONCE
from direct_connect.worker import Worker
from tests.support.direct_connect import ManualClock


class Turns:
    """A turn that counts itself and plans the next one as told."""

    def __init__(self, plan: Callable[[], float]) -> None:
        self.plan, self.count = plan, 0
        self.changed = threading.Condition()

    def __call__(self) -> float:
        with self.changed:
            self.count += 1
            self.changed.notify_all()
        return self.plan()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count >= count, 5), f"only {self.count} turns"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=[1, 3])
def worker(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Worker]:
    with Worker(clock=clock, threads=request.param) as worker:
        yield worker


def test_the_first_turn_is_taken_at_once_and_the_next_when_the_clock_says_so(
    worker: Worker, clock: ManualClock
) -> None:
    turns = Turns(lambda: clock.monotonic_s() + 10)
    worker.add(turns)
    turns.wait_for(1)

    clock.advance(9.9)
    other = Turns(lambda: math.inf)
    worker.add(other)
    other.wait_for(1)
    assert turns.count == 1
    clock.advance(0.2)

    turns.wait_for(2)


def test_a_task_that_never_wants_to_run_runs_when_it_is_woken(worker: Worker) -> None:
    turns = Turns(lambda: math.inf)
    task = worker.add(turns)
    for count in range(1, 5):
        turns.wait_for(count)
        task.wake()
    turns.wait_for(5)


def test_waking_during_a_turn_gives_another_turn(worker: Worker) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def plan() -> float:
        inside.set()
        assert go_on.wait(5)
        return math.inf

    turns = Turns(plan)
    task = worker.add(turns)
    assert inside.wait(5)
    task.wake()
    go_on.set()

    turns.wait_for(2)


def test_a_turn_that_fails_stops_nobody_and_is_taken_again(worker: Worker, clock: ManualClock) -> None:
    def fail() -> float:
        raise OSError("the disk is gone")

    failing, other = Turns(fail), Turns(lambda: math.inf)
    worker.add(failing)
    failing.wait_for(1)
    worker.add(other)
    other.wait_for(1)
    deadline = threading.Event()
    while failing.count < 2 and not deadline.wait(0.01):
        clock.advance(61)

    failing.wait_for(2)


def test_after_remove_no_turn_is_taken_and_none_is_under_way(worker: Worker) -> None:
    going = threading.Event()
    running = threading.Event()

    def plan() -> float:
        going.set()
        running.set()
        running.clear()
        return AT_ONCE

    turns = Turns(plan)
    task = worker.add(turns)
    assert going.wait(5)

    task.remove()
    after = turns.count
    task.wake()
    other = Turns(lambda: math.inf)
    worker.add(other)
    other.wait_for(1)

    assert turns.count == after


def test_a_turn_may_remove_its_own_task(worker: Worker) -> None:
    def plan() -> float:
        task.remove()
        return AT_ONCE

    added = threading.Event()
    turns = Turns(lambda: plan() if added.wait(5) else math.inf)
    task = worker.add(turns)
    added.set()
    turns.wait_for(1)
    other = Turns(lambda: math.inf)
    worker.add(other)
    other.wait_for(1)

    assert turns.count == 1


def test_an_idle_worker_does_not_wake_up(clock: ManualClock) -> None:
    with Worker(clock=clock, threads=1) as worker:
        turns = Turns(lambda: clock.monotonic_s() + 10_800)
        worker.add(turns)
        turns.wait_for(1)
        waits = clock.waits

        threading.Event().wait(0.1)

        assert clock.waits - waits <= 1
        assert turns.count == 1
