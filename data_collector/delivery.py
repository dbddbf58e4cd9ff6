"""From reports to the portal: the spool first, then the network, which may take as long as it likes.

1. Reports are durable before anything is posted; a collector without a portal keeps scanning and keeps everything.
2. Jobs count as known only after their batch is in the spool.
3. What the portal was told already waits a while (see `core/holding.py`); what was learned from it is kept at once.
4. All calls that touch disk or network run in threads; the event loop only waits.
"""

import asyncio
import logging
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from data_collector.clock import Clock, SureClock
from data_collector.core.gathered import plain
from data_collector.core.holding import Holding
from data_collector.core.known_alerts import alerts_key, decode_alerts, encode_alerts, standing, with_ended
from data_collector.core.known_jobs import KnownJobs, decode_jobs, device_key, encode_jobs, news
from data_collector.core.known_meters import decode_known, encode_known, heard_before, judged, meters_key
from data_collector.core.portal_settings import decode_desired, encode_desired, newer
from data_collector.core.shared_serials import told_apart
from data_collector.core.upload_pace import ALWAYS_BYTES, period_bytes
from data_collector.sending import SendVia, way_of
from data_collector.snmp.notified import OwnEngine
from direct_connect.spool import DirectConnectError, FormedBatch, Spool, SqliteSpoolFile, append_reports
from direct_connect.uplink import (
    Courier,
    Drained,
    EnrolmentRefusedError,
    IdentityFolder,
    Keeping,
    PacePolicy,
    Pacer,
    PortalUnreachableError,
    Proxy,
    SignedTime,
    Uplink,
    Ways,
    enrol,
    settle_renewal,
)
from wire_format.records import Clock as RecordClock
from wire_format.records import Device, Reason, Report
from wire_format.settings import Desired

AGENT: Final = "inkwire-collector"
SPOOL_FILE: Final = "spool.db"
SPOOL_BYTES_MAX: Final = 256 * 1024 * 1024
"""About a year of a hundred printers, should the portal stay away so long."""
ENROL_AGAIN_S: Final = (1.0, 60.0)
"""Real seconds between two tries to enrol at a portal that does not answer: first, and at most."""
TOLD_MAX: Final = 2_000
SIGNED_TIME_AGE_MAX: Final = timedelta(days=30)
"""A clock that is ahead is not in doubt by itself. So a start asks for the time, in 3 kB, when that is so long ago."""
RESTART_SPREAD_S: Final = 600.0
"""What waited for longer than this when the collector starts leaves at a random moment within it."""
_BOOT: Final = "boot"
_PACE_BYTES: Final = "pace-bytes"
_DESIRED: Final = "desired"
_log = logging.getLogger(__name__)


class NotEnrolledError(Exception):
    """The collector has no portal yet, and no claim code to get one."""


