"""Asks the printers on the machine's own links to say that they are there. Multicast: no router passes it on."""

import asyncio
import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Final

from data_collector.core.announced import GROUP, PORT, is_answer, question

ANSWERS_MAX: Final = 4_096
WAIT_S: Final = 1.5
"""Real seconds: who shares a service waits up to 120 ms before it answers (RFC 6762, 6), slow printers longer."""
_DATAGRAM_BYTES_MAX: Final = 9_000


async def announced(links: Sequence[str], *, port: int = PORT, wait_s: float = WAIT_S) -> frozenset[str]:
    """Addresses that answered. links: our own address on each link to ask. Never raises for what is there."""
    heard: set[str] = set()
    number = 1 + secrets.randbelow(65_535)
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for link in links:
            asking = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            asking.setblocking(False)
            with suppress(OSError):
                asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(link))
                asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
                asking.bind((link, 0))
                asking.sendto(question(number), (GROUP, port))
                loop.add_reader(asking, _receive, asking, number, heard)
                stack.callback(loop.remove_reader, asking)
        await asyncio.sleep(wait_s)
    return frozenset(heard)


def _receive(asking: socket.socket, number: int, heard: set[str]) -> None:
    with suppress(OSError):
        datagram, peer = asking.recvfrom(_DATAGRAM_BYTES_MAX)
        if len(heard) < ANSWERS_MAX and is_answer(datagram, number):
            heard.add(peer[0])
