"""Servers that do whatever a script says, and a small honest proxy, for the tests of the uplink."""

import base64
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Script = Callable[[socket.socket], None]
"""Given one accepted connection (inside TLS, if the server speaks it); the connection is closed after it."""


@dataclass(slots=True)
class WildServer:
    """What a server of `wild` was asked. number: of connections so far."""

    port: int
    number: int = 0
    handshakes: list[bool] = field(default_factory=list)  # whether each was resumed
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def wild(
    script: Script,
    certificate: Path | None = None,
    host: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
) -> Iterator[WildServer]:
    """A server on loopback that does as the script says. certificate: it speaks TLS, as with context; else not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    told = WildServer(listener.getsockname()[1])
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    opened: set[socket.socket] = set()
    threads: list[threading.Thread] = []

    def serve(raw: socket.socket) -> None:
        sock = raw
        with suppress(OSError, ValueError):
            if context is not None:
                tls = context.wrap_socket(raw, server_side=True)
                told.handshakes.append(bool(tls.session_reused))
                sock = tls
                opened.add(sock)
            script(sock)
        opened.discard(sock)
        with suppress(OSError):
            sock.close()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            told.number += 1
            opened.add(sock)
            thread = threading.Thread(target=serve, args=(sock,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield told
    finally:
        told.stopping.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in list(opened):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join(10)


def read_request(sock: socket.socket) -> bytes:
    """One request with its body; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body


def answers(*documents: bytes) -> Script:
    """Answers each request of a connection with the next document as it is, then hangs up."""

    def script(sock: socket.socket) -> None:
        for document in documents:
            if not read_request(sock):
                return
            sock.sendall(document)

    return script


@dataclass(slots=True)
class SmallProxy:
    """A proxy for CONNECT. targets: what it was asked for. credentials: "user:password" it wants."""

    credentials: str | None = None
    targets: list[str] = field(default_factory=list)

    def script(self, sock: socket.socket) -> None:
        """See `Script`."""
        request = read_request(sock).decode("latin-1")
        method, target, _ = request.split("\r\n")[0].split(" ")
        assert method == "CONNECT"
        wanted = base64.b64encode((self.credentials or "").encode()).decode()
        if self.credentials is not None and f"Proxy-Authorization: Basic {wanted}\r\n" not in request:
            sock.sendall(
                b'HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
            )
            return
        self.targets.append(target)
        host, _, port = target.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), 5) as portal:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(sock, portal)


def pump(left: socket.socket, right: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    while True:
        readable, _, _ = select.select([left, right], [], [], 30)
        if not readable:
            return
        for source in readable:
            data = source.recv(65536)
            if not data:
                return
            (right if source is left else left).sendall(data)
