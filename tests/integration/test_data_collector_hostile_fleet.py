"""Hostile devices beside honest printers: each costs its own budget, and nobody else anything."""

import asyncio
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_collector.core.reading import LEDM_FIRST
from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.visit import Dialling
from tests.support.data_collector import GET_BULK, GET_NEXT, Agent, Answer, Asked, honest, read_request, snmp_agent
from tests.support.data_collector_core import DEFINITIONS
from tests.support.data_collector_devices import printer
from tests.support.data_collector_web import Request, Responder, response, serving, web_server

NET = "127.90.47"
HONEST = 6
TIMEOUT_S = 0.3
MEMORY_BYTES_MAX = 64 * 1024 * 1024
"""A body of 10 GB, a bomb of 200 MB and endless tables stay far below."""


def tables(endless: Answer) -> Answer:
    """A printer like another, whose tables are what `endless` says."""
    known = honest(printer("HOSTILE"))
    return lambda asked: endless(asked) if asked.kind in (GET_BULK, GET_NEXT) else known(asked)


def rows(value: bytes, *, step: int = 1) -> Answer:
    """Tables without end; step 0: the same row again and again."""

    def answer(asked: Asked) -> bytes | None:
        root = asked.oids[0]
        last = int(root.rpartition(".")[2]) if root.count(".") > 12 else 0
        stem = root.rpartition(".")[0] if root.count(".") > 12 else f"{root}.1.1.1.1.1"
        return asked.reply([(f"{stem}.{last + step * (one + 1)}", value) for one in range(asked.repetitions or 1)])

    return answer


def misnumbered(asked: Asked) -> bytes | None:
    """A printer whose answers carry a number nobody asked with."""
    return honest(printer("WRONG"))(replace(asked, request_id=asked.request_id ^ 1))


AGENTS = {
    "endless": tables(rows(b"x" * 30)),
    "huge": tables(rows(b"x" * 350)),
    "in-a-circle": tables(rows(b"x", step=0)),
    "misnumbered": misnumbered,
}


async def ten_gigabytes(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 10000000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" " * 65_536)
        await writer.drain()


async def endless_headers(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: " + b"y" * 4_000 + b"\r\n")
        await writer.drain()


async def continue_for_ever(_request: Request, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await writer.drain()


async def redirects(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b"", status="302 Found", Location="http://192.0.2.1/"))


async def drips(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


def bomb() -> bytes:
    """200 megabytes of spaces in 200 kilobytes."""
    packed = zlib.compressobj(1, wbits=31)
    return b"".join([*(packed.compress(b" " * (1 << 20)) for _ in range(200)), packed.flush()])


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a> hp.com/schemas/imaging/'
)


@pytest.fixture(scope="module")
def web() -> dict[str, Responder]:
    """Hostile web servers. Their SNMP is silent."""
    packed = response(bomb(), Content_Encoding="gzip")
    return {
        "ten-gigabytes": ten_gigabytes,
        "gzip-bomb": serving({LEDM_FIRST: packed}),
        "endless-headers": endless_headers,
        "continue-for-ever": continue_for_ever,
        "redirects-to-tls-that-never-speaks": redirects,
        "drips": drips,
        "entities": serving({LEDM_FIRST: response(ENTITIES)}),
        "nested": serving({LEDM_FIRST: response(b"<a>" * 300_000 + b"hp.com/schemas/imaging/")}),
    }


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """TLS that is never shaken, and held until the other side gives up."""
    with suppress(ConnectionError):
        while await reader.read(65_536):
            continue
    writer.close()


@asynccontextmanager
async def fleet(agents: list[Answer], servers: list[Responder]) -> AsyncIterator[tuple[list[str], Dialling]]:
    """The hostile ones at the first addresses, honest printers behind them; all on the same ports."""
    async with AsyncExitStack() as stack:
        snmp_port = http_port = 0
        addresses = [f"{NET}.{number}" for number in range(1, len(agents) + len(servers) + HONEST + 1)]
        places = iter(addresses)
        for answer in agents:
            agent = await stack.enter_async_context(snmp_agent(answer, next(places), snmp_port))
            snmp_port = agent.port
        silent_tls = await asyncio.start_server(say_nothing, "0.0.0.0", 0)
        stack.callback(silent_tls.close)
        for responder in servers:
            server = await stack.enter_async_context(web_server(responder, next(places), http_port))
            http_port = server.port
        for number in range(HONEST):
            agent = await stack.enter_async_context(
                snmp_agent(honest(printer(f"HONEST{number}")), next(places), snmp_port)
            )
            snmp_port = agent.port
        yield (
            addresses,
            Dialling(
                snmp_port=snmp_port,
                http_port=http_port or 1,
                https_port=silent_tls.sockets[0].getsockname()[1],
                ipp_port=http_port or 1,
                timeout_s=TIMEOUT_S,
            ),
        )


def scan_of(addresses: list[str], dialling: Dialling, concurrency: int) -> Scan:
    plan = ScanPlan(targets=parse_targets(addresses, []), dialling=dialling, icmp=False, concurrency=concurrency)
    return Scan(plan, choose_library("native"), DEFINITIONS, lambda: datetime.now(UTC))


async def test_a_hostile_fleet_costs_its_own_budgets_and_every_honest_printer_is_read(
    web: dict[str, Responder],
) -> None:
    async with fleet(list(AGENTS.values()), list(web.values())) as (addresses, dialling):
        scan = scan_of(addresses, dialling, concurrency=8)
        tracemalloc.start()
        try:
            reports = {report.device.ip: report async for report in scan.reports()}
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    serials = {report.device.serial for report in reports.values()}
    assert {f"HONEST{number}" for number in range(HONEST)} <= serials
    assert scan.counters.failed == 0
    assert scan.counters.visited == len(addresses)
    assert peak_bytes < MEMORY_BYTES_MAX
    told = {name: reports.get(address) for name, address in zip(AGENTS, addresses, strict=False)}
    assert told["misnumbered"] is None
    for name in ("endless", "huge", "in-a-circle"):
        report = told[name]
        assert report is not None and report.device.serial == "HOSTILE"
        assert any(finding.field in ("walk", "visit") for finding in report.findings), name


class Drawling(Agent):
    """Is heard at once, and from then on answers each question just before it is given up."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(read_request(data, addr))
        reply = self.answer(self.asked[-1])
        if reply is not None and len(self.asked) == 1:
            self.transport.sendto(reply, addr)
        elif reply is not None:
            asyncio.get_running_loop().call_later(0.1, self.transport.sendto, reply, addr)


async def test_devices_that_draw_out_their_visits_keep_no_printer_waiting() -> None:
    concurrency = 4
    loop = asyncio.get_running_loop()
    async with fleet([], []) as (honest_ones, dialling):
        slow = [f"127.90.46.{number}" for number in range(1, concurrency + 1)]
        slow_agents = [
            await loop.create_datagram_endpoint(
                lambda: Drawling(tables(rows(b"x"))), local_addr=(address, dialling.snmp_port)
            )
            for address in slow
        ]
        try:
            scan = scan_of([*slow, *honest_ones], replace(dialling, timeout_s=0.15), concurrency)
            waiting = {f"HONEST{number}" for number in range(HONEST)}
            async with aclosing(scan.reports()) as arriving:
                async for report in arriving:
                    waiting.discard(report.device.serial or "")
                    if not waiting:
                        break
                assert scan.counters.visited == HONEST, "the slow ones are still being visited"
        finally:
            for transport, _ in slow_agents:
                transport.close()
