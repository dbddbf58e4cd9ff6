"""When the next scan is due.

1. The first scan is at the start; the others follow on a fixed grid, so that scans do not drift with their length.
2. A scan that lasts longer than the interval swallows the turns it missed: scans never pile up.
3. A scan asked for by hand takes place at once and leaves the grid as it is.
"""


class Schedule:
    """The grid of one collector. interval_s: seconds between scans; now_s: monotonic seconds at the start."""

    __slots__ = ("_asked", "_interval_s", "_next_s")

    def __init__(self, interval_s: float, now_s: float) -> None:
        self._interval_s = interval_s
        self._next_s = now_s
        self._asked = False

    def ask(self) -> None:
        """A person wants a scan now."""
        self._asked = True

    def due(self, now_s: float) -> bool:
        """Whether a scan must start now."""
        return self._asked or now_s >= self._next_s

    def wake_at(self) -> float:
        """When the next scan is due: the shell sleeps until then, or until it is asked."""
        return self._next_s

    def begin(self, now_s: float) -> None:
        """A scan starts now: its turn, and every turn before now, is used up."""
        self._asked = False
        if now_s >= self._next_s:
            missed = int((now_s - self._next_s) // self._interval_s)
            self._next_s += (missed + 1) * self._interval_s
