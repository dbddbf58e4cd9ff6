"""Plain HTTP to a portal, for a site whose network lets no TLS out: sealed batches there, signed receipts back.

1. Nothing is said but the sealed envelope. Nothing is believed but a receipt that the pinned CA signed for it.
2. What else is answered, a refusal included, is no answer: anybody in between can say that. Of its Retry-After an hour
   is obeyed at most.
3. Nothing is followed: no redirect, no other host. Each post has its own connection.
"""

import socket
import time
from dataclasses import dataclass, replace
from typing import Final

from direct_connect.core.address import bracketed
from direct_connect.core.captive import CAPTIVE, REMEDY, is_captive
from direct_connect.core.http_answer import AnswerError, AnswerReader
from direct_connect.core.http_message import HttpAnswer
from direct_connect.core.proxy import Proxy
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.dialling import Cutter, Resolve, dial, system_resolve
from direct_connect.uplink.identity import Identity
from direct_connect.uplink.receipts import believed, hash_of
from direct_connect.uplink.route import Timeouts
from direct_connect.uplink.stream import Stream
from wire_format.receipts import RECEIPT_BYTES_MAX

_ASKED_S_MAX: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainAddress:
    """Where plain HTTP is spoken. prefix: put before every path, no trailing slash."""

    host: str
    port: int = 80
    prefix: str = ""

    @property
    def authority(self) -> str:
        """host:port, as in a Host header."""
        return bracketed(self.host) if self.port == 80 else f"{bracketed(self.host)}:{self.port}"


class PlainPoster:
    """A `Poster` without TLS, for one identity."""

    def __init__(
        self,
        address: PlainAddress,
        identity: Identity,
        *,
        proxy: Proxy | None = None,
        timeouts: Timeouts | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        """proxy: asked for the whole address (RFC 9112, 3.2.2), not for a tunnel."""
        self._address, self._identity, self._proxy = address, identity, proxy
        self._timeouts, self._resolve = timeouts or Timeouts(), resolve
        self._cutter = Cutter()

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """What the portal signed for this envelope. Raises PortalUnreachableError for everything else."""
        answer = self._exchange(path, body, content_type)
        if is_captive(answer):
            raise PortalUnreachableError(
                f"{CAPTIVE} (it answered {answer.status}); {REMEDY}", captive=True, wire_bytes=answer.wire_bytes
            )
        if answer.status != 200:
            raise PortalUnreachableError(
                f"{self._where} answered {answer.status}, which the portal has not signed, so it counts for nothing",
                _at_most(answer.retry_after),
                wire_bytes=answer.wire_bytes,
            )
        try:
            return replace(believed(answer.body, hash_of(body), self._identity), wire_bytes=answer.wire_bytes)
        except PortalUnreachableError as error:
            raise PortalUnreachableError(f"{self._where}: {error}", wire_bytes=answer.wire_bytes) from error

    def rest(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """See `Poster`."""
        self._cutter.cut()

    @property
    def _where(self) -> str:
        through = f" through the proxy {self._proxy.where}" if self._proxy else ""
        return f"the portal {self._address.authority}{through}"

    def _exchange(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        address, proxy = self._address, self._proxy
        target = f"{address.prefix}{path}"
        head = [f"Host: {address.authority}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        head.append("Connection: close")
        if proxy is not None:
            target = f"http://{address.authority}{target}"
            if proxy.authorization is not None:
                head.append(f"Proxy-Authorization: {proxy.authorization}")
        request = "\r\n".join([f"POST {target} HTTP/1.1", *head]) + "\r\n\r\n"
        stream: Stream | None = None
        try:
            host, port = (address.host, address.port) if proxy is None else (proxy.host, proxy.port)
            connect_by_s = time.monotonic() + self._timeouts.connect_s
            stream = Stream(dial(self._resolve, host, port, connect_by_s, self._cutter))
            answer = _ask(stream, request.encode("ascii") + body, time.monotonic() + self._timeouts.answer_s)
        except (OSError, ValueError, AnswerError) as error:
            wire_bytes = 0 if stream is None else stream.wire_bytes
            raise PortalUnreachableError(self._explain(error), wire_bytes=wire_bytes) from error
        finally:
            if stream is not None:
                self._cutter.drop(stream.sock)
                stream.close()
        return replace(answer, wire_bytes=stream.wire_bytes)

    def _explain(self, error: Exception) -> str:
        if self._cutter.is_cut:
            return f"the connection to {self._where} was closed on this side"
        if isinstance(error, socket.gaierror):
            name = self._proxy.host if self._proxy else self._address.host
            return f"the name {name} is not known to the name service ({error.strerror}); check the address"
        if isinstance(error, TimeoutError):
            return f"{self._where} did not answer in time"
        if isinstance(error, OSError):
            return f"{self._where} can not be reached: {error.strerror or error}; check the address, and that it runs"
        return f"{self._where} did not speak HTTP ({error}); check the address and the port"


def _ask(stream: Stream, request: bytes, deadline_s: float) -> HttpAnswer:
    stream.send(request, deadline_s)
    reader = AnswerReader(body_bytes_max=RECEIPT_BYTES_MAX)
    while not reader.done:
        if data := stream.receive(deadline_s):
            reader.receive(data)
        else:
            reader.end()
    return reader.answer


def _at_most(retry_after: str | None) -> str | None:
    text = (retry_after or "").strip()
    return str(min(int(text[:9]), _ASKED_S_MAX)) if text.isascii() and text.isdigit() else None
