"""One wheel for all timeouts: thousands of questions wait, and one timer sleeps until the next of them is due.

1. A thing falls due at its time or up to one notch later, never earlier.
2. Nothing is taken out early: who got an answer is simply passed over when the wheel comes to it.
"""

import heapq
from math import ceil
from typing import Final, Generic, TypeVar

NOTCH_S: Final = 0.01
_Thing = TypeVar("_Thing")


class TimeoutWheel(Generic[_Thing]):
    """Things by the time when they are due, in notches of NOTCH_S."""

    __slots__ = ("_notches", "_order")

    def __init__(self) -> None:
        self._notches: Final[dict[int, list[_Thing]]] = {}
        self._order: Final[list[int]] = []

    def add(self, thing: _Thing, due_s: float) -> None:
        """Put a thing in. due_s: monotonic seconds."""
        notch = ceil(due_s / NOTCH_S)
        things = self._notches.get(notch)
        if things is None:
            self._notches[notch] = [thing]
            heapq.heappush(self._order, notch)
        else:
            things.append(thing)

    def due(self, now_s: float) -> list[_Thing]:
        """Take out what is due, oldest first."""
        taken: list[_Thing] = []
        while self._order and self._order[0] * NOTCH_S <= now_s:
            taken += self._notches.pop(heapq.heappop(self._order))
        return taken

    def wake_at(self) -> float | None:
        """When the next thing is due, or None when there is none."""
        return self._order[0] * NOTCH_S if self._order else None

    def __len__(self) -> int:
        return sum(map(len, self._notches.values()))
