"""The jobs that people will send to one printer, learnt an hour at a time.

The next hour worth looking at is found at once, so a quiet night costs no wake-up.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import tzinfo

from device_sim.core.dice import Dice
from device_sim.core.profile import Profile
from device_sim.core.workload import HOUR_MS, Order, arrivals, jobs_expected, order_at

_HOURS_AHEAD_MAX = 72


class Inflow:
    """What comes to a printer, and when. ends_ms: what would arrive then or later does not; None: no end.

    zone: of the clock by which people there work. The arrivals of an hour stand in one array, and the first of them is
    the `_ordinal`-th of its hour.
    """

    __slots__ = ("_arrivals", "_hour", "_index", "_ordinal", "_profile", "_seed", "_zone", "ends_ms")

    def __init__(self, profile: Profile, seed: int, index: int, now_ms: int, zone: tzinfo) -> None:
        self._profile, self._seed, self._index, self._zone = profile, seed, index, zone
        self._arrivals = array("q")
        self._ordinal = 0
        self._hour = now_ms // HOUR_MS
        self.ends_ms: int | None = None

    @property
    def next_ms(self) -> int:
        """When the next job comes, or the next hour must be learnt."""
        return self._arrivals[0] if self._arrivals else self._hour * HOUR_MS

    def hour_due(self, now_ms: int) -> bool:
        """Whether the next hour must be learnt."""
        return not self._arrivals and self._hour * HOUR_MS <= now_ms

    def too_late(self, at_ms: int) -> bool:
        """Whether no job is taken at that moment."""
        return self.ends_ms is not None and at_ms >= self.ends_ms

    def take_due(self, now_ms: int) -> Iterator[Order]:
        """The orders that have arrived until now_ms, each once."""
        while self._arrivals and self._arrivals[0] <= now_ms:
            at_ms = self._arrivals.pop(0)
            self._ordinal += 1
            yield order_at(self._profile, self._seed, self._index, at_ms, self._ordinal - 1)

    def learn_hour(self, now_ms: int) -> tuple[int, int] | None:
        """Learn what this hour brings, and set out for the next hour that may bring something.

        Returns when somebody opens a cover in it, and which one; None where nobody does.
        """
        hour, opens = self._hour, self._cover_opens(now_ms)
        comes = arrivals(self._profile, self._seed, self._index, hour, self._zone)
        self._ordinal = bisect_left(comes, now_ms)
        ends = len(comes) if self.ends_ms is None else bisect_left(comes, self.ends_ms)
        self._arrivals = array("q", comes[self._ordinal : ends])
        self._hour += 1
        ahead = self._hour + _HOURS_AHEAD_MAX
        while self._hour < ahead and not jobs_expected(self._profile, self._hour, self._zone):
            self._hour += 1
        return opens

    def end(self) -> None:
        """Nothing more comes of what was known."""
        self._arrivals = array("q")

    def _cover_opens(self, now_ms: int) -> tuple[int, int] | None:
        profile, hour = self._profile, self._hour
        dice = Dice(self._seed, self._index, "cover", hour)
        share = profile.trouble.covers_opened_per_day_percent / 100
        at_ms = hour * HOUR_MS + dice.between(0, HOUR_MS - 1)
        if jobs_expected(profile, hour, self._zone) and dice.unit() * 10 < share and at_ms >= now_ms:
            return at_ms, dice.between(0, len(profile.covers) - 1)
        return None
