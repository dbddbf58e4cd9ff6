"""What one visit may cost, over all protocols together, whatever the device does.

1. Every single exchange has limits of its own (the walk guard's, an HTTP body's, a deadline). The budget stands above
   them: a device that keeps within each limit, for ever, ends here.
2. A printer that told everything by the slowest means (GETNEXT only, every LEDM document) needs a tenth of it.
3. What was read until then is kept, and the report says which budget was used up.
4. A port that let exchanges end without an answer, or with one beyond all limits, STALLS_MAX times is left alone, as a
   silent agent is. Another port of the same device is another program, and may be well.
5. A body may take half of what is left at most: after a bomb the next protocol can still be asked.
"""

from dataclasses import dataclass
from typing import Final

STALLS_MAX: Final = 2
ROW_OCTETS: Final = 16
"""What a row counts for besides its value: name, tags and lengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLimits:
    """The most of one visit. requests: SNMP and HTTP; rows: SNMP objects; received_octets: of values, and of bodies."""

    requests_max: int = 2_000
    rows_max: int = 8_192
    received_octets_max: int = 4 * 1024 * 1024


class VisitBudget:
    """What is left of the limits. Spending more than there is only notes it: ask `over` before the next question."""

    __slots__ = ("_limits", "_received_octets", "_requests", "_rows", "_stalls")

    def __init__(self, limits: VisitLimits | None = None) -> None:
        self._limits = limits or VisitLimits()
        self._requests = self._rows = self._received_octets = 0
        self._stalls: dict[int, int] = {}

    def asked(self) -> None:
        """A request left."""
        self._requests += 1

    def received(self, octets: int, rows: int = 0) -> None:
        """So much came back."""
        self._received_octets += octets
        self._rows += rows

    def stalled(self, port: int) -> None:
        """A web server at this port let an exchange end without an answer that can be used."""
        self._stalls[port] = self._stalls.get(port, 0) + 1

    @property
    def over(self) -> str | None:
        """Which limit was reached, in words; None while the visit may go on."""
        limits = self._limits
        if self._requests >= limits.requests_max:
            return f"{limits.requests_max:,} requests"
        if self._rows >= limits.rows_max:
            return f"{limits.rows_max:,} SNMP objects"
        if self._received_octets >= limits.received_octets_max:
            return f"{limits.received_octets_max:,} octets"
        return None

    @property
    def received_octets(self) -> int:
        """What came back so far."""
        return self._received_octets

    @property
    def body_octets_max(self) -> int:
        """How much the next body may bring."""
        return max(0, self._limits.received_octets_max - self._received_octets) // 2

    def is_stuck(self, port: int) -> bool:
        """Whether to leave the web server at this port alone."""
        return self._stalls.get(port, 0) >= STALLS_MAX
