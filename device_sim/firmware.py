"""The direct connection inside simulated printers: what happens to them is told to their portal.

1. The event loop never waits for a disk: events go through one queue to one thread, which stores them in order.
2. All printers share a spool file and a worker; each has an identity, a folder and a sender of its own.
3. A snapshot is taken on the event loop, the only place where printers change.
4. A printer without power or network has no open connection; what happened meanwhile it stores and tells when it is
   back, as firmware does that asks its own memory after a boot.
5. A full spool refuses a job, and that is counted and reported by direct_connect; a disk that fails is asked again.
"""

import asyncio
import contextlib
import functools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Self

from device_sim.announce import Say
from device_sim.clock import ScaledClock
from device_sim.core import reporting
from device_sim.core.clockwork import Happening
from device_sim.core.errors import ConfigError
from device_sim.core.events import (
    Acted,
    AlertCleared,
    AlertRaised,
    Effect,
    Event,
    ImpressionsMade,
    JobFinished,
    JobStarted,
)
from device_sim.core.printer import Printer
from device_sim.firmware_clock import FirmwareClock
from device_sim.options import DirectPlan
from device_sim.population import Population
from direct_connect import api

SPOOL_FILE = "spool.db"
SPOOL_BYTES_A_PRINTER = 2 * 1024 * 1024
SPOOL_BYTES_MIN = 16 * 1024 * 1024
WORKER_THREADS_MAX = 8
ENROL_S_MAX = 15.0
POLL_S = 0.05
WATCH_EVERY_S = 3.0
STORAGE_RETRY_S = 1.0
SNAPSHOT_S_MAX = 10.0
REFUSED_AFTER = timedelta(hours=6)
"""A sender that tries again only so much later was turned away; one that was not heard tries within an hour."""
GOING = {Effect.POWER_OFF: "power", Effect.NETWORK_DOWN: "network"}
COMING = {Effect.BOOTED: "power", Effect.NETWORK_UP: "network"}

_log = logging.getLogger(__name__)
_Work = Callable[[], None]


