"""The printers of a running fleet: found by address, brought to the present, and what happens to them passed on.

All readers and the wake-up loop meet here; nothing else advances a printer. A printer of a nursery is born when it is
asked for; when somebody listens to all of them, `bear` lets the others be born too, a few at a time.

One that is only asked over SNMP is brought to the present by the question, and nothing wakes it in between: nobody
would hear of it. Whoever asks otherwise may wait for what happens next, so his printer is woken from then on.
"""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from device_sim.core.clockwork import Clockwork, Happening
from device_sim.core.events import Acted, Effect
from device_sim.core.nursery import Nursery
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter, Power

WAKES_MAX = 200
BIRTHS_MAX = 16
T = TypeVar("T")
Listener = Callable[[Happening], None]


class Now(Protocol):
    """Virtual time."""

    def now_s(self) -> float:
        """Virtual Unix seconds; never goes back."""


class Population:
    """A fleet in time. Listeners hear of every event once, in order for each printer.

    on_stir: called when a printer was acted on, so that something may be due earlier than `wake` said.
    """

    def __init__(self, printers: Sequence[Printer] | Nursery, clock: Now) -> None:
        self.clockwork = Clockwork(printers)
        self._clock = clock
        self._place_at: Callable[[int], int | None]
        if isinstance(printers, Nursery):
            self._place_at = printers.places.of_address
        else:
            numbers = (int(ipaddress.IPv4Address(each.state.identity.address)) for each in printers)
            self._place_at = {number: place for place, number in enumerate(numbers)}.get
        self._moved: dict[int, int | None] = {}
        self._listeners: list[Listener] = []
        self._all_must_live = False
        self._all_wake = False
        self._halted_s: float | None = None
        self.on_stir: Callable[[], None] = lambda: None
        self._first_number = 0
        self._in_order: Sequence[Printer | None] = ()
        if isinstance(printers, Nursery) and printers.places.in_order:
            self._first_number, self._in_order = printers.places.first_number, self.clockwork.alive_or_none
        self.mark()

    @property
    def printers(self) -> tuple[Printer, ...]:
        """All printers. Those that were not born yet are: of a large fleet this takes its time."""
        return self.clockwork.printers

    def listen(self, listener: Listener, *, to_all: bool = True) -> None:
        """Tell this listener of what happens from now on.

        to_all: of every printer, so that all must be born; else of those that somebody asks for.
        """
        self._listeners.append(listener)
        if to_all:
            self._all_must_live = True
            self.keep_awake()

    def keep_awake(self) -> None:
        """From now on every printer that is born is woken when something happens to it, whoever asks for it."""
        if not self._all_wake:
            self._all_wake = True
            self.clockwork.wake_all()

    def bear(self) -> bool:
        """Where all printers must live, let some of the unborn be born; whether there are more to come."""
        return self._all_must_live and self.clockwork.bear(BIRTHS_MAX) > 0

    def now_s(self) -> float:
        """The moment up to which printers live: the present, or the moment of the halt."""
        return self._clock.now_s() if self._halted_s is None else self._halted_s

    def at_address(self, address: str) -> LivePrinter | None:
        """The printer at an address, as of now, whether it is reachable or not; None where none stands."""
        try:
            number = int(ipaddress.IPv4Address(address))
        except ValueError:
            return None
        return self._look(number, self.now_s(), wake=True)

    def at_index(self, index: int) -> LivePrinter:
        """The printer of that index, as of now. Raises KeyError where the fleet has no such printer."""
        printer = self.clockwork.at_index(index)
        self._tell(self.clockwork.look(printer, self.now_s()))
        return printer.state

    def mark(self) -> None:
        """Read the clock, once for all the questions to `at_number` that follow."""
        self._marked_s = self.now_s()
        self._marked_ms = int(self._marked_s * 1000)

    def at_number(self, address: int) -> LivePrinter | None:
        """The printer at an address as a 32-bit number, as of the last `mark`; None where none stands or answers."""
        place = address - self._first_number
        if 0 <= place < len(self._in_order) and not self._moved:
            printer = self._in_order[place]
            if printer is not None and printer.glide_ms(self._marked_ms):
                state = printer.state
                return state if state.plugged and state.power is Power.ON else None
        found = self._look(address, self._marked_s, wake=self._all_wake)
        return found if found is not None and found.reachable else None

    def act_on(self, index: int, act: Callable[[Printer], T]) -> T:
        """Bring the printer of that index to now, do something to it, and tell what came of it.

        Returns what the act returns. Raises KeyError where the fleet has no such printer.
        """
        printer = self.clockwork.at_index(index)
        at_s = self.now_s()
        self._tell(self.clockwork.look(printer, at_s))
        try:
            return act(printer)
        finally:
            self._tell(self.clockwork.look(printer, at_s))
            self.on_stir()

    def wake(self) -> float | None:
        """Wake some of those that are due, and say when the next one is; None: never."""
        self._tell(self.clockwork.advance(self.now_s(), WAKES_MAX))
        return self.clockwork.next_event_at()

    def freeze(self, at_s: float) -> None:
        """No job that arrives from at_s on is taken. Every printer is woken until it rests."""
        self.keep_awake()
        self.clockwork.end_intake(at_s)
        self.on_stir()

    def resting(self) -> bool:
        """Whether no printer has a job running or waiting, of those that live or must live."""
        return not (self._all_must_live and self.clockwork.unborn) and self.clockwork.resting()

    def halt(self) -> None:
        """Time ends here: every printer is brought to this moment and stays there. Idempotent."""
        if self._halted_s is None:
            self._halted_s = self._clock.now_s()
            self._tell(self.clockwork.advance(self._halted_s))
            self._tell(self.clockwork.catch_up(self._halted_s))

    def _look(self, address: int, at_s: float, *, wake: bool) -> LivePrinter | None:
        place = self._place_of(address)
        if place is None:
            return None
        wake_new = wake and self.clockwork.sleeps(place)
        printer = self.clockwork.at(place, wake=wake)
        if wake_new or not printer.glide(at_s):
            self._tell(self.clockwork.bring(place, at_s, wake=wake))
            if wake_new:
                self.on_stir()
            if self._moved and self._place_of(address) != place:
                return self._look(address, at_s, wake=wake)
        return printer.state

    def _place_of(self, address: int) -> int | None:
        if self._moved and address in self._moved:
            return self._moved[address]
        return self._place_at(address)

    def _tell(self, happened: Sequence[Happening]) -> None:
        for happening in happened:
            for event in happening.events:
                if isinstance(event, Acted) and event.effect is Effect.MOVED:
                    self._rehome(happening.printer, *(str(address) for _, address in event.told))
            for listener in self._listeners:
                listener(happening)

    def _rehome(self, printer: Printer, before: str, address: str) -> None:
        """A printer stands at another address. Who stood there before is found nowhere, until it moves too."""
        place = self.clockwork.place_of(printer.state.identity.index)
        left = int(ipaddress.IPv4Address(before))
        if self._place_of(left) == place:
            self._moved[left] = None
        self._moved[int(ipaddress.IPv4Address(address))] = place
