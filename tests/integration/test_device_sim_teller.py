"""The thread that stores what a fleet does: in groups, in order, each event once, whatever the disk does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from device_sim import teller as rooms
from device_sim.core.events import Event, ImpressionsMade
from device_sim.teller import Teller
from direct_connect import api


class Disk:
    """Keeps what a block stored when it ends; fails the commits it is told to fail, keeping the first marks of them."""

    def __init__(self, *failing: int) -> None:
        self.failing = list(failing)
        self.kept: list[tuple[int, int]] = []
        self.blocks: list[int] = []
        self._block: list[tuple[int, int]] = []

    @contextmanager
    def together(self) -> Iterator["Block"]:
        block = Block()
        self._block = []
        yield block
        self.blocks.append(block.marks)
        if self.failing:
            block.kept = self.failing.pop(0)
            self.kept += self._block[: block.kept]
            raise api.SpoolStorageError("the disk does not take it")
        block.kept = block.marks
        self.kept += self._block

    def store(self, index: int, event: Event) -> None:
        assert isinstance(event, ImpressionsMade)
        if event.count == 13:
            raise api.SpoolFullError("refused and counted")
        self._block.append((index, event.count))


class Block:
    def __init__(self) -> None:
        self.marks = self.kept = 0

    def mark(self) -> None:
        self.marks += 1


def telling(disk: Disk) -> Teller:
    return Teller(disk.together, disk.store)


def made(count: int) -> ImpressionsMade:
    return ImpressionsMade(at_s=0.0, count=count)


def test_what_waits_is_stored_in_one_block_in_order_and_impressions_are_added_up() -> None:
    disk = Disk()
    teller = telling(disk)
    for index in range(5):
        teller.tell(index, made(1))
    teller.tell(0, made(6))

    teller.start()
    teller.barrier().result(10.0)
    teller.close()

    assert disk.kept == [(0, 7), (1, 1), (2, 1), (3, 1), (4, 1)]
    assert len(disk.blocks) == 1


def test_a_commit_that_fails_is_repeated_from_the_first_event_that_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "RETRY_S", 0.01)
    disk = Disk(2, 0)
    teller = telling(disk)
    for index in range(4):
        teller.tell(index, made(1))

    teller.start()
    teller.barrier().result(10.0)
    teller.close()

    assert disk.kept == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert disk.blocks == [4, 2, 2]


def test_a_refused_event_stops_no_other() -> None:
    disk = Disk()
    teller = telling(disk)
    for index, count in enumerate((1, 13, 2)):
        teller.tell(index, made(count))

    teller.start()
    teller.close()

    assert disk.kept == [(0, 1), (2, 2)]


def test_work_waits_for_what_was_told_before_it_and_is_done_before_what_comes_after() -> None:
    disk = Disk()
    teller = telling(disk)
    seen: list[list[tuple[int, int]]] = []
    teller.tell(1, made(1))
    teller.act(lambda: seen.append(list(disk.kept)))
    teller.tell(2, made(1))

    teller.start()
    teller.close()

    assert seen == [[(1, 1)]]
    assert disk.kept == [(1, 1), (2, 1)]


def test_work_that_the_disk_refuses_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "RETRY_S", 0.01)
    teller, tries, done = telling(Disk()), [], threading.Event()

    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise api.SpoolStorageError("not yet")
        done.set()

    teller.act(work)
    teller.start()

    assert done.wait(10.0)
    teller.close()


def test_a_disk_that_never_takes_it_does_not_keep_the_end_from_coming() -> None:
    disk = Disk(*[0] * 100)
    teller = telling(disk)
    teller.tell(1, made(1))
    teller.start()

    teller.close()

    assert disk.kept == []
