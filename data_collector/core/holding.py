"""Which readings may stay at home for a while: those that say what the portal was told already.

1. A reading is unchanged when it equals what was sent last of its printer, but for the moments in it: when it was
   made, how long the printer runs, when an alert that stands began, what a wrong clock shows. The end of an alert, a
   job and a finding are news.
2. An unchanged reading goes when the last one sent is HELD_PART of the hold old, so that a scan that comes a little
   early does not miss its turn; and when something else goes anyway, at RIDE_PART, so that printers share uploads.
3. Nothing is kept of what stays at home. A later reading says the same, and later; or it is news, and goes. What
   was printed between two readings is the difference of their meters, and an unchanged reading in between adds nothing.
4. What was sent is known of this run only: after a start every printer is told anew.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from data_collector.core.known_jobs import device_key
from wire_format.codec import encode_record
from wire_format.records import Finding, Report
from wire_format.strict_json import compact_json

HELD_PART: Final = 7 / 8
RIDE_PART: Final = 3 / 4
PRINTERS_MAX: Final = 100_000
CLOCK_FIELD: Final = "clock"
_NO_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Holding:
    """What was sent last of each printer, and when."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: dict[str, tuple[bytes, float]] = {}

    def due(self, reports: Sequence[Report], hold_s: float, now_s: float) -> list[Report]:
        """Those that must go now. hold_s: how long an unchanged one may stay; 0: not at all. now_s: monotonic."""
        ages_s = [self._unchanged_s(report, now_s) for report in reports]
        going = any(age_s is None or age_s >= hold_s * HELD_PART for age_s in ages_s)
        enough_s = hold_s * (RIDE_PART if going else HELD_PART)
        return [report for report, age_s in zip(reports, ages_s, strict=True) if age_s is None or age_s >= enough_s]

    def sent(self, reports: Sequence[Report], now_s: float) -> None:
        """These are in the spool."""
        for report in reports:
            if (key := device_key(report.device)) is not None:
                self._sent.pop(key, None)
                self._sent[key] = (_fingerprint(report), now_s)
        while len(self._sent) > PRINTERS_MAX:
            self._sent.pop(next(iter(self._sent)))

    def _unchanged_s(self, report: Report, now_s: float) -> float | None:
        """How long ago the portal was told just this; None: it was not."""
        key = device_key(report.device)
        told, at_s = self._sent.get(key or "", (b"", 0.0))
        return now_s - at_s if told and told == _fingerprint(report) else None


def _fingerprint(report: Report) -> bytes:
    alerts = tuple(alert if alert.cleared_at else replace(alert, onset_at=None) for alert in report.alerts)
    findings = tuple(_timeless(finding) for finding in report.findings)
    timeless = replace(report, observed_at=_NO_MOMENT, uptime_ms=None, alerts=alerts, findings=findings)
    return hashlib.sha256(compact_json(encode_record(timeless)).encode("utf-8")).digest()


def _timeless(finding: Finding) -> Finding:
    """How far a printer's clock is off goes back and forth by a minute, and what it shows is always another moment."""
    if finding.field != CLOCK_FIELD:
        return finding
    return replace(finding, raw=None, reason=finding.reason.partition(":")[0])
