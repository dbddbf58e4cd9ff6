"""Group commit in a spool file: calls that become durable in one commit.

1. Every call joins the open transaction, the stroke: all that it does, or nothing when it fails.
2. Outside a block a call returns after the commit. Callers stand in line for the file, and the last of the line
   commits for all who wait: under load one commit serves many, at rest a call waits for nobody. A block stands in the
   line to its end.
3. Inside a block (`together`) a call returns before the commit, which comes with the end of the block, or earlier when
   somebody waited LINE_S_MAX for it. So a pulled plug leaves the block's calls up to one of them, in order, and none
   after it.
4. A commit that fails takes back every call in it: who waits is told at once, a block at its next call or its end.
5. A batch is shown to those who send it only after its commit.
"""

from dataclasses import dataclass
from typing import Final

LINE_S_MAX: Final = 0.1
"""Nobody waits longer for the end of the line, in real seconds, should it never come."""


@dataclass(slots=True, eq=False)
class Stroke:
    """One transaction. marked: it holds batches. damaged: it met damage, which was repaired: repeat what was called."""

    calls: int = 0
    waiting: int = 0
    marked: bool = False
    ended: bool = False
    error: Exception | None = None
    damaged: bool = False


class Block:
    """See `port.Together`. Used by one thread, under the lock of its file but for `kept` and `mark`."""

    def __init__(self) -> None:
        self.stroke: Stroke | None = None
        self._before = 0
        self._marks = 0

    @property
    def kept(self) -> int:
        """How many marks were durable last time one looked."""
        stroke = self.stroke
        whole = stroke is None or (stroke.ended and stroke.error is None)
        return self._before + (self._marks if whole else 0)

    def mark(self) -> None:
        """What was called so far counts as one."""
        self._marks += 1

    def join(self, stroke: Stroke) -> None:
        """A call of this block is in that stroke. Raises what ended the one before."""
        self.check()
        if stroke is not self.stroke:
            self._before, self._marks, self.stroke = self._before + self._marks, 0, stroke

    def check(self) -> None:
        """Raises what took calls of this block back."""
        if self.stroke is not None:
            raise_lost(self.stroke)


def raise_lost(stroke: Stroke) -> None:
    """Raises an error of one's own if the stroke was lost: several threads may have to raise it."""
    if (error := stroke.error) is not None:
        raise type(error)(str(error)) from error
