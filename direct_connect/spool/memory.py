"""A spool in memory, with the promises of `port` but for durability: for tests, and for fleets that only pretend."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from direct_connect.core.alerts import TrackedAlert, told
from direct_connect.core.batching import FormedBatch, Lane, Numbering
from direct_connect.core.chance import Randomness, new_stream
from direct_connect.core.settings import SPOOL_BYTES_DEFAULT
from direct_connect.errors import ClosedError, SequenceError, SpoolFullError
from direct_connect.spool.port import Consumed, Events, SetAside, SpooledJob, Tally
from direct_connect.spool.sender_row import SenderRow
from direct_connect.spool.texts import write_alert, write_job
from wire_format.records import Job

_NOTHING: Final = Consumed()


class MemorySpoolFile:
    """Spools of many senders in this process's memory. See `port.SpoolFile`."""

    def __init__(self, *, bytes_max: int = SPOOL_BYTES_DEFAULT, randomness: Randomness = os.urandom) -> None:
        self.bytes_max, self.randomness = bytes_max, randomness
        self.used_bytes = 0
        self.lock = threading.RLock()
        self._closed = False
        self._spools: dict[str, MemorySpool] = {}

    def of(self, sender: str) -> "MemorySpool":
        """A sender's spool; a new one begins with a new stream."""
        with self.lock:
            self.check_open()
            if (known := self._spools.get(sender)) is None:
                known = self._spools[sender] = MemorySpool(self, sender)
            return known

    def senders(self) -> tuple[str, ...]:
        """Every sender that has a spool here."""
        with self.lock:
            self.check_open()
            return tuple(sorted(self._spools))

    @contextmanager
    def together(self) -> Iterator["MemoryBlock"]:
        """Every call is as durable as it gets when it returns."""
        yield MemoryBlock()

    def check_open(self) -> None:
        """Raises ClosedError after close."""
        if self._closed:
            raise ClosedError("the spool is closed")

    def renamed(self, before: str, now: str) -> None:
        """A sender's spool goes by another name now."""
        self._spools[now] = self._spools.pop(before)

    def take_room(self, size_bytes: int, reserve: int) -> bool:
        """Count an entry in, unless it would eat into a reserve. reserve: sixteenths of the cap."""
        if self.used_bytes + size_bytes > self.bytes_max - self.bytes_max * reserve // 16:
            return False
        self.used_bytes += size_bytes
        return True

    def reopened(self) -> "MemorySpoolFile":
        """What a restart finds: this file again, open."""
        self._closed = False
        return self

    def close(self) -> None:
        """Refuse further calls; what is stored stays until the object goes."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class MemoryBlock:
    """See `port.Together`."""

    def __init__(self) -> None:
        self.kept = 0

    def mark(self) -> None:
        """One more is kept."""
        self.kept += 1


class MemorySpool:
    """See `port.Spool`."""

    def __init__(self, file: MemorySpoolFile, sender: str) -> None:
        self._file, self._sender = file, sender
        self._row = SenderRow.new(new_stream(file.randomness))
        self._jobs: dict[str, SpooledJob] = {}
        self._alerts: dict[str, TrackedAlert] = {}
        self._memos: dict[str, str] = {}
        self._batches: dict[tuple[str, int], FormedBatch] = {}
        self._aside: dict[tuple[str, int], str] = {}
        self._position = 0

    @property
    def sender(self) -> str:
        return self._sender

    def numbering(self) -> Numbering:
        with self._file.lock:
            self._file.check_open()
            return Numbering(stream=self._row.stream, next_sequence=self._row.next_sequence)

    def append(self, batches: Sequence[FormedBatch], consumed: Consumed = _NOTHING) -> None:
        with self._file.lock:
            self._file.check_open()
            for count, batch in enumerate(batches):
                if (batch.stream, batch.sequence) != (self._row.stream, self._row.next_sequence + count):
                    raise SequenceError(f"batch {batch.sequence} is not the next one of its stream")
            taken = [job for job in self._jobs.values() if job.position <= consumed.jobs_through]
            freed = sum(len(write_job(job.job)) for job in taken)
            self._file.used_bytes -= freed
            try:
                dropped = self._make_room(batches)
            except SpoolFullError:
                self._file.used_bytes += freed
                raise
            for job in taken:
                del self._jobs[job.job.job_id]
            for alert_id in consumed.alert_ids:
                self._tell(alert_id)
            for name, value in consumed.memos:
                self._memos[name] = value
            for batch in batches:
                self._batches[batch.stream, batch.sequence] = batch
            self._row = replace(
                self._row,
                next_sequence=self._row.next_sequence + len(batches),
                impressions=max(0, self._row.impressions - consumed.impressions),
                snapshots_dropped=self._row.snapshots_dropped + dropped,
                gap=None if batches else self._row.gap,
            )

    def _make_room(self, batches: Sequence[FormedBatch]) -> int:
        size_bytes = sum(len(batch.body) for batch in batches)
        urgent = any(batch.lane is Lane.PRIORITY for batch in batches)
        droppable = [batch for key, batch in self._batches.items() if batch.snapshot_only and key not in self._aside]
        dropped = 0
        while not self._file.take_room(size_bytes, reserve=1 if urgent else 2):
            if not droppable:
                raise SpoolFullError("the spool is full: no batch can be formed until the portal takes some")
            old = droppable.pop(0)
            del self._batches[old.stream, old.sequence]
            self._file.used_bytes -= len(old.body)
            dropped += 1
        return dropped

    def _tell(self, alert_id: str) -> None:
        if (known := self._alerts.get(alert_id)) is None:
            return
        if (left := told(known)) is None:
            self._drop_alert(alert_id)
        else:
            self._alerts[alert_id] = left

    def oldest(self, lane: Lane) -> FormedBatch | None:
        with self._file.lock:
            self._file.check_open()
            waiting = (batch for key, batch in self._batches.items() if key not in self._aside and batch.lane is lane)
            return next(waiting, None)

    def ack(self, stream: str, sequence: int, at: datetime) -> None:
        with self._file.lock:
            self._file.check_open()
            if (gone := self._batches.pop((stream, sequence), None)) is not None:
                self._aside.pop((stream, sequence), None)
                self._file.used_bytes -= len(gone.body)
                self._row = replace(self._row, delivered=self._row.delivered + 1, delivered_at=at)

    def set_aside(self, stream: str, sequence: int, why: str) -> None:
        with self._file.lock:
            self._file.check_open()
            key = (stream, sequence)
            if key in self._batches and key not in self._aside:
                self._aside[key] = why[:255]
                self._row = replace(self._row, set_aside=self._row.set_aside + 1)

    def aside(self) -> tuple[SetAside, ...]:
        with self._file.lock:
            self._file.check_open()
            kept = [(self._batches[key], why) for key, why in self._aside.items()]
            return tuple(
                SetAside(stream=batch.stream, sequence=batch.sequence, created_at=batch.created_at, why=why)
                for batch, why in kept
            )

    def aside_batch(self, stream: str, sequence: int) -> FormedBatch | None:
        with self._file.lock:
            self._file.check_open()
            return self._batches[stream, sequence] if (stream, sequence) in self._aside else None

    def offer_again(self, stream: str, sequence: int) -> bool:
        with self._file.lock:
            self._file.check_open()
            return self._aside.pop((stream, sequence), None) is not None

    def drop_aside(self, stream: str, sequence: int) -> bool:
        with self._file.lock:
            if not self.offer_again(stream, sequence):
                return False
            self._file.used_bytes -= len(self._batches.pop((stream, sequence)).body)
            return True

    def restore_aside(self, batch: FormedBatch, why: str) -> bool:
        with self._file.lock:
            self._file.check_open()
            key, row = (batch.stream, batch.sequence), self._row
            if key in self._batches:
                return False
            if batch.sender != self._sender or (batch.stream == row.stream and batch.sequence >= row.next_sequence):
                raise SequenceError(f"batch {batch.sequence} was never formed by this sender")
            if not self._file.take_room(len(batch.body), reserve=2):
                raise SpoolFullError("the spool is full: the batch can be put back when the portal took some others")
            self._batches[key], self._aside[key] = batch, why[:255]
            return True

    def begin_stream(self, reason: str) -> None:
        with self._file.lock:
            self._file.check_open()
            self._row = self._row.in_new_stream(new_stream(self._file.randomness), reason)

    def go_on_as(self, sender: str) -> bool:
        with self._file.lock:
            self._file.check_open()
            if any(key not in self._aside for key in self._batches):
                return False
            if sender in self._file.senders():
                raise SequenceError(f"there is a spool of {sender} here already")
            self._row = replace(self._row, stream=new_stream(self._file.randomness), next_sequence=1)
            before, self._sender = self._sender, sender
            self._file.renamed(before, sender)
            return True

    def tally(self) -> Tally:
        with self._file.lock:
            self._file.check_open()
            waiting = [batch.created_at for key, batch in self._batches.items() if key not in self._aside]
            return Tally(
                unsent=len(waiting),
                oldest_unsent_at=min(waiting, default=None),
                set_aside=self._row.set_aside,
                jobs_waiting=len(self._jobs),
                jobs_refused=self._row.jobs_refused,
                snapshots_dropped=self._row.snapshots_dropped,
                delivered=self._row.delivered,
                delivered_at=self._row.delivered_at,
                gap=self._row.gap,
                used_bytes=self._file.used_bytes,
                cap_bytes=self._file.bytes_max,
            )

    @property
    def undone(self) -> int:
        return 0

    def append_job(self, job: Job, forget: str | None = None) -> bool:
        with self._file.lock:
            self._file.check_open()
            if job.job_id in self._jobs:
                self._memos.pop(forget or "", None)
                return False
            if not self._file.take_room(len(write_job(job)), reserve=3):
                self._row = replace(self._row, jobs_refused=self._row.jobs_refused + 1)
                raise SpoolFullError("the spool is full: the job was refused and counted")
            self._memos.pop(forget or "", None)
            self._position += 1
            self._jobs[job.job_id] = SpooledJob(position=self._position, job=job)
            return True

    def add_impressions(self, count: int) -> None:
        with self._file.lock:
            self._file.check_open()
            self._row = replace(self._row, impressions=self._row.impressions + count)

    def put_alert(self, tracked: TrackedAlert, replaced: Sequence[str] = ()) -> None:
        with self._file.lock:
            self._file.check_open()
            known = self._alerts.get(tracked.alert.alert_id)
            freed = 0 if known is None else len(write_alert(known))
            if not self._file.take_room(len(write_alert(tracked)) - freed, reserve=1):
                raise SpoolFullError("the spool is full, its reserve for alerts too: the alert was not stored")
            self._alerts[tracked.alert.alert_id] = tracked
            for alert_id in replaced:
                self._drop_alert(alert_id)

    def _drop_alert(self, alert_id: str) -> None:
        if (gone := self._alerts.pop(alert_id, None)) is not None:
            self._file.used_bytes -= len(write_alert(gone))

    def alerts(self) -> tuple[TrackedAlert, ...]:
        with self._file.lock:
            self._file.check_open()
            return tuple(self._alerts.values())

    def events(self) -> Events:
        with self._file.lock:
            self._file.check_open()
            return Events(
                jobs=tuple(self._jobs.values()),
                impressions=self._row.impressions,
                alerts=tuple(self._alerts.values()),
            )

    def remember(self, name: str, value: str | None) -> None:
        with self._file.lock:
            self._file.check_open()
            if value is None:
                self._memos.pop(name, None)
            else:
                self._memos[name] = value

    def recall(self, name: str) -> str | None:
        with self._file.lock:
            self._file.check_open()
            return self._memos.get(name)

    def recall_all(self, prefix: str) -> dict[str, str]:
        with self._file.lock:
            self._file.check_open()
            return {name: value for name, value in sorted(self._memos.items()) if name.startswith(prefix)}
