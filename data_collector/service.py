"""The service loop: scan when it is due, spool, let the delivery post.

1. One round visits every profile that is due; its reports leave as one batch (several where the limits ask for it).
2. SIGUSR1 asks for a scan of everything now; SIGTERM and SIGINT end the service: what is in the spool
   stays for the next start.
3. A scan that cannot be stored is told and forgotten: lifetime counts come again with the next one.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from data_collector.clock import Clock
from data_collector.config import CollectorConfig
from data_collector.core.known_printers import decode_printers, encode_printers
from data_collector.core.known_readings import KnownReadings, decode_readings
from data_collector.core.portal_settings import InForce, in_force
from data_collector.core.schedule import Schedule, Turn, decode_waits, encode_waits, spread_of
from data_collector.core.status_page import Picture
from data_collector.core.trap import AlertGate
from data_collector.core.vendors import Definitions
from data_collector.delivery import Delivery
from data_collector.earlier import PRINTERS_MEMO
from data_collector.heartbeat import EVERY_S, Heartbeat, ScanState, ServiceState
from data_collector.notify import ALIVE, READY, STOPPING, notify, status
from data_collector.rounds import Rounds
from data_collector.status.server import StatusServer
from data_collector.traps import TrapReceiver
from direct_connect.spool import DirectConnectError
from direct_connect.uplink import PortalUnreachableError
from wire_format.codec import format_instant, parse_instant
from wire_format.records import Reason, Report

READING_MEMO: Final = "reading:"
SCHEDULE_MEMO: Final = "schedule"
CRITICAL: Final = "critical"
RUNTIME_ENV: Final = "RUNTIME_DIRECTORY"
"""systemd's name for a folder that lives while the service does; any user may read the state there."""
CALLERS_AT_ONCE_MAX: Final = 16
TIME_AGAIN_S_MAX: Final = 60.0
_log = logging.getLogger(__name__)


