"""What happens in the printer, stored as it happens, and formed into batches when the triggers say so.

1. A call is durable when it returns. Counts in memory only mirror the spool and are rebuilt from it at start.
2. The embedder's snapshot is taken without any lock of ours held, and not in the worker's thread (`snapshots`).
3. Forming is for one thread at a time (the worker's turn); events may come in meanwhile and join the batch.
4. A batch that finds no room is not formed; its events wait, and it is tried again in a minute or after an ack. An
   alert does not wait for that minute: it has a reserve of its own.
"""

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from direct_connect.alert_book import AlertBook
from direct_connect.clock import CLOCK_FLOOR, Timepiece, is_synced, mended
from direct_connect.core.batching import Heading, Lane, form_batches
from direct_connect.core.chance import Randomness
from direct_connect.core.privacy import NAME_LENGTH_MAX, private_job
from direct_connect.core.reporting import (
    SOURCE,
    Snapshot,
    checked,
    missing_snapshot_report,
    snapshot_report,
)
from direct_connect.core.settings import ConnectionSettings, newer, with_desired
from direct_connect.core.triggers import Pending
from direct_connect.errors import InvalidRecordError, SpoolFullError
from direct_connect.snapshots import NoSnapshotError
from direct_connect.spool.port import Consumed, Spool
from direct_connect.spool.reports import sender_state
from wire_format.codec import decode_record, encode_record, format_instant, parse_instant
from wire_format.errors import DecodeError
from wire_format.masking import mask_addresses, without_addresses
from wire_format.records import Alert, Clock, Device, Finding, Job, Outcome, Reason, Report, Service
from wire_format.settings import Desired
from wire_format.strict_json import compact_json, parse_json

ALERTS_PER_BATCH_MAX: Final = 256
STARTED_MAX: Final = 64
NO_ROOM_RETRY_S: Final = 60.0
NEXT_PUSH_S_MIN: Final = 60

