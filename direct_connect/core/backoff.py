"""How long to wait after a failure.

Full jitter: the wait is drawn evenly between the floor and a ceiling that doubles with each failure, so that
senders that failed together do not come back together. A portal's Retry-After is obeyed on top: nobody comes
before it, and the jitter behind it keeps them apart. Source: RFC 9110, 10.2.3.
"""

from dataclasses import dataclass

from direct_connect.core.chance import Randomness, fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffPolicy:
    """floor_s, ceiling_s: shortest and longest wait. asked_max_s: the longest Retry-After that is believed."""

    floor_s: float = 5.0
    ceiling_s: float = 3600.0
    asked_max_s: float = 86_400.0
    daily_s: float = 86_400.0

    def delay_s(self, failures: int, randomness: Randomness, asked_s: float | None = None) -> float:
        """Seconds to wait after the failures-th failure in a row (1 is the first).

        asked_s: what the portal asked for with Retry-After, if it did.
        """
        ceiling_s = min(self.ceiling_s, self.floor_s * 2.0 ** min(failures, 32))
        jitter_s = self.floor_s + (ceiling_s - self.floor_s) * fraction(randomness)
        return jitter_s if asked_s is None else min(max(asked_s, 0.0), self.asked_max_s) + jitter_s

    def next_day_s(self, randomness: Randomness) -> float:
        """Seconds until the daily try of a sender that was turned away: a day, give or take a tenth."""
        return self.daily_s * (0.9 + 0.2 * fraction(randomness))
