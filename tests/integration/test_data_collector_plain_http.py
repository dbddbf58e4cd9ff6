"""A collector that sends by plain HTTP loses nothing to a liar on the path: only the portal's receipt deletes."""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from data_collector.clock import Clock
from data_collector.delivery import Delivery
from direct_connect.uplink import Proxy
from direct_connect.uplink.plain import PlainAddress
from portal.drop.config import DropConfig
from tests.support.portal import NOW, LivePortal, job, live_portal, open_file, report
from wire_format.answers import Refusal, encode_answer, encode_refusal
from wire_format.keys import SigningKey
from wire_format.receipts import Receipt, open_receipt, sign_receipt
from wire_format.records import Reason

JOSE = "application/jose"
Answer = Callable[[bytes], Awaitable[bytes]]
PLAIN = DropConfig(http_listen=("127.0.0.1", 0))


@dataclass(slots=True)
class Between:
    """Somebody on the path, who sees each request and answers what he likes."""

    portal: LivePortal
    port: int = 0
    answer: Answer | None = None
    asked: list[bytes] = field(default_factory=list)

    async def honest(self, request: bytes) -> bytes:
        """What the portal answers to the same bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(str(self.portal.serving.plain_url)).port)
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        request = await reader.readuntil(b"\r\n\r\n")
        length = int(request.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        request += await reader.readexactly(length)
        self.asked.append(request)
        writer.write(await (self.answer or self.honest)(request))
        await writer.drain()
        writer.close()


def said(status: int, body: bytes, kind: str = "application/json", *more: str) -> bytes:
    """An HTTP answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


@asynccontextmanager
async def between(folder: Path) -> AsyncIterator[tuple[Between, Delivery]]:
    """A portal, somebody on the path to it, and a collector that was enrolled over HTTPS and has one batch to send."""
    async with live_portal(folder, drop=PLAIN) as portal:
        path = Between(portal)
        server = await asyncio.start_server(path.serve, "127.0.0.1", 0)
        path.port = server.sockets[0].getsockname()[1]
        with closing(Delivery(folder / "collector", portal.url, Clock(), portal.claims.pop())) as delivery:
            await delivery.enrol()
        async with server:
            with closing(sending(folder, path)) as delivery:
                delivery.store([report(jobs=(job("1"),))], Reason.INTERVAL, NOW)
                yield path, delivery


def sending(folder: Path, path: Between, proxy: Proxy | None = None) -> Delivery:
    """The collector's delivery by plain HTTP."""
    send = PlainAddress(host="127.0.0.1", port=path.port)
    delivery = Delivery(folder / "collector", path.portal.url, Clock(), None, send=send, send_proxy=proxy)
    delivery.hurry()  # else the backlog of a run before this one is spread over minutes
    return delivery


async def test_a_batch_goes_by_plain_http_and_is_deleted_on_the_portals_receipt(tmp_path: Path) -> None:
    async with between(tmp_path) as (path, delivery):
        drained = await delivery.drain()

        assert (drained.delivered, delivery.tally()) == (1, (0, 0, 1))
        assert [row["job_id"] for row in path.portal.rows("SELECT job_id FROM job")] == ["1"]
        assert b"SG1234567A" not in path.asked[0]
        assert delivery.sender.encode() in path.asked[0]


LIES = (
    "ack", "receipt of another CA", "receipt for a truncated envelope", "receipt for the try before", "400", "403",
    "409", "413", "422", "stale", "503", "login page", "redirect", "nothing", "not HTTP", "endless",
)  # fmt: skip


