"""The printers' own pages in a real browser: nothing fails in silence, nothing runs over its width."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from device_sim.certificates import Certificates
from device_sim.core.ews.frame import PAGES
from device_sim.http_endpoint import HttpEndpoint
from device_sim.population import Population
from tests.support.console import CHROMIUM, chromium
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, free_port, printer

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: the printers' pages were NOT looked at in a browser"
)
MODELS = ("color-laserjet-m479", "designjet-t1600", "designjet-t2600", "ecosys-p3155", "pagewide-xl-5100")
"""Office and plotter, colour and not, with and without a job log: everything the pages can show."""
WIDE, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}


@contextlib.contextmanager
def serving(http: int, https: int) -> Iterator[None]:
    """A printer of each of these models, at midday, on a loop of its own."""
    loop = asyncio.new_event_loop()
    clock = StandingClock(MONDAY_7 + 5.5 * HOUR_S)
    printers = [printer(name, index=at, address=f"127.1.6.{at + 1}", at_s=MONDAY_7) for at, name in enumerate(MODELS)]
    population = Population(printers, clock)
    endpoint = HttpEndpoint(population.at_address)

    async def open_all() -> None:
        await endpoint.open("0.0.0.0", http)
        await endpoint.open_tls("0.0.0.0", https, Certificates(population.at_address, seed=1).context_of)

    loop.run_until_complete(open_all())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(endpoint.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    http, https = free_port(), free_port()
    with serving(http, https):
        yield http, https


@pytest.fixture(scope="module")
def browser(ports: tuple[int, int]) -> Iterator[Any]:
    """Ends before the printers do, so that no connection is left open."""
    with chromium() as found:
        yield found


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])
@pytest.mark.parametrize("name", MODELS)
def test_no_page_fails_or_runs_over_its_width(
    browser: Any, ports: tuple[int, int], name: str, viewport: dict[str, int], scheme: str
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    view, wrong = context.new_page(), list[str]()
    view.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    view.on("response", lambda said: wrong.append(f"{said.status} {said.url}") if said.status >= 400 else None)
    for path, title in PAGES:
        view.goto(f"http://127.1.6.{MODELS.index(name) + 1}:{ports[0]}{path}", wait_until="load")
        over = view.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{path} is {over} px too wide"
        assert view.locator("h1").count() == 1 and view.locator("nav a[aria-current]").inner_text() == title
    context.close()

    assert wrong == []


def test_a_person_walks_from_page_to_page_over_https_and_takes_the_csv(browser: Any, ports: tuple[int, int]) -> None:
    context = browser.new_context(ignore_https_errors=True, viewport=PHONE)
    view = context.new_page()
    view.goto(f"https://127.1.6.{MODELS.index('designjet-t1600') + 1}:{ports[1]}/")
    for _, title in PAGES:
        view.click(f"nav >> text={title}")
        assert title in view.title()
    view.click("nav >> text=Job accounting")
    with view.expect_download() as waiting:
        view.click("text=Export to CSV")
    lines = waiting.value.path().read_text(encoding="utf-8").splitlines()
    context.close()

    assert lines[0].startswith("Number,Completed,Job name,") and len(lines) == 11
