"""Which addresses of a fleet in a network namespace answer nothing, not even a ping, and what `ip` is told for it.

An address is heard where a printer stands that has power and network; addresses from first to last are heard from
the start, all others are not. Only what differs from what was told before is told.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

from device_sim.core.netns_plan import heard, silenced, standing


class QuietAddresses:
    """What is told so far. first, last: the addresses that are heard from the start."""

    def __init__(self, first: str, last: str) -> None:
        self._first: Final = ipaddress.IPv4Address(first)
        self._last: Final = ipaddress.IPv4Address(last)
        self._silent: set[str] = set()
        self._more: set[str] = set()

    def lines(self, wanted: Mapping[str, bool]) -> tuple[str, ...]:
        """Lines for `ip -batch` that let these addresses be heard (True) or not. None where all are already."""
        told: list[str] = []
        for address, is_heard in wanted.items():
            inside = self._first <= ipaddress.IPv4Address(address) <= self._last
            if is_heard and not inside and address not in self._more:
                told += standing(address, address)
            if is_heard and address in self._silent:
                told.append(heard(address))
            elif not is_heard and address not in self._silent and (inside or address in self._more):
                told.append(silenced(address))
        return tuple(told)

    def told(self, wanted: Mapping[str, bool]) -> None:
        """These lines were carried out."""
        for address, is_heard in wanted.items():
            inside = self._first <= ipaddress.IPv4Address(address) <= self._last
            if is_heard:
                self._silent.discard(address)
                if not inside:
                    self._more.add(address)
            elif inside or address in self._more:
                self._silent.add(address)
