"""Time as a port, so that a simulator can run a connection on a clock of its own."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from wire_format.records import Alert, Job

CLOCK_FLOOR: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time: this program did not exist."""
_TOLERANCE_S: Final = 600.0
_DRIFT: Final = 1e-4


class Timepiece(Protocol):
    """Two clocks that never mix: monotonic seconds for waiting, UTC for records.

    Promise: monotonic_s never goes back while the process lives; utc_now is aware UTC
    and may jump either way.
    """

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment of this run."""

    def utc_now(self) -> datetime:
        """The wall clock, as good as it is."""


class Clock(Timepiece, Protocol):
    """A timepiece that can also be slept on.

    Promise: wait returns no later than soon after until_s, and at once when the condition is notified.
    """

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        """Sleep until the condition, which the caller holds, is notified, or monotonic_s() reaches until_s.

        None: until notified.
        """


class SystemClock:
    """The clocks of this machine."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def utc_now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        if until_s is None:
            condition.wait()
        elif (left_s := until_s - time.monotonic()) > 0:
            condition.wait(min(left_s, threading.TIMEOUT_MAX))


class CorrectedClock:
    """A clock that is believed only as long as nothing speaks against it. Thread-safe.

    Until the portal's signed time is known, utc_now is the clock as it is. After that the signed time goes on by the
    monotonic clock, and the wall clock counts again while it agrees (NTP sets it better than we can).
    """

    def __init__(self, base: Clock, floor: datetime = CLOCK_FLOOR) -> None:
        """floor: no right clock shows an earlier time; the last signed time, over restarts."""
        self._base, self._floor = base, max(floor, CLOCK_FLOOR)
        self._began_at = base.utc_now()
        self._known: tuple[datetime, float] | None = None
        self._doubted = False
        self._lock = threading.Lock()

    @property
    def floor(self) -> datetime:
        """The earliest time that can be right."""
        return self._floor

    @property
    def doubtful(self) -> bool:
        """Whether the portal should be asked for the time."""
        with self._lock:
            return self._doubted or (self._known is None and self._base.utc_now() < self._floor)

    @property
    def synced(self) -> bool:
        """Whether utc_now can be believed."""
        with self._lock:
            return self._known is not None or not (self._doubted or self._base.utc_now() < self._floor)

    def dates(self) -> datetime | None:
        """What certificates are to be judged by, when the machine's own clock will not do; None: it will."""
        at = self.utc_now()
        return None if at == self._base.utc_now() or abs((at - self._base.utc_now()).total_seconds()) < 1 else at

    def learn(self, at: datetime) -> None:
        """The portal signed that it is now at."""
        with self._lock:
            self._known, self._doubted = (at, self._base.monotonic_s()), False
            self._floor = max(self._floor, at)

    def doubt(self) -> None:
        """Something speaks against the clock: ask again."""
        with self._lock:
            self._doubted = True

    def mend(self, at: datetime) -> datetime | None:
        """A time that this machine's clock gave earlier, as it should have been; None when nobody can tell."""
        now, wall = self.utc_now(), self._base.utc_now()
        if not self.synced or CLOCK_FLOOR <= at <= now + timedelta(seconds=_TOLERANCE_S):
            return at
        if self._began_at <= at <= wall:
            return at + (now - wall)
        return None

    def monotonic_s(self) -> float:
        return self._base.monotonic_s()

    def utc_now(self) -> datetime:
        wall = self._base.utc_now()
        with self._lock:
            if self._known is None:
                return wall
            known_at, known_s = self._known
            passed_s = self._base.monotonic_s() - known_s
        told = known_at + timedelta(seconds=passed_s)
        agrees = abs((wall - told).total_seconds()) <= _TOLERANCE_S + _DRIFT * passed_s
        return wall if agrees else told

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        self._base.wait(condition, until_s)


def is_synced(clock: Timepiece) -> bool:
    """Whether a clock's utc_now can be believed. A clock of the embedder's own is, from CLOCK_FLOOR on."""
    return clock.synced if isinstance(clock, CorrectedClock) else clock.utc_now() >= CLOCK_FLOOR


_Told = TypeVar("_Told", Job, Alert)
_TIMES: Final = ("submitted_at", "started_at", "completed_at", "onset_at", "cleared_at")


def mended(told: _Told, clock: Timepiece) -> _Told:
    """A job or alert with the times that a clock gave before it was right put right, or left out. See `mend`."""
    if not isinstance(clock, CorrectedClock):
        return told
    times = {name: at for name in _TIMES if (at := getattr(told, name, None)) is not None}
    changes: dict[str, Any] = {name: right for name, at in times.items() if (right := clock.mend(at)) != at}
    return replace(told, **changes) if changes else told
