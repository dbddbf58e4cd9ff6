"""One listener, many printers: which one answers is the address that was dialled."""

from collections.abc import AsyncIterator, Mapping
from xml.etree import ElementTree

import aiohttp
import pytest

from device_sim.core.errors import ConfigError
from device_sim.http_endpoint import HttpEndpoint
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, free_port, printer

MODELS = ("color-laserjet-m479", "designjet-t1600", "ecosys-p3155", "pagewide-xl-5100")


@pytest.fixture
async def office() -> AsyncIterator[tuple[Population, int, StandingClock]]:
    clock = StandingClock(MONDAY_7)
    printers = [printer(MODELS[index % 4], index=index, address=f"127.1.2.{index + 1}") for index in range(8)]
    population, port = Population(printers, clock), free_port()
    endpoint = HttpEndpoint(population.at_address)
    await endpoint.open("0.0.0.0", port)
    yield population, port, clock
    await endpoint.close()


async def get(url: str) -> tuple[int, str, Mapping[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text(), answer.headers.copy()


async def test_each_address_shows_its_own_printer(office: tuple[Population, int, StandingClock]) -> None:
    population, port, _ = office

    for one in population.printers:
        identity = one.state.identity
        status, text, headers = await get(f"http://{identity.address}:{port}/")
        assert status == 200 and f"serial {identity.serial}" in text and one.state.profile.model in text
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_an_address_without_a_printer_shows_nothing(office: tuple[Population, int, StandingClock]) -> None:
    _, port, _ = office

    status, text, headers = await get(f"http://127.1.2.99:{port}/")

    assert status == 421 and text == "No printer stands at this address.\n"
    assert "HP" not in headers.get("Server", "")


async def test_what_is_not_there_is_not_found(office: tuple[Population, int, StandingClock]) -> None:
    _, port, _ = office

    for path in ("/DevMgmt/ProductUsageDyn.xml", "/../../etc/passwd", "/Jobs/JobList/1"):
        assert (await get(f"http://127.1.2.2:{port}{path}"))[0] == 404


async def test_the_numbers_move_while_a_printer_prints(office: tuple[Population, int, StandingClock]) -> None:
    population, port, clock = office
    url = f"http://127.1.2.1:{port}/DevMgmt/ProductUsageDyn.xml"

    totals = []
    for hour in range(5):
        clock.move(MONDAY_7 + (1 + hour) * HOUR_S)
        root = ElementTree.fromstring((await get(url))[1])
        totals.append(int(root.findtext(".//{*}PrinterSubunit/{*}TotalImpressions") or ""))

    assert totals == sorted(totals) and totals[0] < totals[-1] == population.printers[0].state.meters[0]


async def test_a_job_has_its_state_as_etag(office: tuple[Population, int, StandingClock]) -> None:
    population, port, clock = office
    clock.move(MONDAY_7 + 4 * HOUR_S)
    await get(f"http://127.1.2.1:{port}/")
    number = population.printers[0].state.finished[-1].number

    status, text, headers = await get(f"http://127.1.2.1:{port}/Jobs/JobList/{number}")

    assert status == 200 and headers["ETag"].strip('"') in text


async def test_a_port_in_use_is_one_sentence(office: tuple[Population, int, StandingClock]) -> None:
    population, port, _ = office

    with pytest.raises(ConfigError, match=f"port {port} is in use by another program; stop that one or choose another"):
        await HttpEndpoint(population.at_address).open("0.0.0.0", port)
