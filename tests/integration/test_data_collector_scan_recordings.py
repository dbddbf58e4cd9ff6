"""The shared recordings of real printers, read over real sockets, compared with what others read from them."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_collector.core.evidence import dotted
from data_collector.core.reading import LEDM_FIRST
from data_collector.core.targets import parse_targets
from data_collector.scan import Scan, ScanPlan, choose_library
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from tests.support.data_collector import COUNTER64, Rows, Typed, Value, honest, snmp_agent
from tests.support.data_collector_core import as_json, expectations, printers_folder, varbinds, yardstick
from tests.support.data_collector_web import Request, Responder, response, serving, web_server

NET = "127.90.7"
SCORE_MIN = 0.97
INTEGER_MAX = 2**31 - 1


def rows_of(recording: str) -> Rows:
    """A recording as an agent's rows."""

    def value(given: object) -> Value:
        match given:
            case int() if given > INTEGER_MAX:
                return Typed(COUNTER64, given)
            case tuple():
                return dotted(given)
            case int() | bytes():
                return given
        raise AssertionError(given)

    return {dotted(name): value(given) for name, given in varbinds(recording)}


def ledm_server(files: list[Path]) -> Responder:
    """LEDM documents behind a discovery tree."""
    listed = "".join(f"<r><d:ResourceURI>/DevMgmt/{file.name}</d:ResourceURI></r>" for file in files)
    space = 'xmlns:d="http://www.hp.com/schemas/imaging/con/dictionaries/1.0/"'
    tree = f"<DiscoveryTree {space}>{listed}</DiscoveryTree>".encode()
    documents = {f"/DevMgmt/{file.name}": response(file.read_bytes()) for file in files}
    return serving({LEDM_FIRST: response(tree), **documents})


def ipp_server(reply: bytes) -> Responder:
    """An IPP printer that answers every request with this reply, under the request's number."""

    async def respond(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(reply[:4] + request.body[4:8] + reply[8:], kind="application/ipp"))

    return respond


@pytest.mark.parametrize(
    ("library", "versions", "varbinds_max"),
    [("gufo", (0, 1), 60), ("pysnmp", (0, 1), 60), ("gufo", (0,), 60), ("gufo", (0, 1), 5)],
    ids=["gufo", "pysnmp", "version 1 only", "five objects at most"],
)
async def test_recorded_printers_are_read_over_the_wire_as_others_read_them(
    library: str, versions: tuple[int, ...], varbinds_max: int
) -> None:
    folder = printers_folder()
    ruler, wanted = yardstick(folder), expectations(folder)
    snmp_port = http_port = ipp_port = 0
    places: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for number, (name, want) in enumerate(wanted.items(), 1):
            listed = want["files"]
            assert isinstance(listed, list)
            files, address = [folder / one for one in listed], f"{NET}.{number}"
            places[name] = address
            if files[0].suffix in (".snmprec", ".json"):
                answer = honest(rows_of(ruler.recording(files[0], want)), versions=versions, varbinds_max=varbinds_max)
                agent = await stack.enter_async_context(snmp_agent(answer, address, snmp_port))
                snmp_port = agent.port
            elif files[0].suffix == ".xml":
                web = await stack.enter_async_context(web_server(ledm_server(files), address, http_port))
                http_port = web.port
            else:
                web = await stack.enter_async_context(web_server(ipp_server(files[0].read_bytes()), address, ipp_port))
                ipp_port = web.port
        plan = ScanPlan(
            targets=parse_targets([f"{NET}.1-{len(wanted)}"]),
            dialling=Dialling(
                snmp_port=snmp_port or 1, http_port=http_port or 1, ipp_port=ipp_port or 1, timeout_s=1.0
            ),
            icmp=False,
        )
        scan = Scan(plan, choose_library(library), load_definitions(), lambda: datetime(2026, 11, 22, tzinfo=UTC))
        found = {report.device.ip: as_json(report) async for report in scan.reports()}

    rows = [(name, *row) for name, want in wanted.items() for row in ruler.compare(want, found.get(places[name], {}))]
    misses = [f"{name}: {field}: wanted {want!r}, found {got!r}" for name, field, ok, want, got in rows if not ok]
    assert [name for name, place in places.items() if place not in found] == []
    assert 1 - len(misses) / len(rows) >= SCORE_MIN, "\n".join(misses)
