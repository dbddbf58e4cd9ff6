"""The load generator: bursts of requests to many addresses from one socket, every reply checked.

1. A burst is sent by one system call, so that a server is never waiting for the generator; then all its replies
   are read. The next burst goes out when the last reply is in.
2. Reply and request are paired by the request-id; it must come from the address that was asked.
3. The generator never sleeps while it waits: to wake it would cost the server CPU time that a manager on another
   machine does not cost.
4. A reply that does not come within REPLY_S_MAX fails the run: on loopback nothing may be lost.
"""

import ctypes
import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from inkwire.bench.errors import BenchError, WrongReplyError
from inkwire.bench.questions import Question

BURST: Final = 64
REPLY_S_MAX: Final = 5.0
_RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024
_ID_FIRST: Final = 0x10000000  # four octets, positive
_ID_COUNT: Final = 0x60000000

Check = Callable[[Question, bytes, int], int]
"""Reads a reply to a question with that request-id; returns its number. Raises WrongReplyError."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to ask: IPv4 addresses, asked in turn, and the one UDP port."""

    addresses: tuple[str, ...]
    port: int


@dataclass(slots=True, kw_only=True)
class LifeCounts:
    """The life counts seen so far, by address: a meter never falls."""

    last: dict[str, int] = field(default_factory=dict)
    grown: int = 0

    def note(self, address: str, count: int) -> None:
        """A count read there. Raises WrongReplyError when it is less than before."""
        before = self.last.get(address, count)
        if count < before:
            raise WrongReplyError(f"{address} counted back from {before} to {count}")
        self.grown += count - before
        self.last[address] = count


class LoadGenerator:
    """Asks, and checks what comes back. Close it after use. reply_s_max: how long a burst's replies may take."""

    def __init__(self, reply_s_max: float = REPLY_S_MAX) -> None:
        self._reply_s_max: Final = reply_s_max
        send = getattr(ctypes.CDLL(None, use_errno=True), "sendmmsg", None)
        if send is None:
            raise BenchError("this system has no sendmmsg; the benchmark needs Linux")
        send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        self._send: Final[Callable[[int, int, int, int], int]] = send
        self._socket: Final = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))
        self._serial = 0

    def close(self) -> None:
        """Free the socket."""
        self._socket.close()

    def ask(self, target: Target, question: Question, count: int, check: Check, lives: LifeCounts | None = None) -> int:
        """Ask `count` times, and get every answer; how many. Raises WrongReplyError for the first that is not right.

        lives: where the life counts that the replies tell are noted.
        """
        asked = 0
        while asked < count:
            burst = min(BURST, count - asked)
            addresses = [target.addresses[(self._serial + place) % len(target.addresses)] for place in range(burst)]
            first = _ID_FIRST + self._serial % _ID_COUNT
            self._serial += burst
            self._post(target.port, addresses, question, first)
            waiting = {first + place: address for place, address in enumerate(addresses)}
            self._collect(waiting, target.port, question, check, lives)
            asked += burst
        return asked

    def _post(self, port: int, addresses: Sequence[str], question: Question, first: int) -> None:
        count = len(addresses)
        size = len(question.datagram)
        octets = bytearray(question.datagram * count)
        names, vectors, messages = (_Name * count)(), (_Vector * count)(), (_Message * count)()
        base = ctypes.addressof(ctypes.c_char.from_buffer(octets))
        for place, address in enumerate(addresses):
            struct.pack_into(">I", octets, place * size + question.id_at, first + place)
            names[place].family, names[place].port = socket.AF_INET, socket.htons(port)
            names[place].address = int.from_bytes(socket.inet_aton(address), "little")
            vectors[place].base, vectors[place].size = base + place * size, size
            message = messages[place]
            message.name = ctypes.addressof(names) + place * ctypes.sizeof(_Name)
            message.name_size, message.vector_count = ctypes.sizeof(_Name), 1
            message.vectors = ctypes.addressof(vectors) + place * ctypes.sizeof(_Vector)
        sent = 0
        end_s = time.monotonic() + self._reply_s_max
        while sent < count:
            start = ctypes.addressof(messages) + sent * ctypes.sizeof(_Message)
            sent += max(0, self._send(self._socket.fileno(), start, count - sent, 0))
            if sent < count and time.monotonic() > end_s:
                raise BenchError("the system does not take the requests of one burst; is a firewall in between?")

    def _collect(
        self, waiting: dict[int, str], port: int, question: Question, check: Check, lives: LifeCounts | None
    ) -> None:
        end_s = time.monotonic() + self._reply_s_max
        while waiting:
            try:
                reply, source = self._socket.recvfrom(65535)
            except BlockingIOError:
                if time.monotonic() > end_s:
                    raise WrongReplyError(f"{question.name}: {len(waiting)} replies of a burst were lost") from None
                os.sched_yield()
                continue
            self._judge(reply, source, waiting, port, question, check, lives)

    def _judge(
        self, reply: bytes, source: tuple[str, int], waiting: dict[int, str], port: int, question: Question,
        check: Check, lives: LifeCounts | None,
    ) -> None:  # fmt: skip
        request_id = id_of(reply)
        asked = waiting.pop(request_id, None)
        if asked is None:
            raise WrongReplyError(f"{question.name}: nobody waits for request-id {request_id:#010x}")
        if source != (asked, port):
            raise WrongReplyError(f"{question.name}: {source[0]}:{source[1]} answered for {asked}:{port}")
        number = check(question, reply, request_id)
        if lives is not None and question.life_count:
            lives.note(asked, number)


def id_of(reply: bytes) -> int:
    """The request-id in a datagram of SNMP, or -1 where there is none to be found."""
    try:
        at = 2 if reply[1] < 0x80 else reply[1] - 0x7E
        at += 5 + reply[at + 4]
        at += 2 if reply[at + 1] < 0x80 else reply[at + 1] - 0x7E
        return int.from_bytes(reply[at + 2 : at + 2 + reply[at + 1]], "big")
    except IndexError:
        return -1


def check_echo(question: Question, reply: bytes, request_id: int) -> int:
    """An echo sends back what it got. Raises WrongReplyError."""
    if reply != asked_with(question, request_id):
        raise WrongReplyError(f"{question.name}: the echo changed the datagram")
    return 0


def asked_with(question: Question, request_id: int) -> bytes:
    """The question's datagram with that request-id."""
    return question.datagram[: question.id_at] + struct.pack(">I", request_id) + question.datagram[question.id_at + 4 :]
