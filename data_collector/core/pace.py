"""How fast packets may leave: a bucket that fills at the rate and holds no more than a burst."""

from typing import Final

BURST_S: Final = 0.01
"""A bucket holds what the rate gives in this time, so that a sleepy loop does not flood the network afterwards."""
BURST_MIN: Final = 4.0


class Pace:
    """Permits to send. rate: packets a second, above 0."""

    __slots__ = ("_burst", "_filled_s", "_permits", "_rate")

    def __init__(self, rate: float, now_s: float) -> None:
        if rate <= 0:
            raise ValueError(f"a rate of {rate} packets a second sends nothing: give one above 0")
        self._rate: Final = rate
        self._burst: Final = max(BURST_MIN, rate * BURST_S)
        self._permits = self._burst
        self._filled_s = now_s

    def permits(self, now_s: float) -> int:
        """How many packets may leave now."""
        self._permits = min(self._burst, self._permits + (now_s - self._filled_s) * self._rate)
        self._filled_s = now_s
        return int(self._permits)

    def spend(self, packets: int) -> None:
        """So many have left."""
        self._permits -= packets

    def debt_s(self) -> float:
        """Seconds until what was spent beyond the permits is paid for, after what `permits` said last."""
        return max(0.0, -self._permits / self._rate)

    def wait_s(self) -> float:
        """Seconds until one more may leave, after what `permits` said last."""
        return max(0.0, (1.0 - self._permits) / self._rate)
