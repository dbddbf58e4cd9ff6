"""The simulator's time: virtual seconds, as fast as wanted, the same in every process that shares a SPEC.

A SPEC is `EPOCH,REAL,SPEED`: at the real Unix time REAL it was EPOCH, and since then SPEED virtual seconds pass
in a real one. Sockets and files keep real time.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from device_sim.core.errors import ConfigError
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError

SPEED_MAX = 100_000.0
_EXAMPLE = "2026-11-16T07:30:00Z,1795312800.25,600"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSpec:
    """How virtual time hangs on real time. epoch_s: virtual Unix seconds at real Unix seconds real_s."""

    epoch_s: float
    real_s: float
    speed: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """The SPEC in a text. Raises ConfigError."""
        parts = text.split(",")
        try:
            epoch_s = parse_instant(parts[0]).timestamp()
            real_s, speed = float(parts[1]), float(parts[2])
        except (DecodeError, IndexError, ValueError) as error:
            raise ConfigError("--clock", "", f"is EPOCH,REAL,SPEED such as {_EXAMPLE}") from error
        if len(parts) != 3 or not 0 < speed <= SPEED_MAX or not 0 <= real_s < 1e11:
            raise ConfigError("--clock", "", f"is EPOCH,REAL,SPEED such as {_EXAMPLE}")
        return cls(epoch_s=epoch_s, real_s=real_s, speed=speed)

    def __str__(self) -> str:
        return f"{format_instant(at_utc(self.epoch_s))},{self.real_s:.3f},{self.speed:g}"


class ScaledClock:
    """Virtual time that runs by itself. Serves as direct_connect's clock too."""

    def __init__(self, spec: ClockSpec) -> None:
        self.spec = spec
        self._started_s = time.monotonic()
        self._virtual_s = spec.epoch_s + (time.time() - spec.real_s) * spec.speed

    def now_s(self) -> float:
        """Virtual Unix seconds. Never goes back while the process lives."""
        return self._virtual_s + (time.monotonic() - self._started_s) * self.spec.speed

    def real_until(self, at_s: float) -> float:
        """Real seconds until the virtual moment at_s; 0 when it has passed."""
        return max(0.0, (at_s - self.now_s()) / self.spec.speed)

    def monotonic_s(self) -> float:
        """Virtual seconds for waiting."""
        return self.now_s()

    def utc_now(self) -> datetime:
        """Virtual time for records."""
        return at_utc(self.now_s())

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        """Sleep until the condition, which the caller holds, is notified, or until_s is reached."""
        if until_s is None:
            condition.wait()
        elif (left_s := self.real_until(until_s)) > 0:
            condition.wait(min(left_s, threading.TIMEOUT_MAX))


def started_now(speed: float) -> ClockSpec:
    """Virtual time that is real time at this moment, and then runs at that speed."""
    now_s = round(time.time(), 3)
    return ClockSpec(epoch_s=now_s, real_s=now_s, speed=speed)


def at_utc(at_s: float) -> datetime:
    """Unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at_s, UTC)
