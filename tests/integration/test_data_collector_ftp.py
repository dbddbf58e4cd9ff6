"""A collector that sends by FTP: nothing leaves the spool without the portal's receipt, whatever the server is."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_collector.clock import Clock
from data_collector.delivery import SPOOL_FILE, Delivery
from data_collector.ftp_session import FtpServer, FtpSession
from data_collector.ftp_way import FtpPoster, FtpWay
from direct_connect.spool import Lane, SqliteSpoolFile
from direct_connect.uplink import HttpAnswer, IdentityFolder, PortalUnreachableError
from portal.drop.config import DropConfig
from portal.tls import open_authority
from tests.support.ftp import PASSWORD, USER, ftp_server
from tests.support.portal import NOW, LivePortal, job, live_portal, report
from wire_format.enrolment import sign_key_set
from wire_format.keys import DecryptionKey
from wire_format.receipts import INCOMING
from wire_format.records import Reason


def at(port: int, password: str = PASSWORD) -> FtpServer:
    """A server on loopback."""
    return FtpServer("127.0.0.1", port, user=USER, password=password)


def jobs_in(portal: LivePortal) -> list[str]:
    """The ids in the ledger."""
    return [row["job_id"] for row in portal.rows("SELECT job_id FROM job ORDER BY job_id")]


async def enrolled(folder: Path, portal: LivePortal, *job_ids: str) -> Path:
    """The folder of a collector that the portal knows, with a batch for each job."""
    directory = folder / "collector"
    with closing(Delivery(directory, portal.url, Clock(), portal.claims.pop())) as delivery:
        await delivery.enrol()
        for one in job_ids:
            delivery.store([report(jobs=(job(one),))], Reason.INTERVAL, NOW)
    return directory


async def test_batches_go_by_ftp_and_are_deleted_on_the_portals_receipts(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        directory = await enrolled(tmp_path, portal, "1", "2")
        with ftp_server(drop) as port, closing(Delivery(directory, portal.url, Clock(), None, send=at(port))) as one:
            one.hurry()  # else the backlog of a run before this one is spread over minutes
            drained = await one.drain()

            assert (drained.delivered, one.tally(), one.problem) == (2, (0, 0, 2), None)
            assert one.recall("uploads") is None
        assert jobs_in(portal) == ["1", "2"]
        assert list((drop / INCOMING).iterdir()) == []


class ManualClock(Clock):
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW

    def utc_now(self) -> datetime:
        return self.now


async def test_a_receipt_that_comes_after_hours_is_found_by_a_later_run(tmp_path: Path) -> None:
    """A portal that fetches from the site's own FTP server once an hour, and a collector that cron starts."""
    drop = tmp_path / "drop"
    clock = ManualClock()
    async with live_portal(tmp_path) as portal:
        directory = await enrolled(tmp_path, portal, "1")
    with ftp_server(drop) as port:
        names = []
        for hours in (0, 1, 5, 7):  # the portal does not look: uploaded once, asked for, and after six hours again
            clock.now = NOW + timedelta(hours=hours)
            with (
                SqliteSpoolFile.open(directory / SPOOL_FILE) as file,
                pytest.raises(PortalUnreachableError, match="receipt is not there yet"),
            ):
                post(directory, file, at(port), clock)
            names.append(len(list((drop / INCOMING).iterdir())))
        assert names == [1, 1, 1, 2]

        async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
            await receipts(drop, 2)
            with SqliteSpoolFile.open(directory / SPOOL_FILE) as file:
                assert (await asyncio.to_thread(post, directory, file, at(port), clock)).status == 200
            assert jobs_in(portal) == ["1"]
            assert list((drop / INCOMING).iterdir()) == []


async def receipts(drop: Path, count: int) -> None:
    """Wait for so many receipts."""
    async with asyncio.timeout(20):
        while len(list((drop / "receipts").glob("*.jws"))) < count:
            await asyncio.sleep(0.05)


def post(directory: Path, file: SqliteSpoolFile, server: FtpServer, clock: Clock) -> HttpAnswer:
    """One try to deliver the oldest batch."""
    identity = IdentityFolder(directory).current()
    spool = file.of(identity.sender)
    way = FtpWay(server, spool, clock, receipt_s=0.2)
    batch = spool.oldest(Lane.NORMAL)
    assert batch is not None
    poster: FtpPoster = way.connect(identity)
    return poster.post("/", way.seal(batch, identity), "application/jose")


