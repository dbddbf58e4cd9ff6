"""One connected UDP socket that asks and waits: for libraries that bring a codec but no fit transport."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from data_collector.core.walk_guard import DATAGRAM_BYTES_MAX
from data_collector.snmp.port import Agent, RefusedError, SilentError, UnreadableError, cannot_connect

_Answer = TypeVar("_Answer")
QUEUED_MAX = 16


class _Inbox(asyncio.DatagramProtocol):
    """Keeps the last few datagrams from the peer; the kernel drops those of strangers."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | OSError] = asyncio.Queue(QUEUED_MAX)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.arrived.full():
            self.arrived.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError) and not self.arrived.full():
            self.arrived.put_nowait(exc)


class Exchange:
    """Request and answer with one agent over a socket of its own."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._transport: asyncio.DatagramTransport | None = None
        self._inbox = _Inbox()
        self._closed = False

    async def ask(self, request: bytes, read: Callable[[bytes], _Answer | None]) -> _Answer:
        """The first datagram that `read` accepts; None from it means "not the answer to this".

        `read` may raise UnreadableError. Raises SilentError, RefusedError, UnreadableError.
        """
        transport = await self._connect()
        for _ in range(self._agent.attempts):
            transport.sendto(request)
            try:
                async with asyncio.timeout(self._agent.timeout_s):
                    return await self._next(read)
            except TimeoutError:
                continue
        raise SilentError("no answer")

    async def _next(self, read: Callable[[bytes], _Answer | None]) -> _Answer:
        while True:
            arrived = await self._inbox.arrived.get()
            if isinstance(arrived, OSError):
                raise RefusedError("port closed") from arrived
            if len(arrived) > DATAGRAM_BYTES_MAX:
                raise UnreadableError(f"an answer of more than {DATAGRAM_BYTES_MAX} bytes")
            if (answer := read(arrived)) is not None:
                return answer

    async def _connect(self) -> asyncio.DatagramTransport:
        if self._closed:
            raise SilentError("the session is closed")
        if self._transport is None:
            loop = asyncio.get_running_loop()
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: self._inbox, remote_addr=(self._agent.address, self._agent.port)
                )
            except OSError as error:
                raise cannot_connect(error) from error
            self._transport = transport
        return self._transport

    def close(self) -> None:
        """Give the socket back. Idempotent."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()
            self._transport = None
