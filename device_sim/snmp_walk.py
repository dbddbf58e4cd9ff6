"""An SNMP walk over UDP, in step with one agent."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final

from device_sim.core.snmp.manager import Security, Walk
from snmp_format.ber import Oid

TIMEOUT_S: Final = 2.0
TRIES_MAX: Final = 4


class _Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue(16)
        self.error: OSError | None = None

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        if not self.received.full():
            self.received.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self.error = exc


async def walk(
    host: str,
    port: int,
    security: Security,
    *,
    bulk: bool,
    root: Oid = (1, 3, 6, 1),
    seconds_max: float = 600.0,
    progress: Callable[[int], None] = lambda rows: None,
) -> Walk:
    """Everything an agent shows under a root; `cut_short` says why it may not be everything.

    An agent that never answers gives no rows. Only datagrams from the address asked are taken. Raises OSError.
    """
    loop = asyncio.get_running_loop()
    transport, client = await loop.create_datagram_endpoint(_Client, remote_addr=(host, port))
    found = Walk(security, secrets.randbelow, root=root, bulk=bulk)
    ends_s = time.monotonic() + seconds_max
    tries = 0
    try:
        while not found.finished:
            if time.monotonic() > ends_s:
                found.finished, found.cut_short = True, f"it took longer than {seconds_max:g} s"
                break
            transport.sendto(found.request())
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    while not found.receive(await client.received.get()):
                        pass
                tries = 0
                progress(len(found.rows))
            except TimeoutError:
                tries += 1
                if tries >= TRIES_MAX:
                    found.finished, found.cut_short = True, "the agent does not answer any more"
                elif tries > 1:
                    found.ask_less()
    finally:
        transport.close()
    return found
