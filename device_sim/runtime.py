"""A running fleet: virtual time, the agents, the truth file and the direct connections, joined.

1. The listeners are open before the fleet is said to be ready. Printers that push, and all where a truth file is
   kept, are born before that too; on a terminal that counts jobs the others are, while the fleet answers; else a
   printer is born when somebody asks it.
2. SIGINT or SIGTERM: time halts, direct printers push once more and get DRAIN_S_MAX seconds to deliver, the
   truth of that moment is written, everything is closed. A second signal does not wait.
3. SIGUSR1, or the moment of `--until`: no new jobs; when all printers rest, the direct printers push, the truth is
   written and the quiet file appears. The fleet goes on answering.
"""

import asyncio
import contextlib
import functools
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from device_sim.announce import Say, announce_ready, served, withdraw_ready
from device_sim.clock import at_utc
from device_sim.control import Control
from device_sim.core.acts.power import reset_by_manager
from device_sim.core.faulty.liars import Agents
from device_sim.core.glance import Glance
from device_sim.core.nursery import Nursery
from device_sim.core.print_desk import PrintDesk
from device_sim.core.resources import resource
from device_sim.core.snmp.view import MibView
from device_sim.core.state import LivePrinter
from device_sim.core.truth import Truth
from device_sim.event_log import EventLog
from device_sim.event_waits import EventWaits
from device_sim.http_endpoint import HttpEndpoint
from device_sim.http_faults import misbehaving
from device_sim.ipp_server import IppServer, PrintRoom, start_ipp_server
from device_sim.leading import Leader
from device_sim.options import RunPlan
from device_sim.population import Population
from device_sim.progress import ProgressLine, Tally
from device_sim.raw_port import RawPort
from device_sim.reachability import ChangeRoutes, Reachability
from device_sim.receiving import Receiver
from device_sim.snmp_endpoint import SnmpEndpoint, let_senders_finish
from device_sim.truth_file import TruthFile, TruthWriter

if TYPE_CHECKING:
    from device_sim.firmware import Firmware
    from device_sim.fleet_view import FleetView
    from device_sim.notices import NoticeSender

DRAIN_S_MAX = 10.0
BREATH_S = 0.02
PATIENCE_S = 30.0
"""Real seconds in which something must move, else it is said that it does not."""
PROGRESS_EVERY_S = 0.5
SLEEP_S_MAX = 60.0
CHUNKS = ((1_000.0, 100), (60.0, 10))
"""Above so many times real time, every so many impressions are told; slower, each one is as it is made."""
ANY_ADDRESS = "0.0.0.0"


