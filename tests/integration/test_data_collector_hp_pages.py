"""A printer of HP without LEDM, over real connections: its older pages are found and read."""

import datetime as dt

from data_collector.core.evidence import Evidence
from data_collector.core.hp_pages import PAGES
from data_collector.core.normalise import report
from data_collector.http_probe import HttpProbe
from data_collector.vendor_files import load_definitions
from device_sim.core.state import LivePrinter
from device_sim.http_endpoint import HttpEndpoint
from tests.support.data_collector_web import response, serving, web_server
from tests.support.device_sim import free_port
from tests.support.device_sim_faults import HP, Manager, faulty

ADDRESS = "127.1.2.1"


async def test_a_printer_from_before_ledm_is_known_by_its_older_pages() -> None:
    state = faulty("http_old_pages", of=HP).state

    def find(address: str) -> LivePrinter | None:
        return state if address == ADDRESS else None

    endpoint, port = HttpEndpoint(Manager().agents.told(find, "http")), free_port()
    await endpoint.open("0.0.0.0", port)
    try:
        async with HttpProbe(1.0) as http:
            documents, findings = await http.ledm(ADDRESS, port)
    finally:
        await endpoint.close()
    at = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    told = report(Evidence(address=ADDRESS, observed_at=at, ledm=documents), load_definitions())

    assert findings == [] and set(documents) == set(PAGES)
    assert (told.device.serial, told.device.mac) == (state.identity.serial, state.identity.mac)
    assert told.device.product_number == state.profile.product_number
    percents = [state.supply_percent(place) for place in range(len(state.profile.supplies))]
    assert [supply.percent for supply in told.supplies] == percents
    assert told.meters == ()


async def test_a_stranger_is_asked_two_questions_and_no_more() -> None:
    start_page = {"/": response(b"<html>Welcome</html>", kind="text/html")}
    async with web_server(serving(start_page)) as web, HttpProbe(1.0) as http:
        documents, findings = await http.ledm("127.0.0.1", web.port)

    assert (documents, findings, len(web.asked)) == ({}, [], 2)
