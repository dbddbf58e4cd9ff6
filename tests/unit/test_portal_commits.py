"""Group commit, with a store in memory that can be held up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from portal.domain.arrival import Arrival, Posting
from portal.errors import StorageError, StorageFullError
from portal.ingest.commits import GroupCommit, QueueFullError
from tests.support.portal import arrival, batch, known_sender, report

SENDER = known_sender()


class MemoryStore:
    """Keeps groups; waits while held."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.free = threading.Event()
        self.free.set()
        self.failure: Exception | None = None

    def post(self, group: Sequence[Arrival]) -> list[Posting]:
        self.free.wait(5)
        if self.failure is not None:
            raise self.failure
        self.groups.append(len(group))
        return [Posting.STORED] * len(group)


class NoTurns:
    @asynccontextmanager
    async def writer_turn(self) -> AsyncIterator[None]:
        yield


@asynccontextmanager
async def committing(store: MemoryStore, *, group_max: int = 10, queue_max: int = 100) -> AsyncIterator[GroupCommit]:
    commits = GroupCommit(store, NoTurns(), group_max=group_max, queue_max=queue_max)
    task = asyncio.create_task(commits.run())
    try:
        yield commits
    finally:
        commits.close()
        await task
        commits.release()


def one(sequence: int = 1) -> Arrival:
    return arrival(batch(SENDER.kid, sequence, report()), SENDER)


async def hold_up(store: MemoryStore, commits: GroupCommit) -> asyncio.Task[Posting]:
    """A batch whose commit takes until store.free is set."""
    store.free.clear()
    first = asyncio.create_task(commits.post(one()))
    await asyncio.sleep(0.02)
    return first


async def test_batches_that_come_while_one_is_written_share_the_next_commit() -> None:
    store = MemoryStore()
    async with committing(store, group_max=10) as commits:
        first = await hold_up(store, commits)
        others = [asyncio.create_task(commits.post(one(number))) for number in range(2, 17)]
        await asyncio.sleep(0.02)
        store.free.set()
        await asyncio.gather(first, *others)

    assert store.groups == [1, 10, 5]


async def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    store = MemoryStore()
    async with committing(store, queue_max=2) as commits:
        first = await hold_up(store, commits)
        waiting = [asyncio.create_task(commits.post(one(number))) for number in (2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await commits.post(one(4))
        store.free.set()

        assert await asyncio.gather(first, *waiting) == [Posting.STORED] * 3


@pytest.mark.parametrize("failure", [StorageFullError("full"), RuntimeError("a fault of ours")])
async def test_a_group_that_was_not_stored_is_never_acked_and_the_next_one_may_be(failure: Exception) -> None:
    store = MemoryStore()
    async with committing(store) as commits:
        store.failure = failure
        with pytest.raises(StorageError):
            await commits.post(one())
        store.failure = None

        assert await commits.post(one()) is Posting.STORED


async def test_stopping_finishes_what_was_accepted_and_takes_nothing_more() -> None:
    store = MemoryStore()
    async with committing(store) as commits:
        first = await hold_up(store, commits)
        second = asyncio.create_task(commits.post(one(2)))
        await asyncio.sleep(0)
        commits.close()
        with pytest.raises(QueueFullError):
            await commits.post(one(3))
        store.free.set()

        assert [await first, await second] == [Posting.STORED] * 2


async def test_a_sender_that_hung_up_does_not_disturb_its_neighbours() -> None:
    store = MemoryStore()
    async with committing(store) as commits:
        first = await hold_up(store, commits)
        gone, there = (asyncio.create_task(commits.post(one(number))) for number in (2, 3))
        await asyncio.sleep(0)
        gone.cancel()
        store.free.set()

        assert [await first, await there] == [Posting.STORED] * 2
