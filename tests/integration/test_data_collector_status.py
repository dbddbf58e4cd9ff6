"""The local status page: for the person beside the collector, and for nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import aiohttp
import pytest

from data_collector.core.known_printers import Sighting
from data_collector.core.status_page import ROWS_MAX, Picture, page
from data_collector.status.server import StatusServer
from data_collector.toml_table import ConfigError
from wire_format.records import Device, Finding, Report

AT = datetime(2026, 11, 24, 14, 5, 4, tzinfo=UTC)
EVIL = '<script>alert(1)</script>"\x1b[31m\u202e'


def sighting(number: int, **changed: object) -> Sighting:
    return Sighting(
        **{
            "key": f"serial:SN{number}",
            "address": f"10.0.{number // 250}.{number % 250 + 1}",
            "profile": "office",
            "device": Device(manufacturer="HP", model="LaserJet M479", serial=f"SN{number}", location="2nd floor"),
            "seen_at": AT - timedelta(minutes=7),
            **changed,
        }  # type: ignore[arg-type]
    )


def picture(**changed: object) -> Picture:
    told = Report(
        observed_at=AT,
        device=Device(serial="SN1", model="LaserJet"),
        findings=(Finding(field="meters", source="1.3.6", raw="17", reason="rollback: lower than before"),),
    )
    return Picture(
        **{
            "at": AT,
            "sender": "s" * 43,
            "enrolled": True,
            "started_at": AT - timedelta(days=1),
            "last_scan_at": AT - timedelta(hours=1),
            "last_scan": "254 addresses, 3 printers, 1 new",
            "next_scan_at": AT + timedelta(hours=2),
            "unsent": 2,
            "sightings": [sighting(1), sighting(2, missed=1), sighting(3, missed=3)],
            "told": [told],
            **changed,
        }  # type: ignore[arg-type]
    )


class Shown(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


@pytest.fixture
async def server() -> AsyncIterator[StatusServer]:
    one = StatusServer(("127.0.0.1", 0), picture, lambda: '{"v": 1}')
    await one.start()
    yield one
    await one.close()


async def get(server: StatusServer, path: str = "/", method: str = "GET", host: str | None = None) -> tuple[int, str]:
    headers = {} if host is None else {"Host": host}
    url = f"http://127.0.0.1:{server.port}{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.text()


async def test_it_answers_its_own_address_and_shows_what_the_collector_does(server: StatusServer) -> None:
    status, html = await get(server)

    text = Shown(html).text
    assert status == 200
    for wanted in (
        "Printers known",
        "SN1",
        "10.0.0.2",
        "Gone",
        "Silent",
        "Reporting",
        "rollback: lower",
        "13:05",
        "16:05",
    ):
        assert wanted in text
    assert (await get(server, "/status.json"))[1] == '{"v": 1}'
    assert "light-dark" in (await get(server, "/status.css"))[1]
    assert (await get(server, host=f"localhost:{server.port}"))[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", "10.0.0.1:{port}"])
async def test_a_name_that_is_not_its_own_gets_nothing(server: StatusServer, host: str) -> None:
    status, body = await get(server, host=host.format(port=server.port))

    assert status == 421
    assert "SN1" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_nothing_can_be_changed(server: StatusServer, method: str) -> None:
    assert (await get(server, method=method))[0] == 405


async def test_other_paths_are_not_there(server: StatusServer) -> None:
    assert (await get(server, "/../../etc/passwd"))[0] == 404


async def test_a_taken_port_is_told(server: StatusServer) -> None:
    with pytest.raises(ConfigError, match=r"status.listen .* cannot be had .*name another port"):
        await StatusServer(("127.0.0.1", server.port), picture, str).start()


def test_no_word_of_a_device_becomes_markup() -> None:
    device = Device(manufacturer=EVIL, model=EVIL, serial=EVIL, location=EVIL)
    finding = Finding(field=EVIL, source=EVIL, raw=EVIL, reason=EVIL)
    html = page(
        picture(
            sightings=[sighting(1, device=device, profile=EVIL)],
            told=[Report(observed_at=AT, device=device, findings=(finding,))],
            trouble=EVIL,
            notes=[EVIL],
            last_scan=EVIL,
        )
    )

    shown = Shown(html)
    assert {tag for tag, _ in shown.tags}.isdisjoint({"script", "style", "img", "iframe"})
    assert not any(name.startswith("on") or name == "style" for _, attributes in shown.tags for name in attributes)
    assert "<script>alert(1)</script>" in shown.text
    assert not {"\x1b", "\u202e"} & set(html)


def test_an_empty_collector_says_what_belongs_there_and_a_large_one_is_cut() -> None:
    assert "No printer yet" in page(picture(sightings=[], told=[]))
    large = page(picture(sightings=[sighting(number) for number in range(ROWS_MAX + 7)]))
    assert "These 500 of 507, the silent ones first." in large
