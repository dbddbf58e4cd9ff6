"""Replies that do not go back at once, alone, or from where they were asked: those of printers that misbehave.

The usual replies of a batch leave together, straight from `DatagramSocket.exchange`; these are sent one by one, when
their time has come. Nothing here waits: the event loop calls when a reply is due.
"""

import asyncio
import socket
import struct
from collections.abc import Iterable
from typing import Final

from device_sim.core.faulty.unruly import Delivery
from device_sim.snmp_datagrams import IP_PKTINFO, Peer

WAITING_MAX: Final = 10_000
"""Replies that wait at once; one more is dropped, as a busy network would."""
_PKTINFO: Final = struct.Struct("=I4s4s")


class LateReplies:
    """Sends from the socket of an SNMP port. sent, dropped: datagrams so far."""

    def __init__(self, owned: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = owned
        self._loop = loop
        self._waiting: set[asyncio.TimerHandle] = set()
        self.sent = 0
        self.dropped = 0

    def post(self, deliveries: Iterable[Delivery], dialled: int, peer: Peer) -> None:
        """Send each when it is due. dialled: the address that was asked, as a number."""
        for delivery in deliveries:
            source = dialled ^ 1 if delivery.from_neighbour else dialled
            if not delivery.delay_s:
                self._send(delivery.datagram, source, peer)
            elif len(self._waiting) < WAITING_MAX:
                self._later(delivery, source, peer)
            else:
                self.dropped += 1

    def close(self) -> None:
        """Forget what is still waiting. Idempotent."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()

    def _later(self, delivery: Delivery, source: int, peer: Peer) -> None:
        def due() -> None:
            self._waiting.discard(handle)
            self._send(delivery.datagram, source, peer)

        handle = self._loop.call_later(delivery.delay_s, due)
        self._waiting.add(handle)

    def _send(self, datagram: bytes, source: int, peer: Peer) -> None:
        control = _PKTINFO.pack(0, source.to_bytes(4, "big"), bytes(4))
        try:
            self._socket.sendmsg([datagram], [(socket.IPPROTO_IP, IP_PKTINFO, control)], 0, peer)
            self.sent += 1
        except OSError:
            self.dropped += 1