class FleetRuntime:
    """One run of a fleet made of profiles."""

    def __init__(
        self,
        plan: RunPlan,
        say: Say,
        *,
        view: "FleetView | None" = None,
        log: EventLog | None = None,
        routes: ChangeRoutes | None = None,
    ) -> None:
        """view: draws the fleet instead of the line of progress. log: told of every event. routes: of a namespace."""
        self._plan, self._say, self._clock = plan, say, plan.clock
        chunk = next((count for speed, count in CHUNKS if plan.clock.spec.speed > speed), 1)
        nursery = Nursery(
            plan.places,
            plan.profiles,
            seed=plan.fleet.seed,
            at_s=plan.born_s,
            chunk=chunk,
            faults=plan.faults,
            scenario=plan.scenario,
            zones=plan.zones,
        )
        self._population = Population(nursery, plan.clock)
        if plan.jump_s is not None:
            plan.clock.jump(plan.jump_s)
        by_index = zip(plan.places.indices, plan.places.groups(), strict=True)
        self._direct = frozenset(index for index, group in by_index if group.path == "direct")
        self._progress = ProgressLine(sys.stderr)
        self._glance = Glance(printers=len(plan.places))
        self._drawn = view
        self._population.listen(self._glance.note, to_all=self._progress.shown or self._drawn is not None)
        if log is not None:
            self._population.listen(log.note)
        self._truth: Truth | None = None
        self._truth_file = TruthWriter(TruthFile(plan.truth), self.truth_lines, say) if plan.truth else None
        if plan.until_s is not None:
            self._population.freeze(plan.until_s)
        self._firmware: Firmware | None = None
        book = plan.recording.book if plan.recording else None
        self._reachability = Reachability.of(self._population, plan.places, routes, say) if routes else None
        self._agents = Agents(
            plan.profiles.values(),
            plan.fleet.seed,
            (lambda known: book) if book else None,
            community=next(iter(plan.snmp.communities), b"public"),
            reset=self._reset,
            replayed=book is not None,
        )
        self._stirred = asyncio.Event()
        self._population.on_stir = self._stirred.set
        waits = EventWaits()
        self._population.listen(waits.note, to_all=False)
        find = self._population.at_address
        has = plan.recording.site.resource if plan.recording and plan.recording.site else resource
        self._http = HttpEndpoint(self._agents.told(find, "http"), waits, before=(misbehaving(find, "http"),), has=has)
        self._opened = contextlib.AsyncExitStack()
        self._snmp: SnmpEndpoint | None = None
        self._ipp: IppServer | None = None
        self._notices: NoticeSender | None = None
        self._stop = asyncio.Event()
        self._frozen_s = plan.until_s
        self.quiet = asyncio.Event()

    async def run(self, *, embedded: Callable[[], None] | None = None) -> bool:
        """Live until a signal or `stop`; whether the truth was written to the end.

        embedded: called when it is ready, by a run inside another program: signals and terminal are that program's.
        Raises ConfigError when it cannot start.
        """
        loop = asyncio.get_running_loop()
        withdraw_ready(self._plan.ready_file)
        if self._plan.truth or embedded is not None:
            self._keep_truth()
        try:
            self._bear_movers()
            await self._open()
            if embedded is None:
                let_senders_finish()
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, self.stop)
                loop.add_signal_handler(signal.SIGUSR1, self.freeze)
            await self._open_control()
            await self._say_ready()
            parts = [self._live, self._bear, self._write_truths, self._settle]
            if embedded is None:
                parts.append(self._show_progress)
            else:
                embedded()
            if self._firmware is not None:
                parts.append(self._firmware.watch)
            if self._reachability is not None:
                parts.append(self._reachability.keep)
            if self._notices is not None:
                parts.append(self._notices.run)
            await self._until_stopped([loop.create_task(part()) for part in parts])
            await self._end()
            return self._truth_file is None or self._truth_file.trouble is None
        finally:
            await self._close()

    @property
    def population(self) -> Population:
        """The printers of this run."""
        return self._population

    def stop(self) -> None:
        """End the run, as a signal does."""
        self._stop.set()

    def truth_lines(self) -> Iterator[str]:
        """The truth file as of now; nothing where no truth is kept."""
        if self._truth is None:
            return iter(())
        senders = {} if self._firmware is None else self._firmware.senders
        return self._truth.lines(self._population.now_s(), senders, self._direct)

    def _keep_truth(self) -> None:
        """Every printer lives from the start: what each has on its meters then is part of the truth."""
        printers, fleet = self._population.printers, self._plan.fleet
        self._truth = Truth(printers, fleet.seed, self._clock.spec.speed)
        self._population.listen(self._truth.note)

    async def _open(self) -> None:
        """Open every part; what is opened is closed by `_opened`, the last first.

        What only some fleets need is imported by those: it is 10 MB, and a fifth of the time to the first answer.
        """
        fleet, opened = self._plan.fleet, self._opened
        if fleet.snmp_port:
            self._snmp = SnmpEndpoint.open(
                fleet.snmp_port,
                self._view,
                self._plan.snmp.communities,
                users=self._plan.snmp.users,
                speed=self._clock.spec.speed,
                before_batch=self._population.mark,
            )
            opened.callback(self._snmp.close)
        if self._plan.snmp.sinks:
            from device_sim.notices import NoticeSender

            self._notices = NoticeSender(self._plan.snmp.sinks)
            self._population.listen(self._notices.hear)
            opened.push_async_callback(self._notices.close)
        opened.push_async_callback(self._http.close)
        if fleet.http_port:
            await self._http.open(ANY_ADDRESS, fleet.http_port)
        tls = None
        if fleet.https_port or fleet.ipps_port:
            from device_sim.certificates import Certificates

            tls = Certificates(self._agents.told(self._population.at_address, "http"), fleet.seed).context_of
        if fleet.https_port and tls:
            await self._http.open_tls(ANY_ADDRESS, fleet.https_port, tls)
        room = self._print_room()
        if fleet.ipp_port:
            before = (misbehaving(self._population.at_address, "ipp"),)
            self._ipp = ipp = await start_ipp_server(fleet.ipp_port, room, before=before)
            opened.push_async_callback(ipp.close)
            if fleet.ipps_port and tls:
                ipp.open_tls(fleet.ipps_port, tls)
        if fleet.raw_port:
            raw = await RawPort.open(fleet.raw_port, room)
            opened.push_async_callback(raw.close)
        if self._plan.direct:
            from device_sim.firmware import Firmware

            printers = [self._population.clockwork.at_index(index) for index in sorted(self._direct)]
            self._firmware = await Firmware.open(self._plan.direct, printers, self._population, self._clock, self._say)
            opened.push_async_callback(self._firmware.close)

    def _print_room(self) -> PrintRoom:
        receiver, desk = Receiver(), PrintDesk()
        self._opened.push_async_callback(receiver.close)
        self._population.listen(desk.note, to_all=False)
        replay = self._plan.recording.ipp if self._plan.recording else None
        return PrintRoom(self._population, desk, receiver, functools.partial(self._agents.tell, over="ipp"), replay)

    def _reset(self, state: LivePrinter, how: int) -> None:
        """A manager wrote prtGeneralReset."""
        self._population.act_on(state.identity.index, lambda printer: reset_by_manager(printer, how))

    def _view(self, address: int) -> MibView | None:
        state = self._population.at_number(address)
        return None if state is None else self._agents.view(state)

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        """Returns at a signal. A task that fails takes the run down with its error."""
        stopping = asyncio.create_task(self._stop.wait())
        watched = {stopping, *tasks}
        while not stopping.done():
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            watched -= done
            for task in done:
                task.result()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self) -> None:
        self._clock.on_change(self._stirred.set)
        while True:
            self._stirred.clear()
            if self._firmware is not None and self._firmware.behind:
                await asyncio.sleep(BREATH_S)  # nobody lives on faster than it is stored
                continue
            due_s = self._population.wake()
            wait_s = SLEEP_S_MAX if due_s is None else self._clock.real_until(due_s)
            if wait_s <= 0:
                await asyncio.sleep(0)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait_s, SLEEP_S_MAX)):
                    await self._stirred.wait()

    async def _bear(self) -> None:
        """Let those be born who must, between the answers to those who ask."""
        more = True
        while more:
            more = self._population.bear()
            self._stirred.set()  # the newborn may be due before anybody else
            await asyncio.sleep(0)

    async def _open_control(self) -> None:
        if (plan := self._plan.control) is not None:
            self._population.keep_awake()  # whoever leads a fleet reads what it has done
            leader = Leader(self._population, self._plan.places, self._clock, self._plan.fleet.seed)
            control = await Control.open(plan, leader, self._stats)
            self._opened.push_async_callback(control.close)
            self._say(f"led by `ctl` at http://127.0.0.1:{control.port}, token in {plan.token_file}")

    def _stats(self) -> dict[str, object]:
        tally = self._tally()
        return {name: getattr(tally, name) for name in ("printers", "jobs", "impressions", "requests")}

    def _bear_movers(self) -> None:
        """Who will stand at another address must live, to be found there."""
        for index in self._plan.scenario.movers if self._plan.scenario else ():
            if self._plan.places.of_index(index) is not None:
                self._population.at_index(index)

    async def _settle(self) -> None:
        """When nobody prints any more, tell everything there is to tell, and say so."""
        while self._frozen_s is None or self._clock.now_s() < self._frozen_s or not self._population.resting():
            wait_s = 1.0 if self._frozen_s is None else self._clock.real_until(self._frozen_s)
            await asyncio.sleep(min(max(wait_s, 0.05), 1.0))
        self._population.clockwork.catch_up(self._population.now_s())
        # Quiet is only said when it is true: a portal that is down, or a disk that is full, is waited for.
        while self._firmware is not None and not await self._firmware.push_all(PATIENCE_S):
            self._say("not quiet yet; it is tried again")
        await self._write_truth()
        self.quiet.set()
        if (ready := self._plan.ready_file) is not None:
            ready.with_suffix(".quiet").write_text(f"{at_utc(self._clock.now_s()):%Y-%m-%dT%H:%M:%SZ}\n")
        away = self._firmware.away if self._firmware is not None else 0
        kept = f" (but {away} printers without power or network keep theirs)" if away else ""
        self._say(f"quiet: every job is finished and told{kept}, at {at_utc(self._clock.now_s()):%Y-%m-%dT%H:%M:%SZ}")

    def freeze(self) -> None:
        """No new jobs from now on; `quiet` is set when all printers rest."""
        if self._frozen_s is None or self._frozen_s > self._clock.now_s():
            self._frozen_s = self._clock.now_s()
            self._population.freeze(self._frozen_s)
            self._say("no new jobs are taken; the running ones are finished")

    async def _write_truths(self) -> None:
        if self._truth_file is not None:
            await self._truth_file.keep_writing()

    async def _write_truth(self) -> None:
        if self._truth_file is not None:
            await self._truth_file.write_now()

    async def _show_progress(self) -> None:
        try:
            while True:
                if self._drawn is not None:
                    self._drawn.show(self._glance, at_utc(self._population.now_s()), self._requests())
                else:
                    self._progress.show(self._tally())
                await asyncio.sleep(PROGRESS_EVERY_S)
        finally:
            self._progress.end()
            if self._drawn is not None:
                self._drawn.end()

    def _requests(self) -> dict[str, int]:
        """How many requests of each protocol came so far."""
        fleet, counted = self._plan.fleet, {}
        if self._snmp is not None:
            counted["SNMP"] = self._snmp.counters.requests
        if fleet.http_port or fleet.https_port:
            counted["HTTP"] = self._http.requests_count
        if self._ipp is not None:
            counted["IPP"] = self._ipp.requests_count
        return counted

    def _tally(self) -> Tally:
        return Tally(
            printers=len(self._plan.places),
            at=at_utc(self._population.now_s()),
            jobs=self._glance.jobs,
            impressions=self._glance.impressions,
            requests=sum(self._requests().values()),
        )

    async def _say_ready(self) -> None:
        await self._write_truth()
        plan, fleet = self._plan, self._plan.fleet
        first, last = plan.places[0].address, plan.places[-1].address
        self._say(served(len(plan.places), first, last, fleet))
        self._say(f"seed {fleet.seed}   clock {plan.clock.spec}")
        announce_ready(plan.ready_file, self._say)

    async def _end(self) -> None:
        """Rule 2: a second signal, or the end of the patience, ends the draining."""
        self._population.halt()
        if self._firmware is not None and not self.quiet.is_set():
            self._stop.clear()
            self._say("pushing what is left; a second Ctrl-C does not wait")
            await _first_of(self._firmware.push_all(DRAIN_S_MAX, DRAIN_S_MAX), self._stop.wait())
        await self._write_truth()

    async def _close(self) -> None:
        self._population.halt()
        await self._opened.aclose()


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
