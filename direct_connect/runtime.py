"""One direct connection: gathering, enrolling and delivering, joined on a worker."""

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from direct_connect.clock import CLOCK_FLOOR, Clock, CorrectedClock, SystemClock, is_synced
from direct_connect.core.backoff import BackoffPolicy
from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.core.chance import Randomness
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.verdict import SETTLED, Judgement, Verdict
from direct_connect.enrolling import Enrolling
from direct_connect.errors import ClosedError
from direct_connect.gathering import Gatherer
from direct_connect.snapshots import SnapshotTaker, TakeSnapshot
from direct_connect.spool.port import SpoolFile
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.telling import as_document, figures
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.enrol import Enrolment, read_claim_code
from direct_connect.uplink.identity import IdentityFolder
from direct_connect.uplink.keeping import Keeping
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pacer import Pacer
from direct_connect.uplink.renewal import settle_renewal
from direct_connect.uplink.route import Timeouts
from direct_connect.uplink.signed_time import SignedTime
from direct_connect.worker import Worker
from wire_format.records import Alert, Job, Reason

SPOOL_FILE: Final = "spool.db"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """Where a connection stands. Times are of the wall clock.

    problem: why the portal does not have everything, in a sentence, or None. deadline_at, deadline_reason: the next
    heartbeat. next_try_at: when what is unsent is tried again; None: at once, or nothing is unsent.
    address: which of the portal's addresses worked last. proxy: host:port. captive: a network's login page answers.
    key_renewed_at, key_expires_at: when the portal accepted the sender's key, and when its meant life ends.
    jobs_max, impressions_max: how many make a report leave before the deadline, as now in force.
    """

    sender: str
    portal_url: str
    enrolled: bool
    problem: str | None
    delivered: int
    delivered_at: datetime | None
    unsent: int
    oldest_unsent_at: datetime | None
    next_try_at: datetime | None
    set_aside: int
    jobs_waiting: int
    jobs_refused: int
    impressions_waiting: int
    alerts_waiting: int
    deadline_at: datetime | None
    deadline_reason: Reason
    used_bytes: int
    cap_bytes: int
    address: str | None = None
    proxy: str | None = None
    captive: bool = False
    key_renewed_at: datetime | None = None
    key_expires_at: datetime | None = None
    clock: str = "synced"
    jobs_max: int | None = None
    impressions_max: int | None = None


