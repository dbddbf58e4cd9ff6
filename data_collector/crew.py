"""The workers of one scan. A slow one's place is given to another, which goes on; the slow one ends with its visit.

So devices that draw out their visits keep nobody else waiting, until as many are slow as there are places.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager


class Place:
    """A worker's place while it visits."""

    __slots__ = ("given_away",)

    def __init__(self) -> None:
        self.given_away = False


class Crew:
    """`count` workers at their places. working: those whose end was not counted yet; whoever counts them, lowers it.

    work: what a worker does until there is no more, or its place was given away.
    """

    def __init__(self, count: int, work: Callable[["Crew"], Coroutine[None, None, None]]) -> None:
        self._work, self._slow_max = work, count
        self._slow = 0
        self.working = 0
        self.tasks: set[asyncio.Task[None]] = set()
        for _ in range(count):
            self._add()

    @contextmanager
    def watch(self, slow_s: float) -> Iterator[Place]:
        """A visit: its place is given away when it lasts longer than slow_s, unless too many are slow already."""
        place = Place()
        timer = asyncio.get_running_loop().call_later(slow_s, self._give_away, place)
        try:
            yield place
        finally:
            timer.cancel()
            self._slow -= place.given_away

    def _give_away(self, place: Place) -> None:
        if self._slow < self._slow_max:
            self._slow += 1
            place.given_away = True
            self._add()

    def _add(self) -> None:
        task = asyncio.create_task(self._work(self))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        self.working += 1
