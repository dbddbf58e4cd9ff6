"""A printer without a network: a gatherer on a spool in memory, led by a clock that a test turns by hand."""

from collections.abc import Callable
from datetime import timedelta

from direct_connect.core.batching import Lane
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.gathering import Gatherer
from direct_connect.spool.memory import MemorySpoolFile
from tests.support.direct_connect import ManualClock, a_job, a_snapshot, bytes_from
from wire_format.codec import decode_batch
from wire_format.records import Batch

SENDER = "A" * 43


class Printer:
    """A gatherer on a spool in memory, and what came out of it."""

    def __init__(self, settings: ConnectionSettings | None = None, bytes_max: int = 1_000_000) -> None:
        self.clock = ManualClock()
        self.file = MemorySpoolFile(bytes_max=bytes_max, randomness=bytes_from("stream"))
        self.spool = self.file.of(SENDER)
        self.settings = settings or ConnectionSettings()
        self.snapshot: Callable[[], Snapshot | None] = a_snapshot
        self.restart()
        self.gatherer.enrolled(None)

    def restart(self, *, off_s: float = 0.0, wall_jump: timedelta = timedelta(0)) -> None:
        """Power off and on: the monotonic clock begins anew."""
        self.clock.at += timedelta(seconds=off_s) + wall_jump
        self.clock.now_s = 3.0
        self.gatherer = Gatherer(
            self.spool,
            lambda: self.snapshot(),
            own=self.settings,
            name_secret=b"s" * 32,
            clock=self.clock,
            randomness=bytes_from("gather"),
        )

    def formed(self) -> list[Batch]:
        """Form what is due; the batches since the last call, oldest number first."""
        self.gatherer.form_due()
        batches = []
        for lane in Lane:
            while (batch := self.spool.oldest(lane)) is not None:
                batches.append(decode_batch(batch.body))
                self.spool.ack(batch.stream, batch.sequence, self.clock.at)
        return sorted(batches, key=lambda batch: batch.sequence)

    def print_jobs(self, count: int, start: int = 0) -> None:
        for number in range(start, start + count):
            self.gatherer.job_finished(a_job(number))
