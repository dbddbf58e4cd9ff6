"""Time as a port, so that a simulator can run a connection on a clock of its own."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


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
