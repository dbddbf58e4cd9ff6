"""One unconnected UDP socket for all devices of an address family: who is asked, who answered, who is late.

1. An answer counts when it comes from the address and port that were asked and carries the question's unpredictable
   number. What a peer sends that cannot be read at all is handed to its question as it is; strangers are passed over.
2. A datagram of more than DATAGRAM_BYTES_MAX is not decoded.
3. Packets leave at the pace allowed. What is asked one by one goes before what a sweep has ready.
4. One timer serves all timeouts; a closed port is told at once by the kernel's error queue (IP_RECVERR), because an
   unconnected socket has no other way to hear of it.

Datagrams are read in a loop until the kernel has none left: a transport with a callback each costs four times as much.
"""

import asyncio
import errno
import secrets
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from data_collector.core.pace import Pace
from data_collector.core.timeout_wheel import TimeoutWheel
from data_collector.core.walk_guard import DATAGRAM_BYTES_MAX
from snmp_format.manager import NUMBER_END, NUMBER_MIN, answer_number

RATE: Final = 30_000.0
"""Packets a second, at most, when nobody says otherwise: 20 Mbit/s of questions."""
_RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024
_SEND_BUFFER_BYTES: Final = 16 * 1024 * 1024
"""Questions to blank addresses on the own link wait in the kernel until ARP gave up, 3 seconds and 1 kB each."""
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33
_BUFFERS: Final = (
    (_SO_RCVBUFFORCE, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES),
    (_SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BUFFER_BYTES),
)
"""Linux: the option that may pass the system's limit, the usual one, and the size. Source: socket(7)."""
_DRAIN_MAX: Final = 512
"""Datagrams read in one go, before the timer and the senders have their turn."""
_FULL: Final = (errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM)
_FULL_WAIT_S: Final = 0.002
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_MSG_ERRQUEUE: Final = 0x2000
_RANDOM_BYTES: Final = 4096

Peer = tuple[str, int]


class Question:
    """One datagram and who waits for its answer. number: by which the answer is known. Override what is of interest."""

    __slots__ = ("datagram", "done", "due_s", "number", "peer", "timeout_s")

    def __init__(self, peer: Peer, number: int, datagram: bytes, timeout_s: float) -> None:
        self.peer, self.number, self.datagram, self.timeout_s = peer, number, datagram, timeout_s
        self.due_s = 0.0
        self.done = False

    def answered(self, datagram: bytes | None) -> bool:
        """A datagram from the peer; None for one that is too large. True: this was the answer, wait no more."""
        return True

    def refused(self, reason: str) -> None:
        """Nobody listens there, or there is no way there."""

    def expired(self) -> None:
        """Nothing came in time."""


