"""Datagrams from one socket to many addresses, a burst by one system call, so that a server never waits for us."""

import ctypes
import itertools
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from inkwire.bench.errors import BenchError

_RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024


class _Name(ctypes.Structure):
    _fields_ = (("family", ctypes.c_uint16), ("port", ctypes.c_uint16), ("address", ctypes.c_uint32),
                ("zero", ctypes.c_uint64))  # fmt: skip


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr: the last two are ints that are followed by padding."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("name_size", ctypes.c_uint), ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_size_t), ("size", ctypes.c_size_t),
    )  # fmt: skip


class Sender:
    """The socket. Close it after use. post_s_max: how long the system may take to accept a burst."""

    def __init__(self, post_s_max: float) -> None:
        self._post_s_max: Final = post_s_max
        send = getattr(ctypes.CDLL(None, use_errno=True), "sendmmsg", None)
        if send is None:
            raise BenchError("this system has no sendmmsg; the benchmark needs Linux")
        send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        self._send: Final[Callable[[int, int, int, int], int]] = send
        self._socket: Final = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))

    def close(self) -> None:
        """Free the socket."""
        self._socket.close()

    def receive(self) -> tuple[bytes, tuple[str, int]] | None:
        """A datagram that waits, and where it came from; None when none waits."""
        try:
            datagram, source = self._socket.recvfrom(65535)
        except BlockingIOError:
            return None
        return datagram, source

    def post(self, port: int, addresses: Sequence[str], datagrams: Sequence[bytes]) -> None:
        """Send each datagram to its address. Raises BenchError when the system does not take them."""
        count = len(addresses)
        starts = tuple(itertools.accumulate((len(each) for each in datagrams), initial=0))
        octets = bytearray(b"".join(datagrams))
        names, vectors, messages = (_Name * count)(), (_Vector * count)(), (_Message * count)()
        base = ctypes.addressof(ctypes.c_char.from_buffer(octets))
        for place, address in enumerate(addresses):
            names[place].family, names[place].port = socket.AF_INET, socket.htons(port)
            names[place].address = int.from_bytes(socket.inet_aton(address), "little")
            vectors[place].base, vectors[place].size = base + starts[place], len(datagrams[place])
            message = messages[place]
            message.name = ctypes.addressof(names) + place * ctypes.sizeof(_Name)
            message.name_size, message.vector_count = ctypes.sizeof(_Name), 1
            message.vectors = ctypes.addressof(vectors) + place * ctypes.sizeof(_Vector)
        sent = 0
        end_s = time.monotonic() + self._post_s_max
        while sent < count:
            start = ctypes.addressof(messages) + sent * ctypes.sizeof(_Message)
            sent += max(0, self._send(self._socket.fileno(), start, count - sent, 0))
            if sent < count and time.monotonic() > end_s:
                raise BenchError("the system does not take the requests of one burst; is a firewall in between?")