@dataclass(slots=True)
class Liar:
    """Tells one lie, knowing all that anybody on the path can know, and what the portal would have said besides."""

    lie: str
    path: Between
    sender: str
    kept: list[bytes] = field(default_factory=list)

    async def __call__(self, request: bytes) -> bytes:
        head, _, envelope = request.partition(b"\r\n\r\n")
        if self.lie == "receipt for a truncated envelope":  # the portal's own signature, on "400 unreadable"
            cut = head.replace(str(len(envelope)).encode(), str(len(envelope) - 1).encode())
            return await self.path.honest(cut + b"\r\n\r\n" + envelope[:-1])
        honest = await self.path.honest(request)
        sha256 = hashlib.sha256(envelope).hexdigest()
        token = honest.partition(b"\r\n\r\n")[2]
        accepted = open_receipt(token, self.sender, sha256, self.path.portal.ca_key).accepted
        assert accepted is not None
        match self.lie:
            case "ack":
                return said(200, encode_answer(accepted))
            case "receipt of another CA":
                receipt = Receipt(
                    v=1, sender=self.sender, sha256=sha256, status="200", issued_at=NOW, accepted=accepted
                )
                return said(200, sign_receipt(receipt, SigningKey.generate_es256()), JOSE)
            case "receipt for the try before":
                self.kept.append(honest)
                return self.kept[-2] if len(self.kept) > 1 else b""
            case "stale":
                return said(409, encode_refusal(Refusal(error="stale_portal_key", keys="a.b.c")))
            case "503":
                return said(503, b"", "text/plain", "Retry-After: 999999")
            case "login page":
                return said(200, b"<html>log in</html>", "text/html")
            case "redirect":
                return said(302, b"", "text/html", "Location: http://127.0.0.1:1/")
            case "nothing":
                return b""
            case "not HTTP":
                return b"220 FTP ready\r\n"
            case "endless":
                return said(200, b"x" * 200_000, JOSE)
        return said(int(self.lie), encode_refusal(Refusal(error="sequence_conflict")))


@pytest.mark.parametrize("lie", LIES)
async def test_no_lie_on_the_path_deletes_or_sets_aside_a_batch(lie: str, tmp_path: Path) -> None:
    async with between(tmp_path) as (path, delivery):
        path.answer = Liar(lie, path, delivery.sender)
        for _ in range(2 if lie == "receipt for the try before" else 1):
            drained = await delivery.drain()
            assert (drained.delivered, drained.set_aside, drained.left) == (0, 0, 1)
            assert delivery.tally() == (1, 0, 0)
            assert delivery.problem
            assert drained.wake_at_s - Clock().monotonic_s() < 2 * 3600 + 60  # an hour is obeyed, and the jitter
            delivery.close()
            delivery = sending(tmp_path, path)

        path.answer = None  # the liar is gone
        assert (await delivery.drain()).delivered == 1
        delivery.close()
        assert len(path.portal.rows("SELECT job_id FROM job")) == 1


async def test_what_the_portal_itself_refuses_is_set_aside(tmp_path: Path) -> None:
    """The other half: a receipt that says no is obeyed as HTTPS would be."""
    async with between(tmp_path) as (path, delivery):
        with open_file(path.portal.path) as db:
            db.execute("UPDATE sender SET revoked_at = ?", (NOW.isoformat(),))
        drained = await delivery.drain()

        assert (drained.delivered, drained.left) == (0, 1)
        assert "403" in str(delivery.problem)


async def test_a_proxy_is_asked_for_the_whole_address(tmp_path: Path) -> None:
    async with between(tmp_path) as (path, delivery):
        delivery.close()
        real = urlsplit(str(path.portal.serving.plain_url)).port
        with closing(sending(tmp_path, path, Proxy("127.0.0.1", path.port, "site", "secret"))) as through:
            assert real is not None
            assert (await through.drain()).delivered == 1

        line, *fields = path.asked[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
        assert line.startswith(f"POST http://127.0.0.1:{path.port}/v1/senders/")
        assert [one for one in fields if one.startswith("Proxy-Authorization: Basic ")]


async def test_without_https_the_key_is_not_renewed(tmp_path: Path) -> None:
    async with between(tmp_path) as (_, delivery):
        assert await delivery.keep_key() == math.inf