class OneSocket:
    """All questions in flight. rate: packets a second. Used inside one running event loop."""

    def __init__(self, rate: float = RATE) -> None:
        self._rate = rate
        self._pace = Pace(rate, monotonic())
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[int, socket.socket] = {}
        self._waiting: Final[dict[Peer, list[Question]]] = {}
        self._outgoing: Final[deque[Question]] = deque()
        self._wheel: Final[TimeoutWheel[Question]] = TimeoutWheel()
        self._sources: Final[list[Callable[[], Question | None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sender: asyncio.TimerHandle | None = None
        self._random = b""
        self._random_at = 0
        self.packets_sent = 0

    def number(self) -> int:
        """An unpredictable number for a question."""
        if self._random_at >= len(self._random):
            self._random, self._random_at = secrets.token_bytes(_RANDOM_BYTES), 0
        drawn = int.from_bytes(self._random[self._random_at : self._random_at + 4], "big")
        self._random_at += 4
        return NUMBER_MIN + drawn % (NUMBER_END - NUMBER_MIN)

    def ask(self, question: Question) -> None:
        """Send a question as soon as the pace allows. Its time runs from the moment it leaves.

        Raises OSError when the system has no socket left.
        """
        self._socket(question.peer[0])
        self._outgoing.append(question)
        if self._sender is None:
            self._send()

    def feed(self, source: Callable[[], Question | None]) -> None:
        """Ask `source` for a question whenever the pace has room; None from it: none now, until `wake`."""
        self._sources.append(source)
        self.wake()

    def unfeed(self, source: Callable[[], Question | None]) -> None:
        """Ask that source no more."""
        with suppress(ValueError):
            self._sources.remove(source)

    def wake(self) -> None:
        """A source has questions again."""
        if self._sender is None:
            self._sender = self._loop.call_later(0.0, self._send)

    def hold(self, question: Question) -> None:
        """Let the time of a question that was refused run on: `expired` comes when it is over."""
        question.done = False
        self._wheel.add(question, question.due_s)
        self._arm()

    def spend(self, packets: int) -> None:
        """So many packets left by another socket: they count too."""
        self._pace.spend(packets)

    async def room(self, packets: int) -> None:
        """Returns when so many packets may leave by another socket; they are counted at once, so turns are kept."""
        self._pace.permits(monotonic())
        self._pace.spend(packets)
        wait_s = self._pace.debt_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def forget(self, question: Question) -> None:
        """Nobody waits for that answer any more."""
        question.done = True
        waiting = self._waiting.get(question.peer)
        if waiting is not None:
            with suppress(ValueError):
                waiting.remove(question)
            if not waiting:
                del self._waiting[question.peer]

    def close(self) -> None:
        """Give the sockets back. Nobody is told: who waits is expected to be gone."""
        for handle in (self._timer, self._sender):
            if handle is not None:
                handle.cancel()
        for one in self._sockets.values():
            self._loop.remove_reader(one.fileno())
            one.close()
        self._sockets = {}
        self._waiting.clear()
        self._outgoing.clear()

    def _socket(self, address: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        known = self._sockets.get(family)
        if known is not None:
            return known
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.setblocking(False)
        for forced, asked, size_bytes in _BUFFERS:
            with suppress(OSError):
                made.setsockopt(socket.SOL_SOCKET, asked, size_bytes)
            with suppress(OSError):  # beyond the system's limit, for those who may
                made.setsockopt(socket.SOL_SOCKET, forced, size_bytes)
        with suppress(OSError):
            level, option = (
                (socket.IPPROTO_IPV6, _IPV6_RECVERR) if family == socket.AF_INET6 else (socket.IPPROTO_IP, _IP_RECVERR)
            )
            made.setsockopt(level, option, 1)
        self._sockets[family] = made
        self._loop.add_reader(made.fileno(), self._receive, made)
        return made

    def _send(self) -> None:
        self._sender = None
        now_s = monotonic()
        permits = self._pace.permits(now_s)
        sent = 0
        while sent < permits:
            question = self._outgoing.popleft() if self._outgoing else self._next()
            if question is None:
                break
            if question.done:
                continue
            problem = self._send_one(question)
            if problem is None:
                sent += 1
                question.due_s = now_s + question.timeout_s
                self._wait_for(question)
            elif problem in _FULL:
                self._outgoing.appendleft(question)
                self._pace.spend(sent)
                self.packets_sent += sent
                self._arm()
                self._sender = self._loop.call_later(_FULL_WAIT_S, self._send)
                return
            else:
                question.done = True
                question.refused(errno.errorcode.get(problem, str(problem)))
        self._pace.spend(sent)
        self.packets_sent += sent
        self._arm()
        if sent >= permits and (self._outgoing or self._sources) and self._sender is None:
            self._sender = self._loop.call_later(self._pace.wait_s(), self._send)

    def _next(self) -> Question | None:
        for source in self._sources:
            question = source()
            if question is not None:
                return question
        return None

    def _send_one(self, question: Question) -> int | None:
        """None when it left, else the error number."""
        try:
            there = self._socket(question.peer[0])
            there.sendto(question.datagram, question.peer)
            return None
        except OSError as error:
            number = error.errno or errno.EIO
            if number in _FULL:
                return number
        # What the kernel reports here may be the late error of another question: read those, then it is our own.
        self._read_errors(there)
        try:
            there.sendto(question.datagram, question.peer)
        except OSError as error:
            return error.errno or errno.EIO
        return None

    def _wait_for(self, question: Question) -> None:
        waiting = self._waiting.get(question.peer)
        if waiting is None:
            self._waiting[question.peer] = [question]
        elif question not in waiting:
            waiting.append(question)
        self._wheel.add(question, question.due_s)

    def _receive(self, there: socket.socket) -> None:
        waiting_for, got = self._waiting, 0
        while got < _DRAIN_MAX:
            try:
                datagram, source = there.recvfrom(DATAGRAM_BYTES_MAX + 1)
            except BlockingIOError:
                break
            except OSError:
                self._read_errors(there)
                got += 1
                continue
            got += 1
            waiting = waiting_for.get(source[:2])
            if waiting is None:
                continue
            number = answer_number(datagram)
            if number is not None and len(datagram) <= DATAGRAM_BYTES_MAX:
                for question in waiting:
                    if question.number == number:
                        if question.answered(datagram):
                            self.forget(question)
                        break
                continue
            for question in tuple(waiting):
                if question.answered(datagram if len(datagram) <= DATAGRAM_BYTES_MAX else None):
                    self.forget(question)
        if not got:
            self._read_errors(there)

    def _read_errors(self, there: socket.socket) -> None:
        """Tell every question to a peer whose host, or a router, said that nothing is there."""
        for _ in range(_DRAIN_MAX):
            try:
                _quoted, _ancillary, _flags, peer = there.recvmsg(0, 0, _MSG_ERRQUEUE)
            except OSError:
                return
            for question in tuple(self._waiting.get(peer[:2], ())):
                self.forget(question)
                question.refused("port closed")

    def _expire(self) -> None:
        self._timer = None
        now_s = monotonic()
        for question in self._wheel.due(now_s):
            if question.done or question.due_s > now_s:
                continue  # answered, or asked again since
            self.forget(question)
            question.expired()
        self._arm()

    def _arm(self) -> None:
        wake_s = self._wheel.wake_at()
        if wake_s is None:
            return
        if self._timer is not None:
            if self._timer.when() <= wake_s + 1e-6:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(wake_s, self._expire)
