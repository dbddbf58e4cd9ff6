"""What scans leave for the next ones: the ways to ask, the one that worked at each address, and who was silent."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from data_collector.core.bundles import KnownTables
from data_collector.core.more import More
from data_collector.snmp.port import Version
from data_collector.snmp.users import UsmUser

BLANK_TRUST: Final = 8
ROWS_OF_PRINTERS_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to ask. V3 has no community: its first question only asks who is there."""

    version: Version
    community: str = field(default="", repr=False)


def ways(communities: Sequence[str], users: Sequence[UsmUser]) -> tuple[Way, ...]:
    """All ways, best first. Raises ValueError when there is none."""
    found = [Way(version=Version.V3)] if users else []
    found += [Way(version=Version.V2C, community=one) for one in communities]
    found += [Way(version=Version.V1, community=one) for one in communities]
    if not found:
        raise ValueError("there is neither a community nor a v3 user to ask with: name one")
    return tuple(found)


class SweepMemory:
    """What scans leave for the next ones: the way that worked at each address, sizes of tables, and who was silent.

    Blank addresses are many: each costs an octet, in a block for each /16.
    """

    def __init__(self) -> None:
        self.answered: Final[dict[tuple[str, int], Way]] = {}
        self.users: Final[dict[str, UsmUser]] = {}
        """The SNMPv3 user who was let in at an address."""
        self.web: Final[dict[str, More]] = {}
        """Which protocols beside SNMP were read at an address at the last visit, where any was."""
        self.jobs_by_web: Final[dict[str, bool]] = {}
        """Whether the jobs of an address were first had by IPP or from a page, not by SNMP: then they are on."""
        self._blank: Final[dict[int, bytearray]] = {}
        self._rows: Final[dict[str, KnownTables]] = {}

    def trusts_blank(self, address: str) -> bool:
        """Whether one question is enough this time."""
        block, place = _block(address)
        known = self._blank.get(block)
        return known is not None and known[place] % BLANK_TRUST > 0

    def tables(self, address: str) -> KnownTables:
        """What the tables of the printer there were like; to be added to. Empty for a new address."""
        known = self._rows.get(address)
        if known is None:
            if len(self._rows) >= ROWS_OF_PRINTERS_MAX:
                del self._rows[next(iter(self._rows))]
            known = self._rows[address] = KnownTables(rows={})
        return known

    def note(self, peer: tuple[str, int], way: Way | None, *, alive: bool) -> None:
        """How an address ended."""
        block, place = _block(peer[0])
        known = self._blank.get(block)
        if way is not None:
            self.answered[peer] = way
        if way is not None or alive:
            if known is not None:
                known[place] = 0
            return
        if known is None:
            known = self._blank[block] = bytearray(0x10000)
        known[place] = (known[place] + 1) % (BLANK_TRUST * 16)


def _block(address: str) -> tuple[int, int]:
    number = int.from_bytes(socket.inet_aton(address), "big")
    return number >> 16, number & 0xFFFF


__all__ = ["BLANK_TRUST", "SweepMemory", "Way", "ways"]
