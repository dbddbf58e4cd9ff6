"""A small real HTTPS portal for the tests of the direct connection, and other test doubles.

It speaks TLS with a CA of its own, opens envelopes with wire_format, keeps what it was sent, and can be told to
misbehave: each fault is one callable that may answer a request in the portal's stead.
"""

import datetime as dt
import hashlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from direct_connect.core.reporting import Snapshot
from tests.support.direct_connect_ca import Authority
from wire_format.answers import Ack, PushAnswer, Refusal, encode_answer, encode_refusal
from wire_format.codec import decode_batch
from wire_format.enrolment import (
    ClaimCode,
    EnrolReply,
    encode_enrol_reply,
    open_enrol_request,
    open_rekey,
    sign_key_set,
    sign_time,
)
from wire_format.envelope import open_envelope, recipient_kid
from wire_format.errors import WireError
from wire_format.keys import DecryptionKey, VerifyKey
from wire_format.printer_mib import PrinterState
from wire_format.records import (
    Alert,
    Batch,
    Config,
    Device,
    Job,
    Meter,
    Outcome,
    Service,
    Status,
    Unit,
)
from wire_format.settings import Desired

Answer = tuple[int, dict[str, str], bytes]
Fault = Callable[[str, bytes], Answer | None]
"""Given path and body: an answer in the portal's stead; None: close the connection without a word."""


class ManualClock:
    """A clock that a test turns by hand. Waiting returns when it is turned, or when notified."""

    def __init__(self, at: dt.datetime = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)) -> None:
        self.now_s, self.at, self.waits = 1000.0, at, 0
        self._waiting: list[threading.Condition] = []
        self._lock = threading.Lock()

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_now(self) -> dt.datetime:
        return self.at

    def wait(self, condition: threading.Condition, until_s: float | None) -> None:
        with self._lock:
            if until_s is not None and until_s <= self.now_s:
                return
            self._waiting.append(condition)
            self.waits += 1
        condition.wait(5.0)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        with self._lock:
            self.now_s += seconds
            self.at += dt.timedelta(seconds=seconds)
            waiting, self._waiting = self._waiting, []
        for condition in waiting:
            with condition:
                condition.notify_all()


def a_job(number: int, *, impressions: int = 3, name: str | None = None) -> Job:
    """A finished print job."""
    return Job(
        job_id=f"job-{number}",
        name=name,
        service=Service.PRINT,
        outcome=Outcome.COMPLETED,
        completed_at=dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
        impressions=impressions,
    )


def an_alert(alert_id: str, *, code: int = 8, severity: str = "critical", onset_at: dt.datetime | None = None) -> Alert:
    """A jam, unless told otherwise."""
    return Alert(
        alert_id=alert_id,
        code=code,
        severity=severity,
        group="mediaPath",
        onset_at=onset_at or dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
    )


def a_snapshot(impressions: int = 1000) -> Snapshot:
    """A small printer."""
    return Snapshot(
        device=Device(manufacturer="Inkwire", model="Test 1", serial="TEST-0001"),
        config=Config(firmware="1.0"),
        status=Status(state=PrinterState.IDLE),
        meters=(Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=impressions, source="firmware"),),
    )


def bytes_from(seed: str) -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""
    counter = iter(range(10**9))
    lock = threading.Lock()

    def draw(count: int) -> bytes:
        with lock:
            drawn = b""
            while len(drawn) < count:
                drawn += hashlib.sha256(f"{seed}/{next(counter)}".encode()).digest()
            return drawn[:count]

    return draw


