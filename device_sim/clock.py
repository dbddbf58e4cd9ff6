"""The simulator's time: virtual seconds, as fast as wanted, the same in every process that shares a SPEC.

A SPEC is `EPOCH,REAL,SPEED`: at the real Unix time REAL it was EPOCH, and since then SPEED virtual seconds pass
in a real one. Sockets and files keep real time.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable
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
    """Virtual time that runs by itself, and may be led: stopped, hurried, or moved ahead. Never goes back.

    Serves as direct_connect's clock too, and may be read from any thread. What is led here is this process's time
    only: a program that shares the SPEC goes on by it.
    """

    def __init__(self, spec: ClockSpec) -> None:
        self.spec = spec
        started_s = time.monotonic()
        virtual_s = spec.epoch_s + (time.time() - spec.real_s) * spec.speed
        self._flow = _Flow(virtual_s, started_s, spec.speed)
        self._speed = spec.speed
        self._sleepers: Counter[threading.Condition] = Counter()
        self._listeners: list[Callable[[], None]] = []

    def now_s(self) -> float:
        """Virtual Unix seconds."""
        return self._flow.at(time.monotonic())

    def real_until(self, at_s: float) -> float:
        """Real seconds until the virtual moment at_s; 0 when it has passed, infinite while time stands."""
        flow = self._flow
        left_s = at_s - flow.at(time.monotonic())
        if left_s <= 0:
            return 0.0
        return left_s / flow.speed if flow.speed else math.inf

    @property
    def speed(self) -> float:
        """Virtual seconds a real second, when time does not stand."""
        return self._speed

    @property
    def frozen(self) -> bool:
        """Whether time stands."""
        return not self._flow.speed

    def freeze(self) -> None:
        """Time stands from now on."""
        self._lead(speed=0.0)

    def resume(self) -> None:
        """Time goes on from where it stood."""
        self._lead(speed=self._speed)

    def run_at(self, speed: float) -> None:
        """From now on so many virtual seconds pass in a real one; if time stands, once it goes on."""
        self._speed = speed
        if not self.frozen:
            self._lead(speed=speed)

    def jump(self, to_s: float) -> None:
        """It is to_s now; a moment in the past changes nothing. What happens in between, happens."""
        self._lead(ahead_to_s=to_s)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Tell this listener whenever time was led; whoever reckoned with it must reckon anew."""
        self._listeners.append(listener)

    def monotonic_s(self) -> float:
        """Virtual seconds for waiting."""
        return self.now_s()

    def utc_now(self) -> datetime:
        """Virtual time for records."""
        return at_utc(self.now_s())

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        """Sleep until the condition, which the caller holds, is notified, until_s is reached, or time is led."""
        if until_s is None:
            condition.wait()
        elif (left_s := self.real_until(until_s)) > 0:
            self._sleepers[condition] += 1
            try:
                condition.wait(min(left_s, threading.TIMEOUT_MAX))
            finally:
                self._sleepers[condition] -= 1

    def _lead(self, *, speed: float | None = None, ahead_to_s: float = 0.0) -> None:
        real_s, flow = time.monotonic(), self._flow
        now_s = max(flow.at(real_s), ahead_to_s)
        self._flow = _Flow(now_s, real_s, flow.speed if speed is None else speed)
        for condition in [sleeper for sleeper, count in list(self._sleepers.items()) if count]:
            with condition:
                condition.notify_all()
        for listener in self._listeners:
            listener()


@dataclass(frozen=True, slots=True)
class _Flow:
    """How time passes since it was last led. virtual_s: at the monotonic moment real_s."""

    virtual_s: float
    real_s: float
    speed: float

    def at(self, real_s: float) -> float:
        return self.virtual_s + (real_s - self.real_s) * self.speed


def started_now(speed: float) -> ClockSpec:
    """Virtual time that is real time at this moment, and then runs at that speed."""
    now_s = round(time.time(), 3)
    return ClockSpec(epoch_s=now_s, real_s=now_s, speed=speed)


def at_utc(at_s: float) -> datetime:
    """Unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at_s, UTC)
