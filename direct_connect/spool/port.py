"""The spool as its users see it: one sender's durable outbox, and the file that holds many of them.

Rules for every adapter:
1. What a call stored is durable when it returns: it outlives kill -9 and a pulled plug (memory: the process). Inside
   `SpoolFile.together` it is when the block ends, and what a pulled plug leaves of the block are its first calls.
2. A batch leaves only by ack. Set aside, it stays, and is no longer offered, until a person decides what becomes of it.
3. A number is used once per stream, for ever. When stored data was lost, each sender gets a new stream and a gap.
4. Room: jobs stop first, then batches, then alerts, each leaving a reserve for the next; deleting always works.
   When a batch needs room, the oldest batches that hold only a snapshot, older than another, give way (counted).
5. Nothing is dropped or refused without a count in `tally`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from direct_connect.core.alerts import TrackedAlert
from direct_connect.core.batching import FormedBatch, Lane, Numbering
from wire_format.records import Gap, Job


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledJob:
    """A job that waits for its batch. position: rises with each job stored."""

    position: int
    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What waits to be formed into a batch. impressions: made since the last one. Oldest first."""

    jobs: tuple[SpooledJob, ...] = ()
    impressions: int = 0
    alerts: tuple[TrackedAlert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """What a newly formed batch accounts for, to be removed with the same stroke that stores the batch.

    jobs_through: every waiting job up to this position. alert_ids: told now. memos: values to remember with it.
    """

    jobs_through: int = 0
    impressions: int = 0
    alert_ids: tuple[str, ...] = ()
    memos: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Where one sender's spool stands. used_bytes, cap_bytes: of the whole file. Counts are since enrolment."""

    unsent: int
    oldest_unsent_at: datetime | None
    set_aside: int
    jobs_waiting: int
    jobs_refused: int
    snapshots_dropped: int
    delivered: int
    delivered_at: datetime | None
    gap: Gap | None
    used_bytes: int
    cap_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A batch that waits for a person, and why."""

    stream: str
    sequence: int
    created_at: datetime
    why: str


class Outbox(Protocol):
    """Numbered batches of one sender, until the portal has them. Delivery is at least once."""

    @property
    def sender(self) -> str:
        """The sender's key name (RFC 7638 thumbprint)."""

    def numbering(self) -> Numbering:
        """The stream, and the number that the next batch must carry."""

    def append(self, batches: Sequence[FormedBatch], consumed: Consumed = ...) -> None:
        """Store the batches, forget what they consumed and the gap they told: all or nothing.

        Raises SequenceError (not the next number), SpoolFullError, SpoolStorageError.
        """

    def oldest(self, lane: Lane) -> FormedBatch | None:
        """The oldest batch of a lane that is neither acked nor set aside. Never removes."""

    def ack(self, stream: str, sequence: int, at: datetime) -> None:
        """Forget a batch that the portal has. at: wall clock, for the tally. Idempotent."""

    def set_aside(self, stream: str, sequence: int, why: str) -> None:
        """Keep a batch for a person and offer it no more. Idempotent."""

    def aside(self) -> tuple[SetAside, ...]:
        """The batches that were set aside, oldest first."""

    def aside_batch(self, stream: str, sequence: int) -> FormedBatch | None:
        """A batch that was set aside, whole; None when there is none under that number."""

    def offer_again(self, stream: str, sequence: int) -> bool:
        """Offer a batch again that was set aside, in its old place of the lane. False: there is none."""

    def drop_aside(self, stream: str, sequence: int) -> bool:
        """Forget a batch that was set aside, for a person who decided so. False: there is none."""

    def restore_aside(self, batch: FormedBatch, why: str) -> bool:
        """Put back, set aside, a batch that `drop_aside` forgot. False: a batch of that number is here.

        Raises SequenceError (the number was never given out here), SpoolFullError, SpoolStorageError.
        """

    def begin_stream(self, reason: str) -> None:
        """Number from 1 in a new stream, and remember the gap until a batch told it."""

    def go_on_as(self, sender: str) -> bool:
        """Take another key's name, in one durable stroke, once nothing numbered under this one is left to send.

        What waits to be formed, memos, counts and batches set aside go along; numbering begins anew, without a gap.
        False, and nothing changed: batches under this name are still to be delivered. Raises SequenceError when the
        other name has a spool here already.
        """

    def tally(self) -> Tally:
        """Where the spool stands."""


class Spool(Outbox, Protocol):
    """An outbox with the events that are not yet in a batch."""

    @property
    def undone(self) -> int:
        """Rises when calls that had returned, inside a block, were taken back: read again what you mirror."""

    def append_job(self, job: Job, forget: str | None = None) -> bool:
        """Store a finished job. A job_id that already waits is not stored twice: False.

        forget: the name of a memo that goes with the same stroke.

        Raises SpoolFullError, and counts the job as refused; SpoolStorageError.
        """

    def add_impressions(self, count: int) -> None:
        """Add to the impressions made since the last batch. Raises SpoolStorageError."""

    def put_alert(self, tracked: TrackedAlert, replaced: Sequence[str] = ()) -> None:
        """Store or renew an alert, and forget those it replaces. Raises SpoolFullError, SpoolStorageError."""

    def alerts(self) -> tuple[TrackedAlert, ...]:
        """The alerts of `events`."""

    def events(self) -> Events:
        """Everything that waits, alerts that are open but told included."""

    def remember(self, name: str, value: str | None) -> None:
        """Keep a small value under a name; None forgets it. Raises SpoolFullError, SpoolStorageError."""

    def recall(self, name: str) -> str | None:
        """The value kept under a name."""

    def recall_all(self, prefix: str) -> dict[str, str]:
        """Every kept value whose name starts so, in order of name."""


class Together(Protocol):
    """What a block of calls has come to."""

    @property
    def kept(self) -> int:
        """How many marks stand for calls that are durable. When the block failed: repeat what came after these."""

    def mark(self) -> None:
        """What was called since the mark before counts as one."""


class SpoolFile(Protocol):
    """The spools of many senders in one place, opened by one process. Thread-safe."""

    def of(self, sender: str) -> Spool:
        """A sender's spool; a new one begins with a new stream. The same object each time."""

    def senders(self) -> tuple[str, ...]:
        """Every sender that has a spool here."""

    def together(self) -> AbstractContextManager[Together]:
        """Within, the calls of this thread, of whichever senders, become durable in as few commits as can be.

        When the block ends all are durable, also when an exception leaves it. A pulled plug in the middle leaves the
        block's calls up to one of them, in order, and nothing of those after it. Calls of other threads may wait a
        tenth of a second for the end. The end, or a call within, raises SpoolStorageError or SpoolFullError when a
        commit failed: then what came after the first `Together.kept` marks is taken back. A block in a block changes
        nothing.
        """

    def close(self) -> None:
        """Let go of the file. Nothing stored is lost. Idempotent."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
