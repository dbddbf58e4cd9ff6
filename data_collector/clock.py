"""The clock of a collector: real, or faster in a demonstration.

1. Record times and waits of the schedule are on this clock; timeouts of sockets stay in real seconds.
2. Two programs with the same specification agree on the time, so a demonstration has one time in all processes.
3. The machine's own time is believed until the portal's signed time speaks against it (`SureClock`): a host may have
   started in 2001. A time that somebody specified is believed.
"""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from direct_connect.uplink import CLOCK_FLOOR, CorrectedClock

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SPEED_MAX: Final = 100_000.0


class ClockError(ValueError):
    """A clock specification that cannot be read."""


class Clock:
    """now = epoch + (real time - real_s) x speed. Without arguments: the real time.

    epoch: aware. real_s: unix time at the epoch. speed: seconds of this clock in a real second.
    """

    def __init__(self, epoch: datetime = EPOCH, real_s: float = 0.0, speed: float = 1.0) -> None:
        self._epoch, self._real_s, self._speed = epoch, real_s, speed

    @classmethod
    def parse(cls, specification: str) -> "Clock":
        """The clock of "EPOCH_ISO,REAL_UNIX_SECONDS,SPEED". Raises ClockError."""
        try:
            epoch_text, real_text, speed_text = specification.split(",")
            epoch = datetime.fromisoformat(epoch_text.strip())
            real_s, speed = float(real_text), float(speed_text)
        except ValueError as error:
            raise ClockError(
                f'the clock "{specification}" cannot be read: write EPOCH,REAL_SECONDS,SPEED, '
                "for example 2026-11-16T07:30:00Z,1795312800.25,600"
            ) from error
        if epoch.tzinfo is None:
            raise ClockError(f'the clock "{specification}" has no time zone: end its first part with Z')
        if not 0.0 < speed <= SPEED_MAX:
            raise ClockError(f'the clock "{specification}" has speed {speed_text}: use 0 < speed <= {SPEED_MAX:,.0f}')
        return cls(epoch.astimezone(UTC), real_s, speed)

    @property
    def speed(self) -> float:
        """Seconds of this clock in a real second."""
        return self._speed

    def utc_now(self) -> datetime:
        """The time on this clock, aware UTC."""
        return self._epoch + timedelta(seconds=(time.time() - self._real_s) * self._speed)

    def monotonic_s(self) -> float:
        """Seconds for waiting, at this clock's speed, never going back."""
        return time.monotonic() * self._speed

    @property
    def is_the_machines(self) -> bool:
        """Whether nobody specified another time."""
        return (self._epoch, self._real_s, self._speed) == (EPOCH, 0.0, 1.0)

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        """Sleep until the condition, which the caller holds, is notified, or monotonic_s() reaches until_s."""
        if until_s is None:
            condition.wait()
        elif (left_s := (until_s - self.monotonic_s()) / self._speed) > 0:
            condition.wait(min(left_s, threading.TIMEOUT_MAX))

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self._speed)


class SureClock(Clock):
    """The machine's clock, until the portal says what time it is. Waits are the machine's."""

    def __init__(self, machine: Clock, floor: datetime | None) -> None:
        """floor: no right clock shows an earlier time; the last one that the portal signed."""
        super().__init__()
        self._machine: Final = machine
        self.corrected: Final = CorrectedClock(machine, floor or CLOCK_FLOOR)

    def utc_now(self) -> datetime:
        """The time, as good as it is known."""
        return self.corrected.utc_now()

    def monotonic_s(self) -> float:
        """See Clock."""
        return self._machine.monotonic_s()
