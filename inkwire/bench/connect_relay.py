"""A TCP relay on loopback that counts: bytes of both directions, and the segments the kernel saw."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

SEGMENT_HEADERS_BYTES: Final = 52
"""IPv4 and TCP headers with time stamps (RFC 791, RFC 9293, RFC 7323)."""
_SEGMENTS: Final = struct.Struct("<136xII")
"""tcpi_segs_out and tcpi_segs_in of struct tcp_info (linux/tcp.h)."""


@dataclass(slots=True)
class Carried:
    """One connection. sent_bytes, answered_bytes: TCP payload from and to the sender, TLS handshake included.

    segments: of both directions on the sender's side, those without payload too.
    """

    sent_bytes: int = 0
    answered_bytes: int = 0
    segments: int = 0

    @property
    def payload_bytes(self) -> int:
        """Both directions."""
        return self.sent_bytes + self.answered_bytes

    @property
    def packet_bytes(self) -> int:
        """With IP and TCP headers, as an estimate: loopback cuts no more than a wire would, at these sizes."""
        return self.payload_bytes + self.segments * SEGMENT_HEADERS_BYTES


class Relay:
    """Passes connections on to a portal and counts them. Its address is `port` on 127.0.0.1."""

    def __init__(self, portal_port: int) -> None:
        self._portal_port = portal_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._ended: list[Carried] = []
        self._open = 0
        self._changed = threading.Condition(self._lock)
        threading.Thread(target=self._serve, name="bench-relay", daemon=True).start()

    def taken(self, wait_s: float = 10.0) -> list[Carried]:
        """The connections that ended since the last call, once none is open. Gives up waiting after wait_s."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, wait_s)
            ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Take no further connection."""
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                sender, _ = self._listener.accept()
                with self._changed:
                    self._open += 1
                threading.Thread(target=self._carry, args=(sender,), daemon=True).start()

    def _carry(self, sender: socket.socket) -> None:
        carried = Carried()
        try:
            with sender, socket.create_connection(("127.0.0.1", self._portal_port), 10) as portal:
                back = threading.Thread(target=self._answers, args=(portal, sender, carried), daemon=True)
                back.start()
                carried.sent_bytes = _pump(sender, portal)
                back.join()
                carried.segments = sum(
                    _SEGMENTS.unpack_from(sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256))
                )
        except OSError:
            pass
        finally:
            with self._changed:
                self._open -= 1
                self._ended.append(carried)
                self._changed.notify_all()

    @staticmethod
    def _answers(portal: socket.socket, sender: socket.socket, carried: Carried) -> None:
        carried.answered_bytes = _pump(portal, sender)


def _pump(source: socket.socket, sink: socket.socket) -> int:
    """Until the source ends; gives how many bytes went through."""
    count = 0
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            count += len(block)
            sink.sendall(block)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    return count
