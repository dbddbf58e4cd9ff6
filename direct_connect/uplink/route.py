"""The ways to one portal: its addresses, the pinned CA, a proxy perhaps, and what was learned of them.

Shared by all connections to that portal, so that they agree which address works and can shorten each other's
handshakes.
"""

import functools
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from direct_connect.core.address import PortalAddress, bracketed, check_portal_urls
from direct_connect.core.captive import is_captive_in_plain
from direct_connect.core.failover import PREFERRED_AGAIN_S, Failover
from direct_connect.core.http_answer import AnswerError, AnswerReader
from direct_connect.core.proxy import Proxy
from direct_connect.errors import ConfigError, PortalUnreachableError
from direct_connect.uplink.dialling import Cutter, Resolve, dial, system_resolve
from direct_connect.uplink.stream import Stream, TlsStream
from direct_connect.uplink.tunnel import open_tunnel

SESSION_AGE_MAX_S: Final = 6 * 3600.0
_PROBE_S: Final = 5.0
_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the ssl module has no name for."""
_PADDING: Final = 0x10
"""SSL_OP_TLSEXT_PADDING of OpenSSL: fills the first message up to 517 bytes, for load balancers of 2013."""
_CIPHERS_TLS12: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""AEAD only, as the wire says; what is not offered costs no bytes. TLS 1.3 has suites of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Real seconds. connect_s: name, TCP, proxy and TLS. answer_s: from the request to the last byte of the answer."""

    connect_s: float = 10.0
    answer_s: float = 60.0