class Service:
    """A collector at work. Made inside the running event loop."""

    def __init__(self, config: CollectorConfig, clock: Clock, delivery: Delivery, definitions: Definitions) -> None:
        self._config, self._clock, self._delivery = config, clock, delivery
        self._rounds = Rounds(
            config,
            definitions,
            clock.utc_now,
            decode_printers(delivery.recall(PRINTERS_MEMO)),
            delivery.heard,
            KnownReadings(config.whole_every, decode_readings(delivery.recall_all(READING_MEMO))),
        )
        self._settings = self._judged()
        self._schedule = Schedule(
            self._settings.rhythms,
            clock.monotonic_s(),
            decode_waits(delivery.recall(SCHEDULE_MEMO), clock.utc_now()),
            spread_of(delivery.sender),
        )
        self._gate = AlertGate()
        self._notes: list[str] = []
        self._storing = asyncio.Lock()
        self._asked = asyncio.Event()
        self._stopping = asyncio.Event()
        self._unstored: str | None = None
        self.heartbeat = Heartbeat(
            config.directory,
            ServiceState(pid=os.getpid(), sender=delivery.sender, started_at=format_instant(clock.utc_now())),
            _shown_in(os.environ.get(RUNTIME_ENV)),
        )
        self._tell_settings()

    def scan_now(self) -> None:
        """Asks for a scan of everything at once."""
        self._schedule.ask(Turn.RANGE)
        self._asked.set()

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopping.set()

    async def run(self) -> None:
        """Scan and deliver until stopped. Raises what the delivery cannot bear, such as a refused enrolment."""
        listening = self._listening()
        page = await self._page()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGUSR1, self.scan_now)
        working = [
            asyncio.create_task(one)
            for one in (
                self._scan_by_schedule(),
                self._delivery.run(self._posted),
                self._beat(),
                self._stopping.wait(),
                *listening,
            )
        ]
        notify(READY)
        try:
            done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            notify(STOPPING)
            if page is not None:
                await page.close()
            for task in working:
                task.cancel()
            self._note()
            self._delivery.close()
            await asyncio.gather(*working, return_exceptions=True)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
                loop.remove_signal_handler(number)

    async def run_once(self) -> bool:
        """Scan, spool, post; True when every address was visited and the portal has everything.

        A portal that is away costs nothing but the delivery: the scan is kept for the next run.
        """
        known = True
        try:
            await self._delivery.enrol()
        except PortalUnreachableError as error:
            known = False
            _log.warning("portal cannot be reached to enrol", extra={"problem": str(error)})
        stored = await self._scan({one.name: Turn.RANGE for one in self._config.profiles}, Reason.MANUAL)
        self._delivery.hurry()
        drained = await self._delivery.drain()
        if drained.left and self._delivery.doubts_the_time:
            # The portal's certificate was refused for its dates: with the next try its time is asked for first.
            await self._clock.sleep(min(TIME_AGAIN_S_MAX, drained.wake_at_s - self._clock.monotonic_s()))
            drained = await self._delivery.drain()
        self._posted()
        return known and stored and drained.left == 0 and drained.set_aside == 0

    async def _scan_by_schedule(self) -> None:
        while True:
            self._asked.clear()
            now_s = self._clock.monotonic_s()
            turns = self._schedule.due(now_s)
            if turns:
                asked = any(self._schedule.asked(name) for name in turns)
                for name, turn in turns.items():
                    self._schedule.begin(name, turn, now_s)
                await self._scan(turns, Reason.MANUAL if asked else Reason.INTERVAL)
                continue
            wait_s = (self._schedule.wake_at() - now_s) / self._clock.speed
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._asked.wait()

    async def _scan(self, turns: Mapping[str, Turn], reason: Reason) -> bool:
        """One round into the spool; True when no visit failed and everything was stored."""
        await self._delivery.make_sure_of_time()
        state = ScanState(started_at=format_instant(self._clock.utc_now()), turns={**turns})
        self.heartbeat.state.scan = state
        going = await self._rounds.scan(turns, state.follow)
        state.finished_at = format_instant(self._clock.utc_now())
        self.heartbeat.state.scans += 1
        self._notes = going.notes
        for note in going.notes:
            _log.warning("scan note", extra={"note": note})
        for name in going.missing:
            self._schedule.early(name, self._clock.monotonic_s())
        _log.info("scan finished", extra=state.told())
        await asyncio.to_thread(self._expect)
        stored = await self._store(going.reports, reason)
        await asyncio.to_thread(self._keep)
        self._note()
        return stored and not state.failed

    def _expect(self) -> None:
        often_s = min(rhythm.focus_s for rhythm in self._settings.rhythms.values())
        try:
            self._delivery.expect(len(self._rounds.printers), often_s)
        except DirectConnectError as error:
            _log.error("the pace of the upload could not be kept", extra={"problem": str(error)})

    def _posted(self) -> None:
        """A round of posting is over: take what the portal asked for, and write the state."""
        self._take_settings()
        self._note()

    def _take_settings(self) -> None:
        """Put in force what the portal may set. The next batch tells the portal so."""
        judged = self._judged()
        if judged.version == self._settings.version:
            return
        self._settings = judged
        self._schedule.retime(judged.rhythms, self._clock.monotonic_s())
        self._tell_settings()
        _log.info("settings of the portal", extra={"version": judged.version, "told": judged.told})
        self._asked.set()

    def _judged(self) -> InForce:
        profiles = self._config.profiles
        return in_force(
            {one.name: one.rhythm for one in profiles},
            frozenset(one.name for one in profiles if one.interval_open),
            self._config.portal_bounds,
            self._delivery.desired,
        )

    def _tell_settings(self) -> None:
        self._delivery.settings_version = self._settings.version
        state = self.heartbeat.state
        state.settings_version, state.settings = self._settings.version, self._settings.told

    def _keep(self) -> None:
        """What the next start needs: the known printers, and when each profile is due."""
        waits = self._schedule.waits(self._clock.monotonic_s())
        try:
            self._delivery.remember(PRINTERS_MEMO, encode_printers(self._rounds.printers))
            self._delivery.remember(SCHEDULE_MEMO, encode_waits(waits, self._clock.utc_now()))
            for address, text in self._rounds.readings.news().items():
                self._delivery.remember(f"{READING_MEMO}{address}", text)
        except DirectConnectError as error:
            _log.error("known printers could not be kept", extra={"problem": str(error)})

    async def _page(self) -> StatusServer | None:
        if self._config.status_listen is None:
            return None
        server = StatusServer(self._config.status_listen, self._picture, self.heartbeat.text)
        await server.start()
        return server

    def _picture(self) -> Picture:
        """What the local page shows: of this moment, and of what was sent."""
        state, waits = self.heartbeat.state, self._schedule.wake_at() - self._clock.monotonic_s()
        at, scan = self._clock.utc_now(), state.scan
        finished = scan.finished_at if scan else None
        return Picture(
            at=at,
            sender=state.sender,
            enrolled=self._delivery.enrolled,
            started_at=parse_instant(state.started_at),
            trouble=self._unstored or self._delivery.problem,
            scanning=scan is not None and finished is None,
            last_scan_at=parse_instant(finished or scan.started_at) if scan else None,
            last_scan=f"{scan.addresses:,} addresses, {scan.printers:,} printers, {scan.new:,} new" if scan else "",
            next_scan_at=at + timedelta(seconds=max(0.0, waits)),
            settings=state.settings,
            settings_version=state.settings_version,
            unsent=state.unsent,
            set_aside=state.set_aside,
            delivered=state.delivered,
            sightings=self._rounds.printers.all(),
            told=tuple(self._delivery.told.values()),
            notes=tuple(self._notes),
        )

    def _listening(self) -> list[Coroutine[None, None, None]]:
        """What must run so that printers may call: nothing when the site wants no traps."""
        if self._config.trap_listen is None:
            return []
        users = [user for profile in self._config.profiles for user in profile.dialling.users]
        known = self._rounds.printers
        receiver = TrapReceiver(
            self._config.trap_listen,
            users,
            lambda address: bool(known.at(address)),
            self._clock.monotonic_s,
            self._gate,
            self._delivery.engine,
        )
        return [self._read_callers(receiver)]

    async def _read_callers(self, receiver: TrapReceiver) -> None:
        """Read each printer that tells an alert, and send what it says before everything else."""
        try:
            while True:
                receiver.called.clear()
                callers = self._gate.take(self._clock.monotonic_s(), CALLERS_AT_ONCE_MAX)
                await asyncio.gather(*(self._read_caller(address) for address in callers))
                wake_s = self._gate.wake_at()
                wait_s = None if wake_s is None else (wake_s - self._clock.monotonic_s()) / self._clock.speed
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await receiver.called.wait()
        finally:
            receiver.close()

    async def _read_caller(self, address: str) -> None:
        report = await self._rounds.read(address)
        _log.info("printer told an alert", extra={"read": report is not None})
        if report is not None:
            urgent = any(alert.severity == CRITICAL for alert in report.alerts)
            await self._store([report], Reason.ALERT if urgent else Reason.INTERVAL)

    async def _store(self, reports: list[Report], reason: Reason) -> bool:
        if not reports:
            return True
        at = self._clock.utc_now()
        try:
            async with self._storing:
                await asyncio.to_thread(self._delivery.store, reports, reason, at)
        except DirectConnectError as error:
            _log.error("scan could not be stored", extra={"problem": str(error)})
            self._unstored = str(error)
            return False
        self._unstored = None
        self._delivery.wake()
        return True

    async def _beat(self) -> None:
        while True:
            self._note()
            state = self.heartbeat.state
            notify(ALIVE, status(state.trouble or f"{state.known_printers:,} printers known, {state.unsent:,} unsent"))
            await asyncio.sleep(EVERY_S)

    def _note(self) -> None:
        """Bring the state up to date and write it. A disk that refuses is told in the log, and the work goes on."""
        state = self.heartbeat.state
        state.trouble = self._unstored or self._delivery.problem
        state.enrolled = self._delivery.enrolled
        state.known_printers = len(self._rounds.printers)
        wait_s = max(0.0, self._schedule.wake_at() - self._clock.monotonic_s())
        state.next_scan_at = format_instant(self._clock.utc_now() + timedelta(seconds=wait_s))
        try:
            state.unsent, state.set_aside, state.delivered = self._delivery.tally()
            self.heartbeat.beat()
        except (OSError, DirectConnectError) as error:
            _log.error("state file cannot be written", extra={"problem": str(error)})


def _shown_in(folders: str | None) -> Path | None:
    return Path(folders.split(":")[0]) if folders else None