class Delivery:
    """One collector's outbox and its way to the portal."""

    def __init__(
        self,
        directory: Path,
        portal_url: str,
        clock: Clock,
        claim: str | None,
        proxy: Proxy | None = None,
        hold_unchanged_s: float = 0.0,
        send: SendVia | None = None,
        send_proxy: Proxy | None = None,
    ) -> None:
        """clock: the machine's own is corrected by the portal's signed time when it is in doubt; see `clock`.

        proxy: the way to the portal goes through it. hold_unchanged_s: how long a reading by schedule that says
        nothing new may stay here, and never longer than the portal's own interval; 0: not at all. send, send_proxy:
        another way for batches (see `sending`).

        Raises the errors of direct_connect.spool and uplink: all say what to do."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = IdentityFolder(directory)
        sure = SureClock(clock, self._folder.time_floor()) if clock.is_the_machines else None
        clock = self._clock = sure or clock
        self._claim = claim
        self._folder.load_or_create(portal_url)
        self._file = SqliteSpoolFile.open(directory / SPOOL_FILE, bytes_max=SPOOL_BYTES_MAX)
        settle_renewal(self._folder, self._file)
        self._spool: Spool = self._file.of(self._folder.current().sender)
        dates = sure.corrected.dates if sure else lambda: None
        self._uplink = Uplink(Ways(proxy=proxy, monotonic_s=clock.monotonic_s, dates=dates))
        self._way = way_of(send, self._spool, clock, send_proxy)
        self._signed_time = (
            SignedTime(sure.corrected, self._folder, self._uplink.dateless, os.urandom) if sure is not None else None
        )
        self._time_asked = False
        self._synced: Callable[[], bool] = (lambda: sure.corrected.synced) if sure is not None else lambda: True
        kept = self._spool.recall(_PACE_BYTES) or ""
        self._pace_bytes = int(kept) if kept.isdecimal() else ALWAYS_BYTES
        self._pacer = Pacer(_pace_of(self._pace_bytes), self._spool, clock)
        self._courier = Courier(
            self._spool,
            self._folder,
            clock=clock,
            uplink=self._uplink,
            connect=self._way.connect if self._way else None,
            seal_for=self._way.seal if self._way else None,
            pacer=self._pacer,
            start_spread_s=RESTART_SPREAD_S,
            signed_time=None if self._way else self._signed_time,  # another way may be the only one
            on_judgement=lambda _batch, judged: self._asked(judged.desired),
        )
        self._holding, self._hold_unchanged_s = Holding(), hold_unchanged_s
        self._storing = threading.Lock()
        self._keeping = Keeping(
            self._folder,
            self._spool,
            clock=clock,
            synced=self._synced,
            connect=lambda who: self._uplink.client(who.portal_urls, who.ca_pem),
            still=self._still,
        )
        self._started_s = clock.monotonic_s()
        self._boot = int(self._spool.recall(_BOOT) or 0) + 1
        self._spool.remember(_BOOT, str(self._boot))
        self._news = asyncio.Event()
        self.desired: Desired | None = decode_desired(self._spool.recall(_DESIRED))
        """What the portal asked for last, over a restart too."""
        self.settings_version: int | None = None
        """The version in force here: told with each batch."""
        self.told: dict[str, Report] = {}
        """The last report sent of each printer that had findings, as it was sent; for the person beside it."""

    @property
    def sender(self) -> str:
        """This collector's name at the portal. A renewed key has another."""
        return self._folder.current().sender

    @property
    def clock(self) -> Clock:
        """The clock that all records go by."""
        return self._clock

    @property
    def engine(self) -> OwnEngine:
        """This collector as an SNMP engine, to which printers send informs."""
        return OwnEngine.of(self.sender, self._boot, self._started_s)

    @property
    def enrolled(self) -> bool:
        """Whether the portal knows this collector."""
        return self._folder.current().enrolled

    def tally(self) -> tuple[int, int, int]:
        """Batches unsent, set aside, and delivered."""
        tally = self._spool.tally()
        return tally.unsent, tally.set_aside, tally.delivered

    @property
    def problem(self) -> str | None:
        """Why the last post did not deliver; None when it did."""
        return self._courier.problem

    def store(self, reports: Sequence[Report], reason: Reason, created_at: datetime) -> int:
        """Make reports durable: with sense judged by what was read before (see `core/known_meters.py`), without the
        jobs told before, and with the ends of alerts that have gone. By schedule (reason INTERVAL), without those that
        may wait.

        Returns how many batches that took. Blocks on the disk.

        Raises SpoolFullError, SpoolStorageError; then nothing was stored.
        """
        with self._storing:
            return len(self._append(reports, reason, created_at))

    def rehearse(self, reports: Sequence[Report], reason: Reason, created_at: datetime) -> list[bytes]:
        """As `store`, and the bodies of the batches: for a folder that is thrown away."""
        return self._append(reports, reason, created_at)

    def _append(self, reports: Sequence[Report], reason: Reason, created_at: datetime) -> list[bytes]:
        reports, memory = self._judged([self._dated(report) for report in reports])
        fresh, jobs = self._news_of_jobs(reports)
        stood = [decode_alerts(self._spool.recall(alerts_key(report.device) or "")) for report in reports]
        fresh = [plain(with_ended(report, alerts)) for report, alerts in zip(fresh, stood, strict=True)]
        self._told(fresh)
        now_s = self._clock.monotonic_s()
        uptime_ms = int((now_s - self._started_s) * 1000)
        going = self._holding.due(fresh, self._hold_s() if reason is Reason.INTERVAL else 0.0, now_s)
        formed: Sequence[FormedBatch] = ()
        with self._file.together():
            if going:
                formed = append_reports(
                    self._spool,
                    going,
                    reason=reason,
                    created_at=self._right(created_at) or self._clock.utc_now(),
                    clock=RecordClock.SYNCED if self._synced() else RecordClock.UNSYNCED,
                    boot=self._boot,
                    uptime_ms=uptime_ms,
                    settings_version=self.settings_version,
                )
            for key, known in jobs.items():
                self._spool.remember(key, encode_jobs(known))
            for report, before in zip(fresh, stood, strict=True):
                key_of_alerts, now = alerts_key(report.device), standing(report, before)
                if key_of_alerts is not None and now != before:
                    self._spool.remember(key_of_alerts, encode_alerts(now) if now else None)
            for name, text in memory.items():
                self._spool.remember(name, text)
        self._holding.sent(going, now_s)
        return [batch.body for batch in formed]

    def _right(self, at: datetime) -> datetime | None:
        """A time that the clock gave before it was corrected, as it should have been."""
        return self._clock.corrected.mend(at) if isinstance(self._clock, SureClock) else at

    def _dated(self, report: Report) -> Report:
        at = self._right(report.observed_at)
        return report if at is None or at == report.observed_at else replace(report, observed_at=at)

    def _hold_s(self) -> float:
        # The portal calls a printer late that it has not heard of for two of its intervals.
        wish_s = self.desired.settings.interval_s if self.desired is not None else None
        return self._hold_unchanged_s if wish_s is None else min(self._hold_unchanged_s, wish_s)

    def _asked(self, desired: Desired | None) -> None:
        """The portal asked for settings: keep them. In the thread that posts."""
        kept = newer(self.desired, desired)
        if kept is None or kept is self.desired:
            return
        self.desired = kept
        try:
            self._spool.remember(_DESIRED, encode_desired(kept))
        except DirectConnectError as error:  # in force now; after a restart the next answer brings it again
            _log.warning("settings of the portal could not be kept", extra={"problem": str(error)})

    def _news_of_jobs(self, reports: Sequence[Report]) -> tuple[list[Report], dict[str, KnownJobs]]:
        """The reports with only the jobs that are news, and what to remember of jobs once they are spooled."""
        fresh, memory = [], dict[str, KnownJobs]()
        for report in reports:
            key = device_key(report.device)
            if not report.jobs or key is None:
                fresh.append(report)
                continue
            known = memory.get(key) or decode_jobs(self._spool.recall(key))
            told, now = news(report, known)
            fresh.append(told)
            if now != known:
                memory[key] = now
        return fresh, memory

    def _told(self, reports: Sequence[Report]) -> None:
        for report in reports:
            key = device_key(report.device) or ""
            self.told.pop(key, None)
            if report.findings:
                self.told[key] = replace(report, jobs=())
        while len(self.told) > TOLD_MAX:
            self.told.pop(next(iter(self.told)))

    def _judged(self, reports: Sequence[Report]) -> tuple[list[Report], dict[str, str | None]]:
        """The reports without what makes no sense after the last ones, and what to remember once they are spooled."""
        apart, memory = told_apart(reports, self._spool.recall)
        sensible = []
        for report in apart:
            name = meters_key(report.device)
            if name is not None:
                report, known = judged(report, decode_known(memory.get(name) or self._spool.recall(name)))
                memory[name] = encode_known(known)
            sensible.append(report)
        return sensible, memory

    def heard(self, device: Device) -> Mapping[str, str]:
        """The source of each meter of this device in its last reading; empty for one that was never read."""
        try:
            return heard_before(device, self._spool.recall)
        except DirectConnectError:
            return {}  # a disk that cannot be read is told where the report is stored

    def recall(self, name: str) -> str | None:
        """What was remembered under this name."""
        return self._spool.recall(name)

    def recall_all(self, prefix: str) -> dict[str, str]:
        """What was remembered under names that begin so, by the rest of the name. Opens every text: for the start."""
        return {name.removeprefix(prefix): text for name, text in self._spool.recall_all(prefix).items()}

    def remember(self, name: str, value: str | None) -> None:
        """Keep a text over a restart; None forgets it. Blocks on the disk. Raises SpoolFullError, SpoolStorageError."""
        self._spool.remember(name, value)

    def wake(self) -> None:
        """Something was stored: post it now."""
        self._news.set()

    async def enrol(self) -> None:
        """Make the portal know this collector; nothing to do when it does.

        Raises NotEnrolledError, PortalUnreachableError, EnrolmentRefusedError, ConfigError.
        """
        if self.enrolled:
            return
        if self._claim is None:
            raise NotEnrolledError("this collector is not enrolled")
        enrolment = await asyncio.to_thread(
            enrol,
            self._folder,
            self._claim,
            kind="collector",
            agent=AGENT,
            clock=self._clock,
            connect=self._uplink.client,
            signed_time=self._signed_time,
        )
        self._asked(enrolment.desired)
        _log.info("collector is enrolled", extra={"sender": self.sender})

    @property
    def doubts_the_time(self) -> bool:
        """Whether the portal is asked for the time before the next post."""
        return isinstance(self._clock, SureClock) and self._clock.corrected.doubtful

    async def make_sure_of_time(self) -> None:
        """Ask the portal what time it is, where the clock can not be right, and once when it said so long ago.

        Nothing waits for a portal that is away.
        """
        identity, floor = self._folder.current(), self._folder.time_floor()
        if self._signed_time is not None and identity.enrolled:
            long_ago = floor is None or self._clock.utc_now() - floor > SIGNED_TIME_AGE_MAX
            how = self._signed_time.ask if long_ago and not self._time_asked else self._signed_time.make_sure
            self._time_asked = True
            try:
                await asyncio.to_thread(how, identity.portal_urls, identity.ca_pem or b"")
            except (PortalUnreachableError, DirectConnectError) as error:
                _log.warning("the clock may be wrong, and the portal tells no time", extra={"problem": str(error)})

    def expect(self, printers: int, interval_s: float) -> None:
        """So many printers are read so often: the pace of the upload follows (core/upload_pace.py).

        Blocks on the disk. Raises SpoolFullError, SpoolStorageError.
        """
        wanted = period_bytes(printers, interval_s)
        if wanted != self._pace_bytes:
            self._spool.remember(_PACE_BYTES, str(wanted))
            self._pace_bytes = wanted
            self._pacer.retime(_pace_of(wanted))

    def hurry(self) -> None:
        """Somebody waits for this run: what is there leaves now. It counts towards the pace all the same."""
        self._courier.hurry()

    async def drain(self) -> Drained:
        """Post everything that may be posted now."""
        return await asyncio.to_thread(self._courier.drain)

    async def keep_key(self) -> float:
        """Renew the collector's key when it is time; gives when to look again, on the clock's monotonic_s().

        Without HTTPS the key is kept: nobody signs the answer to a new one.
        """
        if self._way is not None:
            return math.inf
        return await asyncio.to_thread(self._keeping.turn)

    @contextmanager
    def _still(self) -> Iterator[bool]:
        with self._storing, self._courier.still() as still:
            yield still

    async def run(self, told: Callable[[], None]) -> None:
        """Enrol, then post whatever comes, until cancelled. told: called after each round of posting.

        Raises EnrolmentRefusedError: a person must act.
        """
        await self._enrol_patiently()
        while True:
            self._news.clear()
            drained = await self.drain()
            if drained.problem:
                _log.warning("batches wait for the portal", extra={"left": drained.left, "problem": drained.problem})
            told()
            wake_at_s = min(drained.wake_at_s, await self.keep_key())
            wait_s = (wake_at_s - self._clock.monotonic_s()) / self._clock.speed
            try:
                async with asyncio.timeout(None if math.isinf(wait_s) else max(0.0, wait_s)):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _enrol_patiently(self) -> None:
        wait_s, longest_s = ENROL_AGAIN_S
        while True:
            try:
                await self.enrol()
            except PortalUnreachableError as error:
                _log.warning("portal cannot be reached to enrol", extra={"problem": str(error), "again_s": wait_s})
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, longest_s)
            else:
                return

    def close(self) -> None:
        """Let go of network and disk; what is spooled stays. Idempotent."""
        self._keeping.close()
        self._courier.close()
        self._file.close()


def _pace_of(size_bytes: int) -> PacePolicy:
    return PacePolicy(burst_bytes=size_bytes, period_bytes=size_bytes)


__all__ = [
    "Delivery",
    "EnrolmentRefusedError",
    "NotEnrolledError",
    "PortalUnreachableError",
]
