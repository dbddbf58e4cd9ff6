"""A whole scan over loopback: who is found, by which protocol, and what breaks nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from data_collector.core.gathered import plain
from data_collector.core.reading import LEDM_FIRST
from data_collector.core.targets import parse_targets
from data_collector.core.vendors import Definitions
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.snmp.port import Agent, SnmpLibrary, SnmpSession
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from tests.support.data_collector import Answer, Asked, honest, snmp_agent
from tests.support.data_collector_core import ipp_reply, ipp_value
from tests.support.data_collector_devices import SWITCH, printer
from tests.support.data_collector_web import Request, Responder, response, serving, web_server
from wire_format.codec import decode_report, encode_report
from wire_format.records import Report

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NET = "127.90.3"
NAMESPACE = b'xmlns:c="http://www.hp.com/schemas/imaging/con/ledm/productconfigdyn/2009/11/16"'
PRODUCT = (
    b'<?xml version="1.0"?><c:ProductConfigDyn ' + NAMESPACE + b"><c:ProductInformation>"
    b"<c:MakeAndModel>HP OfficeJet 1</c:MakeAndModel><c:SerialNumber>TH0LEDM001</c:SerialNumber>"
    b"</c:ProductInformation></c:ProductConfigDyn>"
)


@dataclass(slots=True)
class Network:
    """Devices on loopback addresses NET.1, NET.2 ...; one port for each protocol."""

    stack: AsyncExitStack
    snmp_port: int = 0
    http_port: int = 0
    ipp_port: int = 0

    async def snmp(self, host: int, answer: Answer) -> None:
        """An agent at an address."""
        agent = await self.stack.enter_async_context(snmp_agent(answer, f"{NET}.{host}", self.snmp_port))
        self.snmp_port = agent.port

    async def http(self, host: int, respond: Responder) -> None:
        """A web server at an address."""
        web = await self.stack.enter_async_context(web_server(respond, f"{NET}.{host}", self.http_port))
        self.http_port = web.port

    async def ipp(self, host: int, respond: Responder) -> None:
        """An IPP printer at an address."""
        web = await self.stack.enter_async_context(web_server(respond, f"{NET}.{host}", self.ipp_port))
        self.ipp_port = web.port

    def scan(
        self, targets: str, *, library: SnmpLibrary | None = None, communities: tuple[str, ...] = ("public",)
    ) -> Scan:
        """A scan of these hosts, such as "1-4"."""
        plan = ScanPlan(
            targets=parse_targets([f"{NET}.{targets}"]),
            dialling=Dialling(
                snmp_port=self.snmp_port or 1,
                http_port=self.http_port or 1,
                ipp_port=self.ipp_port or 1,
                communities=communities,
                timeout_s=0.3,
            ),
        )
        return Scan(plan, library or choose_library("native"), load_definitions(), lambda: AT)


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """An empty network."""
    async with AsyncExitStack() as stack:
        yield Network(stack)


async def found(scan: Scan) -> dict[str, Report]:
    """The reports of a scan by address."""
    return {report.device.ip or "": report async for report in scan.reports()}


@pytest.mark.parametrize("library", ["native", "gufo", "pysnmp"])
async def test_every_printer_of_a_range_is_reported_and_nothing_else(network: Network, library: str) -> None:
    for host in (1, 2, 4):
        await network.snmp(host, honest(printer(f"SN000{host}")))
    await network.snmp(5, honest(SWITCH))

    scan = network.scan("1-9", library=choose_library(library))
    reports = await found(scan)

    assert {ip: report.device.serial for ip, report in reports.items()} == {
        f"{NET}.{host}": f"SN000{host}" for host in (1, 2, 4)
    }
    assert (scan.counters.addresses, scan.counters.visited, scan.counters.printers) == (9, 9, 3)
    assert scan.counters.failed == 0


async def test_a_report_says_what_the_printer_said_and_fits_the_wire(network: Network) -> None:
    await network.snmp(1, honest(printer("SN0001", total=4711)))

    (report,) = (await found(network.scan("1"))).values()

    assert report.observed_at == AT
    assert [(meter.name, meter.value) for meter in report.meters] == [("total.impressions", 4711)]
    assert [(supply.percent, supply.description) for supply in report.supplies] == [(40, "Black Toner")]
    assert report.findings == ()
    assert decode_report(encode_report(report)) == plain(report)


async def test_a_printer_that_speaks_version_1_only_is_found(network: Network) -> None:
    await network.snmp(1, honest(printer("SN0001"), versions=[0]))

    assert len(await found(network.scan("1"))) == 1


async def test_a_printer_that_refuses_at_first_because_it_wakes_up_is_found(network: Network) -> None:
    async with snmp_agent(honest(printer("SN0001")), f"{NET}.1") as early:
        network.snmp_port = early.port
    scan = asyncio.create_task(found(network.scan("1")))
    await asyncio.sleep(0.1)
    await network.snmp(1, honest(printer("SN0001")))

    assert len(await scan) == 1


async def test_communities_are_tried_until_one_answers(network: Network) -> None:
    await network.snmp(1, honest(printer("SN0001"), community=b"third"))
    await network.snmp(2, honest(printer("SN0002"), community=b"first"))

    reports = await found(network.scan("1-2", communities=("first", "second", "third")))

    assert len(reports) == 2


async def test_a_community_that_works_is_the_only_one_that_is_sent(network: Network) -> None:
    seen: set[bytes] = set()
    answer = honest(printer("SN0001"), community=b"first")

    def watched(asked: Asked) -> bytes | None:
        seen.add(asked.community)
        return answer(asked)

    await network.snmp(1, watched)
    await found(network.scan("1", communities=("first", "second")))

    assert seen == {b"first"}


async def test_a_printer_whose_snmp_is_silent_is_found_by_ledm(network: Network) -> None:
    tree = (
        b'<?xml version="1.0"?><l:DiscoveryTree xmlns:l="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21" '
        b'xmlns:d="http://www.hp.com/schemas/imaging/con/dictionaries/1.0/"><l:SupportedTree>'
        b"<d:ResourceURI>/DevMgmt/ProductConfigDyn.xml</d:ResourceURI></l:SupportedTree></l:DiscoveryTree>"
    )
    await network.snmp(1, lambda asked: None)
    await network.http(1, serving({LEDM_FIRST: response(tree), "/DevMgmt/ProductConfigDyn.xml": response(PRODUCT)}))

    (report,) = (await found(network.scan("1"))).values()

    assert (report.device.serial, report.device.ip) == ("TH0LEDM001", f"{NET}.1")


def ipp_printer() -> Responder:
    """An IPP printer that names itself."""
    body = ipp_reply(ipp_value(0x41, "printer-make-and-model", "Acme Inkjet 7"), ipp_value(0x23, "printer-state", 3))

    async def respond(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body[:4] + request.body[4:8] + body[8:], kind="application/ipp"))

    return respond


async def test_a_printer_that_speaks_ipp_only_is_found(network: Network) -> None:
    await network.ipp(1, ipp_printer())

    (report,) = (await found(network.scan("1"))).values()

    assert report.device.model is not None
    assert "Inkjet 7" in report.device.model


async def test_a_print_server_without_printer_mib_is_asked_by_ipp(network: Network) -> None:
    await network.snmp(1, honest(SWITCH))
    await network.ipp(1, ipp_printer())

    assert len(await found(network.scan("1"))) == 1


async def test_a_printer_that_told_all_by_snmp_is_asked_nothing_else(network: Network) -> None:
    asked: list[Request] = []

    async def watch(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(request)

    await network.snmp(1, honest(printer("SN0001")))
    await network.http(1, watch)
    await network.ipp(1, watch)

    assert len(await found(network.scan("1"))) == 1
    assert asked == []


async def test_a_table_that_goes_round_in_circles_is_a_finding_and_the_rest_is_reported(network: Network) -> None:
    answer = honest(printer("SN0001"))
    supplies = "1.3.6.1.2.1.43.11.1.1"

    def circling(asked: Asked) -> bytes | None:
        if any(one.startswith(supplies) for one in asked.oids):
            return asked.reply([(f"{supplies}.9.1.1", 40)] * 20)
        return answer(asked)

    await network.snmp(1, circling)

    (report,) = (await found(network.scan("1"))).values()

    assert report.device.serial == "SN0001"
    assert any(finding.field == "walk" and finding.source == supplies for finding in report.findings)


async def test_a_printer_that_falls_silent_is_reported_with_what_it_said(network: Network) -> None:
    answer, asked_count = honest(printer("SN0001")), [0]

    def fading(asked: Asked) -> bytes | None:
        asked_count[0] += 1
        return answer(asked) if asked_count[0] <= 2 else None

    await network.snmp(1, fading)

    (report,) = (await found(network.scan("1"))).values()

    assert report.device.serial == "SN0001"
    assert any(finding.field == "snmp" for finding in report.findings)


class _Broken:
    """A library with a fault of its own at one address."""

    def __init__(self, library: SnmpLibrary, address: str) -> None:
        self._library, self._address = library, address

    def open(self, agent: Agent) -> SnmpSession:
        if agent.address == self._address:
            raise ZeroDivisionError("a fault of ours")
        return self._library.open(agent)


async def test_a_visit_that_breaks_is_counted_and_the_scan_goes_on(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    for host in (1, 2, 3):
        await network.snmp(host, honest(printer(f"SN000{host}")))

    scan = network.scan("1-3", library=_Broken(choose_library("native"), f"{NET}.2"))
    reports = await found(scan)

    assert set(reports) == {f"{NET}.1", f"{NET}.3"}
    assert scan.counters.failed == 1
    assert "visit failed" in caplog.text


async def test_a_name_that_does_not_resolve_is_noted_and_the_scan_goes_on(network: Network) -> None:
    await network.snmp(1, honest(printer("SN0001")))
    scan = network.scan("1 no-such-printer.invalid")

    assert len(await found(scan)) == 1
    assert any("no-such-printer.invalid" in note for note in scan.notes)


async def test_a_scan_that_is_left_early_leaves_nothing_running(network: Network) -> None:
    for host in range(1, 6):
        await network.snmp(host, honest(printer(f"SN000{host}")))
    before = asyncio.all_tasks()

    @asynccontextmanager
    async def first(scan: Scan) -> AsyncIterator[Report]:
        reports = scan.reports()
        yield await anext(reports)
        await reports.aclose()

    async with first(network.scan("1-5")) as report:
        assert report.device.serial

    assert asyncio.all_tasks() == before


def test_the_shipped_definitions_are_readable() -> None:
    assert isinstance(load_definitions(), Definitions)
