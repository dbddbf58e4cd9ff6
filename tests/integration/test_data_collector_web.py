"""What a printer's web server may do to the collector, over real sockets."""

import asyncio
import gzip
import socket
import zlib

import pytest

from data_collector.core.reading import LEDM_FIRST
from data_collector.http_probe import BODY_BYTES_MAX, UNPACKED_BYTES_MAX, HttpProbe
from data_collector.ipp_probe import MEDIA_TYPE, printer_attributes
from tests.support.data_collector_web import Request, Responder, response, serving, web_server

LEDM = b'<?xml version="1.0"?><x:Doc xmlns:x="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21"/>'
TREE = (
    b'<?xml version="1.0"?><l:DiscoveryTree xmlns:l="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21" '
    b'xmlns:d="http://www.hp.com/schemas/imaging/con/dictionaries/1.0/">'
    b"<l:SupportedTree><d:ResourceURI>/DevMgmt/ProductConfigDyn.xml</d:ResourceURI></l:SupportedTree>"
    b"<l:SupportedTree><d:ResourceURI>/DevMgmt/ProductUsageDyn.xml</d:ResourceURI></l:SupportedTree>"
    b"</l:DiscoveryTree>"
)


async def test_a_document_arrives_as_it_was_sent() -> None:
    async with web_server(serving({"/a": response(b"hello")})) as web, HttpProbe(1.0) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert (fetched.status, fetched.body, fetched.trouble) == (200, b"hello", None)
    assert web.asked[0].headers["accept-encoding"] == "identity"


async def test_a_missing_document_is_a_status_and_no_body() -> None:
    async with web_server(serving({})) as web, HttpProbe(1.0) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert (fetched.status, fetched.body) == (404, None)


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = response(b"", status="302 Found", Location="http://127.0.0.1/elsewhere")
    async with web_server(serving({"/a": elsewhere})) as web, HttpProbe(1.0) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert (fetched.status, fetched.body) == (302, None)
    assert [one.path for one in web.asked] == ["/a"]


async def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with web_server(drip) as web, HttpProbe(0.1) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert fetched.body is None
    assert fetched.trouble == "no complete answer in time"


async def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    async def mute(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30.0)

    async with web_server(mute) as web, HttpProbe(0.1) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert fetched.trouble == "no complete answer in time"


async def test_a_body_without_end_is_cut_at_its_limit() -> None:
    async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with web_server(flood) as web, HttpProbe(2.0) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert fetched.body is None
    assert fetched.trouble == f"a body of more than {BODY_BYTES_MAX} bytes"


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compressed_body_nobody_asked_for_is_unpacked(coding: str, pack: object) -> None:
    assert callable(pack)
    page = response(pack(b"hello"), Content_Encoding=coding)
    async with web_server(serving({"/a": page})) as web, HttpProbe(1.0) as http:
        assert (await http.fetch("127.0.0.1", web.port, "/a")).body == b"hello"


async def test_a_gzip_bomb_is_left_before_it_unfolds() -> None:
    bomb = response(gzip.compress(bytes(64 * 1024 * 1024)), Content_Encoding="gzip")
    async with web_server(serving({"/a": bomb})) as web, HttpProbe(5.0) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert fetched.body is None
    assert fetched.trouble == f"a body that unpacks to more than {UNPACKED_BYTES_MAX} bytes"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"",
    ],
    ids=["no HTTP", "huge header", "negative length", "bad chunk", "bad gzip", "brotli", "cut", "nothing"],
)
async def test_a_broken_answer_is_trouble_and_never_an_exception(raw: bytes) -> None:
    async with web_server(serving({"/a": raw})) as web, HttpProbe(0.5) as http:
        fetched = await http.fetch("127.0.0.1", web.port, "/a")

    assert fetched.body is None
    assert fetched.trouble


async def test_a_closed_port_is_trouble_and_never_an_exception() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with HttpProbe(0.5) as http:
        assert (await http.fetch("127.0.0.1", port, "/")).trouble
        assert not await http.answers("127.0.0.1", port)