async def test_a_batch_sealed_to_an_old_key_is_sealed_anew_with_the_keys_of_the_receipt(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    async with live_portal(tmp_path, drop=DropConfig(directory=drop)) as portal:
        directory = await enrolled(tmp_path, portal, "1")
        folder = IdentityFolder(directory)
        signer = open_authority(portal.config.state_dir, datetime.now(UTC)).signer
        old = sign_key_set([DecryptionKey.generate().public], NOW, signer)
        folder.save(replace(folder.current(), key_set=old))
        with ftp_server(drop) as port, closing(Delivery(directory, portal.url, Clock(), None, send=at(port))) as one:
            one.hurry()  # else the backlog of a run before this one is spread over minutes
            drained = await one.drain()

            assert (drained.delivered, one.tally()) == (1, (0, 0, 1))
        assert jobs_in(portal) == ["1"]
        assert list((drop / "rejected").iterdir()) == []


Act = Callable[[socket.socket], None]


@contextmanager
def hostile(act: Act) -> Iterator[int]:
    """A server that does one thing with whoever connects; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                try:
                    act(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def without_end(line: bytes) -> Act:
    """Says a line for ever."""

    def act(connection: socket.socket) -> None:
        while True:
            connection.sendall(line * 100)

    return act


def dripping(connection: socket.socket) -> None:
    """One byte now and then, never a whole line."""
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def scripted(answers: dict[bytes, bytes]) -> Act:
    """Answers each command as told; "200 OK" otherwise."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(answers.get(line.split()[0].upper(), b"200 OK\r\n"))

    return act


PASV_ELSEWHERE = {b"EPSV": b"500 what?\r\n", b"PASV": b"227 go to (192,0,2,1,0,80)\r\n"}
HOSTILE: dict[str, Act] = {
    "a greeting without end": without_end(b"220-x\r\n"),
    "a line without end": without_end(b"x" * 1000),
    "one byte at a time": dripping,
    "nothing at all": lambda connection: time.sleep(3),
    "another protocol": lambda connection: connection.sendall(b"\x00\xff\xfe\r\n" * 5),
    "it hangs up": lambda connection: None,
    "no login": scripted({b"USER": b"331 well?\r\n", b"PASS": b"530 no\r\n"}),
    "passive ports that mean nothing": scripted({b"EPSV": b"229 (|||99999999|)\r\n", b"PASV": b"227 nothing\r\n"}),
    "passive data at another host": scripted(PASV_ELSEWHERE),
    "no room": scripted({b"STOR": b"452 later\r\n"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_is_left_in_time_with_a_sentence(name: str) -> None:
    with hostile(HOSTILE[name]) as port:
        session = FtpSession(at(port), connect_s=1.0, session_s=2.0)
        with pytest.raises(PortalUnreachableError, match=r"127\.0\.0\.1"), session:
            session.upload(INCOMING, "x.jwe", b"content")


def test_data_goes_to_the_host_of_the_control_connection_whatever_the_server_names() -> None:
    """RFC 959 lets a server name another machine: a collector inside a network must not be sent around in it."""
    data = socket.create_server(("127.0.0.1", 0))
    data.settimeout(10)
    port = data.getsockname()[1]
    elsewhere = f"227 go to (192,0,2,1,{port >> 8},{port & 255})\r\n".encode()

    def act(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                match line.split()[0].upper():
                    case b"EPSV":
                        connection.sendall(b"500 what?\r\n")
                    case b"PASV":
                        connection.sendall(elsewhere)
                    case b"STOR":
                        connection.sendall(b"150 go on\r\n")
                        came, _ = data.accept()
                        with came:
                            received.append(came.recv(100))
                        connection.sendall(b"226 thanks\r\n")
                    case _:
                        connection.sendall(b"200 OK\r\n")

    received: list[bytes] = []
    with data, hostile(act) as control, FtpSession(at(control), connect_s=5.0) as session:
        session.upload(INCOMING, "x.jwe", b"content")

    assert received == [b"content"]


async def test_what_an_ftp_server_says_or_serves_deletes_nothing(tmp_path: Path) -> None:
    """It says 226 to everything, and serves forged, replayed and huge receipts."""
    drop = tmp_path / "drop"
    async with live_portal(tmp_path) as portal:
        directory = await enrolled(tmp_path, portal, "1")
    clock = ManualClock()
    with ftp_server(drop) as port, SqliteSpoolFile.open(directory / SPOOL_FILE) as file:
        with pytest.raises(PortalUnreachableError):
            post(directory, file, at(port), clock)
        (name,) = (path.name for path in (drop / INCOMING).iterdir())
        receipt = drop / "receipts" / f"{name.split('.')[1]}.jws"
        for forged in (b"226 Transfer complete", b"a.b.c", b"", bytes(1_000_000)):
            receipt.write_bytes(forged)
            with pytest.raises(PortalUnreachableError):
                post(directory, file, at(port), clock)
        assert file.of(IdentityFolder(directory).current().sender).tally().unsent == 1


def test_closing_cuts_an_upload_off() -> None:
    reached = threading.Event()

    def act(connection: socket.socket) -> None:
        connection.sendall(b"220-hello\r\n")
        reached.set()
        connection.recv(100)

    with hostile(act) as port:
        session = FtpSession(at(port), connect_s=15.0)

        def close() -> None:
            reached.wait(10)
            session.close()

        closer = threading.Thread(target=close)
        closer.start()
        with pytest.raises(PortalUnreachableError, match="closed on this side"), session:
            pass
        closer.join(10)


def test_no_password_is_shown() -> None:
    assert "hush" not in repr(at(21, "hush")) + str(at(21, "hush"))
