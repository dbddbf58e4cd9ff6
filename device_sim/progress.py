"""What a person sees while a fleet runs: one line on a terminal that rewrites itself, nothing in a pipe."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts since the start. requests: SNMP and HTTP together."""

    printers: int
    at: datetime
    jobs: int
    impressions: int
    requests: int


class ProgressLine:
    """One line that says how the fleet is doing."""

    def __init__(self, out: TextIO, real_s: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._on = out.isatty()
        self._real_s = real_s
        self._before_s, self._before = real_s(), 0
        self._width = 0

    @property
    def shown(self) -> bool:
        """Whether somebody looks."""
        return self._on

    def show(self, tally: Tally) -> None:
        """Rewrite the line. Does nothing where nobody looks."""
        if not self._on:
            return
        now_s = self._real_s()
        rate = (tally.requests - self._before) / max(now_s - self._before_s, 0.001)
        self._before_s, self._before = now_s, tally.requests
        line = (
            f"{tally.printers:,} printers   {tally.at:%a %d %b %H:%M:%S}   {tally.jobs:,} jobs   "
            f"{tally.impressions:,} impressions   {rate:,.0f} requests/s"
        )
        self._out.write("\r" + line.ljust(self._width))
        self._out.flush()
        self._width = len(line)

    def end(self) -> None:
        """Leave the line; what is written next starts on a new one."""
        if self._on and self._width:
            self._out.write("\n")
            self._out.flush()
            self._width = 0
