"""Who waits for something to happen to a printer: the long polls of LEDM's event table."""

import asyncio
import contextlib
from collections import defaultdict
from typing import Final

from device_sim.core.clockwork import Happening

WAITING_MAX: Final = 4096
"""Polls that hang at once, over the whole fleet; one more is answered at once, as a busy device would."""


class EventWaits:
    """Polls that wait. `note` listens to a population."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)
        self._count = 0
        self._ended = False

    def note(self, happening: Happening) -> None:
        """Something happened to a printer: all who wait for it look again."""
        for waiting in self._waiting.pop(happening.printer.state.identity.index, ()):
            if not waiting.done():
                waiting.set_result(None)

    async def something(self, index: int, timeout_s: float) -> bool:
        """Wait until something happens to printer `index`, at most timeout_s real seconds.

        False, at once: there is no room to wait, or the server closes.
        """
        if self._ended or self._count >= WAITING_MAX:
            return False
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[index].add(waiting)
        self._count += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await waiting
            return not self._ended
        finally:
            self._count -= 1
            if (others := self._waiting.get(index)) is not None:
                others.discard(waiting)
                if not others:
                    del self._waiting[index]

    def end(self) -> None:
        """Let all who wait go, and nobody wait any more: the server closes."""
        self._ended = True
        for waiters in self._waiting.values():
            for waiting in waiters:
                if not waiting.done():
                    waiting.set_result(None)
        self._waiting.clear()
