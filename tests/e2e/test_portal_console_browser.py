"""The console in a real browser: nothing fails in silence, everything a person does works."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import CHROMIUM, chromium, served
from tests.support.portal import EMAIL, PASSWORD

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: the console was NOT looked at in a browser"
)
PAGES = (
    "/", "/devices", "/devices?state=silent", "/devices/3", "/jobs", "/jobs?outcome=canceled", "/alerts",
    "/alerts?state=all", "/batches", "/batches/5", "/settings",
)  # fmt: skip
WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.fixture(scope="module")
def browser(url: str) -> Iterator[Any]:
    """Ends before the portal does, so that no connection is left open."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def state(url: str, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A login made by hand, kept for the other tests."""
    path: Path = tmp_path_factory.mktemp("login") / "state.json"
    context = browser.new_context(ignore_https_errors=True)
    view = context.new_page()
    view.goto(f"{url}/devices?state=late")
    view.fill("#email", EMAIL)
    view.fill("#password", PASSWORD)
    view.click("main button.primary")
    view.wait_for_url(f"{url}/devices?state=late")
    context.storage_state(path=path)
    context.close()
    return path


class Watched:
    """A tab that remembers everything that went wrong in it."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.view = context.new_page()
        self.wrong: list[str] = []
        self.view.on("console", self._said)
        self.view.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.view.on("requestfailed", self._failed)
        self.view.on(
            "response",
            lambda answer: self.wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the next page was opened meanwhile
            self.wrong.append(f"request: {request.url} {request.failure}")


@pytest.fixture
def tab(request: pytest.FixtureRequest, browser: Any, state: Path) -> Iterator[Watched]:
    """A logged-in tab; the parameters choose the viewport and the scheme."""
    viewport, scheme = getattr(request, "param", (WIDE, "light"))
    context = browser.new_context(
        ignore_https_errors=True, viewport=viewport, color_scheme=scheme, storage_state=state, reduced_motion="reduce"
    )
    yield Watched(context)
    context.close()


@pytest.mark.parametrize(
    ("tab", "paths"),
    [((WIDE, "light"), PAGES), ((WIDE, "dark"), ("/", "/devices/3")), ((PHONE, "light"), PAGES)],
    indirect=["tab"],
    ids=["wide", "dark", "phone"],
)
def test_no_page_fails_in_silence_or_runs_over_its_width(tab: Watched, url: str, paths: tuple[str, ...]) -> None:
    for path in paths:
        tab.view.goto(url + path, wait_until="load")
        tab.view.wait_for_function("document.fonts.status === 'loaded'")
        overflow = tab.view.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{path} is {overflow} px too wide"
        assert tab.view.locator("h1").count() == 1, path

    assert tab.wrong == []


def test_the_login_page_has_nothing_wrong_either(browser: Any, url: str) -> None:
    context = browser.new_context(ignore_https_errors=True, viewport=PHONE)
    tab = Watched(context)
    tab.view.goto(f"{url}/login")
    tab.view.wait_for_load_state("load")
    said = tab.view.inner_text("main")
    context.close()

    assert "Log in" in said
    assert tab.wrong == []


def test_the_chart_is_drawn_from_the_table_under_it(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/")
    tab.view.wait_for_selector("figure canvas")

    inked = tab.view.evaluate(
        """() => { const canvas = document.querySelector("figure canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let inked = 0; for (let i = 3; i < data.length; i += 4) inked += data[i] > 200 ? 1 : 0; return inked; }"""
    )

    assert inked > 2_000
    assert tab.view.locator("figure table tbody tr").count() == 30


def test_slash_goes_to_the_search_and_finds_a_device(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/alerts")
    tab.view.keyboard.press("/")
    tab.view.keyboard.type("SG62K1D04V")
    tab.view.keyboard.press("Enter")
    tab.view.wait_for_url(re.compile(r"/devices\?q=SG62K1D04V"))

    assert tab.view.locator("table.devices tbody tr").count() == 1
    assert tab.wrong == []


def test_j_and_enter_open_a_row(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/devices")
    tab.view.keyboard.press("j")
    tab.view.keyboard.press("j")
    name = tab.view.locator("tr.at b").inner_text()
    tab.view.keyboard.press("Enter")
    tab.view.wait_for_url(re.compile(r"/devices/\d+$"))

    assert tab.view.locator("h1").inner_text() == name


def test_a_filter_is_chosen_by_hand_and_taken_away_by_its_chip(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/jobs")
    tab.view.select_option("#f-outcome", "canceled")
    tab.view.wait_for_url(re.compile(r"outcome=canceled"))
    assert tab.view.locator(".chip .v").inner_text() == "canceled"

    tab.view.click(".chip a.x")
    tab.view.wait_for_url(f"{url}/jobs")
    assert tab.view.locator(".chip").count() == 0


def test_the_sums_of_the_whole_filter_arrive_by_themselves(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/jobs?outcome=canceled")
    tab.view.wait_for_selector("#sums")

    assert "Whole filter" in tab.view.inner_text("#sums")


def test_what_arrives_live_is_asked_for_until_paused(tab: Watched, url: str) -> None:
    asked: list[str] = []
    tab.view.on("request", lambda request: asked.append(request.url) if "/overview/" in request.url else None)
    tab.view.goto(f"{url}/")
    with tab.view.expect_response(re.compile("/overview/arriving"), timeout=10_000):
        pass
    tab.view.wait_for_function("document.querySelectorAll('#arriving tr').length === 6")

    tab.view.click("[data-pause]")
    held = len(asked)
    tab.view.evaluate("htmx.trigger('#arriving', 'htmx:poll'); htmx.ajax('GET', '/overview/strip', {source: '#strip'})")
    tab.view.wait_for_timeout(3_500)

    assert tab.view.locator("[data-word]").inner_text() == "Go on"
    assert len(asked) == held
    assert tab.wrong == []


def test_a_claim_code_is_made_and_shown_with_its_commands(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/settings")
    tab.view.click("text=Create a claim code")
    tab.view.wait_for_selector("#code")

    code = tab.view.inner_text("#code")
    assert f"--direct {url} --claim {code}" in tab.view.inner_text(".once")
    assert tab.wrong == []


def test_revoking_asks_with_cancel_in_focus(tab: Watched, url: str) -> None:
    tab.view.goto(f"{url}/settings")
    tab.view.locator("[data-dialog^=revoke]").first.click()

    assert tab.view.evaluate("document.activeElement.hasAttribute('data-cancel')")
    assert tab.view.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog[open]'))")
    tab.view.keyboard.press("Enter")
    assert tab.view.locator("dialog[open]").count() == 0


def test_leaving_ends_the_session(browser: Any, url: str) -> None:
    context = browser.new_context(ignore_https_errors=True, viewport=WIDE)
    view = context.new_page()
    view.goto(f"{url}/login")
    view.fill("#email", EMAIL)
    view.fill("#password", PASSWORD)
    view.click("main button.primary")
    view.wait_for_url(f"{url}/")
    view.click(".who button")
    view.wait_for_url(f"{url}/login")
    view.goto(f"{url}/devices")

    assert "/login?next=" in view.url
    context.close()
