"""Reads a portal's export over HTTPS: five streams of JSON lines, with a read-only API token.

1. Only HTTPS, and only to a portal whose certificate the given CA (or, without one, the system) vouches for.
2. A stream must say where it ends (chunks, or a length) and must end there, with a whole line: half an
   export is an error, since what is missing from it would look lost, or worse, would not be looked for.
3. Readings are read before what they carry, so that what a reading of the export could show is in it too.
4. Whatever goes wrong is one ExportError with the remedy. No redirect is followed: the token is for this portal.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from inkwire.verify.errors import ExportError
from inkwire.verify.facts import Export, ShownAlert, ShownDevice, ShownJob, ShownMeter, ShownReading
from inkwire.verify.rows import Row
from wire_format.errors import DecodeError

TIMEOUT_S: Final = 30.0
"""Real seconds that the portal may be silent."""

LINE_BYTES_MAX: Final = 1024 * 1024
ROWS_MAX: Final = 20_000_000
_BLOCK_BYTES: Final = 64 * 1024

_Fact = TypeVar("_Fact")
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAddress:
    """Where a portal's API is. path: what stands before /v1, mostly empty."""

    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> "PortalAddress":
        """The address in a URL. Raises ExportError for anything but https://host[:port][/path]."""
        try:
            parts = urlsplit(url)
            port = parts.port or 443
        except ValueError as error:
            raise ExportError(f"{url} is not an address ({error}); give the portal as https://HOST:PORT") from error
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ExportError(f"{url} is not a portal's address; give it as https://HOST:PORT, as the portal prints it")
        return cls(host=parts.hostname, port=port, path=parts.path.rstrip("/"))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}{self.path}"