class Route:
    """How to reach a portal. Thread-safe.

    resolve: the name service; asked anew for each connection. monotonic_s: for coming back to the preferred address,
    and for the age of TLS sessions.
    dates: by what certificates are judged, when this machine's clock will not do. dateless: not at all; good only for
    asking the time. plain_port: where a login page is looked for when somebody else's certificate is shown.
    session_age_max_s: since the portal last showed its certificate, after which it must again.
    """

    def __init__(
        self,
        portal_url: str | Sequence[str],
        ca_pem: bytes | None,
        timeouts: Timeouts | None = None,
        *,
        proxy: Proxy | None = None,
        resolve: Resolve = system_resolve,
        monotonic_s: Callable[[], float] = time.monotonic,
        preferred_again_s: float = PREFERRED_AGAIN_S,
        plain_port: int = 80,
        dates: Callable[[], datetime | None] = lambda: None,
        dateless: bool = False,
        session_age_max_s: float = SESSION_AGE_MAX_S,
    ) -> None:
        """ca_pem: the pinned CA. None: no check at all, good only for fetching a CA whose hash is known.

        Raises ConfigError.
        """
        self.urls = check_portal_urls(portal_url)
        self.addresses = tuple(PortalAddress.parse(url) for url in self.urls)
        self.timeouts, self.proxy = timeouts or Timeouts(), proxy
        self._resolve, self._monotonic_s, self._plain_port = resolve, monotonic_s, plain_port
        self._session_age_max_s = session_age_max_s
        self._ca_pem, self._dates, self._dateless = ca_pem, dates, dateless
        _context(ca_pem)
        self._failover = Failover(len(self.addresses), preferred_again_s)
        self._sessions: dict[int, tuple[ssl.SSLSession, float, float]] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address that worked last; at first the preferred one."""
        return self.urls[self._failover.current]

    def order(self) -> tuple[int, ...]:
        """The addresses by number, in the order to try them now."""
        with self._lock:
            return self._failover.order(self._monotonic_s())

    def worked(self, number: int) -> None:
        """An address answered as the portal does."""
        with self._lock:
            self._failover.worked(number, self._monotonic_s())

    def open(self, number: int, cutter: Cutter) -> TlsStream:
        """Connect to an address. Raises OSError (ssl.SSLError, TimeoutError too), PortalUnreachableError."""
        address, proxy, at = self.addresses[number], self.proxy, self._dates()
        dateless = self._dateless or at is not None
        deadline_s = time.monotonic() + self.timeouts.connect_s
        where = proxy or address
        stream = Stream(dial(self._resolve, where.host, where.port, deadline_s, cutter))
        try:
            early = b"" if proxy is None else open_tunnel(stream, proxy, address.authority, deadline_s)
            tls = TlsStream(
                stream,
                _context(self._ca_pem, dateless),
                address.host,
                None if dateless else self._session(number),
                early,
            )
            tls.open(deadline_s)
            if at is not None and not self._dateless and self._ca_pem is not None:
                check_dates(tls.certificate, self._ca_pem, at)
        except BaseException as error:
            self._forget_session(number)
            cutter.drop(stream.sock)
            stream.close()
            if isinstance(error, ssl.SSLError) and _is_anothers(error) and self._login_page_at(address, cutter):
                raise PortalUnreachableError("a login page", captive=True) from error
            raise
        return tls

    def learn(self, number: int, tls: TlsStream) -> None:
        """Keep what makes the next handshake shorter. Call after something was read."""
        if (session := tls.session) is not None and not self._dateless and self._dates() is None:
            with self._lock:
                now_s = self._monotonic_s()
                began_s = self._sessions[number][1] if tls.resumed and number in self._sessions else now_s
                self._sessions[number] = (session, began_s, now_s)

    def forget_sessions(self) -> None:
        """Have the portal prove itself by its certificate at each next connection."""
        with self._lock:
            self._sessions.clear()

    def _session(self, number: int) -> ssl.SSLSession | None:
        # A resumed connection is not checked against the certificate's dates again, so it does not go on for ever.
        with self._lock:
            if (kept := self._sessions.get(number)) is None:
                return None
            session, began_s, learned_s = kept
            # OpenSSL heeds the life of a ticket too, in real seconds; on a faster clock we alone know that it is over.
            life_s = session.ticket_lifetime_hint or session.timeout
            now_s = self._monotonic_s()
            return session if now_s - began_s < self._session_age_max_s and now_s - learned_s < life_s else None

    def _forget_session(self, number: int) -> None:
        with self._lock:
            self._sessions.pop(number, None)

    def _login_page_at(self, address: PortalAddress, cutter: Cutter) -> bool:
        """Ask plain HTTP under the same name for its start page, saying nothing of ourselves."""
        if self.proxy is not None:
            return False
        deadline_s = time.monotonic() + min(_PROBE_S, self.timeouts.connect_s)
        try:
            stream = Stream(dial(self._resolve, address.host, self._plain_port, deadline_s, cutter))
        except OSError:
            return False
        try:
            reader = AnswerReader(body_bytes_max=1024)
            stream.send(
                f"GET / HTTP/1.1\r\nHost: {bracketed(address.host)}\r\nConnection: close\r\n\r\n".encode(), deadline_s
            )
            while not reader.done:
                if data := stream.receive(deadline_s):
                    reader.receive(data)
                else:
                    reader.end()
            return is_captive_in_plain(reader.answer, address.host)
        except (OSError, AnswerError):
            return False
        finally:
            cutter.drop(stream.sock)
            stream.close()


def _is_anothers(error: ssl.SSLError) -> bool:
    """Whether it was not the portal that spoke: another CA's certificate, or no TLS at all."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_code not in (9, 10)
    return error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")


@functools.lru_cache(maxsize=8)  # a gateway's thousand connections trust the same CA
def _context(ca_pem: bytes | None, dateless: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options &= ~_PADDING
    context.set_ciphers(_CIPHERS_TLS12)
    if ca_pem is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError("the pinned CA certificate is damaged; enrol this sender again") from error
    if dateless:
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def check_dates(certificate_der: bytes, ca_pem: bytes, at: datetime) -> None:
    """Judge the dates of the portal's certificate and its CA by another clock than the machine's.

    at: aware UTC. Raises ssl.SSLCertVerificationError like OpenSSL does: 9 not yet valid, 10 expired.
    """
    for certificate in (x509.load_der_x509_certificate(certificate_der), x509.load_pem_x509_certificate(ca_pem)):
        early, late = at < certificate.not_valid_before_utc, at > certificate.not_valid_after_utc
        if early or late:
            error = ssl.SSLCertVerificationError(1, "certificate dates do not fit the portal's signed time")
            error.verify_code = 9 if early else 10
            error.verify_message = "certificate is not yet valid" if early else "certificate has expired"
            raise error
