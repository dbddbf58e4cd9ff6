"""A byte stream to the portal: TCP, perhaps through a proxy, and TLS on top, every wait ending at a moment.

TLS runs in memory and the socket is ours, so that bytes are counted as they are on the wire, a deadline holds over
any number of small reads, and what a peer does in the middle of a record is still bounded.
"""

import selectors
import socket
import ssl
import time
from contextlib import suppress
from typing import Final

_CHUNK_BYTES: Final = 16 * 1024
_SEGMENT_OVERHEAD_BYTES: Final = 66
"""Ethernet is left out, IP and TCP with timestamps are in: 20 + 32 bytes, and their share of the acknowledgements."""
OPENING_BYTES: Final = 5 * 60
"""Three packets to open and two and more to end a connection."""


class Stream:
    """A socket with a count of its bytes, both ways, headers of the packets estimated."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sock.setblocking(False)
        self.wire_bytes = OPENING_BYTES

    @property
    def sock(self) -> socket.socket:
        """The socket below."""
        return self._sock

    def send(self, data: bytes, deadline_s: float) -> None:
        """Send all of it. Raises OSError, TimeoutError."""
        view = memoryview(data)
        while view:
            try:
                sent = self._sock.send(view)
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE, deadline_s)
                continue
            self._count(sent)
            view = view[sent:]

    def receive(self, deadline_s: float) -> bytes:
        """Some bytes; none at the end. Raises OSError, TimeoutError."""
        while True:
            if time.monotonic() >= deadline_s:
                raise TimeoutError("the answer took too long")
            try:
                data = self._sock.recv(_CHUNK_BYTES)
            except BlockingIOError:
                self._wait(selectors.EVENT_READ, deadline_s)
                continue
            self._count(len(data))
            return data

    def arrived(self) -> bytes | None:
        """What has arrived without waiting: some bytes, none at the end, None: nothing. Raises OSError."""
        try:
            data = self._sock.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        self._count(len(data))
        return data

    def close(self, last: bytes = b"") -> None:
        """Let go of the socket. last: sent if that goes without waiting, in one packet with the end."""
        with suppress(OSError):
            if last:
                self._count(self._sock.send(last, getattr(socket, "MSG_MORE", 0)))
        self._sock.close()

    def _count(self, count: int) -> None:
        self.wire_bytes += count + _SEGMENT_OVERHEAD_BYTES * (1 + count // 1400)

    def _wait(self, event: int, deadline_s: float) -> None:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, event)
            if not selector.select(left_s):
                raise TimeoutError("the answer took too long")


class TlsStream:
    """TLS over a stream."""

    def __init__(
        self, below: Stream, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None, early: bytes = b""
    ) -> None:
        """early: bytes that came before the first of TLS was sent. Raises ssl.SSLError."""
        self._below = below
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._in.write(early)
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host.partition("%")[0], session=session)

    @property
    def below(self) -> Stream:
        """The stream that carries it."""
        return self._below

    @property
    def session(self) -> ssl.SSLSession | None:
        """What makes the next handshake shorter, once the portal has sent it."""
        session = self._tls.session
        if session is None:
            return None
        # In TLS 1.3 a session can be resumed once a ticket came; before, a session may go by its id alone.
        return session if session.has_ticket or (self._tls.version() != "TLSv1.3" and session.id) else None

    @property
    def certificate(self) -> bytes:
        """What the portal showed, in DER; empty before the handshake."""
        return self._tls.getpeercert(binary_form=True) or b""

    @property
    def resumed(self) -> bool:
        """Whether the handshake was a short one."""
        return bool(self._tls.session_reused)

    def open(self, deadline_s: float) -> None:
        """Shake hands. Raises ssl.SSLError, OSError, TimeoutError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(deadline_s)
                self._feed(deadline_s)
            except ssl.SSLError:
                self._say_why_not()
                raise
            else:
                # What is left to send of the handshake, in TLS 1.3 our last word, leaves in one segment with the
                # request that follows.
                return

    def send(self, data: bytes, deadline_s: float) -> None:
        """Send all of it. Raises ssl.SSLError, OSError, TimeoutError."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._tls.write(view[:_CHUNK_BYTES]) :]
            except ssl.SSLWantReadError:
                self._feed(deadline_s)
            self._flush(deadline_s)

    def receive(self, deadline_s: float) -> bytes:
        """Some bytes; none at the end, which TLS confirmed. Raises ssl.SSLError, OSError, TimeoutError."""
        while True:
            try:
                return self._tls.read(_CHUNK_BYTES)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLWantReadError:
                self._flush(deadline_s)
                self._feed(deadline_s)

    def quiet(self) -> bool:
        """Whether the portal has sent nothing that we did not ask for, and has not ended the connection."""
        try:
            data = self._below.arrived()
            if data is not None:
                if not data:
                    return False
                self._in.write(data)
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return True  # at most tickets came, which belong to the connection
        except (OSError, ValueError):
            return False
        return False

    def close(self) -> None:
        """Let go of the socket, with a word of farewell if that goes without waiting."""
        with suppress(OSError, ValueError):
            self._tls.unwrap()
        self._below.close(self._out.read())

    def _say_why_not(self) -> None:
        with suppress(OSError):
            self._flush(time.monotonic())

    def _flush(self, deadline_s: float) -> None:
        if self._out.pending:
            self._below.send(self._out.read(), deadline_s)

    def _feed(self, deadline_s: float) -> None:
        data = self._below.receive(deadline_s)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
            if not self._tls.version():
                raise ConnectionResetError("the connection ended during the handshake")
