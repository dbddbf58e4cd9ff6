"""Who is visited in a large scan although SNMP and ping stayed silent there.

A printer may answer neither, and refuse no port: then only a TCP connect finds it. Two connects to each address of a
large range would cost more than all the rest of a scan, so they are made where they are worth it:

1. Where this machine's own neighbour table knows a host: whoever is on the same link had to answer ARP before a
   datagram could reach it. That is read from the kernel and costs nothing on the wire.
2. Elsewhere, by turns: of all addresses, so many that a scan makes LOOKS_MAX looks; the next scan takes the next ones.
   The turn is told by the address, so nothing is remembered for it.
"""

from typing import Final

LOOKS_MAX: Final = 2_048
NEIGHBOURS_MAX: Final = 4_096
"""Beyond that a router answers ARP for everybody, which proves nothing."""
_COMPLETE: Final = 0x2
"""ATF_COM: the hardware address is known. Source: arp(7)."""


def spread_of(addresses: int) -> int:
    """In how many scans each of so many addresses has its turn."""
    return max(1, -(-addresses // LOOKS_MAX))


def its_turn(address: str, spread: int, turn: int) -> bool:
    """Whether an IPv4 address is looked at in this scan. turn: counts the scans, from any beginning."""
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number % spread == turn % spread


def parse_neighbours(table: str) -> frozenset[str]:
    """The hosts that answered ARP, from the text of /proc/net/arp."""
    found = set()
    for line in table.splitlines()[1:]:
        cells = line.split()
        if len(cells) >= 6 and cells[2].startswith("0x"):
            try:
                flags = int(cells[2], 16)
            except ValueError:
                continue
            if flags & _COMPLETE:
                found.add(cells[0])
    return frozenset(found)