class DirectConnection:
    """A printer's own line to its portal.

    Every call that reports something is durable when it returns and never waits for the network; a worker in the
    background delivers. Thread-safe. After close, calls raise ClosedError.
    """

    def __init__(
        self,
        folder: IdentityFolder,
        spool_file: SpoolFile,
        snapshot: TakeSnapshot,
        *,
        claim_code: str | None,
        settings: ConnectionSettings,
        clock: Clock,
        randomness: Randomness,
        worker: Worker,
        uplink: Uplink,
        owned: tuple[Callable[[], None], ...],
    ) -> None:
        """For `open`; owned: what to close with the connection, in order."""
        identity = folder.current()
        self._folder, self._clock, self._uplink, self._owned = folder, clock, uplink, owned
        self._urgent = settings.triggers.urgent
        self._pid = os.getpid()
        self._ready = threading.Event()
        self._snapshots = SnapshotTaker(snapshot, on_ready=self._snapshot_is_there, patience_s=settings.snapshot_s_max)
        self._spool = spool_file.of(identity.sender)
        self._gatherer = Gatherer(
            self._spool,
            self._snapshots.take,
            own=settings,
            name_secret=identity.name_secret,
            clock=clock,
            randomness=randomness,
        )
        backoff = BackoffPolicy()
        signed_time = (
            SignedTime(clock, folder, uplink.dateless, randomness) if isinstance(clock, CorrectedClock) else None
        )
        self._courier = Courier(
            self._spool,
            folder,
            clock=clock,
            randomness=randomness,
            backoff=backoff,
            uplink=uplink,
            pacer=None if settings.pace is None else Pacer(settings.pace, self._spool, clock),
            start_spread_s=settings.triggers.restart_spread_s,
            on_judgement=self._judged,
            signed_time=signed_time,
        )
        self._enroller = Enrolling(
            folder,
            lambda: Snapshot(device=self._gatherer.device(self._snapshots.take_waiting())),
            claim_code=claim_code,
            agent=settings.agent,
            clock=clock,
            randomness=randomness,
            backoff=backoff,
            uplink=uplink,
            on_enrolled=self._was_enrolled,
            signed_time=signed_time,
        )
        self._keeper = Keeping(
            folder,
            self._spool,
            policy=settings.renewal,
            clock=clock,
            synced=lambda: is_synced(clock),
            randomness=randomness,
            backoff=backoff,
            connect=lambda who: uplink.client(who.portal_urls, who.ca_pem),
            still=self._still,
            on_switched=self._switched,
        )
        self._renewal = settings.renewal
        self._form_lock = threading.Lock()
        self._closed = False
        self._close_lock = threading.Lock()
        if identity.enrolled:
            self._gatherer.enrolled(None)
        self._forming = worker.add(self._form)
        self._lanes = {lane: worker.add(self._lane_turn(lane), patient=lane is Lane.NORMAL) for lane in Lane}
        self._keeping = worker.add(self._keeper_turn, patient=True)
        self._enrolling = None if identity.enrolled else worker.add(self._enroller.turn, patient=True)
        self._ready.set()

    @classmethod
    def open(
        cls,
        directory: str | os.PathLike[str],
        portal_url: str | Sequence[str],
        *,
        snapshot: TakeSnapshot,
        claim_code: str | None = None,
        settings: ConnectionSettings | None = None,
        clock: Clock | None = None,
        randomness: Randomness = os.urandom,
        worker: Worker | None = None,
        spool: SpoolFile | None = None,
        spool_key: bytes | None = None,
        timeouts: Timeouts | None = None,
        uplink: Uplink | None = None,
    ) -> Self:
        """Open the connection kept in a directory, or begin one there. Does not wait for the network.

        snapshot: gives a `Snapshot` of the printer; called whenever a batch is formed, in a thread of its own, one call
        at a time. When it takes longer than `settings.snapshot_s_max`, batches go without it until it returns.
        portal_url: one address of the portal, or several, the preferred one first.
        claim_code: needed until the portal has accepted this sender; enrolment happens in the background.
        worker, spool: share one between many connections (each connection has a directory of its own for its
        identity); without them the connection makes its own and closes them. timeouts: real seconds. uplink: how
        the portal is reached; shared or of one's own making, it brings times and proxy with it.
        spool_key: 32 random bytes that seal its own spool, from a better place than the file beside the spool that is
        made and used without them; the same each time.
        Raises ConfigError, SpoolInUseError, SpoolStorageError, SpoolFullError.
        """
        if claim_code is not None:
            read_claim_code(claim_code)
        settings = settings or ConnectionSettings()
        folder = IdentityFolder(Path(directory))
        folder.load_or_create(portal_url)
        # A clock of the embedder's own is believed; the machine's is corrected when it can not be right.
        clock = clock or CorrectedClock(SystemClock(), folder.time_floor() or CLOCK_FLOOR)
        uplink = uplink or Uplink(
            Ways(timeouts=timeouts, proxy=settings.proxy, monotonic_s=clock.monotonic_s, dates=_dates_of(clock))
        )
        owned: list[Callable[[], None]] = []
        try:
            if spool is None:
                own_spool = SqliteSpoolFile.open(
                    Path(directory) / SPOOL_FILE,
                    key=spool_key,
                    bytes_max=settings.spool_bytes_max,
                    randomness=randomness,
                )
                owned.append(own_spool.close)
                spool = own_spool
            settle_renewal(folder, spool)
            if worker is None:
                worker = Worker(clock=clock)
                owned.insert(0, worker.close)
            return cls(
                folder,
                spool,
                snapshot,
                claim_code=claim_code,
                settings=settings,
                clock=clock,
                randomness=randomness,
                worker=worker,
                uplink=uplink,
                owned=tuple(owned),
            )
        except BaseException:
            for close in owned:
                close()
            raise

    @property
    def sender(self) -> str:
        """This sender's id, known before enrolment: the RFC 7638 thumbprint of its key. A renewed key has another."""
        return self._folder.current().sender

    @property
    def problem(self) -> str | None:
        """The problem of `status`, without reading the spool: cheap enough to ask a thousand connections."""
        return self._courier.problem if self._folder.current().enrolled else self._enroller.problem

    def job_started(self, job_id: str) -> None:
        """A job began. Its start time is put into its record if that brings none. Optional."""
        self._check_open()
        self._gatherer.job_started(job_id)

    def impressions_made(self, count: int) -> None:
        """Impressions (printed sides) were made: call it while printing. A job's end does not count them again."""
        self._check_open()
        self._gatherer.impressions_made(count)
        self._wake_forming()

    def job_finished(self, job: Job) -> None:
        """A job ended. Its job_id is the device's own, used once for ever.

        Raises SpoolFullError (the job was refused and counted), SpoolStorageError, InvalidRecordError.
        """
        self._check_open()
        self._gatherer.job_finished(job)
        self._wake_forming()

    def alert_raised(self, alert: Alert) -> None:
        """An alert began. A critical one, or one of the configured codes, leaves at once.

        Its alert_id is the device's own, used once for ever. onset_at: now, if it brings none.
        """
        self._check_open()
        self._gatherer.alert_raised(alert)
        if self._urgent(alert):
            self._courier.alert_is_new()
            self._lanes[Lane.PRIORITY].wake()
        self._forming.wake()

    def alert_cleared(self, alert_id: str, at: datetime | None = None) -> None:
        """An alert ended. at: aware; None: now. An id that is not open changes nothing."""
        self._check_open()
        self._gatherer.alert_cleared(alert_id, at)
        self._forming.wake()

    def push(self) -> None:
        """Form a batch now and send everything, forgetting every back-off. Returns before that happened."""
        self._check_open()
        self._gatherer.ask_push()
        self._courier.hurry()
        self._enroller.hurry()
        self._wake_all()

    def status(self) -> ConnectionStatus:
        """Where the connection stands."""
        self._check_open()
        identity, tally, gathered = self._folder.current(), self._spool.tally(), self._gatherer.gathered()
        since = identity.key_since
        return ConnectionStatus(
            sender=identity.sender,
            portal_url=identity.portal_url,
            enrolled=identity.enrolled,
            problem=self.problem,
            delivered=tally.delivered,
            delivered_at=tally.delivered_at,
            unsent=tally.unsent,
            oldest_unsent_at=tally.oldest_unsent_at,
            next_try_at=self._next_try_at(identity.enrolled),
            set_aside=tally.set_aside,
            jobs_waiting=tally.jobs_waiting,
            jobs_refused=tally.jobs_refused,
            impressions_waiting=gathered.impressions,
            alerts_waiting=gathered.alerts,
            deadline_at=gathered.deadline_at,
            deadline_reason=gathered.deadline_reason,
            used_bytes=tally.used_bytes,
            cap_bytes=tally.cap_bytes,
            address=self._uplink.route(identity.portal_urls, identity.ca_pem).url,
            proxy=self._uplink.proxy,
            captive=self._courier.captive if identity.enrolled else self._enroller.captive,
            clock="synced" if is_synced(self._clock) else "unsynced",
            key_renewed_at=since,
            key_expires_at=None if since is None else self._renewal.expires_at(since),
            jobs_max=gathered.settings.triggers.jobs_max,
            impressions_max=gathered.settings.triggers.impressions_max,
        )

    def counters(self) -> Mapping[str, float]:
        """The figures of `status` by name, for a monitoring of the embedder's own: counters end in _total."""
        return figures(as_document(self.status()))

    def close(self) -> None:
        """End. What was reported is stored and is sent after the next open. Idempotent, and quick.

        In a process that was forked off it does nothing: sockets and spool are the other process's.
        """
        if os.getpid() != self._pid:
            return
        with self._close_lock:
            if self._closed:
                return
            self._closed = True
        self._snapshots.close()
        self._courier.close()
        self._enroller.close()
        self._keeper.close()
        for task in (self._forming, *self._lanes.values(), self._enrolling, self._keeping):
            if task is not None:
                task.remove()
        for close in self._owned:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Turns of the worker

    def _form(self) -> float:
        if self._closed:
            return math.inf
        try:
            with self._form_lock:
                formed = self._gatherer.form_due()
            if formed:
                for task in self._lanes.values():
                    task.wake()
        except ClosedError:
            return math.inf
        return self._gatherer.wake_at()

    def _lane_turn(self, lane: Lane) -> Callable[[], float]:
        def turn() -> float:
            if self._closed:
                return math.inf
            try:
                self._courier.step(lane)
                return self._courier.wake_at(lane)
            except ClosedError:
                return math.inf

        return turn

    def _keeper_turn(self) -> float:
        try:
            return self._keeper.turn()
        except ClosedError:
            return math.inf

    @contextmanager
    def _still(self) -> Iterator[bool]:
        with self._courier.still() as still:
            formless = still and self._form_lock.acquire(blocking=False)
            try:
                yield formless and not self._closed
            finally:
                if formless:
                    self._form_lock.release()

    def _switched(self) -> None:
        for task in (self._forming, *self._lanes.values()):
            task.wake()

    def _was_enrolled(self, enrolment: Enrolment) -> None:
        self._gatherer.enrolled(enrolment.desired)
        self._wake_all()

    def _snapshot_is_there(self) -> None:
        self._ready.wait()  # it may be there before __init__ is at its end
        self._forming.wake()

    def _judged(self, batch: FormedBatch, judgement: Judgement) -> None:
        if batch.lane is Lane.PRIORITY and judgement.verdict in SETTLED:
            self._gatherer.alert_taken()
            self._forming.wake()
        if self._keeper.renewing:
            self._keeping.wake()
        if judgement.verdict is not Verdict.DELIVERED:
            return
        if batch.lane is Lane.NORMAL and self._courier.wake_at(Lane.PRIORITY) <= self._clock.monotonic_s():
            self._lanes[Lane.PRIORITY].wake()
        self._gatherer.take_desired(judgement.desired)
        self._gatherer.take_advice(judgement.next_push_s)
        self._forming.wake()

    # Small things

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the direct connection is closed")
        if os.getpid() != self._pid:
            raise ClosedError("the direct connection was opened before a fork; open it in the process that uses it")

    def _wake_forming(self) -> None:
        if self._gatherer.wake_at() <= self._clock.monotonic_s():
            self._forming.wake()

    def _wake_all(self) -> None:
        for task in (self._forming, *self._lanes.values(), self._enrolling, self._keeping):
            if task is not None:
                task.wake()

    def _next_try_at(self, enrolled: bool) -> datetime | None:
        wake_s = min(self._courier.wake_at(lane) for lane in Lane) if enrolled else self._enroller.at_s
        if math.isinf(wake_s):
            return None
        return self._clock.utc_now() + timedelta(seconds=wake_s - self._clock.monotonic_s())


def _dates_of(clock: Clock) -> Callable[[], datetime | None]:
    return clock.dates if isinstance(clock, CorrectedClock) else lambda: None
