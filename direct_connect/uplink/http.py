"""HTTPS to one portal with the standard library: its CA pinned, every answer bounded in size and time.

1. A call goes to the address that works. Where that fails, or something answers that is not the portal, the next
   address is asked at once; the call fails when all have failed. What is posted may so arrive twice.
2. Nothing is followed: no redirect, no new address, no new proxy.
3. A refusal on a connection that was used before is asked again on a fresh one before it is believed: an answer
   that was left behind in the connection, by whatever stands in between, belongs to another call.

Time limits are real seconds, also in a simulation that runs on a faster clock: sockets are real.
"""

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from direct_connect.core.captive import CAPTIVE, REMEDY
from direct_connect.core.http_answer import AnswerError, AnswerReader
from direct_connect.core.verdict import HttpAnswer, is_doubtful
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.dialling import Cutter
from direct_connect.uplink.route import Route, Timeouts
from direct_connect.uplink.stream import TlsStream


class Poster(Protocol):
    """Something that posts to the portal. A real one and a test double exist."""

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """The portal's answer, whatever its status. Raises PortalUnreachableError when there is none."""

    def rest(self) -> None:
        """Nothing more to send for now: let go of the connection."""

    def close(self) -> None:
        """End, also from another thread while a post is under way: that post then fails. Idempotent."""


@dataclass(slots=True)
class _Line:
    """An open connection to one of the addresses. counted: how many of its bytes were told already."""

    number: int
    tls: TlsStream
    counted: int = 0

    def fresh_bytes(self) -> int:
        all_bytes = self.tls.below.wire_bytes
        fresh, self.counted = all_bytes - self.counted, all_bytes
        return fresh


