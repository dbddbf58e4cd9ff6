"""All printers of a fleet on one virtual clock: who must be woken when.

1. A printer is brought up to the moment when it is due, and when somebody looks at it.
2. The heap may hold old wake-ups; the one that counts stands in `_due`.
3. Every event is handed out exactly once, with the printer it happened to.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from device_sim.core.events import Event
from device_sim.core.printer import Printer


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened to one printer since it was last brought up to a moment."""

    printer: Printer
    events: tuple[Event, ...]


class Clockwork:
    """Wakes the printers of a fleet in order of their next events."""

    def __init__(self, printers: Sequence[Printer]) -> None:
        self.printers = tuple(printers)
        self._place = {printer.state.identity.index: place for place, printer in enumerate(self.printers)}
        self._due: list[float | None] = [None] * len(self.printers)
        self._heap: list[tuple[float, int]] = []
        for place in range(len(self.printers)):
            self._set(place)

    def at_index(self, index: int) -> Printer:
        """The printer of that index. Raises KeyError where there is none."""
        return self.printers[self._place[index]]

    def next_event_at(self) -> float | None:
        """When the next printer must be woken, in virtual seconds; None: never."""
        heap = self._heap
        while heap and self._due[heap[0][1]] != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def advance(self, to_s: float, wakes_max: int = 1 << 30) -> list[Happening]:
        """Wake those who are due until to_s, at most wakes_max of them, in order of time."""
        happened = []
        while wakes_max > 0 and (due_s := self.next_event_at()) is not None and due_s <= to_s:
            _, place = heapq.heappop(self._heap)
            self._due[place] = None
            happened += self._bring(place, due_s)
            wakes_max -= 1
        return happened

    def look(self, printer: Printer, at_s: float) -> list[Happening]:
        """Bring one printer up to a moment, so that what is read from it is of that moment."""
        if printer.glide(at_s):
            return []
        return self._bring(self._place[printer.state.identity.index], at_s)

    def catch_up(self, at_s: float) -> list[Happening]:
        """Bring every printer up to a moment."""
        return [one for place in range(len(self.printers)) for one in self._bring(place, at_s)]

    def end_intake(self, at_s: float) -> None:
        """No printer takes a job that arrives at or after at_s."""
        for place, printer in enumerate(self.printers):
            printer.end_intake(at_s)
            self._set(place)

    def resting(self) -> bool:
        """Whether no printer has a job running or waiting."""
        return all(printer.resting for printer in self.printers)

    def _bring(self, place: int, at_s: float) -> list[Happening]:
        printer = self.printers[place]
        events = printer.advance(at_s)
        self._set(place)
        return [Happening(printer=printer, events=tuple(events))] if events else []

    def _set(self, place: int) -> None:
        due_s = self.printers[place].next_event_at()
        if due_s != self._due[place]:
            self._due[place] = due_s
            if due_s is not None:
                heapq.heappush(self._heap, (due_s, place))
