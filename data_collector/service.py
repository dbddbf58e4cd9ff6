"""The service loop: scan when it is due, spool, let the delivery post.

1. One scan visits every profile; its reports leave as one batch (several where the limits ask for it).
2. SIGUSR1 asks for a scan now; SIGTERM and SIGINT end the service: what is in the spool stays for the next start.
3. A scan that cannot be stored is told and forgotten: lifetime counts come again with the next one.
"""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from data_collector.clock import Clock
from data_collector.config import CollectorConfig
from data_collector.core.masking import mask_addresses, without_job_names
from data_collector.core.schedule import Schedule
from data_collector.core.vendors import Definitions
from data_collector.delivery import Delivery
from data_collector.heartbeat import EVERY_S, Heartbeat, ScanState, ServiceState
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.sockets import room_for
from direct_connect.spool import DirectConnectError
from direct_connect.uplink import PortalUnreachableError
from wire_format.codec import format_instant
from wire_format.records import Reason, Report

_log = logging.getLogger(__name__)


class Service:
    """A collector at work. Made inside the running event loop."""

    def __init__(self, config: CollectorConfig, clock: Clock, delivery: Delivery, definitions: Definitions) -> None:
        self._config, self._clock, self._delivery, self._definitions = config, clock, delivery, definitions
        self._library = choose_library(config.snmp_library)
        self._schedule = Schedule(config.interval_s, clock.monotonic_s())
        self._asked = asyncio.Event()
        self._stopping = asyncio.Event()
        self._unstored: str | None = None
        self.heartbeat = Heartbeat(
            config.directory,
            ServiceState(pid=os.getpid(), sender=delivery.sender, started_at=format_instant(clock.utc_now())),
        )

    def scan_now(self) -> None:
        """Asks for a scan at once."""
        self._schedule.ask()
        self._asked.set()

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopping.set()

    async def run(self) -> None:
        """Scan and deliver until stopped. Raises what the delivery cannot bear, such as a refused enrolment."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGUSR1, self.scan_now)
        working = [
            asyncio.create_task(one)
            for one in (self._scan_by_schedule(), self._delivery.run(self._note), self._beat(), self._stopping.wait())
        ]
        try:
            done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
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
        stored = await self._scan(Reason.MANUAL)
        drained = await self._delivery.drain()
        self._note()
        return known and stored and drained.left == 0 and drained.set_aside == 0

    async def _scan_by_schedule(self) -> None:
        while True:
            now_s = self._clock.monotonic_s()
            if self._schedule.due(now_s):
                reason = Reason.MANUAL if self._asked.is_set() else Reason.INTERVAL
                self._asked.clear()
                self._schedule.begin(now_s)
                await self._scan(reason)
                continue
            wait_s = (self._schedule.wake_at() - now_s) / self._clock.speed
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._asked.wait()

    async def _scan(self, reason: Reason) -> bool:
        """One scan of all profiles into the spool; True when no visit failed and everything was stored."""
        state = ScanState(started_at=format_instant(self._clock.utc_now()))
        self.heartbeat.state.scan = state
        reports: list[Report] = []
        for profile in self._config.profiles:
            room = room_for(profile.concurrency, len(profile.dialling.communities))
            plan = ScanPlan(targets=profile.targets, dialling=profile.dialling, concurrency=room, icmp=profile.icmp)
            scan = Scan(plan, self._library, self._definitions, self._clock.utc_now)
            before = replace(state)
            async for report in scan.reports():
                reports.append(self._for_the_road(report))
                state.visited = before.visited + scan.counters.visited
                state.printers = before.printers + scan.counters.printers
            state.addresses = before.addresses + scan.counters.addresses
            state.visited = before.visited + scan.counters.visited
            state.printers = before.printers + scan.counters.printers
            state.failed = before.failed + scan.counters.failed
            for note in scan.notes:
                _log.warning("scan note", extra={"profile": profile.name, "note": note})
        state.finished_at = format_instant(self._clock.utc_now())
        self.heartbeat.state.scans += 1
        _log.info(
            "scan finished",
            extra={"addresses": state.addresses, "printers": state.printers, "failed": state.failed},
        )
        stored = await self._store(reports, reason)
        self._note()
        return stored and not state.failed

    async def _store(self, reports: list[Report], reason: Reason) -> bool:
        if not reports:
            return True
        at = self._clock.utc_now()
        try:
            await asyncio.to_thread(self._delivery.store, reports, reason, at)
        except DirectConnectError as error:
            _log.error("scan could not be stored", extra={"problem": str(error)})
            self._unstored = str(error)
            return False
        self._unstored = None
        self._delivery.wake()
        return True

    def _for_the_road(self, report: Report) -> Report:
        kept = without_job_names(report)
        return mask_addresses(kept) if self._config.mask_addresses else kept

    async def _beat(self) -> None:
        while True:
            self._note()
            await asyncio.sleep(EVERY_S)

    def _note(self) -> None:
        """Bring the state up to date and write it. A disk that refuses is told in the log, and the work goes on."""
        state = self.heartbeat.state
        state.trouble = self._unstored or self._delivery.problem
        state.enrolled = self._delivery.enrolled
        wait_s = max(0.0, self._schedule.wake_at() - self._clock.monotonic_s())
        state.next_scan_at = format_instant(self._clock.utc_now() + timedelta(seconds=wait_s))
        try:
            state.unsent, state.set_aside, state.delivered = self._delivery.tally()
            self.heartbeat.beat()
        except (OSError, DirectConnectError) as error:
            _log.error("state file cannot be written", extra={"problem": str(error)})
