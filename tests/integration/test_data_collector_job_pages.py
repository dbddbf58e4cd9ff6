"""HP's accounting page is fetched where a site asks for it, and nowhere else."""

import asyncio
import json
import sys

import pytest

from data_collector.core.hp_accounting import ACCOUNTING_PAGE
from data_collector.core.reading import LEDM_FIRST
from tests.support.data_collector_web import response, serving, web_server
from tests.unit.test_data_collector_hp_accounting import DOCUMENT, RUSSIAN, USER, page

NAMESPACE = "http://www.hp.com/schemas/imaging/con/ledm/productconfigdyn/2009/11/16"
CONFIG = f"""<ProductConfigDyn xmlns="{NAMESPACE}"><ProductInformation><MakeAndModel>HP DesignJet T2600</MakeAndModel>
<SerialNumber>CN1LARGE01</SerialNumber></ProductInformation></ProductConfigDyn>""".encode()
TREE = b"""<DiscoveryTree xmlns="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21"/>"""
PAGES = {
    LEDM_FIRST: response(TREE),
    "/DevMgmt/ProductConfigDyn.xml": response(CONFIG),
    ACCOUNTING_PAGE: response(page(RUSSIAN), kind="text/html"),
}


@pytest.mark.parametrize(("flags", "jobs"), [(("--jobs", "--job-pages"), 1), (("--jobs",), 0), (("--job-pages",), 0)])
async def test_the_page_is_fetched_only_where_the_site_asks_for_jobs_and_for_pages(
    flags: tuple[str, ...], jobs: int
) -> None:
    async with web_server(serving(PAGES), "127.9.8.2") as web:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "inkwire", "collect", "scan", "127.9.8.2", "--snmp-port", "1", "--https-port", "1"),
            *("--http-port", str(web.port), "--ipp-port", "1", "--no-icmp", "--json", *flags),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = (text.decode() for text in await process.communicate())

    (report,) = map(json.loads, out.splitlines())
    assert (report["device"]["serial"], len(report.get("jobs", []))) == ("CN1LARGE01", jobs)
    assert (ACCOUNTING_PAGE in [request.path for request in web.asked]) == bool(jobs)
    assert not [word for word in (DOCUMENT, USER) if word in out + err]
