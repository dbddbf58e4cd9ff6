"""The direct connection inside simulated printers: what happens to them is told to their portal.

1. The event loop never waits for a disk: events go to one thread, which stores them in order (`teller`).
2. All printers share a spool file and a worker; each has an identity, a folder and a sender of its own.
3. A snapshot is taken on the event loop, the only place where printers change.
4. A printer without power or network has no open connection; what happened meanwhile it stores and tells when it is
   back, as firmware does that asks its own memory after a boot.
5. A full spool refuses a job, and that is counted and reported by direct_connect; a disk that fails is asked again.
6. A fleet may be to live faster than what happens can be stored. Then it lives slower (`behind`) and catches up later;
   the clock, which other programs may share, goes on. What is stored but not delivered, the end of a run waits for.
"""

import asyncio
import contextlib
import functools
import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
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
)
from device_sim.core.printer import Printer
from device_sim.core.telling import Told
from device_sim.firmware_clock import FirmwareClock
from device_sim.options import DirectPlan
from device_sim.population import Population
from device_sim.teller import Teller
from direct_connect import api

SPOOL_FILE = "spool.db"
SPOOL_BYTES_A_PRINTER = 2 * 1024 * 1024
SPOOL_BYTES_MIN = 16 * 1024 * 1024
WORKER_THREADS_MAX = 16
ENROL_S_MAX = 15.0
POLL_S = 0.05
POLL_S_MAX = 5.0
LATER_BATCHES = 3
POLL_SHARE_MAX = 0.1
"""How much of the time looking how far it is may take."""
BEHIND_MAX = 2_000
SWITCH_S = 0.0005
"""How long a thread of Python keeps the others from running. With the usual 5 ms a fleet that lives as fast as it can
would starve those who store and send, for they hand over at every step."""
BEHIND_SAY_EVERY_S = 30.0
SAY_EVERY_S = 10.0
WATCH_EVERY_S = 3.0
SNAPSHOT_S_MAX = 10.0
REFUSED_AFTER = timedelta(hours=6)
"""A sender that tries again only so much later was turned away; one that was not heard tries within an hour."""
GOING = {Effect.POWER_OFF: "power", Effect.NETWORK_DOWN: "network"}
COMING = {Effect.BOOTED: "power", Effect.NETWORK_UP: "network"}


@dataclass(frozen=True, slots=True)
class _Left:
    """What is not told yet."""

    events: int
    batches: int
    printers: int

    def __str__(self) -> str:
        if self.events:
            return f"{self.events:,} events are not stored yet"
        return f"{self.printers:,} printers have {self.batches:,} batches to deliver"


