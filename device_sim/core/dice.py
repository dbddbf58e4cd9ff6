"""Randomness that is a pure function of its names: the same dice fall the same way everywhere.

1. Dice are made from (seed, printer, purpose, number); no dice are shared, so no draw moves another.
2. SplitMix64 is enough: this is for variety, never for secrets.
"""

from collections.abc import Sequence
from hashlib import blake2b

_MASK = (1 << 64) - 1


class Dice:
    """A stream of pseudo-random values that depends on the names given, and on nothing else."""

    __slots__ = ("_state",)

    def __init__(self, *names: int | str) -> None:
        digest = blake2b("/".join(map(str, names)).encode(), digest_size=8).digest()
        self._state = int.from_bytes(digest, "big")

    def bits(self) -> int:
        """64 random bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def unit(self) -> float:
        """From 0 up to, not including, 1."""
        return (self.bits() >> 11) / (1 << 53)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.bits() % (high - low + 1)

    def percent(self, share: int) -> bool:
        """True in share of 100 throws."""
        return self.bits() % 100 < share

    def weighted(self, weights: Sequence[int]) -> int:
        """The place of one weight, as often as it is heavy."""
        at = self.bits() % sum(weights)
        for place, weight in enumerate(weights):
            if at < weight:
                return place
            at -= weight
        return len(weights) - 1
