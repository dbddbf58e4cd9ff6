"""An SNMP agent without a socket: datagram in, datagram or silence out.

Silence is an answer: broken BER, an unknown version and an unknown community are discarded (RFC 1157, 4.1).
"""

from collections.abc import Iterable
from typing import Final

from device_sim.core.snmp.ber import DecodeError
from device_sim.core.snmp.message import read_request, split
from device_sim.core.snmp.view import MibView

MESSAGE_BYTES_MAX: Final = 1472
"""What fits in one Ethernet frame: 1,500 octets without the IP and UDP headers."""
MESSAGE_BYTES_LEAST: Final = 484
"""What every SNMP entity must take. Source: RFC 3417, 3.2."""


class SnmpResponder:
    """SNMP v1 and v2c for any number of printers: which one is asked comes with the datagram."""

    __slots__ = ("_communities", "_size_max")

    def __init__(self, communities: Iterable[bytes] = (b"public",), size_max: int = MESSAGE_BYTES_MAX) -> None:
        """communities: who may ask. size_max: of an answer, in octets, at least 484."""
        self._communities: Final = frozenset(communities)
        self._size_max: Final = max(size_max, MESSAGE_BYTES_LEAST)

    def receive(self, datagram: bytes, view: MibView) -> bytes | None:
        """The answer to a datagram, or None for silence. Never raises for what a peer sent."""
        key, request_id = split(datagram)
        known = view.answer_again(key, request_id, self._communities, self._size_max)
        if known is not None:
            return known
        try:
            request = read_request(datagram)
        except DecodeError:
            return None
        if request.community not in self._communities:
            return None
        return view.answer(request, self._size_max, learn=request.key == key)
