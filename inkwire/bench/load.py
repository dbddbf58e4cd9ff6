"""The load generator: bursts of requests to many addresses from one socket, every reply checked.

1. A burst is made, then sent by one system call, so that a server is never waiting for the generator; then all its
   replies are read. The next burst goes out when the last reply is in.
2. Reply and request are paired by the request-id; it must come from the address that was asked.
3. The generator never sleeps while it waits: to wake it would cost the server CPU time that a manager on another
   machine does not cost.
4. A reply that does not come within REPLY_S_MAX fails the run: on loopback nothing may be lost.
"""

import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from inkwire.bench.datagrams import Sender
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.questions import Question

BURST: Final = 64
REPLY_S_MAX: Final = 5.0
ID_FIRST: Final = 0x10000000  # four octets, positive
ID_COUNT: Final = 0x60000000

Check = Callable[[Question, bytes, int], int]
"""Reads a reply to a question with that request-id; returns its number. Raises WrongReplyError."""


class Wire(Protocol):
    """How questions are put to a server, and its replies read."""

    def put(self, question: Question, address: str, request_id: int) -> bytes:
        """The datagram that asks the server at that address."""

    def id_of(self, reply: bytes) -> int:
        """By what a reply is paired with its request, or -1 where nothing is to be found."""

    def read(self, question: Question, address: str, reply: bytes, request_id: int) -> int:
        """The number in a reply from that address. Raises WrongReplyError unless it is right."""


class Plain:
    """SNMP v2c, or an echo of it."""

    def __init__(self, check: Check) -> None:
        self._check: Final = check

    def put(self, question: Question, address: str, request_id: int) -> bytes:
        return asked_with(question, request_id)

    def id_of(self, reply: bytes) -> int:
        return id_of(reply)

    def read(self, question: Question, address: str, reply: bytes, request_id: int) -> int:
        return self._check(question, reply, request_id)


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
        self._sender: Final = Sender(reply_s_max)
        self._serial = 0

    def close(self) -> None:
        """Free the socket."""
        self._sender.close()

    def ask(self, target: Target, question: Question, count: int, wire: Wire, lives: LifeCounts | None = None) -> int:
        """Ask `count` times, and get every answer; how many. Raises WrongReplyError for the first that is not right.

        lives: where the life counts that the replies tell are noted.
        """
        asked = 0
        while asked < count:
            burst = min(BURST, count - asked)
            addresses = [target.addresses[(self._serial + place) % len(target.addresses)] for place in range(burst)]
            first = ID_FIRST + self._serial % ID_COUNT
            self._serial += burst
            datagrams = [wire.put(question, address, first + place) for place, address in enumerate(addresses)]
            self._sender.post(target.port, addresses, datagrams)
            waiting = {first + place: address for place, address in enumerate(addresses)}
            self._collect(waiting, target.port, question, wire, lives)
            asked += burst
        return asked

    def _collect(
        self, waiting: dict[int, str], port: int, question: Question, wire: Wire, lives: LifeCounts | None
    ) -> None:
        end_s = time.monotonic() + self._reply_s_max
        while waiting:
            received = self._sender.receive()
            if received is None:
                if time.monotonic() > end_s:
                    raise WrongReplyError(f"{question.name}: {len(waiting)} replies of a burst were lost")
                os.sched_yield()
                continue
            reply, source = received
            request_id = wire.id_of(reply)
            asked = waiting.pop(request_id, None)
            if asked is None:
                raise WrongReplyError(f"{question.name}: nobody waits for request-id {request_id:#010x}")
            if source != (asked, port):
                raise WrongReplyError(f"{question.name}: {source[0]}:{source[1]} answered for {asked}:{port}")
            number = wire.read(question, asked, reply, request_id)
            if lives is not None and question.life_count:
                lives.note(asked, number)


def id_of(reply: bytes) -> int:
    """The request-id in a datagram of SNMP v1 or v2c, or -1 where there is none to be found."""
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