DEADLINE_MEMO: Final = "deadline_at"
DEADLINE_REASON_MEMO: Final = "deadline_why"
_BOOT: Final = "boot"
_FORMED_BOOT: Final = "formed_boot"
_DESIRED: Final = "desired"
_STARTED: Final = "started/"
_LOG: Final = logging.getLogger(__name__)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Where gathering stands. deadline_at: wall clock, as far as it can be told."""

    jobs: int
    impressions: int
    alerts: int
    deadline_at: datetime | None
    deadline_reason: Reason
    settings: ConnectionSettings


class Gatherer:
    """Stores events of one sender and forms its batches. Thread-safe."""

    def __init__(
        self,
        spool: Spool,
        take_snapshot: Callable[[], Snapshot | None],
        *,
        own: ConnectionSettings,
        name_secret: bytes,
        clock: Timepiece,
        randomness: Randomness,
    ) -> None:
        """take_snapshot: None means not yet, and that it is asked again when `form_due` is."""
        self._spool, self._take_snapshot = spool, take_snapshot
        self._own, self._name_secret = own, name_secret
        self._clock, self._randomness = clock, randomness
        self._lock = threading.RLock()
        self._started_s = clock.monotonic_s()
        self._hold_until_s = dict.fromkeys(Lane, -math.inf)
        self._impressions_asked: int | None = None  # while a snapshot is awaited: what had been made when it began
        self._device: Device | None = None
        self._boot = self._recalled(_BOOT, _read_count, 0) + 1
        spool.remember(_BOOT, str(self._boot))
        self._desired = self._recalled(_DESIRED, _read_desired, None)
        self._settings = with_desired(own, self._desired)
        self._undone = spool.undone
        self._started = self._stored_starts()
        self._alerts = AlertBook(spool)
        self._pending = self._rebuilt()

    # Events

    def job_started(self, job_id: str) -> None:
        """Remember when a job began, for the record of its end. Only the last 64 unfinished ones are kept."""
        checked(Job(job_id=job_id, service=Service.UNKNOWN, outcome=Outcome.UNKNOWN))
        with self._lock:
            self._mirror()
            while len(self._started) >= STARTED_MAX:
                self._spool.remember(_STARTED + self._started.pop(0), None)
            self._spool.remember(_STARTED + job_id, format_instant(self._clock.utc_now()))
            if job_id not in self._started:
                self._started.append(job_id)

    def impressions_made(self, count: int) -> None:
        """Count impressions as they are made."""
        if isinstance(count, bool) or not isinstance(count, int):
            raise InvalidRecordError("impressions are a whole number")
        if count < 0:
            raise InvalidRecordError("impressions are counted up, never down")
        if count:
            with self._lock:
                self._mirror()
                self._spool.add_impressions(count)
                self._pending = replace(self._pending, impressions=self._pending.impressions + count)

    def job_finished(self, job: Job) -> None:
        """Store a finished job; one that still waits under the same job_id is not stored again."""
        with self._lock:
            self._mirror()
            if not isinstance(job, Job):
                raise InvalidRecordError(f"a Job is wanted here, not a {type(job).__name__}")
            job = checked(private_job(job, self._settings.job_names, self._name_secret))
            if self._own.mask_addresses and job.name is not None:
                job = replace(job, name=without_addresses(job.name)[:NAME_LENGTH_MAX])
            began = self._spool.recall(_STARTED + job.job_id) if job.job_id in self._started else None
            if began is not None and job.started_at is None:
                job = replace(job, started_at=parse_instant(began))
            memo = None if began is None else _STARTED + job.job_id
            if self._spool.append_job(job, memo):
                self._pending = replace(self._pending, jobs=self._pending.jobs + 1)
            if began is not None:
                self._started.remove(job.job_id)

    def alert_raised(self, alert: Alert) -> None:
        """Store an alert. Its alert_id is the device's own, used once for ever; repeated, it changes nothing."""
        if not isinstance(alert, Alert):
            raise InvalidRecordError(f"an Alert is wanted here, not a {type(alert).__name__}")
        alert = checked(alert if alert.onset_at is not None else replace(alert, onset_at=self._clock.utc_now()))
        if self._own.mask_addresses and alert.description is not None:
            alert = replace(alert, description=without_addresses(alert.description)[:255])
        with self._lock:
            self._mirror()
            lane = Lane.PRIORITY if self._settings.triggers.urgent(alert) else Lane.NORMAL
            if self._alerts.add(alert, lane):
                self._note_urgent(alert.code, lane)

    def alert_cleared(self, alert_id: str, at: datetime | None = None) -> None:
        """Store the end of an alert; an id that is not open changes nothing. at: aware; None: now."""
        with self._lock:
            self._mirror()
            ended = self._alerts.ended(alert_id, at or self._clock.utc_now())
            if ended is None:
                return
            checked(ended.alert)
            self._alerts.put(ended)
            self._note_urgent(ended.alert.code, ended.lane)

    def ask_push(self) -> None:
        """Make a batch due now."""
        with self._lock:
            self._pending = replace(self._pending, push_asked=True)
            self._hold_until_s = dict.fromkeys(Lane, -math.inf)

    def enrolled(self, desired: Desired | None) -> None:
        """Start the heartbeat, unless it runs."""
        self.take_desired(desired)
        with self._lock:
            if self._pending.deadline_s is None:
                now_s = self._clock.monotonic_s()
                self._pending = self._settings.triggers.enrolled(self._pending, now_s, self._spool.sender)
                self._spool.remember(_FORMED_BOOT, str(self._boot))
                self._remember_deadline()

    # Advice from the portal

    def take_desired(self, desired: Desired | None) -> None:
        """Put settings in force that the portal asked for, within the bounds, and remember them."""
        with self._lock:
            kept = newer(self._desired, desired)
            if kept is None or kept is self._desired:
                return
            self._spool.remember(_DESIRED, compact_json(encode_record(kept)))
            self._desired = kept
            self._settings = with_desired(self._own, kept)
            now_s = self._clock.monotonic_s()
            self._pending = self._settings.triggers.hurried(self._pending, now_s + self._settings.triggers.interval_s)
            self._remember_deadline()

    def take_advice(self, next_push_s: int | None) -> None:
        """Bring the next heartbeat forward when the portal wants it sooner; never under a minute, never later."""
        with self._lock:
            self._hold_until_s = dict.fromkeys(Lane, -math.inf)  # an ack made room
            if next_push_s is None:
                return
            deadline_s = self._clock.monotonic_s() + max(NEXT_PUSH_S_MIN, next_push_s)
            hurried = self._settings.triggers.hurried(self._pending, deadline_s)
            if hurried is not self._pending:
                self._pending = hurried
                self._remember_deadline()

    def alert_taken(self) -> None:
        """The portal took an alert batch, or refused it for good: codes that waited for that may be told again."""
        with self._lock:
            self._pending = self._settings.triggers.alert_taken(self._pending)

    # Forming

    def wake_at(self) -> float:
        """When forming is due: AT_ONCE, monotonic seconds, or math.inf; this too while a snapshot is awaited."""
        with self._lock:
            if self._impressions_asked is not None:
                return math.inf
            triggers, held = self._settings.triggers, self._hold_until_s
            return min(
                max(triggers.alert_wake_at(self._pending), held[Lane.PRIORITY]),
                max(triggers.other_wake_at(self._pending), held[Lane.NORMAL]),
            )

    def form_due(self) -> int:
        """Form every batch that is due; gives how many. For one thread at a time. Raises SpoolStorageError."""
        formed = 0
        while True:
            with self._lock:
                self._mirror()
                reason = self._due()
                if reason is None:
                    self._impressions_asked = None
                    return formed
                # The meters of the snapshot may miss what is made from now on, so that counts for the next batch.
                if self._impressions_asked is None:
                    self._impressions_asked = self._pending.impressions
            report = self._report()
            if report is None:
                return formed
            lane = Lane.PRIORITY if reason is Reason.ALERT else Lane.NORMAL
            try:
                with self._lock:
                    impressions, self._impressions_asked = self._impressions_asked, None
                    if reason is Reason.ALERT:
                        formed += self._form_alerts(report)
                    else:
                        formed += self._form(report, reason, impressions or 0)
            except SpoolFullError as error:
                self._hold_until_s[lane] = self._clock.monotonic_s() + NO_ROOM_RETRY_S
                _LOG.error("no room to form a batch; what happened waits", extra={"why": str(error)})

    def _due(self) -> Reason | None:
        now_s, triggers = self._clock.monotonic_s(), self._settings.triggers
        if now_s >= self._hold_until_s[Lane.PRIORITY] and triggers.alert_due(self._pending, now_s):
            return Reason.ALERT
        return triggers.other_due(self._pending, now_s) if now_s >= self._hold_until_s[Lane.NORMAL] else None

    def gathered(self) -> Gathered:
        """Where gathering stands."""
        with self._lock:
            self._mirror()
            alerts = self._alerts.changed_count()
            return Gathered(
                jobs=self._pending.jobs,
                impressions=self._pending.impressions,
                alerts=alerts,
                deadline_at=self._deadline_at(),
                deadline_reason=self._pending.deadline_reason,
                settings=self._settings,
            )

    def _form(self, report: Report, reason: Reason, impressions: int) -> int:
        events = self._spool.events()
        told = self._alerts.changed(Lane.NORMAL)[:ALERTS_PER_BATCH_MAX]
        jobs = tuple(mended(waiting.job, self._clock) for waiting in events.jobs)
        report = replace(report, jobs=jobs, alerts=tuple(mended(known.alert, self._clock) for known in told))
        now_s = self._clock.monotonic_s()
        triggers = self._settings.triggers
        # Every waiting job is in this batch, so none is pending after it, even if a repaired spool holds fewer than
        # were counted: a count that never comes down would form batch after batch.
        pending = triggers.formed(self._pending, now_s, impressions=impressions, jobs=self._pending.jobs)
        consumed = Consumed(
            jobs_through=max((waiting.position for waiting in events.jobs), default=0),
            impressions=impressions,
            alert_ids=tuple(known.alert.alert_id for known in told),
            memos=((_FORMED_BOOT, str(self._boot)), *self._deadline_memos(pending, now_s)),
        )
        count = self._append(report, reason, consumed)
        self._alerts.mark_told(told)
        self._pending = pending
        return count

    def _form_alerts(self, report: Report) -> int:
        told = self._alerts.changed(Lane.PRIORITY)[:ALERTS_PER_BATCH_MAX]
        now_s = self._clock.monotonic_s()
        if not told:
            self._pending = self._settings.triggers.alert_formed(self._pending, now_s)
            return 0
        report = replace(
            report, config=None, supplies=(), alerts=tuple(mended(known.alert, self._clock) for known in told)
        )
        count = self._append(report, Reason.ALERT, Consumed(alert_ids=tuple(known.alert.alert_id for known in told)))
        self._alerts.mark_told(told)
        self._pending = self._settings.triggers.alert_formed(self._pending, now_s)
        for known in self._alerts.changed(Lane.PRIORITY):  # more than one batch may hold
            self._note_urgent(known.alert.code, known.lane)
        return count

    def _append(self, report: Report, reason: Reason, consumed: Consumed) -> int:
        tally = self._spool.tally()
        if tally.snapshots_dropped:
            dropped = f"{tally.snapshots_dropped} snapshots gave way since enrolment: the spool was full"
            report = replace(
                report, findings=(*report.findings, Finding(field="spool", source=SOURCE, reason=dropped))[-256:]
            )
        at = self._clock.utc_now()
        heading = Heading(
            sender=self._spool.sender,
            created_at=at,
            reason=reason,
            clock=Clock.SYNCED if is_synced(self._clock) else Clock.UNSYNCED,
            boot=self._boot,
            uptime_ms=max(0, int((self._clock.monotonic_s() - self._started_s) * 1000)),
            state=sender_state(tally),
        )
        formed = form_batches(heading, (report,), self._spool.numbering(), self._randomness)
        self._spool.append(formed, consumed)
        _LOG.info(
            "batch was formed",
            extra={
                "sequence": formed[0].sequence,
                "reason": reason.value,
                "jobs": len(report.jobs),
                "batches": len(formed),
            },
        )
        return len(formed)

    def device(self, snapshot: Snapshot) -> Device:
        """What may be said of the device outside a batch."""
        report = snapshot_report(snapshot, self._clock.utc_now())
        return (mask_addresses(report) if self._own.mask_addresses else report).device

    def _report(self) -> Report | None:
        try:
            snapshot = self._take_snapshot()
        except NoSnapshotError as error:
            return missing_snapshot_report(self._device, self._clock.utc_now(), str(error))
        if snapshot is None:
            return None
        report = snapshot_report(snapshot, self._clock.utc_now())
        if self._own.mask_addresses:
            report = mask_addresses(report)
        self._device = report.device
        return report

    # State

    def _mirror(self) -> None:
        """Read anew what is mirrored, when the spool had to take back what it had promised (`port.Spool.undone`)."""
        if (undone := self._spool.undone) != self._undone:
            self._undone = undone
            self._alerts.reload()
            events = self._spool.events()
            self._started = self._stored_starts()
            self._pending = replace(
                self._pending,
                jobs=len(events.jobs),
                impressions=events.impressions,
                urgent_codes=self._urgent_codes(),
            )

    def _urgent_codes(self) -> frozenset[int]:
        return frozenset(known.alert.code for known in self._alerts.changed(Lane.PRIORITY))

    def _stored_starts(self) -> list[str]:
        return [name.removeprefix(_STARTED) for name in self._spool.recall_all(_STARTED)]

    def _rebuilt(self) -> Pending:
        events = self._spool.events()
        pending = Pending(jobs=len(events.jobs), impressions=events.impressions, urgent_codes=self._urgent_codes())
        deadline_at = self._recalled(DEADLINE_MEMO, parse_instant, CLOCK_FLOOR)
        if self._spool.recall(DEADLINE_MEMO) is None:
            return pending
        at = self._clock.utc_now()
        resumed = self._settings.triggers.resumed(
            pending,
            self._clock.monotonic_s(),
            at,
            deadline_at,
            self._spool.sender,
            reason=self._recalled(DEADLINE_REASON_MEMO, Reason, Reason.INTERVAL),
            starts=self._boot - self._recalled(_FORMED_BOOT, _read_count, self._boot - 1),
            clock_good=is_synced(self._clock),
        )
        self._pending = resumed
        self._remember_deadline()
        return resumed

    def _note_urgent(self, code: int, lane: Lane) -> None:
        if lane is Lane.PRIORITY:
            self._pending = replace(self._pending, urgent_codes=self._pending.urgent_codes | {code})

    def _recalled(self, name: str, read: Callable[[str], _Value], otherwise: _Value) -> _Value:
        """A remembered value; the other one when there is none, or one that this version can not read."""
        text = self._spool.recall(name)
        try:
            return otherwise if text is None else read(text)
        except (ValueError, DecodeError):
            _LOG.warning("remembered value can not be read; begun anew", extra={"memo": name})
            return otherwise

    def _deadline_at(self) -> datetime | None:
        if self._pending.deadline_s is None:
            return None
        return self._clock.utc_now() + timedelta(seconds=self._pending.deadline_s - self._clock.monotonic_s())

    def _remember_deadline(self) -> None:
        for name, value in self._deadline_memos(self._pending, self._clock.monotonic_s()):
            self._spool.remember(name, value)

    def _deadline_memos(self, pending: Pending, now_s: float) -> tuple[tuple[str, str], ...]:
        if pending.deadline_s is None:
            return ()
        deadline_at = self._clock.utc_now() + timedelta(seconds=pending.deadline_s - now_s)
        return ((DEADLINE_MEMO, format_instant(deadline_at)), (DEADLINE_REASON_MEMO, pending.deadline_reason.value))


def _read_desired(text: str) -> Desired | None:
    return decode_record(Desired, parse_json(text))


def _read_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError("no count")
    return int(text)
