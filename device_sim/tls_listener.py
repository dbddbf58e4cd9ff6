"""One TLS port for a fleet, where each address shows a certificate of its own.

1. The address that was dialled is known when the connection is accepted, before the handshake: no SNI is needed, and
   printers are dialled by address, so there would be none.
2. A connection to an address without a printer is closed; there is no certificate to show.
3. Handshakes under way are bounded, so that clients that say nothing cannot hold all of them.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final, Self

ContextOf = Callable[[str], ssl.SSLContext | None]
"""The TLS side of the printer at an address, or None where none stands."""

_BACKLOG: Final = 1024
HANDSHAKES_MAX: Final = 256
HANDSHAKE_S_MAX: Final = 10.0
_ACCEPT_AGAIN_S: Final = 0.1


class TlsListener:
    """An open TLS port whose connections are handed to `protocol`, a protocol factory such as aiohttp's server."""

    def __init__(
        self, listening: socket.socket, protocol: Callable[[], asyncio.BaseProtocol], context_of: ContextOf
    ) -> None:
        self._listening = listening
        self._protocol, self._context_of = protocol, context_of
        self._handshakes: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(HANDSHAKES_MAX)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @classmethod
    def open(cls, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol], context_of: ContextOf) -> Self:
        """Listen on a TCP port, 0 for any free one. Raises OSError when it cannot be had."""
        listening = socket.create_server((host, port), backlog=_BACKLOG)
        listening.setblocking(False)
        return cls(listening, protocol, context_of)

    @property
    def port(self) -> int:
        """The TCP port listened on."""
        number: int = self._listening.getsockname()[1]
        return number

    async def close(self) -> None:
        """Stop listening and break off handshakes; connections that stand are their protocol's."""
        tasks = [self._accepting, *self._handshakes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listening.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                connection, _ = await loop.sock_accept(self._listening)
            except OSError:
                # Too many files are open, or the client is gone already: others are served meanwhile.
                self._room.release()
                await asyncio.sleep(_ACCEPT_AGAIN_S)
                continue
            except asyncio.CancelledError:
                self._room.release()
                raise
            task = loop.create_task(self._shake_hands(connection))
            self._handshakes.add(task)
            task.add_done_callback(self._shaken)

    def _shaken(self, task: asyncio.Task[None]) -> None:
        self._handshakes.discard(task)
        self._room.release()

    async def _shake_hands(self, connection: socket.socket) -> None:
        handed_over = False
        try:
            context = self._context_of(connection.getsockname()[0])
            if context is not None:
                with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
                    handed_over = True  # asyncio closes it from here on, also when the handshake fails
                    await asyncio.get_running_loop().connect_accepted_socket(
                        self._protocol, connection, ssl=context, ssl_handshake_timeout=HANDSHAKE_S_MAX
                    )
        finally:
            if not handed_over:
                connection.close()
