"""The printers of a running fleet: found by address, brought to the present, and what happens to them passed on.

All readers and the wake-up loop meet here; nothing else advances a printer.
"""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from device_sim.core.clockwork import Clockwork, Happening
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter

WAKES_MAX = 200
T = TypeVar("T")
Listener = Callable[[Happening], None]


class Now(Protocol):
    """Virtual time."""

    def now_s(self) -> float:
        """Virtual Unix seconds; never goes back."""


class Population:
    """A fleet in time. Listeners hear of every event once, in order for each printer."""

    def __init__(self, printers: Sequence[Printer], clock: Now) -> None:
        self.clockwork = Clockwork(printers)
        self._clock = clock
        self._by_address = {printer.state.identity.address: printer for printer in printers}
        self._by_number = {int(ipaddress.IPv4Address(a)): p for a, p in self._by_address.items()}
        self._listeners: list[Listener] = []
        self._halted_s: float | None = None
        self._marked_s = clock.now_s()

    @property
    def printers(self) -> tuple[Printer, ...]:
        return self.clockwork.printers

    def listen(self, listener: Listener) -> None:
        """Tell this listener of what happens from now on."""
        self._listeners.append(listener)

    def now_s(self) -> float:
        """The moment up to which printers live: the present, or the moment of the halt."""
        return self._clock.now_s() if self._halted_s is None else self._halted_s

    def at_address(self, address: str) -> LivePrinter | None:
        """The printer at an address, as of now; None where none stands."""
        return self._look(self._by_address.get(address))

    def mark(self) -> None:
        """Read the clock, once for all the questions to `at_number` that follow."""
        self._marked_s = self.now_s()

    def at_number(self, address: int) -> LivePrinter | None:
        """The printer at an address as a 32-bit number, as of the last `mark`; None where none stands."""
        printer = self._by_number.get(address)
        if printer is None:
            return None
        if not printer.glide(self._marked_s):
            self._tell(self.clockwork.look(printer, self._marked_s))
        return printer.state

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

    def wake(self) -> float | None:
        """Wake some of those that are due, and say when the next one is; None: never."""
        self._tell(self.clockwork.advance(self.now_s(), WAKES_MAX))
        return self.clockwork.next_event_at()

    def freeze(self, at_s: float) -> None:
        """No job that arrives from at_s on is taken."""
        self.clockwork.end_intake(at_s)

    def halt(self) -> None:
        """Time ends here: every printer is brought to this moment and stays there. Idempotent."""
        if self._halted_s is None:
            self._halted_s = self._clock.now_s()
            self._tell(self.clockwork.advance(self._halted_s))
            self._tell(self.clockwork.catch_up(self._halted_s))

    def _look(self, printer: Printer | None) -> LivePrinter | None:
        if printer is None:
            return None
        self._tell(self.clockwork.look(printer, self.now_s()))
        return printer.state

    def _tell(self, happened: Sequence[Happening]) -> None:
        for happening in happened:
            for listener in self._listeners:
                listener(happening)
