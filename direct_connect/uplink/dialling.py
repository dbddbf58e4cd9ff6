"""From a host's name to a connected socket: resolved anew each time, every address tried, bounded in time.

1. Names are never remembered: a portal that moves is found at the next connection.
2. Addresses of both families take turns, the resolver's first one first; the next is begun 250 ms after the one
   before it, or at once when that failed. The first that connects wins. Source: RFC 8305, 4 and 5.
3. The resolver of the system can not be interrupted, so it runs in a thread that is left behind when time is up.
"""

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final, cast

_STAGGER_S: Final = 0.25
_TRIED_MAX: Final = 16
SocketAddress = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a host. family: AF_INET or AF_INET6. address: what connect() takes."""

    family: int
    address: SocketAddress


Resolve = Callable[[str, int], Sequence[Endpoint]]
"""Host and port to addresses, preferred ones first. Raises OSError (socket.gaierror). May block."""


def system_resolve(host: str, port: int) -> Sequence[Endpoint]:
    """What the name service of this machine says, asked anew."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Endpoint(int(family), cast(SocketAddress, address)) for family, _, _, _, address in found]


class Cutter:
    """Lets another thread cut off whatever sockets a connection is using. Once cut, it stays cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._cut = False

    @property
    def is_cut(self) -> bool:
        """Whether it was cut."""
        return self._cut

    def add(self, sock: socket.socket) -> None:
        """Be responsible for a socket. Raises ConnectionAbortedError when it was cut already."""
        with self._lock:
            if not self._cut:
                self._sockets.add(sock)
                return
        sock.close()
        raise ConnectionAbortedError("the connection was closed on this side")

    def drop(self, sock: socket.socket) -> None:
        """The socket was closed by its user, or will be."""
        with self._lock:
            self._sockets.discard(sock)

    def cut(self) -> None:
        """Shut every socket down; whoever reads or writes it fails."""
        with self._lock:
            self._cut = True
            for sock in self._sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


def resolved(resolve: Resolve, host: str, port: int, deadline_s: float) -> list[Endpoint]:
    """The endpoints to try, families in turns. Raises OSError, TimeoutError."""
    answer: list[Sequence[Endpoint]] = []
    failure: list[BaseException] = []

    def ask() -> None:
        try:
            answer.append(resolve(host, port))
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=ask, name="inkwire-direct-resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline_s - time.monotonic()))
    if failure:
        raise failure[0]
    if not answer:
        raise TimeoutError("the name service did not answer in time")
    if not answer[0]:
        raise socket.gaierror(socket.EAI_NONAME, "no address for this name")
    first = answer[0][0].family
    same = [endpoint for endpoint in answer[0] if endpoint.family == first]
    other = [endpoint for endpoint in answer[0] if endpoint.family != first]
    turns = chain.from_iterable(zip_longest(same, other))
    return [endpoint for endpoint in dict.fromkeys(turns) if endpoint is not None][:_TRIED_MAX]


def dial(resolve: Resolve, host: str, port: int, deadline_s: float, cutter: Cutter) -> socket.socket:
    """A connected socket, which the cutter knows. Raises the last OSError, TimeoutError."""
    waiting = resolved(resolve, host, port, deadline_s)
    problem: OSError = TimeoutError("no address of the portal answered in time")
    trying: set[socket.socket] = set()
    next_s = 0.0
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or trying:
                now_s = time.monotonic()
                if now_s >= deadline_s:
                    raise TimeoutError("no address answered in time")
                if waiting and (now_s >= next_s or not trying):
                    try:
                        begun = _begin(waiting.pop(0), cutter)
                    except ConnectionAbortedError:
                        raise
                    except OSError as error:
                        problem = error
                        continue
                    trying.add(begun)
                    selector.register(begun, selectors.EVENT_WRITE)
                    next_s = now_s + _STAGGER_S
                until_s = min(deadline_s, next_s) if waiting else deadline_s
                for key, _ in selector.select(max(0.0, until_s - time.monotonic())):
                    sock = key.fileobj
                    assert isinstance(sock, socket.socket)
                    selector.unregister(sock)
                    trying.discard(sock)
                    if (failure := _failure(sock)) is None and not cutter.is_cut:
                        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        return sock
                    cutter.drop(sock)
                    sock.close()
                    if cutter.is_cut:
                        raise ConnectionAbortedError("the connection was closed on this side")
                    problem, next_s = failure or problem, 0.0
        finally:
            for sock in trying:
                cutter.drop(sock)
                sock.close()
    raise problem


def _begin(endpoint: Endpoint, cutter: Cutter) -> socket.socket:
    sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with suppress(AttributeError, OSError):  # Linux: acknowledgements ride on what we say next, not alone
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        cutter.add(sock)
        with suppress(BlockingIOError):
            sock.connect(endpoint.address)
    except OSError:
        cutter.drop(sock)
        sock.close()
        raise
    return sock


def _failure(sock: socket.socket) -> OSError | None:
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        return OSError(number, os.strerror(number))
    try:
        sock.getpeername()
    except OSError as error:
        return error
    return None