class PortalClient:
    """One connection to the portal, kept while there is more to send. Calls wait for each other."""

    def __init__(self, portal_url: str | Sequence[str] | Route, ca_pem: bytes | None, timeouts: Timeouts | None = None):
        """ca_pem: the pinned CA. None: no check at all, good only for fetching a CA whose hash is known.

        portal_url: one address, or several of the same portal, or a whole route (whose CA and times then count).
        Raises ConfigError.
        """
        self._route = portal_url if isinstance(portal_url, Route) else Route(portal_url, ca_pem, timeouts)
        self._line: _Line | None = None
        self._cutter = Cutter()
        self._busy = threading.Lock()

    @property
    def route(self) -> Route:
        """The ways it takes."""
        return self._route

    def get(self, path: str) -> HttpAnswer:
        """As post, without a body."""
        return self._exchange("GET", path, b"", "")

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """See `Poster`. What is posted may be posted twice (rules 1 and 3)."""
        return self._exchange("POST", path, body, content_type)

    def rest(self) -> None:
        """Close the kept connection."""
        if (line := self._line) is not None:
            self._line = None
            self._cutter.drop(line.tls.below.sock)
            line.tls.close()

    def close(self) -> None:
        """See `Poster`."""
        if self._busy.acquire(blocking=False):
            try:
                self.rest()  # with a farewell: a portal does not resume the session of a connection that was cut off
            finally:
                self._busy.release()
        self._cutter.cut()
        # A thread in the middle of an exchange lets go of the connection itself.
        if self._busy.acquire(blocking=False):
            try:
                self.rest()
            finally:
                self._busy.release()

    def _exchange(self, method: str, path: str, body: bytes, content_type: str) -> HttpAnswer:
        with self._busy:
            try:
                return self._ask_each(method, path, body, content_type)
            finally:
                if self._cutter.is_cut:
                    self.rest()

    def _ask_each(self, method: str, path: str, body: bytes, content_type: str) -> HttpAnswer:
        doubted: HttpAnswer | None = None
        failures: list[PortalUnreachableError] = []
        wire_bytes = 0
        for number in self._route.order():
            try:
                answer = self._ask(number, method, path, body, content_type)
            except PortalUnreachableError as error:
                failures.append(error)
                wire_bytes += error.wire_bytes
            else:
                wire_bytes += answer.wire_bytes
                if not is_doubtful(answer):
                    self._route.worked(number)
                    return replace(answer, wire_bytes=wire_bytes)
                doubted = doubted or answer
            if self._cutter.is_cut:
                break
        if doubted is not None:
            return replace(doubted, wire_bytes=wire_bytes)
        text = str(failures[0])
        if len(failures) > 1:
            text = f"none of the portal's {len(failures)} addresses can be used: " + "; ".join(map(str, failures))
        raise PortalUnreachableError(
            text,
            next((each.retry_after for each in failures if each.retry_after is not None), None),
            captive=any(each.captive for each in failures),
            wire_bytes=wire_bytes,
        ) from failures[0].__cause__

    def _ask(self, number: int, method: str, path: str, body: bytes, content_type: str) -> HttpAnswer:
        if (line := self._line) is not None and (line.number != number or not line.tls.quiet()):
            self.rest()
        wire_bytes = 0
        if (line := self._line) is not None:
            try:
                answer = self._once(line, method, path, body, content_type)
            except (OSError, AnswerError) as error:
                wire_bytes = line.fresh_bytes()
                self.rest()
                if self._cutter.is_cut or isinstance(error, TimeoutError):
                    raise PortalUnreachableError(self._explain(number, error), wire_bytes=wire_bytes) from error
            else:
                if not 400 <= answer.status < 500:
                    return answer
                wire_bytes = answer.wire_bytes
                self.rest()
        try:
            fresh = _Line(number, self._route.open(number, self._cutter))
        except PortalUnreachableError as error:
            if error.captive and isinstance(error.__cause__, ssl.SSLError):
                said = self._explain(number, error.__cause__)
                raise PortalUnreachableError(f"{CAPTIVE}; {REMEDY} ({said})", captive=True) from error.__cause__
            raise
        except (OSError, ValueError) as error:
            raise PortalUnreachableError(self._explain(number, error)) from error
        self._line = fresh
        try:
            answer = self._once(fresh, method, path, body, content_type)
        except (OSError, AnswerError) as error:
            wire_bytes += fresh.fresh_bytes()
            self.rest()
            raise PortalUnreachableError(self._explain(number, error), wire_bytes=wire_bytes) from error
        except BaseException:
            self.rest()
            raise
        return replace(answer, wire_bytes=answer.wire_bytes + wire_bytes)

    def _once(self, line: _Line, method: str, path: str, body: bytes, content_type: str) -> HttpAnswer:
        address = self._route.addresses[line.number]
        deadline_s = time.monotonic() + self._route.timeouts.answer_s
        head = [f"{method} {address.prefix}{path} HTTP/1.1", f"Host: {address.host_field}"]
        if method == "POST":
            head += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        line.tls.send(("\r\n".join(head) + "\r\n\r\n").encode("ascii") + body, deadline_s)
        reader = AnswerReader()
        while not reader.done:
            if data := line.tls.receive(deadline_s):
                reader.receive(data)
            else:
                reader.end()
        self._route.learn(line.number, line.tls)
        answer = replace(reader.answer, wire_bytes=line.fresh_bytes())
        if not reader.reusable:
            self.rest()
        return answer

    def _explain(self, number: int, error: Exception) -> str:
        address, proxy = self._route.addresses[number], self._route.proxy
        where = address.authority
        if self._cutter.is_cut:
            return f"the connection to the portal {where} was closed on this side"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the portal {where} is not trusted: {_explain_certificate(error)}"
        if isinstance(error, ssl.SSLEOFError):
            return f"the portal {where} ended the connection without an answer; check that it runs"
        if isinstance(error, ssl.SSLError):
            return f"TLS with the portal {where} failed ({error.reason or error}); check the address and the port"
        if isinstance(error, socket.gaierror):
            whose = f"the proxy's name {proxy.host}" if proxy else f"the portal's name {address.host}"
            return f"{whose} is not known to the name service ({error.strerror}); check the address"
        through = f" through the proxy {proxy.where}" if proxy else ""
        if isinstance(error, TimeoutError):
            return f"the portal {where} did not answer in time{through}"
        if isinstance(error, OSError):
            return (
                f"the portal {where} can not be reached{through}: {error.strerror or error}; "
                "check the address, and that it runs"
            )
        return f"the portal {where} did not speak HTTP ({error}); check the address and the port"


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
