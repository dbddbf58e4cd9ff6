"""How lately a device was heard: reporting, late or silent. We know only that we do not hear it."""

import enum
from datetime import datetime, timedelta
from typing import Final

SILENT_AFTER: Final = timedelta(hours=24)
LATE_AFTER_INTERVALS: Final = 2


class Freshness(enum.StrEnum):
    """A device's state as far as hearing it goes."""

    REPORTING = "reporting"
    LATE = "late"
    SILENT = "silent"


def freshness(last_seen_at: datetime, now: datetime, interval_s: int) -> Freshness:
    """Late after two missed intervals, silent after 24 h (and never silent before it is late)."""
    age = now - last_seen_at
    late = age > timedelta(seconds=LATE_AFTER_INTERVALS * interval_s)
    if late and age >= SILENT_AFTER:
        return Freshness.SILENT
    return Freshness.LATE if late else Freshness.REPORTING