@dataclass(slots=True)
class PortalDouble:
    """What the portal knows and was told. Start it with `running`."""

    authority: Authority
    decryption_keys: list[DecryptionKey]
    senders: dict[str, VerifyKey] = field(default_factory=dict)
    claims: dict[tuple[str, str], str | None] = field(default_factory=dict)
    batches: dict[tuple[str, str, int], str] = field(default_factory=dict)
    arrived: list[Batch] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    offers: list[tuple[str, int]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    revoked: set[str] = field(default_factory=set)
    next_keys: dict[str, str] = field(default_factory=dict)
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    desired: Desired | None = None
    next_push_s: int | None = None
    drip_s: float = 0.0
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def make(cls) -> "PortalDouble":
        """A portal with a CA and one key."""
        return cls(Authority.make(), [DecryptionKey.generate()])

    def claim_code(self, number: int = 1) -> str:
        """A code that has not been used."""
        code = ClaimCode(
            claim_id=number.to_bytes(3, "big"),
            secret=hashlib.sha256(b"%d" % number).digest()[:8],
            ca_hash=self.authority.hash,
        )
        self.claims[code.claim_id.hex(), code.secret.hex()] = None
        return code.text

    def key_set(self) -> str:
        """The keys it takes now, signed."""
        keys = [key.public for key in self.decryption_keys]
        return sign_key_set(keys, dt.datetime.now(dt.UTC), self.authority.signing_key)

    @property
    def jobs(self) -> list[str]:
        """The job ids in every batch that was taken, in order of arrival."""
        return [job.job_id for batch in self.arrived for report in batch.reports for job in report.jobs]

    def answer(self, method: str, path: str, body: bytes) -> Answer | None:
        """What the portal says; None: it hangs up."""
        with self.lock:
            self.requests.append(f"{method} {path}")
            if method == "POST" and self.faults:
                fault = self.faults.popleft()
            else:
                return self.serve(method, path, body)
        return fault(path, body)

    def serve(self, method: str, path: str, body: bytes) -> Answer:
        """What an honest portal says."""
        match method, path.split("/")[1:]:
            case "GET", ["v1", "ca"]:
                return 200, {"Content-Type": "application/x-pem-file"}, self.authority.pem
            case "POST", ["v1", "enrol"]:
                return self._enrol(body)
            case "POST", ["v1", "senders", kid, "batches"]:
                return self._take(kid, body)
            case "POST", ["v1", "senders", kid, "rekey"]:
                return self._rekey(kid, body)
            case "GET", ["v1", question] if question.startswith("time?nonce="):
                nonce = question.partition("=")[2]
                return 200, {}, sign_time(nonce, self.now(), self.authority.signing_key).encode("ascii")
        return _refused(404, "not_found")

    def _enrol(self, body: bytes) -> Answer:
        try:
            request, key = open_enrol_request(body)
        except WireError:
            return _refused(400, "unreadable")
        self.documents.append(repr(request).encode())
        claim = (request.claim_id, request.secret)
        if self.claims.get(claim, key.kid) not in (None, key.kid) or claim not in self.claims:
            return _refused(403, "claim_refused")
        self.claims[claim] = key.kid
        self.senders[key.kid] = key
        time = sign_time(request.nonce, self.now(), self.authority.signing_key)
        reply = EnrolReply(sender=key.kid, keys=self.key_set(), time=time, desired=self.desired)
        return 200, {}, encode_enrol_reply(reply)

    def _rekey(self, kid: str, body: bytes) -> Answer:
        if kid not in self.senders or kid in self.revoked:
            return _refused(403, "revoked" if kid in self.revoked else "unknown")
        try:
            key = open_rekey(body, self.senders[kid])
        except WireError:
            return _refused(400, "unreadable")
        if key.kid in self.senders and self.next_keys.get(kid) != key.kid:
            return _refused(403, "key_taken")
        if (withdrawn := self.next_keys.get(kid)) not in (None, key.kid):
            self.revoked.add(withdrawn or "")
        self.senders[key.kid], self.next_keys[kid] = key, key.kid
        return 200, {}, b'{"sender":"%s"}' % key.kid.encode("ascii")

    def _take(self, kid: str, body: bytes) -> Answer:
        if kid not in self.senders:
            return _refused(403, "unknown")
        if kid in self.revoked:
            return _refused(403, "revoked")
        try:
            wanted = recipient_kid(body)
            key = next((key for key in self.decryption_keys if key.kid == wanted), None)
            if key is None:
                refusal = Refusal(error="stale_portal_key", keys=self.key_set())
                return 409, {}, encode_refusal(refusal)
            document = open_envelope(body, key, self.senders[kid]).batch
            self.documents.append(document)
            batch = decode_batch(document)
        except WireError:
            return _refused(400, "unreadable")
        if batch.sender != kid:
            return _refused(422, "invalid")
        for old, new in list(self.next_keys.items()):
            if new == kid:
                self.revoked.add(old)
                del self.next_keys[old]
        digest = hashlib.sha256(document).hexdigest()
        self.offers.append((batch.stream, batch.sequence))
        known = self.batches.setdefault((kid, batch.stream, batch.sequence), digest)
        if known != digest:
            return _refused(409, "sequence_conflict")
        with self.changed:
            if batch.batch_id not in {earlier.batch_id for earlier in self.arrived}:
                self.arrived.append(batch)
            self.changed.notify_all()
        ack = Ack(stream=batch.stream, sequence=batch.sequence, sha256=digest)
        return 200, {}, encode_answer(PushAnswer(ack=ack, next_push_s=self.next_push_s, desired=self.desired))

    def wait_for(self, condition: Callable[["PortalDouble"], bool], seconds: float = 20.0) -> None:
        """Until the portal was told enough. Fails the test when it is not."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), seconds), f"the portal only has {self.arrived}"

    @contextmanager
    def running(self, certificate: Path, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
        """Serve on loopback; gives the address."""
        handler = type("Handler", (_Handler,), {"portal": self})
        server = (_ServerV6 if ":" in host else _Server)((host, port), handler, certificate)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"https://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _refused(status: int, error: str, **headers: str) -> Answer:
    return status, headers, encode_refusal(Refusal(error=error))


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type["_Handler"], certificate: Path) -> None:
        self._portal = handler.portal
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._open: set[ssl.SSLSocket] = set()
        super().__init__(address, handler)

    def finish_request(self, request: object, client_address: object) -> None:
        # The handshake belongs to the connection's own thread: a client that breaks it off must not stop the others.
        assert isinstance(request, socket.socket)
        try:
            tls = self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        except OSError:
            return
        self._open.add(tls)
        try:
            tls.do_handshake()
            self._portal.connections += 1
            super().finish_request(tls, client_address)
        except OSError:
            pass
        finally:
            self._open.discard(tls)
            tls.close()

    def server_close(self) -> None:
        for tls in list(self._open):
            with suppress(OSError):
                tls.shutdown(2)
        super().server_close()


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    portal: PortalDouble

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, body: bytes) -> None:
        answer = self.portal.answer(self.command, self.path, body)
        if answer is None:
            self.close_connection = True
            return
        status, headers, document = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        if not self.portal.drip_s:
            self.wfile.write(document)
            return
        for place in range(len(document)):
            self.wfile.write(document[place : place + 1])
            time.sleep(self.portal.drip_s)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
