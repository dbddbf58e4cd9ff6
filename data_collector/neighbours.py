"""The hosts on this machine's own links, as the kernel's neighbour table has them. Source: arp(7), Linux."""

from pathlib import Path
from time import monotonic
from typing import Final

from data_collector.core.second_look import NEIGHBOURS_MAX, parse_neighbours

TABLE: Final = Path("/proc/net/arp")
FRESH_S: Final = 0.25


class Neighbours:
    """The table, read again when it is older than FRESH_S. Empty where the system has none to read."""

    def __init__(self, table: Path = TABLE) -> None:
        self._table = table
        self._read_s: float | None = None
        self._known: frozenset[str] = frozenset()
        self._told = 0

    def has(self, address: str) -> bool:
        """Whether a host at this address answered ARP lately. After NEIGHBOURS_MAX yeses always no."""
        now_s = monotonic()
        if self._read_s is None or now_s - self._read_s > FRESH_S:
            self._read_s = now_s
            try:
                self._known = parse_neighbours(self._table.read_text(encoding="ascii", errors="replace"))
            except OSError:
                self._known = frozenset()
        if address not in self._known or self._told >= NEIGHBOURS_MAX:
            return False
        self._told += 1
        return True
