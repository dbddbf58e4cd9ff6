"""The wall clock of a printer whose clock is wrong, for its own direct connection."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from device_sim.core.faulty.told import clock_offset_s
from device_sim.core.state import LivePrinter
from direct_connect import api


class FirmwareClock:
    """A clock of direct_connect: waits as the fleet's does, and tells the date as the printer does.

    state: of the printer, as it is when the date is asked for, from any thread: the date may be a moment old.
    """

    def __init__(self, fleet: api.Clock, state: Callable[[], LivePrinter]) -> None:
        self._fleet, self._state = fleet, state

    def monotonic_s(self) -> float:
        return self._fleet.monotonic_s()

    def utc_now(self) -> datetime:
        return self._fleet.utc_now() + timedelta(seconds=clock_offset_s(self._state()))

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        self._fleet.wait(condition, until_s)
