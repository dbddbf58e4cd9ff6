"""Which of a portal's addresses to try, in which order.

1. The one that worked last goes first: whoever moved does not move back with every push.
2. Whoever is not on the preferred (first) address tries that one again first, once `preferred_again_s` has passed.
3. After it come the others in the order they were given. A step tries each at most once.
"""

from dataclasses import dataclass
from typing import Final

PREFERRED_AGAIN_S: Final = 1800.0


@dataclass(slots=True)
class Failover:
    """The memory of one set of addresses. count: how many there are."""

    count: int
    preferred_again_s: float = PREFERRED_AGAIN_S
    current: int = 0
    again_at_s: float = 0.0

    def order(self, now_s: float) -> tuple[int, ...]:
        """The addresses by number, in the order to try them."""
        first = 0 if self.current and now_s >= self.again_at_s else self.current
        chosen = (first, self.current) if first != self.current else (first,)
        if self.current and first == 0:
            self.again_at_s = now_s + self.preferred_again_s  # others who ask meanwhile stay where they are
        return chosen + tuple(number for number in range(self.count) if number not in chosen)

    def worked(self, number: int, now_s: float) -> None:
        """An address answered as the portal does."""
        if number and number != self.current:
            self.again_at_s = now_s + self.preferred_again_s
        self.current = number
