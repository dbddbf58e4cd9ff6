"""A relay between a sender and its portal that loses, delays, doubles, cuts and breaks what goes through it."""

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from random import Random
from typing import Final

HARMS: Final = ("none", "none", "delay", "refuse", "lose", "reset", "half-close", "truncate", "double")
_AFTER_BYTES: Final = (0, 300, 1_500, 2_500, 4_000)


class ChaosRelay:
    """A script for `wild`: each connection meets one harm, drawn by a seed. harms: how often each one came.

    delay: pauses on the way; refuse: ended at once; lose: bytes of one direction vanish from a point on; reset: RST;
    half-close: one direction ends; truncate: both end in the middle of a record; double: bytes of the portal come
    twice, which TLS has to notice.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._port, self._random, self._lock = port, Random(seed), threading.Lock()
        self.harms: dict[str, int] = {}

    def script(self, sock: socket.socket) -> None:
        """See `Script`."""
        with self._lock:
            harm = self._random.choice(HARMS)
            after, upwards = self._random.choice(_AFTER_BYTES), self._random.random() < 0.5
            self.harms[harm] = self.harms.get(harm, 0) + 1
        if harm == "refuse":
            return
        with socket.create_connection(("127.0.0.1", self._port), 5) as portal:
            _carry(sock, portal, harm, after, upwards=upwards)


def _carry(sender: socket.socket, portal: socket.socket, harm: str, after: int, *, upwards: bool) -> None:
    carried, ended = {sender: 0, portal: 0}, set[socket.socket]()
    victim = sender if upwards and harm != "double" else portal
    while len(ended) < 2:
        readable, _, _ = select.select([sock for sock in (sender, portal) if sock not in ended], [], [], 20)
        if not readable:
            return
        for source in readable:
            target = portal if source is sender else sender
            data = source.recv(65536)
            if not data:
                return
            before, carried[source] = carried[source], carried[source] + len(data)
            if source is not victim or carried[source] <= after or harm == "none":
                target.sendall(data)
                continue
            match harm:
                case "delay":
                    time.sleep(0.02)
                    target.sendall(data)
                case "lose":
                    continue
                case "reset":
                    for sock in (sender, portal):
                        with suppress(OSError):
                            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                case "half-close":
                    target.shutdown(socket.SHUT_WR)
                    ended.add(source)
                case "truncate":
                    target.sendall(data[: max(0, after - before)])
                    return
                case _:
                    target.sendall(data + data)