class Firmware:
    """The connections of all printers that push."""

    def __init__(self, population: Population, clock: ScaledClock, say: Say) -> None:
        self.senders: dict[int, str] = {}
        self._population, self._clock, self._say = population, clock, say
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, api.DirectConnection] = {}
        self._opening: dict[int, Callable[[], api.DirectConnection]] = {}
        self._away: dict[int, set[str]] = {}
        self._held: dict[int, list[Told]] = {}
        self._pushing: frozenset[int] = frozenset()
        self._spool: api.SqliteSpoolFile | None = None
        self._worker: api.Worker | None = None
        self._teller = Teller(self._together, self._report)
        self._problems: dict[int, str] = {}
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)

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

    @property
    def behind(self) -> bool:
        """Whether so much waits to be stored that the fleet should not live on for a moment."""
        return self._teller.waiting > BEHIND_MAX

    @property
    def away(self) -> int:
        """How many printers keep what they have to tell, because they are without power or network."""
        return len(self._away)

    async def push_all(self, patience_s: float, within_s: float = math.inf) -> bool:
        """Form a batch at every printer and send everything. Whether all was delivered.

        Gives up when nothing moved for patience_s real seconds, or after within_s. What is left is said now and then.
        """
        patience = _Patience(patience_s, within_s, self._say)
        stored = asyncio.wrap_future(self._teller.barrier())
        while not stored.done():
            if patience.ends(_Left(self._teller.waiting, 0, 0)):
                stored.cancel()
                self._say("the spool does not take what happened last; see the log")
                return False
            await asyncio.wait({stored}, timeout=POLL_S)
        wanted = await asyncio.to_thread(self._push)
        while True:
            began_s = time.monotonic()
            left = await asyncio.to_thread(self._undelivered, wanted)
            if not left.printers:
                return True
            if patience.ends(left):
                self._say(f"{left.printers:,} printers could not deliver everything; it stays in their spool")
                return False
            await asyncio.sleep(min(max(POLL_S, (time.monotonic() - began_s) / POLL_SHARE_MAX), POLL_S_MAX))

    async def watch(self) -> None:
        """Say it when a printer cannot deliver, and when it can again; and when all are behind. Never returns."""
        behind_said_s = -math.inf
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self.behind and time.monotonic() - behind_said_s >= BEHIND_SAY_EVERY_S:
                behind_said_s = time.monotonic()
                self._say(f"the fleet lives slower than its clock: {self._teller.waiting:,} events are not stored yet")
            for index, problem in (await asyncio.to_thread(self._troubled)).items():
                if problem and problem != self._problems.get(index):
                    self._say(f"printer {index}: {problem}")
                elif not problem and self._problems.get(index):
                    self._say(f"printer {index}: delivers again")
                self._problems[index] = problem

    async def close(self) -> None:
        """Store what was told so far, and end. What is unsent is sent after the next start."""
        sys.setswitchinterval(self._switch_s)
        await asyncio.to_thread(self._teller.close)
        await asyncio.to_thread(self._close)

    def _open(self, plan: DirectPlan, printers: Sequence[Printer]) -> None:
        try:
            size = max(SPOOL_BYTES_MIN, SPOOL_BYTES_A_PRINTER * len(printers))
            self._spool = api.SqliteSpoolFile.open(plan.spool / SPOOL_FILE, bytes_max=size)
            self._worker = api.Worker(clock=self._clock, threads=min(WORKER_THREADS_MAX, len(printers) + 1))
            claims = iter(plan.claims)
            for printer in printers:
                with self._spool.together():  # what it remembers of its start, in one commit
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
            began_s = time.monotonic()
            stands = await asyncio.to_thread(self._stands)
            waiting = [each for each in stands.values() if not each.enrolled]
            for each in waiting:
                if each.problem and each.next_try_at and each.next_try_at - self._clock.utc_now() > REFUSED_AFTER:
                    raise ConfigError("--claim", "", each.problem)
            if not waiting:
                return
            if time.monotonic() >= end_s or all(each.problem for each in waiting):
                several = "1 printer is" if len(waiting) == 1 else f"{len(waiting)} printers are"
                problem = next((each.problem for each in waiting if each.problem), "the portal takes its time")
                self._say(f"{several} not enrolled yet: {problem}; it is tried again, and nothing is lost")
                self._problems = {index: each.problem or "" for index, each in stands.items()}
                return
            await asyncio.sleep(max(POLL_S, (time.monotonic() - began_s) / POLL_SHARE_MAX))

    def _note(self, happening: Happening) -> None:
        index = happening.printer.state.identity.index
        if index in self._pushing:
            for event in happening.events:
                if not isinstance(event, Acted):
                    self._teller.tell(index, event)
                elif event.effect in GOING or event.effect in COMING:
                    self._teller.act(functools.partial(self._come_or_go, index, event.effect))

    def _together(self) -> AbstractContextManager[api.Together]:
        assert self._spool is not None
        return self._spool.together()

    def _report(self, index: int, event: Event) -> None:
        """Tell a connection of an event, unless the printer is away."""
        if index in self._away:
            self._held[index].append((index, event))
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
            self._connections[index] = self._opening[index]()
            del self._away[index]
            self._teller.store_all(self._held.pop(index))

    def _store(self, connection: api.DirectConnection, event: Event) -> None:
        match event:
            case ImpressionsMade(count=count):
                connection.impressions_made(count)
            case JobFinished(job=job):
                connection.job_finished(job.record)
            case AlertRaised(alert=alert):
                connection.alert_raised(reporting.alert_record(alert))
            case AlertCleared(alert=alert, at_s=at_s):
                connection.alert_cleared(alert.alert_id, reporting.moment(at_s))

    def _push(self) -> dict[int, int]:
        """Ask every connection to push; how many batches each must have delivered then."""
        wanted = {}
        for index, stands in self._stands().items():
            with contextlib.suppress(api.ClosedError):
                self._connections[index].push()
                wanted[index] = stands.delivered + stands.set_aside + stands.unsent + 1
        return wanted

    def _undelivered(self, wanted: dict[int, int]) -> _Left:
        """What is left of what was wanted; whoever delivered all is taken off."""
        batches = 0
        for index, count in list(wanted.items()):
            with contextlib.suppress(api.ClosedError):
                stands = self._connections[index].status()
                settled = stands.delivered + stands.set_aside
                # On a fast clock the next heartbeats wait already; what was wanted is delivered when later ones are.
                if settled < count or (stands.unsent and settled < count + LATER_BATCHES):
                    batches += max(1, stands.unsent)
                    continue
            del wanted[index]
        return _Left(self._teller.waiting, batches, len(wanted))

    def _troubled(self) -> dict[int, str]:
        return {index: connection.problem or "" for index, connection in list(self._connections.items())}

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


class _Patience:
    """Says now and then what is left, and when it has not moved for too long, or it took too long at all."""

    def __init__(self, patience_s: float, within_s: float, say: Say) -> None:
        self._patience_s, self._say = patience_s, say
        self._moved_s = self._said_s = time.monotonic()
        self._end_s = self._moved_s + within_s
        self._left: _Left | None = None

    def ends(self, left: _Left) -> bool:
        """Whether it is to be given up."""
        now_s = time.monotonic()
        if left != self._left:
            self._left, self._moved_s = left, now_s
        if now_s - self._said_s >= SAY_EVERY_S:
            self._said_s = now_s
            self._say(str(left))
        return now_s - self._moved_s >= self._patience_s or now_s >= self._end_s