async def test_ledm_documents_are_those_that_the_device_lists() -> None:
    documents = {
        LEDM_FIRST: response(TREE),
        "/DevMgmt/ProductConfigDyn.xml": response(LEDM),
        "/DevMgmt/ProductUsageDyn.xml": response(LEDM),
    }
    async with web_server(serving(documents)) as web, HttpProbe(1.0) as http:
        found, findings = await http.ledm("127.0.0.1", web.port)

    assert set(found) == {"/DevMgmt/ProductConfigDyn.xml", "/DevMgmt/ProductUsageDyn.xml"}
    assert findings == []


async def test_a_broken_ledm_document_is_a_finding_and_the_others_stay() -> None:
    documents = {
        LEDM_FIRST: response(TREE),
        "/DevMgmt/ProductConfigDyn.xml": response(LEDM),
        "/DevMgmt/ProductUsageDyn.xml": response(b"junk", Content_Encoding="gzip"),
    }
    async with web_server(serving(documents)) as web, HttpProbe(1.0) as http:
        found, findings = await http.ledm("127.0.0.1", web.port)

    assert set(found) == {"/DevMgmt/ProductConfigDyn.xml"}
    assert [one.source for one in findings] == ["ledm:/DevMgmt/ProductUsageDyn.xml"]


async def test_a_web_server_with_one_page_for_every_path_has_no_ledm() -> None:
    async def same(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"<html>Welcome</html>", kind="text/html"))

    async with web_server(same) as web, HttpProbe(1.0) as http:
        documents, findings = await http.ledm("127.0.0.1", web.port)

        assert (documents, [finding.field for finding in findings]) == ({}, ["web"])

    assert len(web.asked) < 12


async def test_a_stranger_without_ledm_is_asked_for_two_documents_at_most() -> None:
    async with web_server(serving({})) as web, HttpProbe(1.0) as http:
        assert await http.ledm("127.0.0.1", web.port) == ({}, [])

    assert len(web.asked) <= 2


def ipp(status: int, *, number_shift: int = 0, path: str = "/ipp/print", kind: str = MEDIA_TYPE) -> Responder:
    """An IPP printer at one path that answers with this status."""

    async def respond(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path != path:
            writer.write(response(b"", status="404 Not Found"))
            return
        number = (int.from_bytes(request.body[4:8], "big") + number_shift) % 2**31
        writer.write(response(b"\x01\x01" + status.to_bytes(2, "big") + number.to_bytes(4, "big") + b"\x03", kind=kind))

    return respond


@pytest.mark.parametrize("path", ["/ipp/print", "/ipp/printer", "/ipp"])
async def test_an_ipp_printer_is_found_at_any_of_its_usual_paths(path: str) -> None:
    async with web_server(ipp(0, path=path)) as web, HttpProbe(1.0) as http:
        reply, findings = await printer_attributes(http, "127.0.0.1", web.port)

    assert reply is not None
    assert reply[:4] == b"\x01\x01\x00\x00"
    assert findings == []
    assert web.asked[0].method == "POST"
    assert web.asked[0].headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    "responder",
    [ipp(0x0406), ipp(0, kind="text/html"), ipp(0, path="/elsewhere"), serving({"/ipp/print": response(b"abc")})],
    ids=["client-error", "another type", "another path", "no IPP"],
)
async def test_what_is_no_successful_ipp_reply_is_no_printer(responder: Responder) -> None:
    async with web_server(responder) as web, HttpProbe(1.0) as http:
        reply, _findings = await printer_attributes(http, "127.0.0.1", web.port)

    assert reply is None


async def test_an_ipp_reply_to_another_request_is_refused_and_told() -> None:
    async with web_server(ipp(0, number_shift=1)) as web, HttpProbe(1.0) as http:
        reply, findings = await printer_attributes(http, "127.0.0.1", web.port)

    assert reply is None
    assert [one.reason for one in findings] == ["an answer to another request"]
