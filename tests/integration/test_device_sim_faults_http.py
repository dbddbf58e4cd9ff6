"""Each way of misbehaving over HTTP and IPP, met through real connections by aiohttp's client, or by a bare socket."""

import asyncio
import contextlib
import dataclasses
import functools
import gzip
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator

import aiohttp
import pytest

from device_sim.core.faulty.documents import gzip_bomb
from device_sim.core.ipp import GET_PRINTER_ATTRIBUTES, PRINTER_GROUP
from device_sim.core.state import LivePrinter
from device_sim.http_endpoint import HttpEndpoint
from device_sim.http_faults import misbehaving
from device_sim.ipp_server import start_ipp_server
from device_sim.population import Population
from tests.support.device_sim import StandingClock, free_port
from tests.support.device_sim_faults import HP, Manager, faulty
from tests.support.device_sim_ipp import ipp_request, read_ipp_answer
from tests.support.device_sim_printing import print_room

USAGE = "/DevMgmt/ProductUsageDyn.xml"
CONFIG = "/DevMgmt/ProductConfigDyn.xml"
SUPPLIES = "/DevMgmt/ConsumableConfigDyn.xml"


class Web:
    """The web server of a printer with faults, at 127.1.2.1, and of an honest one, at 127.1.2.2."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.1.2.1:{port}"

    async def get(self, path: str = CONFIG, host: str = "127.1.2.1") -> tuple[aiohttp.ClientResponse, bytes]:
        """The answer to a GET as it came: redirects are not followed, nothing is unpacked."""
        async with (
            aiohttp.ClientSession(auto_decompress=False, max_field_size=1 << 21, max_line_size=1 << 21) as session,
            session.get(f"http://{host}:{self.port}{path}", allow_redirects=False) as response,
        ):
            return response, await response.read()

    async def raw(self, seconds: float, path: str = CONFIG) -> bytes:
        """What comes on a bare connection within that time, or until it closes."""
        reader, writer = await asyncio.open_connection("127.1.2.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: printer\r\n\r\n".encode())
        got = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while chunk := await reader.read(65_536):
                    got += chunk
        writer.close()
        return got


@contextlib.asynccontextmanager
async def web(*words: str) -> AsyncIterator[Web]:
    """A web server of two printers."""
    manager = Manager()
    states = {"127.1.2.1": faulty(*words, of=HP).state, "127.1.2.2": faulty(of=HP, index=1).state}

    def find(address: str) -> LivePrinter | None:
        return states.get(address)

    endpoint = HttpEndpoint(manager.agents.told(find, "http"), before=(misbehaving(find, "http"),))
    port = free_port()
    await endpoint.open("0.0.0.0", port)
    try:
        server = Web(port)
        yield server
        response, body = await server.get(host="127.1.2.2")
        assert response.status == 200, "the honest neighbour suffers too"
        assert ET.fromstring(body).tag.endswith("ProductConfigDyn")
    finally:
        await endpoint.close()


async def test_http_silent() -> None:
    async with web("http_silent") as server:
        assert await server.raw(0.3) == b""


async def test_http_delay_ms() -> None:
    async with web("http_delay_ms=150") as server:
        loop = asyncio.get_running_loop()
        started = loop.time()

        response, _ = await server.get()

        assert response.status == 200
        assert loop.time() - started >= 0.149


async def test_http_status() -> None:
    async with web("http_status=503") as server:
        assert (await server.get())[0].status == 503


async def test_http_login() -> None:
    async with web("http_login=401") as server:
        response, _ = await server.get()
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic")
    async with web("http_login=redirect") as server:
        response, _ = await server.get()
        assert (response.status, response.headers["Location"]) == (302, "/login.html")
        response, body = await server.get("/login.html")
        assert response.status == 200
        assert b"password" in body


async def test_http_redirect() -> None:
    async with web("http_redirect=self") as server:
        response, _ = await server.get()
        assert response.headers["Location"] == f"{server.url}{CONFIG}"
    async with web("http_redirect=http://127.0.0.1:9/") as server:
        assert (await server.get())[0].headers["Location"] == "http://127.0.0.1:9/"


async def test_http_html_instead() -> None:
    async with web("http_html_instead") as server:
        response, body = await server.get()

        assert response.status == 200
        assert body.startswith(b"<!doctype html>")


async def test_http_content_type() -> None:
    async with web("http_content_type=image/png") as server:
        response, body = await server.get()

        assert response.headers.getall("Content-Type") == ["image/png"]
        assert ET.fromstring(body).tag.endswith("ProductConfigDyn")


async def test_http_length_off() -> None:
    async with web("http_length_off=100") as server:
        with pytest.raises(aiohttp.ClientPayloadError):
            await server.get()
    async with web("http_length_off=-100") as server:
        head, _, body = (await server.raw(5)).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body) - 100}".encode() in head


async def test_http_half() -> None:
    async with web("http_half") as server:
        with pytest.raises(aiohttp.ClientPayloadError):
            await server.get()
        head, _, body = (await server.raw(5)).partition(b"\r\n\r\n")
        assert f"Content-Length: {2 * len(body)}"[:-1].encode() in head


async def test_http_drip_ms() -> None:
    async with web("http_drip_ms=20") as server:
        head, _, body = (await server.raw(0.5)).partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 200")
        assert 1 <= len(body) <= 26


async def test_http_endless() -> None:
    async with web("http_endless") as server:
        reader, writer = await asyncio.open_connection("127.1.2.1", server.port)
        writer.write(f"GET {CONFIG} HTTP/1.1\r\nHost: printer\r\n\r\n".encode())

        got = sum([len(await reader.readexactly(1 << 20)) for _ in range(8)])

        assert got == 8 << 20
        writer.close()


async def test_http_gzip_bomb_mib() -> None:
    async with web("http_gzip_bomb_mib=32") as server:
        response, body = await server.get()

        assert response.headers["Content-Encoding"] == "gzip"
        assert len(body) < 100_000
    assert gzip.decompress(gzip_bomb(3)) == b" " * (3 << 20)


async def test_http_headers_kib() -> None:
    async with web("http_headers_kib=64") as server:
        head, _, _ = (await server.raw(0.5)).partition(b"\r\n\r\n")

        assert len(head) >= 64_000


async def test_http_server_header() -> None:
    async with web("http_server_header=Virata-EmWeb/R6_2_1") as server:
        names = (await server.get())[0].headers.getall("Server")

        assert names[0] == "Virata-EmWeb/R6_2_1"
        assert len(names) == 2


async def test_http_etag_missing() -> None:
    async with web("http_etag_missing") as server:
        assert "ETag" not in (await server.get())[0].headers
        assert "ETag" in (await server.get(host="127.1.2.2"))[0].headers


async def test_http_old_pages() -> None:
    async with web("http_old_pages") as server:
        assert (await server.get(CONFIG))[0].status == 404
        assert (await server.get("/DevMgmt/DiscoveryTree.xml"))[0].status == 404
        response, body = await server.get("/hp/device/info_config.xml")
        assert response.status == 200
        assert b"ProductSerialNumber" in body


async def test_xml_entity_bomb() -> None:
    async with web("xml_entity_bomb") as server:
        _, body = await server.get()

        assert body.count(b"<!ENTITY") == 9
        assert b">&i;" in body
        with pytest.raises(ET.ParseError, match=r"limit on input amplification|entity"):
            ET.fromstring(body)


async def test_xml_truncated() -> None:
    async with web("xml_truncated") as server:
        response, body = await server.get()

        assert int(response.headers["Content-Length"]) == len(body)
        with pytest.raises(ET.ParseError):
            ET.fromstring(body)


async def test_ledm_prefixes() -> None:
    async with web("ledm_prefixes") as server:
        _, body = await server.get()
        _, honest = await server.get(host="127.1.2.2")

        assert b"<dd:" not in body and b"<d3x:SerialNumber>" in body
        assert [node.tag for node in ET.fromstring(body).iter()] == [node.tag for node in ET.fromstring(honest).iter()]


async def test_ledm_namespace_dates() -> None:
    async with web("ledm_namespace_dates") as server:
        _, body = await server.get()

        assert "2029/02/03" in ET.fromstring(body).tag


async def test_ledm_more_totals() -> None:
    async with web("ledm_more_totals") as server:
        totals = [
            node.text
            for node in ET.fromstring((await server.get(USAGE))[1]).iter()
            if node.tag.endswith("}TotalImpressions")
        ]

        assert totals[0] == "7"
        assert len(totals) >= 2


async def test_ledm_peid() -> None:
    async with web("ledm_peid") as server:
        root = ET.fromstring((await server.get(USAGE))[1])
        counts = [node for node in root.iter() if node.tag.endswith("Impressions")]

        assert len(counts) > 2
        assert all("PEID" in node.attrib for node in counts)


async def test_ledm_level() -> None:
    async with web("ledm_level=255") as server:
        _, body = await server.get(SUPPLIES)
        assert b"PercentageLevelRemaining>255<" in body
    async with web("ledm_level=decimals") as server:
        _, body = await server.get(SUPPLIES)
        assert b".6</dd:ConsumablePercentageLevelRemaining>" in body


@pytest.mark.parametrize(
    ("word", "octets"), [("nul", b"\0\0\0"), ("not-utf8", b"\xff\xfe\xc0"), ("html", b"&lt;script&gt;")]
)
async def test_hostile_text_over_http(word: str, octets: bytes) -> None:
    async with web(f"hostile_text={word}") as server:
        assert octets in (await server.get(CONFIG))[1]


async def test_hostile_text_is_64_kb_over_http() -> None:
    async with web("hostile_text=long") as server:
        assert len((await server.get(CONFIG))[1]) > 65_536


async def ipp_answers(*words: str) -> tuple[bytes, bytes]:
    """What a printer with faults, and its honest neighbour, answer to Get-Printer-Attributes."""
    printers = [faulty(*words, index=0), faulty(index=1)]
    population = Population(printers, StandingClock(printers[0].state.now_s))
    async with print_room(population) as room:
        told = dataclasses.replace(room, tell=functools.partial(Manager().agents.tell, over="ipp"))
        server = await start_ipp_server(0, told, before=(misbehaving(population.at_address, "ipp"),))
        try:
            async with aiohttp.ClientSession() as session:
                return await ipp_get(session, 1, server.port), await ipp_get(session, 2, server.port)
        finally:
            await server.close()


async def ipp_get(session: aiohttp.ClientSession, host: int, port: int) -> bytes:
    """The body of the answer."""
    url, headers = f"http://127.1.0.{host}:{port}/ipp/print", {"Content-Type": "application/ipp"}
    async with session.post(url, data=ipp_request(GET_PRINTER_ATTRIBUTES), headers=headers) as response:
        assert response.status == 200
        return await response.read()


async def test_ipp_truncated() -> None:
    body, honest = await ipp_answers("ipp_truncated")

    assert len(body) < len(honest) * 2 // 3
    assert read_ipp_answer(honest).request_id == 77


async def test_ipp_wrong_request_id() -> None:
    body, honest = await ipp_answers("ipp_wrong_request_id")

    assert read_ipp_answer(body).request_id != 77
    assert read_ipp_answer(honest).request_id == 77


async def test_ipp_unknown_tags() -> None:
    body, honest = await ipp_answers("ipp_unknown_tags")

    assert b"\x7e\x00\x10printer-location" in body
    assert b"\x41\x00\x10printer-location" in honest
    assert read_ipp_answer(body).only(PRINTER_GROUP).keys() == read_ipp_answer(honest).only(PRINTER_GROUP).keys()


async def test_ipp_latin1() -> None:
    body, honest = await ipp_answers("ipp_latin1")

    assert b"\x00\x0aiso-8859-1" in body
    assert b"printer-location\x00\x05B\xfcro " in body
    with pytest.raises(UnicodeDecodeError):
        read_ipp_answer(body)
    assert b"iso-8859-1" not in honest


async def test_ipp_silent() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ipp_answers("ipp_silent"), 0.5)


async def test_hostile_text_over_ipp() -> None:
    body, honest = await ipp_answers("hostile_text=not-utf8")

    assert b"\xff\xfe\xc0" in body
    assert b"\xff\xfe\xc0" not in honest
