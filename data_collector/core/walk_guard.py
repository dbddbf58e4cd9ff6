"""What one walk of a device's table may bring, whatever the device does.

1. Every row lies under the root and after the row before it: a device cannot send a walk in a circle.
2. One answer holds at most the rows that were asked for; one walk at most `rows_max` rows and `duration_max_s` seconds.
3. Rows before the first broken rule are kept: half a table of a broken printer is worth more than none.
4. Leaving the subtree is the normal end, everything else is told as a finding.

Why: pysnmp's and gufo_snmp's own walks go on for ever on repeating or endless OIDs, and take 2,500 rows where 10
were asked for.
"""

import enum
from dataclasses import dataclass
from typing import Final

from data_collector.core.evidence import Oid

ROWS_MAX: Final = 4_000
DURATION_MAX_S: Final = 20.0
DATAGRAM_BYTES_MAX: Final = 8_192


class WalkStop(enum.Enum):
    """Why a walk ended."""

    END = "the end of the subtree"
    BACKWARD = "the device repeated or went back in its own table"
    ROWS = "more rows than any printer needs"
    FLOOD = "more rows in one answer than were asked for"
    TIME = "the walk took too long"
    SILENT = "the device stopped answering in the middle"
    BUDGET = "the device used up what one visit may cost"

    @property
    def broken(self) -> bool:
        """True when the device, not the table, ended the walk."""
        return self is not WalkStop.END


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkLimits:
    """How much one walk may bring and last."""

    rows_max: int = ROWS_MAX
    duration_max_s: float = DURATION_MAX_S


class WalkGuard:
    """Judges each row of one walk as it arrives.

    root: the subtree asked for. now_s: monotonic seconds at the start.
    """

    __slots__ = ("_answer", "_deadline_s", "_in_answer", "_last", "_limits", "_root", "_rows")

    def __init__(self, root: Oid, limits: WalkLimits, now_s: float) -> None:
        self._root = root
        self._limits = limits
        self._deadline_s = now_s + limits.duration_max_s
        self._last: Oid = root
        self._rows = 0
        self._answer: int | None = None
        self._in_answer = 0

    def judge(self, identifier: Oid, *, answer: int, asked: int, now_s: float) -> WalkStop | None:
        """None: keep the row and go on. Otherwise leave the row, and end the walk for that reason.

        answer: number of the response that brought the row. asked: rows asked for in that request.
        """
        if answer != self._answer:
            self._answer, self._in_answer = answer, 0
        self._in_answer += 1
        if identifier[: len(self._root)] != self._root:
            return WalkStop.END if identifier > self._last else WalkStop.BACKWARD
        if identifier <= self._last:
            return WalkStop.BACKWARD
        if self._in_answer > asked:
            return WalkStop.FLOOD
        if self._rows >= self._limits.rows_max:
            return WalkStop.ROWS
        if now_s > self._deadline_s:
            return WalkStop.TIME
        self._last = identifier
        self._rows += 1
        return None
