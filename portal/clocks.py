"""Two clocks, never mixed: record time may run faster in a demo, real time does not.

Record time stamps what printers did and when the portal took it: received_at, first and last seen, claim
codes, device states. Real time is for people and sockets: sessions, throttles, certificates, the audit log.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portal.errors import ConfigError

Clock = Callable[[], datetime]
"""Aware UTC, now."""


def real_clock() -> datetime:
    return datetime.now(UTC)


def record_clock(spec: str | None) -> Clock:
    """The clock that INKWIRE_CLOCK describes: EPOCH_ISO,REAL_UNIX_SECONDS_AT_EPOCH,SPEED. None: real time.

    Raises ConfigError for a text of another shape.
    """
    if not spec:
        return real_clock
    try:
        epoch_text, real_text, speed_text = spec.split(",")
        epoch = datetime.fromisoformat(epoch_text)
        real_s, speed = float(real_text), float(speed_text)
    except ValueError as error:
        raise ConfigError(
            f"INKWIRE_CLOCK is {spec!r}; write EPOCH,REAL_UNIX_SECONDS,SPEED, "
            "for example 2026-11-16T07:30:00Z,1795312800.25,600, or unset it"
        ) from error
    if epoch.tzinfo is None or speed <= 0:
        raise ConfigError("INKWIRE_CLOCK needs an epoch in UTC (ending in Z) and a speed above 0")

    def now() -> datetime:
        return epoch + timedelta(seconds=(time.time() - real_s) * speed)

    return now


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC, as the growing tables store an instant."""
    return round(at.timestamp() * 1000)


def from_ms(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
