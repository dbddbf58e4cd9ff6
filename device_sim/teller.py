"""Stores what happens to printers, in order, in one thread, many events in one commit.

1. Whoever tells does not wait. What is told while the disk is busy makes up the next group, so a fast fleet makes
   large groups, and a slow one stores each event at once.
2. A disk that fails is asked again, from the first event that is not durable: nothing is stored twice.
3. Work that is not an event waits for all told before it, and all told after it waits for the work.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager

from device_sim.core.events import Event
from device_sim.core.telling import Told, folded
from direct_connect import api

GROUP_MAX = 1_000
RETRY_S = 1.0
Work = Callable[[], None]

_log = logging.getLogger(__name__)


class Teller:
    """One thread between the event loop and a spool."""

    def __init__(
        self, together: Callable[[], AbstractContextManager[api.Together]], store: Callable[[int, Event], None]
    ) -> None:
        """together: a block of the spool. store: tells the connection of a printer; both called in the thread."""
        self._together, self._store = together, store
        self._queue: queue.SimpleQueue[Told | Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sim-firmware", daemon=True)
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many events and works wait, about."""
        return self._queue.qsize()

    def tell(self, index: int, event: Event) -> None:
        """Store this event of a printer, soon."""
        self._queue.put((index, event))

    def act(self, work: Work) -> None:
        """Do it in the thread, in its turn."""
        self._queue.put(work)

    def barrier(self) -> "Future[None]":
        """Done when everything told so far is stored."""
        passed: Future[None] = Future()

        def pass_it() -> None:
            if passed.set_running_or_notify_cancel():  # nobody may be waiting any more
                passed.set_result(None)

        self._queue.put(pass_it)
        return passed

    def close(self) -> None:
        """Store what was told so far, and end. A disk that fails is no longer asked again. Blocks."""
        self._closing.set()
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def store_all(self, events: Sequence[Told]) -> bool:
        """Store these, asking the disk until it takes them; False when that was to last beyond the end.

        For the thread itself: works may call it.
        """
        left: Sequence[Told] = folded(events)
        while left:
            block: api.Together | None = None
            try:
                with self._together() as block:
                    self._store_in(block, left)
            except api.DirectConnectError as error:
                left = left if block is None else left[block.kept :]
                _log.error("events could not be stored; trying again: %s", error)
                if self._closing.wait(RETRY_S):
                    return False
                continue
            return True
        return True

    def _store_in(self, block: api.Together, events: Sequence[Told]) -> None:
        for index, event in events:
            try:
                self._store(index, event)
            except api.SpoolStorageError:
                raise
            except api.DirectConnectError as error:
                _log.error("an event was refused: %s", error)
            block.mark()

    def _do(self, work: Work) -> bool:
        while True:
            try:
                work()
            except api.SpoolStorageError as error:
                _log.error("the spool could not be opened; trying again: %s", error)
                if self._closing.wait(RETRY_S):
                    return False
                continue
            except api.DirectConnectError as error:
                _log.error("the spool could not be opened: %s", error)
            return True

    def _run(self) -> None:
        going = True
        while going:
            group: list[Told] = []
            item = self._queue.get()
            while isinstance(item, tuple):
                group.append(item)
                if len(group) >= GROUP_MAX or self._queue.empty():
                    break
                item = self._queue.get()
            going = self.store_all(group)
            if item is None:
                going = False
            elif going and not isinstance(item, tuple):
                going = self._do(item)
