"""HTTPS to one portal with the standard library: its CA pinned, every answer bounded in size and time.

Time limits are real seconds, also in a simulation that runs on a faster clock: sockets are real.
"""

import functools
import http.client
import io
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from direct_connect.core.verdict import HttpAnswer
from direct_connect.errors import ConfigError, PortalUnreachableError
from direct_connect.uplink.identity import check_portal_url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ANSWER_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Real seconds. connect_s: TCP and TLS. answer_s: from the request to the last byte of the answer."""

    connect_s: float = 10.0
    answer_s: float = 60.0


class Poster(Protocol):
    """Something that posts to the portal. A real one and a test double exist."""

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """The portal's answer, whatever its status. Raises PortalUnreachableError when there is none."""

    def rest(self) -> None:
        """Nothing more to send for now: let go of the connection."""

    def close(self) -> None:
        """End, also from another thread while a post is under way: that post then fails. Idempotent."""


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a moment, however slowly the bytes drip."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline_s: float) -> None:
        self._raw, self._sock, self._deadline_s = raw, sock, deadline_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _timed_response(deadline_s: float) -> type[http.client.HTTPResponse]:
    class TimedResponse(http.client.HTTPResponse):
        def __init__(
            self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
        ) -> None:
            super().__init__(sock, debuglevel, method, url)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_DeadlineReader(raw, sock, deadline_s))

    return TimedResponse


class PortalClient:
    """One connection to the portal, kept while there is more to send. Not for two posts at once."""

    def __init__(self, portal_url: str, ca_pem: bytes | None, timeouts: Timeouts | None = None) -> None:
        """ca_pem: the pinned CA. None: no check at all, good only for fetching a CA whose hash is known."""
        parts = urlsplit(check_portal_url(portal_url))
        self._host, self._port, self._prefix = parts.hostname or "", parts.port or 443, parts.path
        self._timeouts = timeouts or Timeouts()
        self._context = _context(ca_pem)
        self._connection: http.client.HTTPSConnection | None = None
        self._closed = threading.Event()
        self._busy = threading.Lock()

    def get(self, path: str) -> HttpAnswer:
        """As post, without a body."""
        return self._exchange("GET", path, None, {})

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """See `Poster`. What is posted may be posted twice, when a kept connection turned out to be gone."""
        return self._exchange("POST", path, body, {"Content-Type": content_type})

    def rest(self) -> None:
        """Close the kept connection."""
        if (connection := self._connection) is not None:
            self._connection = None
            connection.close()

    def close(self) -> None:
        """See `Poster`."""
        self._closed.set()
        connection = self._connection
        if connection is not None and (sock := connection.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        # A thread in the middle of an exchange lets go of the connection itself.
        if self._busy.acquire(blocking=False):
            try:
                self.rest()
            finally:
                self._busy.release()

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HttpAnswer:
        with self._busy:
            reused = self._connection is not None
            try:
                try:
                    return self._once(method, path, body, headers)
                except (http.client.RemoteDisconnected, ConnectionError):
                    if not reused or self._closed.is_set():
                        raise
                    self.rest()
                    return self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.rest()
                raise PortalUnreachableError(self._explain(error)) from error
            except BaseException:
                self.rest()
                raise
            finally:
                if self._closed.is_set():
                    self.rest()

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HttpAnswer:
        if self._closed.is_set():
            raise ConnectionAbortedError("the connection was closed on this side")
        if (connection := self._connection) is None:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeouts.connect_s, context=self._context
            )
            self._connection = connection
            connection.connect()
            if self._closed.is_set():
                raise ConnectionAbortedError("the connection was closed on this side")
        deadline_s = time.monotonic() + self._timeouts.answer_s
        connection.sock.settimeout(self._timeouts.answer_s)
        connection.request(method, self._prefix + path, body, headers)
        connection.response_class = _timed_response(deadline_s)
        with connection.getresponse() as response:
            body = response.read(ANSWER_BYTES_MAX + 1)
            whole = response.isclosed() and not response.will_close
            answer = HttpAnswer(
                status=response.status,
                body=body[:ANSWER_BYTES_MAX],
                retry_after=response.getheader("Retry-After"),
            )
        if not whole:
            self.rest()
        return answer

    def _explain(self, error: Exception) -> str:
        where = f"{self._host}:{self._port}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the portal {where} is not trusted: {_explain_certificate(error)}"
        if isinstance(error, ssl.SSLError):
            return f"TLS with the portal {where} failed ({error.reason or error}); check the address and the port"
        if isinstance(error, socket.gaierror):
            return (
                f"the portal's name {self._host} is not known to the name service ({error.strerror}); check the address"
            )
        if isinstance(error, TimeoutError):
            return f"the portal {where} did not answer in time"
        if isinstance(error, OSError):
            return (
                f"the portal {where} can not be reached: {error.strerror or error}; check the address, and that it runs"
            )
        return f"the portal {where} did not speak HTTP ({type(error).__name__}); check the address and the port"


@functools.lru_cache(maxsize=8)  # a gateway's thousand connections trust the same CA
def _context(ca_pem: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError("the pinned CA certificate is damaged; enrol this sender again") from error
    return context


def _explain_certificate(error: ssl.SSLCertVerificationError) -> str:
    match error.verify_code:
        case 10:
            return "its certificate has expired; renew it at the portal (or correct this machine's clock)"
        case 9:
            return "its certificate is not valid yet; correct this machine's clock"
        case 62 | 64:
            return "its certificate is for another name; use the name it was made for, or renew it at the portal"
        case _:
            return (
                f"its certificate is not from the CA pinned at enrolment ({error.verify_message}); "
                "check the address, or enrol there anew"
            )
