"""Group commit: batches that wait share one transaction and one fsync, and each is answered after it.

1. While one group is being written the next one gathers: at rest a batch waits for nobody, under load
   groups grow to group_max. No timer is needed.
2. The queue has limits, in batches and in bytes. Beyond them QueueFullError: the sender keeps the batch and
   comes again; its spool is the durable queue.
3. Stopping finishes what was accepted: nobody who waits is left without an answer.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from portal.domain.arrival import Arrival, Posting
from portal.errors import PortalError, StorageError

QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024
_log = logging.getLogger(__name__)


class QueueFullError(PortalError):
    """More batches wait for a commit than the portal holds; or it is stopping."""


class BatchStore(Protocol):
    """Where batches are posted.

    Promise: when post returns, everything STORED survives a pulled plug; on StorageError nothing was kept.
    Posting is idempotent: the same batch again is REPEATED.
    """

    def post(self, group: Sequence[Arrival]) -> list[Posting]:
        """One Posting per arrival, in order. Blocks; called from one thread. Raises StorageError."""


class WriterTurn(Protocol):
    """Hands out the database's one writing turn."""

    def writer_turn(self) -> AbstractAsyncContextManager[None]: ...


class GroupCommit:
    """Posts arrivals in groups. Start run() as a task; stop with close()."""

    def __init__(self, store: BatchStore, turns: WriterTurn, *, group_max: int, queue_max: int) -> None:
        self._store, self._turns = store, turns
        self._group_max, self._queue_max = group_max, queue_max
        self._waiting: deque[tuple[Arrival, asyncio.Future[Posting]]] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch-store")
        self.groups = 0
        self.posted = 0

    async def post(self, arrival: Arrival) -> Posting:
        """What became of the batch; it is durable by then. Raises QueueFullError or StorageError."""
        full = len(self._waiting) >= self._queue_max
        if self._stopping or full or self._waiting_bytes + arrival.batch_bytes > QUEUE_BYTES_MAX:
            raise QueueFullError
        answer: asyncio.Future[Posting] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, answer))
        self._waiting_bytes += arrival.batch_bytes
        self._wake.set()
        return await answer

    async def run(self) -> None:
        """Write group after group until close() was called and nothing waits."""
        while not (self._stopping and not self._waiting):
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            count = min(len(self._waiting), self._group_max)
            group = [self._waiting.popleft() for _ in range(count)]
            self._waiting_bytes -= sum(arrival.batch_bytes for arrival, _ in group)
            await self._write(group)

    def close(self) -> None:
        """Accept nothing more; run() ends after the last group."""
        self._stopping = True
        self._wake.set()

    def release(self) -> None:
        """Give the thread back, after run() has ended."""
        self._thread.shutdown(wait=True)

    async def _write(self, group: list[tuple[Arrival, asyncio.Future[Posting]]]) -> None:
        loop = asyncio.get_running_loop()
        arrivals = [arrival for arrival, _ in group]
        try:
            async with self._turns.writer_turn():
                postings = await loop.run_in_executor(self._thread, self._store.post, arrivals)
        except StorageError as error:
            _log.error("a group of batches was not stored", extra={"batches": len(group), "why": str(error)})
            _fail(group, error)
        except Exception as error:
            _log.exception("a group of batches was not stored", extra={"batches": len(group)})
            _fail(group, StorageError(f"internal: {type(error).__name__}"))
        else:
            self.groups += 1
            self.posted += len(group)
            for (_, answer), posting in zip(group, postings, strict=True):
                if not answer.done():
                    answer.set_result(posting)


def _fail(group: list[tuple[Arrival, asyncio.Future[Posting]]], error: StorageError) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
