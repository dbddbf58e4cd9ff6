"""A portal that only serves exports: real HTTPS on loopback, honest or cut short, for the tests of `inkwire verify`."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Framing = Literal["chunks", "length", "none"]
TOKEN = "read-only-token"


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """What the portal serves, and how it fails. cut: stream name to how many bytes of it are sent before it hangs up.

    status: what every request is answered, instead of the export.
    """

    streams: Mapping[str, bytes]
    framing: Framing = "chunks"
    cut: dict[str, int] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPortal:
    """Where it listens, and how it behaves; the behaviour may be changed between requests."""

    url: str
    behaviour: Behaviour


@contextmanager
def export_portal(folder: Path, behaviour: Behaviour) -> Iterator[RunningPortal]:
    """A portal on a free port of 127.0.0.1; its CA is folder/ca.pem."""
    certificate, key = _certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = _Server(("127.0.0.1", 0), _handler(behaviour))
    # The handshake belongs to the thread of the connection: a client that hangs up must not stop the rest.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield RunningPortal(url=f"https://127.0.0.1:{server.server_port}", behaviour=behaviour)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses this server, or leaves, is a case under test and not an error here."""


def _handler(behaviour: Behaviour) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        wbufsize = 64 * 1024  # one write an answer: no waiting for delayed ACKs

        def do_GET(self) -> None:
            behaviour.asked.append(self.path)
            name = self.path.removeprefix("/v1/export/").removesuffix(".jsonl")
            if behaviour.status != 200:
                self._refuse(behaviour.status, behaviour.headers)
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                self._refuse(401, {})
            elif name not in behaviour.streams:
                self._refuse(404, {})
            else:
                self._serve(behaviour.streams[name], behaviour.cut.get(name))

        def _refuse(self, status: int, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for header, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(header, value)
            self.end_headers()

        def _serve(self, body: bytes, cut: int | None) -> None:
            self.send_response(200)
            sent = body if cut is None else body[:cut]
            if behaviour.framing == "chunks":
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for start in range(0, len(sent), 1000):
                    block = sent[start : start + 1000]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
                if cut is None:
                    self.wfile.write(b"0\r\n\r\n")
            else:
                if behaviour.framing == "length":
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(sent)
            self.close_connection = cut is not None or behaviour.framing == "none"

        def log_message(self, format: str, *args: object) -> None:
            """Silent: the tests read stderr."""

    return Handler


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A CA in folder/ca.pem, and a certificate for 127.0.0.1 that it signed."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test portal CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    ca = (
        _unsigned(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        _unsigned(name, ca_name, key.public_key()).add_extension(loopback, critical=False).sign(ca_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    certificate, key_file = folder / "portal.pem", folder / "portal.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, key_file


def _unsigned(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
