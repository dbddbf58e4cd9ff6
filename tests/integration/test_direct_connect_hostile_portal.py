"""A portal with the right certificate that does its worst: nothing is deleted, nothing followed, memory stays flat.

That a turn ends at all is the bound in time: every script here goes on for ever if it is let.
"""

import gzip
import socket
import struct
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.core.verdict import Verdict
from direct_connect.spool import append_reports
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.uplink import Courier, Identity, IdentityFolder, Timeouts, Uplink, Ways
from tests.support.direct_connect import ManualClock, PortalDouble
from tests.support.direct_connect_wild import Script, answers, read_request, wild
from tests.support.wire import full_batch
from wire_format.answers import Ack, PushAnswer, encode_answer
from wire_format.keys import SigningKey
from wire_format.records import Reason

SHORT = Timeouts(connect_s=1.0, answer_s=1.0)
ENDLESS_BYTES_MAX = 12 * 1024 * 1024
"""What buffers of both sockets may swallow before the sender has let go."""


@pytest.fixture(scope="module")
def portal() -> PortalDouble:
    return PortalDouble.make()


@pytest.fixture(scope="module")
def certificate(portal: PortalDouble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return portal.authority.server_files(tmp_path_factory.mktemp("portal"))


class Sender:
    """A sender with one batch in its spool, and the courier that is to deliver it."""

    def __init__(self, directory: Path, portal: PortalDouble, port: int, timeouts: Timeouts = SHORT) -> None:
        self.clock = ManualClock()
        self.folder = IdentityFolder(directory)
        self.folder.save(
            Identity(
                key=SigningKey.generate(),
                portal_url=f"https://127.0.0.1:{port}",
                name_secret=b"s" * 32,
                ca_pem=portal.authority.pem,
                key_set=portal.key_set(),
                enrolled_at=self.clock.utc_now(),
            )
        )
        self.outbox = MemorySpoolFile().of(self.folder.current().sender)
        append_reports(self.outbox, full_batch().reports, reason=Reason.INTERVAL, created_at=self.clock.utc_now())
        self.uplink = Uplink(Ways(timeouts=timeouts))
        self.courier = Courier(self.outbox, self.folder, clock=self.clock, uplink=self.uplink)
        batch = self.outbox.oldest(Lane.NORMAL)
        assert batch is not None
        self.batch: FormedBatch = batch

    def good_answer(self) -> bytes:
        ack = Ack(stream=self.batch.stream, sequence=self.batch.sequence, sha256=self.batch.sha256)
        return encode_answer(PushAnswer(ack=ack))


@pytest.fixture
def kept(tmp_path: Path, portal: PortalDouble, certificate: Path) -> Iterator[Callable[..., Sender]]:
    """Lets a script do its worst to one post, and sees that all is kept."""

    def try_it(
        script: Script | None = None, *, of: Callable[[Sender], Script] | None = None, tls: bool = True
    ) -> Sender:
        sender: list[Sender] = []

        def play(sock: socket.socket) -> None:
            chosen = script if of is None else of(sender[0])
            assert chosen is not None
            chosen(sock)

        with wild(play, certificate if tls else None) as server:
            sender.append(Sender(tmp_path, portal, server.port))
            step = sender[0].courier.step(Lane.NORMAL)
            sender[0].courier.close()
        assert step.judgement is not None
        assert step.judgement.verdict is Verdict.RETRY, step.judgement
        tally = sender[0].outbox.tally()
        assert (tally.unsent, tally.set_aside, tally.delivered) == (1, 0, 0)
        assert sender[0].courier.wake_at(Lane.NORMAL) > sender[0].clock.monotonic_s()
        return sender[0]

    yield try_it


def answer(body: bytes, head: str = "200 OK", length: int | None = None) -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def reset(sock: socket.socket) -> None:
    """End the connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


DOCUMENTS: dict[str, Callable[[Sender], bytes]] = {
    "a wrong hash": lambda sender: answer(sender.good_answer().replace(sender.batch.sha256.encode(), b"ab" * 32)),
    "HTML": lambda sender: answer(b"<html>All is well</html>"),
    "truncated JSON": lambda sender: answer(sender.good_answer()[:-2]),
    "a length that is too long": lambda sender: answer(sender.good_answer()[:-2], length=9999),
    "a length that is too short": lambda sender: answer(sender.good_answer(), length=20),
    "two lengths": lambda sender: answer(sender.good_answer(), head="200 OK\r\nContent-Length: 7"),
    "gzip": lambda sender: answer(gzip.compress(sender.good_answer()), head="200 OK\r\nContent-Encoding: gzip"),
    "a gzip bomb": lambda sender: answer(gzip.compress(bytes(50_000_000)), head="200 OK\r\nContent-Encoding: gzip"),
    "chunks that are none": lambda sender: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + sender.good_answer()
    ),
    "a chunk larger than it says": lambda sender: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" + sender.good_answer() + b"\r\n0\r\n\r\n"
    ),
    "an interim answer only": lambda sender: b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "another protocol": lambda sender: b"220 mail.example ESMTP\r\n",
    "a deep document": lambda sender: answer(b"[" * 50_000),
    "nothing": lambda sender: b"",
    "busy till the end of days": lambda sender: answer(b"", head="503 Busy\r\nRetry-After: 99999999999999"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_that_is_no_ack_deletes_nothing(kept: Callable[..., Sender], name: str) -> None:
    kept(of=lambda sender: answers(DOCUMENTS[name](sender)))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(kept: Callable[..., Sender], status: int) -> None:
    with wild(answers(answer(b"hello"))) as elsewhere:
        to = f"http://127.0.0.1:{elsewhere.port}/v1/senders/x/batches"
        kept(answers(answer(b"", head=f"{status} Moved\r\nLocation: {to}")))

    assert elsewhere.number == 0


class Endless:
    """Sends a beginning and then the same piece for ever. sent: bytes of it, as far as the socket took them."""

    def __init__(self, beginning: bytes, piece: bytes, pause_s: float = 0.0) -> None:
        self.beginning, self.piece, self.pause_s, self.sent = beginning, piece, pause_s, 0
        self.stopped = threading.Event()

    def script(self, sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(self.beginning)
        while not self.stopped.is_set():
            sock.sendall(self.piece)
            self.sent += len(self.piece)
            if self.pause_s:
                time.sleep(self.pause_s)


BIG = bytes(64 * 1024)
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "10 GB body": (f"HTTP/1.1 200 OK\r\nContent-Length: {10**10}\r\n\r\n".encode(), BIG),
    "a body without an end": (b"HTTP/1.1 200 OK\r\n\r\n", BIG),
    "chunks without an end": (CHUNKED_HEAD, b"10000\r\n" + BIG + b"\r\n"),
    "empty-handed chunks without an end": (CHUNKED_HEAD, b"1;" + b"x" * 900 + b"\r\na\r\n"),
    "trailers without an end": (CHUNKED_HEAD + b"0\r\n", b"T: x\r\n" * 1000),
    "headers without an end": (b"HTTP/1.1 200 OK\r\n", b"X-More: of this\r\n" * 1000),
    "one header without an end": (b"HTTP/1.1 200 OK\r\nX: ", BIG),
    "a status line without an end": (b"HTTP/1.1 200 ", BIG),
    "interim answers without an end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_cut_off_and_memory_stays_flat(kept: Callable[..., Sender], name: str) -> None:
    endless = Endless(*ENDLESS[name])
    tracemalloc.start()
    try:
        kept(endless.script)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        endless.stopped.set()
        tracemalloc.stop()

    assert endless.sent < ENDLESS_BYTES_MAX
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (f"HTTP/1.1 200 OK\r\nContent-Length: {10**6}\r\n\r\n".encode(), b"a"),
        (CHUNKED_HEAD, b"0"),
    ],
    ids=["status line", "header", "body", "chunk"],
)
def test_what_drips_is_given_up_in_time(kept: Callable[..., Sender], beginning: bytes, piece: bytes) -> None:
    endless = Endless(beginning, piece, pause_s=0.1)
    sender = kept(endless.script)
    endless.stopped.set()

    assert sender.courier.problem is not None


def reset_after(document: bytes) -> Script:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(document)
        reset(sock)

    return script


def part_of_a_handshake(sock: socket.socket) -> None:
    sock.recv(65536)
    sock.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(20))


def reset_in_the_handshake(sock: socket.socket) -> None:
    part_of_a_handshake(sock)
    reset(sock)


def alert_in_the_handshake(sock: socket.socket) -> None:
    sock.recv(65536)
    sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # fatal, handshake_failure (RFC 8446, 6)


def hold_the_handshake(sock: socket.socket) -> None:
    part_of_a_handshake(sock)
    sock.recv(65536)


@pytest.mark.parametrize(
    ("script", "tls"),
    [
        (reset, False),
        (part_of_a_handshake, False),
        (reset_in_the_handshake, False),
        (alert_in_the_handshake, False),
        (hold_the_handshake, False),
        (answers(b"HTTP/1.1 400 This is TLS\r\n\r\n"), False),
        (reset, True),
        (reset_after(b""), True),
        (reset_after(b"HTTP/1.1 200 OK\r\nContent-Le"), True),
        (reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), True),
        (lambda sock: sock.recv(10), True),
        (lambda sock: time.sleep(1.5), True),
    ],
    ids=[
        "reset at once",
        "end in the handshake",
        "reset in the handshake",
        "alert in the handshake",
        "stall in the handshake",
        "no TLS",
        "reset before the request",
        "reset after the request",
        "reset in the head",
        "reset in the body",
        "end in the request",
        "silence",
    ],
)
def test_a_connection_that_breaks_at_any_stage_deletes_nothing(
    kept: Callable[..., Sender], script: Script, tls: bool
) -> None:
    sender = kept(script, tls=tls)

    assert sender.courier.problem is not None


def test_a_portal_that_never_reads_ends_the_turn_too(tmp_path: Path, portal: PortalDouble, certificate: Path) -> None:
    stopped = threading.Event()

    def never_read(sock: socket.socket) -> None:
        stopped.wait(30)

    with wild(never_read, certificate) as server:
        sender = Sender(tmp_path, portal, server.port, replace(SHORT, answer_s=0.5))
        client = sender.uplink.client(sender.folder.current().portal_urls, portal.authority.pem)
        with pytest.raises(Exception, match="in time"):
            client.post("/", bytes(32_000_000), "application/jose")
        client.close()
        stopped.set()


def test_renegotiation_is_not_entered(tmp_path: Path, portal: PortalDouble, certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate), "-tls1_2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            while "ACCEPT" not in server.stdout.readline():
                assert server.poll() is None
            threading.Thread(target=renegotiate_when_asked, args=(server,), daemon=True).start()
            sender = Sender(tmp_path, portal, port)
            step = sender.courier.step(Lane.NORMAL)
            sender.courier.close()
        finally:
            server.terminate()
            server.communicate(timeout=20)

    assert step.judgement is not None
    assert step.judgement.verdict is Verdict.RETRY
    assert sender.outbox.tally().unsent == 1


def renegotiate_when_asked(server: "subprocess.Popen[str]") -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    for line in iter(server.stdout.readline, ""):
        if line.startswith("POST "):
            server.stdin.write("R\n")
            server.stdin.flush()
            return


def test_after_all_that_an_honest_answer_is_believed(tmp_path: Path, portal: PortalDouble, certificate: Path) -> None:
    sender: list[Sender] = []

    def play(sock: socket.socket) -> None:
        answers(answer(sender[0].good_answer()))(sock)

    with wild(play, certificate) as server:
        sender.append(Sender(tmp_path, portal, server.port))
        step = sender[0].courier.step(Lane.NORMAL)
        sender[0].courier.close()

    assert step.judgement is not None
    assert step.judgement.verdict is Verdict.DELIVERED
    assert sender[0].outbox.tally().unsent == 0
