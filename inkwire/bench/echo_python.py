"""A yardstick: the least that a Python program on an event loop does for a datagram. `python -m ... ADDRESS PORT`.

It takes what waits, one system call each, and sends it back; it does not know which address was dialled.
"""

import asyncio
import contextlib
import signal
import socket
import sys


async def serve(address: str, port: int) -> None:
    """Send every datagram back until SIGTERM."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as owned:
        owned.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        owned.bind((address, port))
        receive, send = owned.recvfrom, owned.sendto

        def drain() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    datagram, peer = receive(8192)
                    send(datagram, peer)

        loop.add_reader(owned, drain)
        await stopped.wait()
        loop.remove_reader(owned)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
