"""How fast a backlog may leave: the bandwidth promise, kept over reboots.

The promise is 0.01 % of a 5 Mbit/s line: 675,000 bytes in any 3 hours, both ways, TLS and packet headers included.

1. What is left may be spent at once, up to `burst_bytes`, and comes back evenly: `period_bytes` in `period_s`. So any
   3 hours see at most burst + period bytes, and the one batch that crosses the line.
2. When nothing is left, sending rests until `quantum_bytes` have come back, so that one handshake serves a handful
   of batches instead of one.
3. Alerts never wait, but what they cost is charged, failed tries too. A debt is never larger than one burst.
4. What is left is kept with the wall time. After a restart, time that has passed by the wall clock counts, at most
   one period of it, and none when that clock went back: a reboot brings no new budget.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from direct_connect.core.triggers import AT_ONCE
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError

_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class PacePolicy:
    """The numbers of the rules above. The defaults keep the promise with room for the largest usual batch."""

    burst_bytes: int = 300_000
    period_bytes: int = 300_000
    period_s: float = 3 * 3600.0
    quantum_bytes: int = 30_000

    def full(self, now_s: float) -> "Pace":
        """Nothing was sent yet. now_s: monotonic."""
        return Pace(left_bytes=float(self.burst_bytes), at_s=now_s)

    def charged(self, pace: "Pace", count: int, now_s: float) -> "Pace":
        """What is left after count bytes went over the wire."""
        back = max(0.0, now_s - pace.at_s) * self._bytes_per_s
        left = max(min(self.burst_bytes, pace.left_bytes + back) - count, -float(self.burst_bytes))
        resume_s = pace.resume_s
        if left <= 0 or resume_s > now_s:
            resume_s = now_s + max(0.0, self.quantum_bytes - left) / self._bytes_per_s
        return Pace(left_bytes=left, at_s=now_s, resume_s=resume_s)

    def restored(self, text: str | None, now_s: float, at: datetime) -> "Pace":
        """Where a run before this one stood (rule 4). text: of `Pace.kept`. at: the wall clock now."""
        try:
            left, resting, kept_at = (text or "").split(" ")
            passed_s = (at - parse_instant(kept_at)).total_seconds()
            before = Pace(left_bytes=min(float(left), float(self.burst_bytes)), at_s=0.0)
            before = replace(before, left_bytes=max(before.left_bytes, -float(self.burst_bytes)))
        except (ValueError, DecodeError):
            return self.full(now_s)
        passed_s = min(max(0.0, passed_s), self.period_s)
        if resting == "resting":
            before = replace(before, resume_s=(self.quantum_bytes - before.left_bytes) / self._bytes_per_s)
        now = self.charged(before, 0, passed_s)
        resume_s = AT_ONCE if now.resume_s <= passed_s + _SMALLEST else now_s + (now.resume_s - passed_s)
        return Pace(left_bytes=now.left_bytes, at_s=now_s, resume_s=resume_s)

    @property
    def _bytes_per_s(self) -> float:
        return self.period_bytes / self.period_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Where the budget stands. at_s: monotonic. resume_s: not before it may anything but an alert leave."""

    left_bytes: float
    at_s: float
    resume_s: float = AT_ONCE

    def kept(self, at: datetime) -> str:
        """As text that outlives the run. at: the wall clock now."""
        return f"{self.left_bytes:.0f} {'resting' if self.resume_s > self.at_s else 'going'} {format_instant(at)}"
