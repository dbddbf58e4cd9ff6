"""The IPP port on loopback, read by CUPS' own ipptool and by a bare HTTP client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from device_sim.certificates import Certificates
from device_sim.core import ipp
from device_sim.core.errors import ConfigError
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter
from device_sim.ipp_server import IppServer, start_ipp_server
from device_sim.population import Population
from device_sim.profiles_shelf import load_profile, profile_names
from tests.support.device_sim import StandingClock
from tests.support.device_sim_ipp import ipp_request, read_ipp_answer
from tests.support.device_sim_printing import ipptool, print_room

MONDAY_NOON_S = 1_795_435_200.0


@pytest.fixture(scope="module")
def population() -> Population:
    """One printer of each profile, after two hours of work."""
    printers = [
        Printer(load_profile(name), seed=3, index=index, address=f"127.9.1.{index}", at_s=MONDAY_NOON_S)
        for index, name in enumerate(profile_names(), 1)
    ]
    return Population(printers, StandingClock(MONDAY_NOON_S + 7200))


@pytest.fixture
def printers(population: Population) -> dict[str, LivePrinter]:
    """By address, as of now."""
    found = ((one.state.identity.address, one) for one in population.printers)
    return {address: population.act_on(one.state.identity.index, lambda lived: lived.state) for address, one in found}


@pytest.fixture
async def server(population: Population) -> AsyncIterator[IppServer]:
    async with print_room(population) as room:
        started = await start_ipp_server(0, room)
        yield started
        await started.close()


@pytest.mark.parametrize("test", ["get-printer-attributes.test", "get-jobs.test", "get-completed-jobs.test"])
async def test_ipptool_finds_no_fault_with_any_profile(
    server: IppServer, printers: dict[str, LivePrinter], test: str
) -> None:
    for address in printers:
        code, report = await ipptool("-tv", f"ipp://{address}:{server.port}/ipp/print", test)

        assert code == 0, report
        assert "[PASS]" in report


async def test_ipptool_sees_the_printer_that_was_dialled(server: IppServer, printers: dict[str, LivePrinter]) -> None:
    for address, printer in printers.items():
        _, report = await ipptool("-tv", f"ipp://{address}:{server.port}/ipp/print", "get-printer-attributes.test")

        assert f"printer-serial-number (textWithoutLanguage) = {printer.identity.serial}" in report
        assert f"printer-impressions-completed (integer) = {printer.meter('total.impressions')}" in report


async def test_printing_by_reference_is_refused(server: IppServer) -> None:
    asked = ipp_request(0x0003, {"document-uri": ipp.words(ipp.URI, "http://127.0.0.1/secret.pdf")})

    async with aiohttp.ClientSession() as session:
        reply = await session.post(
            f"http://127.9.1.1:{server.port}/ipp/print", data=asked, headers={"Content-Type": "application/ipp"}
        )
        answer = read_ipp_answer(await reply.read())

    assert (reply.content_type, answer.status) == ("application/ipp", ipp.OPERATION_NOT_SUPPORTED)


@pytest.mark.parametrize(
    ("address", "path", "kind", "status"),
    [
        ("127.9.1.1", "/ipp/print", "application/ipp", 200),
        ("127.9.1.1", "/ipp/print/", "application/ipp", 200),
        ("127.9.1.1", "/", "application/ipp", 200),
        ("127.9.1.1", "/admin", "application/ipp", 404),
        ("127.9.1.1", "/ipp/print", "text/plain", 415),
        ("127.9.2.9", "/ipp/print", "application/ipp", 421),
    ],
)
async def test_only_ipp_to_a_printer_is_answered(
    server: IppServer, address: str, path: str, kind: str, status: int
) -> None:
    async with aiohttp.ClientSession() as session:
        reply = await session.post(
            f"http://{address}:{server.port}{path}",
            data=ipp_request(ipp.GET_PRINTER_ATTRIBUTES),
            headers={"Content-Type": kind},
        )
        assert reply.status == status
        await reply.read()


async def test_attributes_over_the_limit_are_refused(server: IppServer) -> None:
    endless = ipp_request(ipp.GET_PRINTER_ATTRIBUTES, {"much": (ipp.OCTET_STRING, (bytes(30_000),) * 5)})

    async with aiohttp.ClientSession() as session:
        reply = await session.post(
            f"http://127.9.1.1:{server.port}/ipp/print", data=endless, headers={"Content-Type": "application/ipp"}
        )
        assert reply.status == 413


async def test_a_port_in_use_is_said_in_one_sentence(server: IppServer, population: Population) -> None:
    async with print_room(population) as room:
        with pytest.raises(ConfigError, match="is in use by another program; stop that one or choose another port"):
            await start_ipp_server(server.port, room)


async def test_ipptool_finds_each_printer_behind_its_own_certificate_too(
    server: IppServer, population: Population, printers: dict[str, LivePrinter]
) -> None:
    port = server.open_tls(0, Certificates(population.at_address, seed=3).context_of)

    for address, printer in list(printers.items())[:3]:
        code, report = await ipptool("-tv", f"ipps://{address}:{port}/ipp/print", "get-printer-attributes.test")
        assert code == 0, report
        assert f"printer-serial-number (textWithoutLanguage) = {printer.identity.serial}" in report
        assert f"ipps://{address}:{port}/ipp/print" in report


async def test_an_ipps_port_in_use_is_one_sentence(server: IppServer, population: Population) -> None:
    with pytest.raises(ConfigError, match=f"--ipps-port.* port {server.port} is in use by another program"):
        server.open_tls(server.port, Certificates(population.at_address, seed=3).context_of)
