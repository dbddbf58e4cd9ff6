"""The printer's own clock: compared with the time of the reading, and used for nothing.

1. Records carry the time of the reading; a printer without a battery begins in 2000 or 1970 at every power-on.
2. A date without a zone is local time of a place unknown, so it may be a day off and still be right.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import dotted
from data_collector.core.normalise.snmp_view import SnmpView

OFF_MAX: Final = timedelta(minutes=30)
ZONE_MAX: Final = timedelta(hours=15)
WITHOUT_ZONE, WITH_ZONE = 8, 11


def tell_clock(view: SnmpView) -> None:
    """Add a finding when hrSystemDate is not the time of the reading, or no time at all."""
    raw = view.picture.value(mib.HR_SYSTEM_DATE)
    if raw is None:
        return
    told = read_date(raw) if isinstance(raw, bytes) else None
    if told is None:
        view.findings.add("clock", dotted(mib.HR_SYSTEM_DATE), raw, "this is no date of RFC 2579")
        return
    at, zoned = told
    off = at - view.observed_at
    if abs(off) > (OFF_MAX if zoned else OFF_MAX + ZONE_MAX):
        reason = f"clock-off: the printer's clock is {_words(abs(off))} {'ahead' if off > timedelta(0) else 'behind'}"
        view.findings.add("clock", dotted(mib.HR_SYSTEM_DATE), at.isoformat(), reason)


def read_date(raw: bytes) -> tuple[datetime, bool] | None:
    """The moment of a DateAndTime, and whether it told its zone (UTC is assumed else); None for what is no date."""
    if len(raw) not in (WITHOUT_ZONE, WITH_ZONE):
        return None
    try:
        zone = UTC
        if len(raw) == WITH_ZONE:
            sign = {0x2B: 1, 0x2D: -1}[raw[8]]
            zone = timezone(sign * timedelta(hours=raw[9], minutes=raw[10]))
        second = min(raw[6], 59)  # 60 is a leap second
        return datetime(int.from_bytes(raw[:2]), raw[2], raw[3], raw[4], raw[5], second, tzinfo=zone), len(raw) > 8
    except (ValueError, KeyError, OverflowError):
        return None


def _words(off: timedelta) -> str:
    if off >= timedelta(days=2):
        return f"{off.days} days"
    return f"{round(off.total_seconds() / 60)} minutes"
