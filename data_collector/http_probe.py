"""HTTP to a printer, as to a stranger: its address as scanned, no redirects, little time, little room.

A printer's web server may drip a byte a second, promise a terabyte, send a gzip bomb, or point elsewhere.
The whole exchange has one deadline; what arrives is counted before and after it is unpacked, and all exchanges of a
visit together spend its budget.

A printer that wants TLS says so by a redirect, by 426, or by a closed port: then the same address is asked by HTTPS,
wherever it points. Its certificate is its own work and is not checked: what is read is no more secret, and no more
to be believed, than over plain HTTP.
"""

import asyncio
import functools
import socket
import ssl
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

import aiohttp

from data_collector.core.budget import VisitBudget
from data_collector.core.hp_pages import PAGES
from data_collector.core.reading import LEDM_FIRST, ledm_paths
from wire_format.records import Finding

BODY_BYTES_MAX: Final = 1024 * 1024
UNPACKED_BYTES_MAX: Final = 2 * 1024 * 1024
HEADERS_MAX: Final = 128
HEADER_BYTES_MAX: Final = 8 * 1024
"""Of one header, and of the status line."""
DEADLINES: Final = 4.0
"""One exchange may take so many timeouts: web servers of printers wake up slowly, but drips must end."""
CONNECTED_PACKETS: Final = 3
"""What leaves after the SYN of a connection that is closed at once: ACK, FIN, ACK."""
EXCHANGE_PACKETS: Final = 7
"""What leaves in an exchange, but for acknowledgements of a long body: SYN, ACK, request (1 or 2), ACK, FIN, ACK."""
TLS_PACKETS: Final = 3
OCTETS_ACKED: Final = 2 * 1460
"""Received octets for one acknowledgement: every second full segment. Source: RFC 9293, 3.8.6.3."""
LEDM_MARK: Final = b"hp.com/schemas/imaging/"
"""Every LEDM document names this namespace; a start page that is served for any path does not."""
FAILED: Final = "the exchange failed:"
"""How the trouble begins where a connection came to be and broke, or none came to be."""
TLS_ASKED_FOR: Final = frozenset([301, 302, 303, 307, 308, 426])
"""Redirects, and Upgrade Required (RFC 9110, 15.4 and 15.5.22)."""
_CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of one request.

    body: None when there is none to use; trouble: why, in words, when it is odd. refused: nobody listens there.
    """

    status: int | None = None
    body: bytes | None = None
    trouble: str | None = None
    refused: bool = False


class TooLargeError(Exception):
    """A body beyond its limit."""


class Road(Protocol):
    """The pace of a scan, which all its packets keep."""

    async def room(self, packets: int) -> None:
        """Returns when so many packets may leave; they are counted."""

    def spend(self, packets: int) -> None:
        """So many packets left already; who comes next waits the longer."""


class OpenRoad:
    """No pace at all."""

    async def room(self, packets: int) -> None:
        """See Road."""

    def spend(self, packets: int) -> None:
        """See Road."""


class HttpProbe:
    """Fetches documents from printers. timeout_s: to connect; an exchange ends after DEADLINES of them.

    road: the pace to keep. An exchange waits for its turn; what its body took is counted when it is over.
    """

    def __init__(self, timeout_s: float, road: Road | None = None) -> None:
        self._timeout_s = timeout_s
        self._road: Road = road or OpenRoad()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s * DEADLINES, connect=self._timeout_s),
            auto_decompress=False,
            max_headers=HEADERS_MAX,
            max_line_size=HEADER_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "inkwire-collector"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def answers(self, address: str, port: int) -> bool:
        """Whether somebody accepts connections there: the cheapest question, one SYN to a blank address."""
        loop = asyncio.get_running_loop()
        await self._road.room(1)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await loop.sock_connect(probe, (address, port))
            except OSError:  # TimeoutError is one
                return False
        self._road.spend(CONNECTED_PACKETS)
        return True

    async def fetch(
        self, address: str, port: int, path: str, *, secure: bool = False, budget: VisitBudget | None = None
    ) -> Fetched:
        """GET one resource, by HTTPS if secure. budget: of the visit. Never raises for what the device does."""
        return await self._exchange("GET", address, port, path, None, None, secure, budget)

    async def post(
        self,
        address: str,
        port: int,
        path: str,
        kind: str,
        body: bytes,
        *,
        secure: bool = False,
        budget: VisitBudget | None = None,
    ) -> Fetched:
        """POST a document of this media type; its answer must be of the same. Never raises for what the device does."""
        return await self._exchange("POST", address, port, path, kind, body, secure, budget)

    async def _exchange(
        self,
        method: str,
        address: str,
        port: int,
        path: str,
        kind: str | None,
        body: bytes | None,
        secure: bool,
        budget: VisitBudget | None,
    ) -> Fetched:
        if self._session is None:
            raise RuntimeError("the probe is not open: use `async with`")
        budget = budget or VisitBudget()
        if budget.over or budget.is_stuck(port):
            return Fetched(trouble="not asked: the device used up what one visit may cost")
        budget.asked()
        await self._road.room(EXCHANGE_PACKETS + TLS_PACKETS * secure)
        before = budget.received_octets
        fetched = await self._ask(method, address, port, path, kind, body, secure, budget)
        self._road.spend((budget.received_octets - before) // OCTETS_ACKED)
        return fetched

    async def _ask(
        self,
        method: str,
        address: str,
        port: int,
        path: str,
        kind: str | None,
        body: bytes | None,
        secure: bool,
        budget: VisitBudget,
    ) -> Fetched:
        assert self._session is not None
        headers = {"Content-Type": kind} if kind else {}
        url = f"{'https' if secure else 'http'}://{address}:{port}{path}"
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False, ssl=printers_tls()
            ) as response:
                if response.status != 200:
                    return Fetched(status=response.status)
                if kind is not None and response.content_type != kind:
                    return Fetched(status=200, trouble=f"an answer of type {response.content_type[:60]}, not {kind}")
                return Fetched(status=200, body=await read_limited(response, budget))
        except TooLargeError as error:
            budget.stalled(port)
            return Fetched(trouble=str(error))
        except zlib.error:
            return Fetched(trouble="a compressed body that cannot be unpacked")
        except TimeoutError:
            budget.stalled(port)
            return Fetched(trouble="no complete answer in time")
        except aiohttp.ClientConnectorError as error:
            return Fetched(trouble=f"{FAILED} {type(error).__name__}", refused=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Fetched(trouble=f"{FAILED} {type(error).__name__}")

    async def ledm(
        self,
        address: str,
        port: int,
        secure_port: int | None = None,
        *,
        jobs: bool = False,
        budget: VisitBudget | None = None,
    ) -> tuple[dict[str, bytes], list[Finding]]:
        """The device's LEDM documents by path, or its older pages; none for a web server that is no HP printer.

        secure_port: where it is asked by HTTPS when it wants that; None: never. jobs: the job list too.
        budget: of the visit.
        """
        secure, budget = False, budget or VisitBudget()
        tree = await self.fetch(address, port, LEDM_FIRST, budget=budget)
        if wants_tls(tree) and secure_port is not None:
            secure, port = True, secure_port
            tree = await self.fetch(address, port, LEDM_FIRST, secure=True, budget=budget)
        odd = _told_of_tree(tree)
        if tree.status is None:
            return {}, odd
        known = tree.body is not None and LEDM_MARK in tree.body
        paths = ledm_paths(tree.body, jobs=jobs) if known else PAGES
        documents, findings = await self._documents(address, port, paths, budget, known=known, secure=secure)
        return documents, findings if documents else [*odd, *findings]

    async def _documents(
        self, address: str, port: int, paths: Iterable[str], budget: VisitBudget, *, known: bool, secure: bool
    ) -> tuple[dict[str, bytes], list[Finding]]:
        documents: dict[str, bytes] = {}
        findings: list[Finding] = []
        for path in paths:
            fetched = await self.fetch(address, port, path, secure=secure, budget=budget)
            if fetched.body is not None and LEDM_MARK in fetched.body:
                documents[path] = fetched.body
            elif fetched.trouble and (known or documents):
                findings.append(Finding(field="ledm", source=f"ledm:{path}"[:255], reason=fetched.trouble))
            if fetched.body is None and not (known or documents):
                break  # a stranger that lacks the first document has none of the others
        return documents, findings


def _told_of_tree(tree: Fetched) -> list[Finding]:
    """Why there is no LEDM, where a web server answered otherwise than that it has none."""
    reason = tree.trouble
    if tree.status in (401, 403):
        reason = f"password: HTTP status {tree.status}, the web server wants a password"
    elif tree.status is not None and 300 <= tree.status < 400:
        reason = f"redirect: HTTP status {tree.status}, which is not followed"
    elif tree.status is not None and tree.status not in (200, 404):
        reason = f"status: HTTP status {tree.status}"
    elif tree.body is not None and LEDM_MARK not in tree.body:
        reason = "page: a page without LEDM's namespace stands where a document should"
    elif tree.body is not None and not ledm_paths(tree.body):
        reason = "unreadable: the list of LEDM's documents is no safe, well-formed list"
    return [Finding(field="web", source=f"ledm:{LEDM_FIRST}", reason=reason[:255])] if reason else []


def wants_tls(fetched: Fetched) -> bool:
    """Whether HTTPS is worth a try: a redirect, an upgrade asked for, or nobody who speaks HTTP at that port."""
    return fetched.refused or fetched.status in TLS_ASKED_FOR


@functools.cache
def printers_tls() -> ssl.SSLContext:
    """TLS as printers speak it: certificates of their own making, and of old firmware short keys."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


async def read_limited(response: aiohttp.ClientResponse, budget: VisitBudget | None = None) -> bytes:
    """The body, unpacked, which the budget of a visit pays for.

    Raises TooLargeError beyond the limits, zlib.error for what cannot be unpacked.
    """
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "deflate", ""):
        raise TooLargeError(f"a body in the coding {coding[:20]}, which was not asked for")
    budget = budget or VisitBudget()
    unpack = zlib.decompressobj(wbits=47) if coding in ("gzip", "deflate") else None
    received, body = 0, bytearray()
    received_max = min(BODY_BYTES_MAX, budget.body_octets_max)
    unpacked_max = min(UNPACKED_BYTES_MAX, budget.body_octets_max)
    try:
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            received += len(chunk)
            if received > received_max:
                raise TooLargeError(f"a body of more than {received_max} bytes")
            body += unpack.decompress(chunk, unpacked_max + 1 - len(body)) if unpack else chunk
            if len(body) > unpacked_max:
                raise TooLargeError(f"a body that unpacks to more than {unpacked_max} bytes")
    finally:
        budget.received(max(received, len(body)))
    return bytes(body)
