"""Keeps the network of a fleet's namespace like its printers: who has no power or network does not answer a ping.

1. Events only mark addresses; one task tells the kernel of all that were marked, away from the event loop, and those
   that are marked meanwhile are told next.
2. What the kernel refuses is said once and tried again with the next change; the fleet lives on.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Self

from device_sim.core.clockwork import Happening
from device_sim.core.errors import ConfigError
from device_sim.core.events import Acted, Effect
from device_sim.core.fleet import Places
from device_sim.core.quiet_addresses import QuietAddresses
from device_sim.core.state import LivePrinter
from device_sim.population import Population

EFFECTS: Final = (
    Effect.POWER_OFF, Effect.BOOTED, Effect.NETWORK_DOWN, Effect.NETWORK_UP, Effect.MOVED, Effect.FORMATTER_SWAPPED,
    Effect.FIRMWARE_UPDATED, Effect.RESET,
)  # fmt: skip
"""What may let a printer come or go; whether it did is asked of its state."""

ChangeRoutes = Callable[[Iterable[str]], None]
"""Tells `ip -batch` these lines. Raises ConfigError with what it said."""


class Reachability:
    """The addresses of a fleet, silent while their printers are.

    find: the printer at an address, as of now. change: what tells the kernel; it may block.
    """

    def __init__(
        self,
        quiet: QuietAddresses,
        find: Callable[[str], LivePrinter | None],
        change: ChangeRoutes,
        say: Callable[[str], None],
    ) -> None:
        self._quiet, self._find, self._change, self._say = quiet, find, change, say
        self._marked: set[str] = set()
        self._stirred = asyncio.Event()
        self._trouble = ""

    @classmethod
    def of(cls, population: Population, places: Places, change: ChangeRoutes, say: Callable[[str], None]) -> Self:
        """That of a running fleet. All its printers live from the start: who is not born cannot lose its power."""
        made = cls(QuietAddresses(places[0].address, places[-1].address), population.at_address, change, say)
        population.listen(made.note)
        return made

    def note(self, happening: Happening) -> None:
        """Mark the addresses that may have come or gone."""
        for event in happening.events:
            if not isinstance(event, Acted) or event.effect not in EFFECTS:
                continue
            self._marked.add(happening.printer.state.identity.address)
            if event.effect is Effect.MOVED:
                self._marked.update(str(address) for _, address in event.told)
            self._stirred.set()

    async def keep(self) -> None:
        """Tell the kernel whenever something changed. Ends never."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            await self.settle()

    async def settle(self) -> None:
        """The kernel knows of everything that was marked so far, or why not was said."""
        marked, self._marked = self._marked, set()
        wanted = {address: self._is_heard(address) for address in sorted(marked)}
        lines = self._quiet.lines(wanted)
        if not lines:
            return
        try:
            await asyncio.to_thread(self._change, lines)
        except (ConfigError, OSError) as error:
            self._marked |= marked
            if (trouble := str(error)) != self._trouble:
                self._say(f"printers that went or came cannot be shown to a ping: {trouble}")
                self._trouble = trouble
        else:
            self._quiet.told(wanted)
            self._trouble = ""

    def _is_heard(self, address: str) -> bool:
        state = self._find(address)
        return state is not None and state.reachable
