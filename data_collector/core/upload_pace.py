"""How many bytes a collector may send in three hours, so that a backlog takes up nobody's line.

1. What its printers say in that time by schedule fits twice, whatever they have: the pace never holds up a day's work.
2. What waited for a portal that was away leaves at that pace, the oldest first. Alerts never wait.
"""

from typing import Final

PERIOD_S: Final = 3 * 3600.0
ALWAYS_BYTES: Final = 300_000
"""What a single printer's own connection may send: the promise to a site (direct_connect.core.pace)."""
READING_BYTES: Final = 4_000
"""Twice a sealed reading of a printer with many supplies and alerts, alone in its batch, with its TLS."""
PERIOD_BYTES_MAX: Final = 10**9


def period_bytes(printers: int, interval_s: float) -> int:
    """The bytes of three hours. printers: known ones; interval_s: of the profile that reads most often."""
    readings = printers * max(1.0, PERIOD_S / max(1.0, interval_s))
    return min(PERIOD_BYTES_MAX, ALWAYS_BYTES + int(readings * READING_BYTES))
