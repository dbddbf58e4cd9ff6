"""All printers of a fleet on one virtual clock: who must be woken when.

1. A printer is brought up to the moment when it is due, and when somebody looks at it.
2. A printer of a nursery is born when somebody looks at it, or by `bear`; unborn, it is never due.
3. The heap may hold old wake-ups; the one that counts stands in `_due_ms`. A wake-up is one whole number, virtual
   milliseconds above the printer's place: small, quick to compare, in order of time.
4. Every event is handed out exactly once, with the printer it happened to.
5. A printer that is brought to a moment without `wake` is not woken afterwards, unless it would have been before:
   it stays as it was until somebody looks again, and then lives through what came in between, exactly the same.
"""

import heapq
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device_sim.core.events import Event
from device_sim.core.nursery import Nursery
from device_sim.core.printer import Printer

_PLACE_BITS = 24
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_NEVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened to one printer since it was last brought up to a moment."""

    printer: Printer
    events: tuple[Event, ...]


class Clockwork:
    """Wakes the printers of a fleet in order of their next events. A printer's place: 0 to len() - 1."""

    def __init__(self, printers: Sequence[Printer] | Nursery) -> None:
        count = len(printers)
        self._nursery = printers if isinstance(printers, Nursery) else None
        self._place_of: dict[int, int] = {}
        self._alive: list[Printer | None] = [None] * count
        self._alive_count = 0
        self._born_to = 0
        self._due_ms = array("q", [_NEVER]) * count
        self._heap: list[int] = []
        self._intake_ends_s: float | None = None
        if not isinstance(printers, Nursery):
            for place, printer in enumerate(printers):
                self._place_of[printer.state.identity.index] = place
                self._welcome(place, printer)

    def __len__(self) -> int:
        return len(self._alive)

    @property
    def printers(self) -> tuple[Printer, ...]:
        """All printers, in order. Those that were not born yet are."""
        return tuple(self.at(place) for place in range(len(self._alive)))

    @property
    def alive_or_none(self) -> Sequence[Printer | None]:
        """By place: the printer, or None where it is not born yet. It follows what happens."""
        return self._alive

    @property
    def unborn(self) -> int:
        """How many printers nobody has asked for yet."""
        return len(self._alive) - self._alive_count

    def at(self, place: int, *, wake: bool = True) -> Printer:
        """The printer at a place, as it was when it was last brought to a moment; born if it was not.

        wake: one that is born is woken whenever something happens to it.
        """
        printer = self._alive[place]
        if printer is None:
            assert self._nursery is not None
            printer = self._nursery.birth(place)
            if self._intake_ends_s is not None:
                printer.end_intake(self._intake_ends_s)
            self._welcome(place, printer, wake=wake)
        return printer

    def place_of(self, index: int) -> int:
        """The place of the printer that has this index in its fleet. Raises KeyError where there is none."""
        place = self._place_of.get(index) if self._nursery is None else self._nursery.places.of_index(index)
        if place is None:
            raise KeyError(index)
        return place

    def at_index(self, index: int) -> Printer:
        """`at` by the printer's index in its fleet. Raises KeyError where there is none."""
        return self.at(self.place_of(index))

    def alive(self) -> Iterator[Printer]:
        """Those that are born, in order."""
        return (printer for printer in self._alive if printer is not None)

    def bear(self, births_max: int) -> int:
        """Let the first of the unborn be born, at most so many; how many are left. They are due at once."""
        while births_max > 0 and self.unborn:
            if self._alive[self._born_to] is None:
                self.at(self._born_to)
                births_max -= 1
            self._born_to += 1
        return self.unborn

    def next_event_at(self) -> float | None:
        """When the next printer must be woken, in virtual seconds; None: never."""
        due_ms = self._next_ms()
        return None if due_ms is None else due_ms / 1000

    def advance(self, to_s: float, wakes_max: int = 1 << 30) -> list[Happening]:
        """Wake those who are due until to_s, at most wakes_max of them, in order of time."""
        happened = []
        while wakes_max > 0 and (due_ms := self._next_ms()) is not None and due_ms / 1000 <= to_s:
            place = heapq.heappop(self._heap) & _PLACE_MASK
            self._due_ms[place] = _NEVER
            happened += self.bring(place, due_ms / 1000)
            wakes_max -= 1
        return happened

    def look(self, printer: Printer, at_s: float) -> list[Happening]:
        """Bring one printer up to a moment, so that what is read from it is of that moment."""
        return self.bring(self.place_of(printer.state.identity.index), at_s)

    def bring(self, place: int, at_s: float, *, wake: bool = True) -> list[Happening]:
        """`look` by the printer's place. wake: see rule 5."""
        printer = self._alive[place] or self.at(place, wake=wake)
        events = printer.advance(at_s)
        if wake or self._due_ms[place] != _NEVER:
            self._set(place, printer)
        return [Happening(printer=printer, events=tuple(events))] if events else []

    def sleeps(self, place: int) -> bool:
        """Whether nothing wakes the printer at a place."""
        return self._due_ms[place] == _NEVER

    def wake_all(self) -> None:
        """Every printer that is born is woken from now on."""
        for place, printer in enumerate(self._alive):
            if printer is not None:
                self._set(place, printer)

    def catch_up(self, at_s: float) -> list[Happening]:
        """Bring every printer that is born up to a moment."""
        places = [place for place, printer in enumerate(self._alive) if printer is not None]
        return [one for place in places for one in self.bring(place, at_s)]

    def end_intake(self, at_s: float) -> None:
        """No printer takes a job that arrives at or after at_s."""
        self._intake_ends_s = at_s
        for place, printer in enumerate(self._alive):
            if printer is not None:
                printer.end_intake(at_s)
                self._set(place, printer)

    def resting(self) -> bool:
        """Whether no printer that is born has a job running or waiting."""
        return all(printer.resting for printer in self.alive())

    def _welcome(self, place: int, printer: Printer, *, wake: bool = True) -> None:
        self._alive[place] = printer
        self._alive_count += 1
        if wake:
            self._set(place, printer)

    def _next_ms(self) -> int | None:
        heap = self._heap
        while heap and self._due_ms[heap[0] & _PLACE_MASK] != heap[0] >> _PLACE_BITS:
            heapq.heappop(heap)
        return heap[0] >> _PLACE_BITS if heap else None

    def _set(self, place: int, printer: Printer) -> None:
        due_s = printer.next_event_at()
        due_ms = _NEVER if due_s is None else round(due_s * 1000)
        if due_ms != self._due_ms[place]:
            self._due_ms[place] = due_ms
            if due_ms != _NEVER:
                heapq.heappush(self._heap, due_ms << _PLACE_BITS | place)