class Firmware:
    """The connections of all printers that push."""

    def __init__(self, population: Population, clock: ScaledClock, say: Say) -> None:
        self.senders: dict[int, str] = {}
        self._population, self._clock, self._say = population, clock, say
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, api.DirectConnection] = {}
        self._opening: dict[int, Callable[[], api.DirectConnection]] = {}
        self._away: dict[int, set[str]] = {}
        self._held: dict[int, list[Event]] = {}
        self._pushing: frozenset[int] = frozenset()
        self._spool: api.SqliteSpoolFile | None = None
        self._worker: api.Worker | None = None
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._teller = threading.Thread(target=self._tell, name="sim-firmware", daemon=True)
        self._problems: dict[int, str] = {}
        self._closing = threading.Event()

    @classmethod
    async def open(
        cls, plan: DirectPlan, printers: Sequence[Printer], population: Population, clock: ScaledClock, say: Say
    ) -> Self:
        """Open every connection, and give enrolment a moment. Raises ConfigError.

        A portal that cannot be reached is no error: what happens meanwhile waits in the spool.
        """
        self = cls(population, clock, say)
        # Listening comes first: opening a connection looks at its printer, and what happened before must be told too.
        self._pushing = frozenset(printer.state.identity.index for printer in printers)
        population.listen(self._note, to_all=False)
        try:
            await asyncio.to_thread(self._open, plan, printers)
            self._teller.start()
            await self._enrolled(plan)
        except BaseException:
            await self.close()
            raise
        return self

    async def push_all(self, within_s: float) -> bool:
        """Form a batch at every printer and send everything. Whether all was delivered in so many real seconds."""
        end_s = time.monotonic() + within_s
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._barrier()), within_s)
        except TimeoutError:
            self._say("the spool does not take what happened last; see the log")
            return False
        wanted = await asyncio.to_thread(self._push)
        while left := await asyncio.to_thread(self._undelivered, wanted):
            if time.monotonic() >= end_s:
                self._say(f"{left} printers could not deliver everything; it stays in their spool")
                return False
            await asyncio.sleep(POLL_S)
        return True

    async def watch(self) -> None:
        """Say it when a printer cannot deliver, and when it can again. Never returns."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for index, problem in (await asyncio.to_thread(self._troubled)).items():
                if problem and problem != self._problems.get(index):
                    self._say(f"printer {index}: {problem}")
                elif not problem and self._problems.get(index):
                    self._say(f"printer {index}: delivers again")
                self._problems[index] = problem

    async def close(self) -> None:
        """Store what was told so far, and end. What is unsent is sent after the next start."""
        self._closing.set()
        if self._teller.is_alive():
            self._queue.put(None)
            await asyncio.to_thread(self._teller.join)
        await asyncio.to_thread(self._close)

    def _open(self, plan: DirectPlan, printers: Sequence[Printer]) -> None:
        try:
            size = max(SPOOL_BYTES_MIN, SPOOL_BYTES_A_PRINTER * len(printers))
            self._spool = api.SqliteSpoolFile.open(plan.spool / SPOOL_FILE, bytes_max=size)
            self._worker = api.Worker(clock=self._clock, threads=min(WORKER_THREADS_MAX, len(printers) + 1))
            claims = iter(plan.claims)
            for printer in printers:
                self._connect(plan, printer, next(claims, None))
        except api.ConfigError as error:
            raise ConfigError("--claim", "", str(error)) from error
        except (api.DirectConnectError, OSError) as error:
            raise ConfigError("--spool", "", f"{error}; choose another directory or free it") from error

    def _connect(self, plan: DirectPlan, printer: Printer, claim: str | None) -> None:
        identity = printer.state.identity
        self._opening[identity.index] = functools.partial(
            api.DirectConnection.open,
            plan.spool / identity.serial,
            plan.url,
            snapshot=self._snapshot_of(identity.index),
            claim_code=claim,
            settings=replace(api.ConnectionSettings(), job_names=api.JobNames.CLEAR, agent="inkwire-sim"),
            clock=FirmwareClock(self._clock, lambda: printer.state),
            worker=self._worker,
            spool=self._spool,
        )
        connection = self._connections[identity.index] = self._opening[identity.index]()
        self.senders[identity.index] = connection.sender
        if claim is None and not connection.status().enrolled:
            remedy = f"there are fewer claim codes than printers that push ({identity.serial} has none); give one each"
            raise ConfigError("--claim", "", remedy)

    def _snapshot_of(self, index: int) -> Callable[[], api.Snapshot]:
        async def on_loop() -> api.Snapshot:
            state = self._population.at_index(index)
            return api.Snapshot(
                device=reporting.device_of(state),
                config=reporting.config_of(state),
                status=reporting.status_of(state),
                meters=reporting.meters_of(state),
                supplies=reporting.supplies_of(state),
            )

        def take() -> api.Snapshot:
            return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(SNAPSHOT_S_MAX)

        return take

    async def _enrolled(self, plan: DirectPlan) -> None:
        end_s = time.monotonic() + ENROL_S_MAX
        while True:
            stands = await asyncio.to_thread(self._stands)
            waiting = [each for each in stands.values() if not each.enrolled]
            for each in waiting:
                if each.problem and each.next_try_at and each.next_try_at - self._clock.utc_now() > REFUSED_AFTER:
                    raise ConfigError("--claim", "", each.problem)
            if not waiting:
                return
            if time.monotonic() >= end_s or all(each.problem for each in waiting):
                several = "1 printer is" if len(waiting) == 1 else f"{len(waiting)} printers are"
                self._say(f"{several} not enrolled yet: {waiting[0].problem}; it is tried again, and nothing is lost")
                self._problems = {index: each.problem or "" for index, each in stands.items()}
                return
            await asyncio.sleep(POLL_S)

    def _note(self, happening: Happening) -> None:
        index = happening.printer.state.identity.index
        if index in self._pushing:
            for event in happening.events:
                self._queue.put(functools.partial(self._report, index, event))

    def _report(self, index: int, event: Event) -> None:
        """Tell a connection of an event; durable when it returns, unless the printer is away."""
        if isinstance(event, Acted):
            self._come_or_go(index, event.effect)
        elif index in self._away:
            self._held[index].append(event)
        else:
            self._store(self._connections[index], event)

    def _come_or_go(self, index: int, effect: Effect) -> None:
        """Power or network went, or are back: an opened connection goes on where it was closed."""
        if effect in GOING:
            if index not in self._away:
                self._away[index], self._held[index] = set(), []
                self._connections[index].close()
            self._away[index].add(GOING[effect])
        elif effect in COMING and index in self._away:
            self._away[index].discard(COMING[effect])
            if self._away[index]:
                return
            connection = self._connections[index] = self._opening[index]()
            for event in self._held[index]:
                self._do(functools.partial(self._store, connection, event))
            del self._away[index], self._held[index]

    def _store(self, connection: api.DirectConnection, event: Event) -> None:
        match event:
            case JobStarted(number=number):
                connection.job_started(str(number))
            case ImpressionsMade(count=count):
                connection.impressions_made(count)
            case JobFinished(job=job):
                connection.job_finished(job.record)
            case AlertRaised(alert=alert):
                connection.alert_raised(reporting.alert_record(alert))
            case AlertCleared(alert=alert, at_s=at_s):
                connection.alert_cleared(alert.alert_id, reporting.moment(at_s))

    def _tell(self) -> None:
        """The teller's thread: store what happened, one after the other."""
        while (work := self._queue.get()) is not None and self._do(work):
            pass

    def _do(self, work: _Work) -> bool:
        """Do it until the disk takes it; False when that was to last beyond the end."""
        while True:
            try:
                work()
            except api.SpoolStorageError as error:
                _log.error("an event could not be stored; trying again: %s", error)
                if self._closing.wait(STORAGE_RETRY_S):
                    return False
                continue
            except api.DirectConnectError as error:
                _log.error("an event was refused: %s", error)
            return True

    def _barrier(self) -> "Future[None]":
        """Done when everything told so far is stored."""
        passed: Future[None] = Future()

        def pass_it() -> None:
            if passed.set_running_or_notify_cancel():  # nobody may be waiting any more
                passed.set_result(None)

        self._queue.put(pass_it)
        return passed

    def _push(self) -> dict[int, int]:
        """Ask every connection to push; how many batches each must have delivered then."""
        wanted = {}
        for index, stands in self._stands().items():
            with contextlib.suppress(api.ClosedError):
                self._connections[index].push()
                wanted[index] = stands.delivered + stands.unsent + 1
        return wanted

    def _undelivered(self, wanted: dict[int, int]) -> int:
        stands = ((each, wanted[index]) for index, each in self._stands().items() if index in wanted)
        return sum(each.unsent > 0 or each.delivered + each.set_aside < count for each, count in stands)

    def _troubled(self) -> dict[int, str]:
        return {index: stands.problem or "" for index, stands in self._stands().items()}

    def _stands(self) -> dict[int, api.ConnectionStatus]:
        """Where the connections stand that are open: a printer without power or network has none."""
        stands = {}
        for index, connection in list(self._connections.items()):
            with contextlib.suppress(api.ClosedError):
                stands[index] = connection.status()
        return stands

    def _close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        if self._worker is not None:
            self._worker.close()
        if self._spool is not None:
            self._spool.close()
