"""Background work that sleeps until there is something to do.

A worker holds tasks, each with the moment it wants to run next. Its threads share one condition and sleep on the
clock until the earliest moment: nobody polls. A thousand connections may share one worker.

Fair: turns that are due are taken in the order in which they came due, and each task takes one turn before it queues
up again, so a printer with a long backlog delays another by one post. Patient tasks (sending what is not urgent,
enrolling) queue up behind the others and never hold every thread: while all of them wait for a portal that does not
answer, batches are formed and alerts leave.
"""

import heapq
import itertools
import logging
import math
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from direct_connect.clock import Clock, SystemClock
from direct_connect.core.triggers import AT_ONCE

_LOG: Final = logging.getLogger(__name__)
_AFTER_FAULT_S: Final = 60.0

Turn = Callable[[], float]
"""Does what is due and gives the moment of the next turn: AT_ONCE, monotonic seconds, or math.inf."""


class Task:
    """A turn that a worker takes again and again. Made by `Worker.add`."""

    def __init__(self, turn: Turn, worker: "Worker", *, patient: bool) -> None:
        self.turn, self.patient = turn, patient
        self.due_s = AT_ONCE
        self.running_in: int | None = None
        self.woken = False
        self.removed = False
        self._worker = worker

    def wake(self) -> None:
        """Take a turn soon, whatever was planned. Cheap; from any thread."""
        self._worker.wake(self)

    def remove(self, wait_s: float = 5.0) -> None:
        """Take no further turn. Waits for one under way, at most wait_s real seconds."""
        self._worker.remove(self, wait_s)


class Worker:
    """A few threads for the tasks of one or many connections.

    threads: how many turns may be under way at once, one of them never a patient task's (unless it is the only
    thread). They start with the first task and are daemons: what they
    do is durable or repeated, so a process may end at any moment.
    """

    def __init__(self, *, clock: Clock | None = None, threads: int = 2, name: str = "inkwire-direct") -> None:
        self._clock: Clock = clock or SystemClock()
        self._threads_max, self._name = threads, name
        lock = threading.RLock()
        self._condition = threading.Condition(lock)  # something is planned
        self._finished = threading.Condition(lock)  # the turn of a removed task ended
        self._queues: dict[bool, list[tuple[float, int, Task]]] = {False: [], True: []}  # by whether they are patient
        self._patient_max, self._patient_running = max(1, threads - 1), 0
        self._count = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def add(self, turn: Turn, *, patient: bool = False) -> Task:
        """Begin to take turns, the first at once. patient: it may take long, and others come first."""
        task = Task(turn, self, patient=patient)
        with self._condition:
            self._plan(task, AT_ONCE)
            if len(self._threads) < self._threads_max and not self._closing:
                thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads) + 1}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return task

    def wake(self, task: Task) -> None:
        """See `Task.wake`."""
        with self._condition:
            if task.running_in is not None:
                task.woken = True
            elif task.due_s != AT_ONCE:
                self._plan(task, AT_ONCE)

    def remove(self, task: Task, wait_s: float) -> None:
        """See `Task.remove`."""
        with self._condition:
            task.removed = True
            if task.running_in != threading.get_ident():
                self._finished.wait_for(lambda: task.running_in is None, wait_s)

    def close(self, wait_s: float = 5.0) -> None:
        """End the threads; a turn under way is waited for, at most wait_s real seconds. Idempotent."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
            threads = [thread for thread in self._threads if thread.ident != threading.get_ident()]
        for thread in threads:
            thread.join(wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _plan(self, task: Task, due_s: float) -> None:
        task.due_s = due_s
        if due_s < math.inf:
            heapq.heappush(self._queues[task.patient], (due_s, next(self._count), task))
            self._condition.notify()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            due_s = self._take_turn(task)
            with self._condition:
                task.running_in = None
                if task.patient:
                    self._patient_running -= 1
                    if self._patient_running == self._patient_max - 1:
                        self._condition.notify()
                if task.removed:
                    self._finished.notify_all()
                else:
                    self._plan(task, AT_ONCE if task.woken else due_s)

    def _next(self) -> Task | None:
        with self._condition:
            while not self._closing:
                queues = [self._tidied(False)]
                if self._patient_running < self._patient_max:
                    queues.append(self._tidied(True))
                now_s = self._clock.monotonic_s()
                for queue in queues:
                    if queue and queue[0][0] <= now_s:
                        return self._begun(heapq.heappop(queue)[2])
                self._clock.wait(self._condition, min((queue[0][0] for queue in queues if queue), default=None))
            return None

    def _begun(self, task: Task) -> Task:
        task.running_in, task.woken, task.due_s = threading.get_ident(), False, math.inf
        self._patient_running += task.patient
        return task

    def _tidied(self, patient: bool) -> list[tuple[float, int, Task]]:
        queue = self._queues[patient]
        while queue and self._stale(*queue[0]):
            heapq.heappop(queue)
        return queue

    @staticmethod
    def _stale(due_s: float, _: int, task: Task) -> bool:
        return task.removed or task.running_in is not None or task.due_s != due_s

    def _take_turn(self, task: Task) -> float:
        try:
            return task.turn()
        except Exception:  # one connection's fault must not stop the others
            _LOG.exception("background turn failed; it is taken again in a minute")
            return self._clock.monotonic_s() + _AFTER_FAULT_S