def trust(ca: Path | None) -> ssl.SSLContext:
    """What a portal must prove: a certificate of that CA, or without one of a CA the system trusts.

    Raises ExportError when the file holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ValueError) as error:
        reason = "it holds no PEM certificate" if isinstance(error, ssl.SSLError) else error
        raise ExportError(
            f"the CA certificate {ca} cannot be read: {reason}; give the portal's own CA (`GET /v1/ca`) with --ca FILE"
        ) from error


def fetch_export(portal: PortalAddress, token: str, tls: ssl.SSLContext, progress: Progress | None = None) -> Export:
    """All that the portal shows to this token. progress: told a stream's name and the lines so far.

    Raises ExportError, with the remedy.
    """
    connection = http.client.HTTPSConnection(portal.host, portal.port, timeout=TIMEOUT_S, context=tls)
    with closing(connection):

        def read(name: str, fact: Callable[[Row], _Fact]) -> tuple[_Fact, ...]:
            return _read(connection, portal, name, token, fact, progress)

        readings = read("readings", _reading)
        return Export(
            readings=readings,
            meters=read("meters", _meter),
            jobs=read("jobs", _job),
            alerts=read("alerts", _alert),
            devices=read("devices", _device),
        )


def _read(
    connection: http.client.HTTPSConnection,
    portal: PortalAddress,
    name: str,
    token: str,
    fact: Callable[[Row], _Fact],
    progress: Progress | None,
) -> tuple[_Fact, ...]:
    path = f"{portal.path}/v1/export/{name}.jsonl"
    facts: list[_Fact] = []
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})
        answer = connection.getresponse()
        _accept(answer, portal, path)
        for line in _lines(answer, f"{portal}{path}"):
            facts.append(fact(Row(line)))
            if len(facts) > ROWS_MAX:
                raise ExportError(f"{portal}{path} has more than {ROWS_MAX:,} lines; verify one tenant at a time")
            if progress is not None and len(facts) % 1000 == 0:
                progress(name, len(facts))
    except DecodeError as error:
        raise ExportError(
            f"{portal}{path}, line {len(facts) + 1}: {error}; portal and verify must be of the same version"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise ExportError(_why(error, portal, path)) from error
    if progress is not None:
        progress(name, len(facts))
    return tuple(facts)


def _accept(answer: http.client.HTTPResponse, portal: PortalAddress, path: str) -> None:
    if answer.status == 200:
        return
    if answer.status in (401, 403):
        raise ExportError(
            f"{portal} refuses the token ({answer.status}); "
            "make a new one with `inkwire portal create-token` and give it with --token-file or INKWIRE_PORTAL_TOKEN"
        )
    if 300 <= answer.status < 400:
        where = answer.headers.get("Location", "another address")
        raise ExportError(f"{portal} sends on to {where}; if that is your portal, give it with --portal")
    if answer.status == 404:
        raise ExportError(f"{portal}{path} does not exist; is --portal the address of an Inkwire portal?")
    raise ExportError(
        f"{portal} answered {answer.status} {answer.reason} for {path}; look into the portal's log and try again"
    )


def _lines(answer: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    """The whole lines of a stream. Raises ExportError when it does not end where it says."""
    length = answer.headers.get("Content-Length")
    if not answer.chunked and length is None:
        raise ExportError(f"{url} does not say how long it is, so it may be cut short; ask the portal without a proxy")
    seen = 0
    rest = b""
    while block := answer.read(_BLOCK_BYTES):
        seen += len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        if len(rest) > LINE_BYTES_MAX:
            raise ExportError(f"{url} has a line of more than {LINE_BYTES_MAX:,} bytes; this is no export of a portal")
    if rest or (not answer.chunked and seen != int(length or 0)):
        raise ExportError(_cut_short(url))


def _cut_short(url: str) -> str:
    return f"{url} was cut short, so nothing is compared; see that the portal is still running and try again"


def _why(error: OSError | http.client.HTTPException, portal: PortalAddress, path: str) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"the certificate of {portal} is not trusted: {error.verify_message}; "
                "give this portal's CA with --ca FILE or INKWIRE_PORTAL_CA, and the address its certificate names"
            )
        case ssl.SSLError():
            return f"{portal} does not speak TLS as it should ({error.reason}); is this the portal's HTTPS address?"
        case socket.gaierror():
            return f"the name {portal.host} is not known ({error.strerror}); give the portal's address with --portal"
        case ConnectionRefusedError():
            return f"nothing listens at {portal}; start the portal with `inkwire portal serve`, or correct --portal"
        case TimeoutError():
            return f"{portal} did not answer within {TIMEOUT_S:.0f} s; see that it is running and can be reached"
        case http.client.IncompleteRead() | ConnectionResetError():
            return _cut_short(f"{portal}{path}")
        case _:
            return (
                f"{portal}{path} cannot be read: {str(error) or type(error).__name__}; see that the portal is running"
            )


def _device(row: Row) -> ShownDevice:
    return ShownDevice(
        device_id=row.label("device_id"), serial=row.text_or_none("serial"), senders=row.texts("senders")
    )


def _reading(row: Row) -> ShownReading:
    return ShownReading(
        device_id=row.label("device_id"),
        serial=row.text_or_none("serial"),
        observed_at=row.instant("observed_at"),
        received_at=row.instant("received_at"),
    )


def _meter(row: Row) -> ShownMeter:
    return ShownMeter(
        device_id=row.label("device_id"),
        serial=row.text_or_none("serial"),
        name=row.text("name"),
        unit=row.unit("unit"),
        value=row.count("value"),
        source=row.text("source"),
        observed_at=row.instant("observed_at"),
        received_at=row.instant("received_at"),
    )


def _job(row: Row) -> ShownJob:
    return ShownJob(
        device_id=row.label("device_id"),
        serial=row.text_or_none("serial"),
        job=row.job(),
        received_at=row.instant("received_at"),
    )


def _alert(row: Row) -> ShownAlert:
    return ShownAlert(
        device_id=row.label("device_id"),
        serial=row.text_or_none("serial"),
        alert_id=row.text("alert_id"),
        code=row.count("code"),
        severity=row.text("severity"),
        onset_at=row.instant_or_none("onset_at"),
        cleared_at=row.instant_or_none("cleared_at"),
        received_at=row.instant("received_at"),
        count=row.count("count", default=1),
    )
