"""Printers that refuse plain HTTP are asked by HTTPS at the same address, whatever their certificate says."""

import asyncio
import ssl
from pathlib import Path

import pytest

from data_collector.core.reading import LEDM_FIRST
from data_collector.http_probe import HttpProbe
from data_collector.ipp_probe import MEDIA_TYPE, finished_jobs, printer_attributes
from tests.support.data_collector_web import Request, response, serving, web_server
from tests.support.device_sim import free_port
from tests.support.direct_connect_ca import Authority

LEDM = b'<x:Doc xmlns:x="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21"/>'
TREE = b'<DiscoveryTree xmlns="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21"/>'
PAGES = {LEDM_FIRST: response(TREE), "/DevMgmt/ProductConfigDyn.xml": response(LEDM)}
ADDRESS = "127.0.0.1"


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A printer's own TLS: a certificate for another name, out of date, of a CA that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Authority.make().server_files(tmp_path, days=-3, name="192.0.2.9"))
    return context


async def test_a_redirect_to_https_is_taken_as_a_wish_and_not_as_a_place(tls: ssl.SSLContext) -> None:
    elsewhere = response(b"", status="302 Found", Location="https://192.0.2.1/login")

    async def redirect(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(elsewhere)

    async with web_server(redirect) as plain, web_server(serving(PAGES), tls=tls) as secure, HttpProbe(1.0) as http:
        documents, findings = await http.ledm(ADDRESS, plain.port, secure.port)

    assert (list(documents), findings) == (["/DevMgmt/ProductConfigDyn.xml"], [])
    assert [request.path for request in plain.asked] == [LEDM_FIRST]


async def test_a_printer_whose_http_port_is_closed_is_asked_by_https(tls: ssl.SSLContext) -> None:
    async with web_server(serving(PAGES), tls=tls) as secure, HttpProbe(1.0) as http:
        documents, _ = await http.ledm(ADDRESS, free_port(), secure.port)

    assert documents


async def test_no_https_is_tried_where_plain_http_answers(tls: ssl.SSLContext) -> None:
    async with (
        web_server(serving({})) as plain,
        web_server(serving(PAGES), tls=tls) as secure,
        HttpProbe(1.0) as http,
    ):
        assert await http.ledm(ADDRESS, plain.port, secure.port) == ({}, [])

    assert secure.asked == []


async def test_ipp_that_asks_for_an_upgrade_is_asked_again_at_the_same_port_by_tls(tls: ssl.SSLContext) -> None:
    """RFC 7472: ipps speaks TLS from the first octet, and many printers do so at the port of ipp."""

    async def upgrade(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", status="426 Upgrade Required"))

    async with web_server(upgrade) as plain, HttpProbe(1.0) as http:
        reply, findings = await printer_attributes(http, ADDRESS, plain.port)

    assert (reply, findings) == (None, [])
    assert len(plain.asked) == 1  # then came a TLS hello, which this one does not understand


async def test_ipp_by_tls_is_read(tls: ssl.SSLContext) -> None:
    async def attributes(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"\x02\x00\x00\x00" + request.body[4:8] + b"\x03", kind=MEDIA_TYPE))

    async with web_server(attributes, tls=tls) as secure, HttpProbe(1.0) as http:
        asked = b"\x02\x00\x00\x0b\0\0\0\7"
        fetched = await http.post(ADDRESS, secure.port, "/ipp/print", MEDIA_TYPE, asked, secure=True)

    assert fetched.body == b"\x02\x00\x00\x00\0\0\0\7\x03"


async def test_a_printer_that_speaks_tls_alone_at_the_port_of_ipp_is_asked_by_tls(tls: ssl.SSLContext) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"\x02\x00\x00\x00" + request.body[4:8] + b"\x03", kind=MEDIA_TYPE))

    async with web_server(answer, tls=tls) as secure, HttpProbe(1.0) as http:
        told, findings = await printer_attributes(http, ADDRESS, secure.port)
        jobs, odd = await finished_jobs(http, ADDRESS, secure.port)

    assert (told is not None, jobs is not None, findings, odd) == (True, True, [], [])
    assert [request.body[2:4] for request in secure.asked] == [b"\x00\x0b", b"\x00\x0a"]
    assert all(b"ipps://127.0.0.1" in request.body for request in secure.asked)
