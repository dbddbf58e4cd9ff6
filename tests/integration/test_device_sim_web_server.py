"""The printers' web server asked by curl and openssl: conditional requests, long polls, HTTPS."""

import asyncio
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_sim.certificates import Certificates
from device_sim.core.errors import ConfigError
from device_sim.event_waits import EventWaits
from device_sim.http_endpoint import HttpEndpoint
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, free_port, printer

CURL, OPENSSL = shutil.which("curl"), shutil.which("openssl")
needs_curl = pytest.mark.skipif(CURL is None, reason="no curl here: the web server was NOT asked by a client of others")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl here: certificates were NOT read by others")
EVENTS = "/EventMgmt/EventTable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Two office printers and two others, on HTTP and HTTPS."""

    population: Population
    clock: StandingClock
    http: int
    https: int

    def url(self, path: str, host: int = 1) -> str:
        return f"http://127.1.3.{host}:{self.http}{path}"

    def secure(self, path: str, host: int = 1) -> str:
        return f"https://127.1.3.{host}:{self.https}{path}"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    clock = StandingClock(MONDAY_7 + 2 * HOUR_S)
    models = ("color-laserjet-m479", "color-laserjet-m479", "designjet-t1600", "ecosys-p3155")
    printers = [printer(name, index=index, address=f"127.1.3.{index + 1}") for index, name in enumerate(models)]
    population, waits = Population(printers, clock), EventWaits()
    population.listen(waits.note)
    endpoint, http, https = HttpEndpoint(population.at_address, waits), free_port(), free_port()
    await endpoint.open("0.0.0.0", http)
    await endpoint.open_tls("0.0.0.0", https, Certificates(population.at_address, seed=1).context_of)
    yield Site(population=population, clock=clock, http=http, https=https)
    await endpoint.close()


async def run(*words: str, stdin: bytes = b"") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate(stdin)
    return process.returncode or 0, said.decode("utf-8", "replace")


async def curl(*words: str) -> tuple[int, dict[str, str], str]:
    """Status, headers (lower case) and body, as curl saw them."""
    code, said = await run(str(CURL), "-si", "--max-time", "20", *words)
    assert code == 0, (code, words)
    head, _, body = said.partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), {name.lower(): value for name, value in headers.items()}, body


@needs_curl
@pytest.mark.parametrize(
    "path", ["/", "/usage", "/jobs", "/jobs.csv", "/ews.css", "/Accounting/JobAccounting.xml", "/Jobs/JobList", EVENTS]
)
async def test_what_the_client_has_already_is_not_sent_again(site: Site, path: str) -> None:
    status, headers, body = await curl(site.url(path))
    assert status == 200 and re.fullmatch(r'"[0-9a-f]{20}"', headers["etag"]) and body

    again, headers_again, nothing = await curl("-H", f"If-None-Match: {headers['etag']}", site.url(path))
    other, _, whole = await curl("-H", 'If-None-Match: "something else"', site.url(path))

    assert (again, headers_again["etag"], nothing) == (304, headers["etag"], "")
    assert (other, whole) == (200, body)


@needs_curl
async def test_a_job_is_conditional_on_its_state(site: Site) -> None:
    site.population.at_address("127.1.3.1")
    number = site.population.printers[0].state.finished[-1].number
    path = f"/Jobs/JobList/{number}"

    status, headers, body = await curl(site.url(path))

    assert status == 200 and headers["etag"].strip('"') in body and headers["content-type"].startswith("text/xml")
    assert (await curl("-H", f"If-None-Match: {headers['etag']}", site.url(path)))[0] == 304


@needs_curl
async def test_head_tells_what_get_would(site: Site) -> None:
    for path in ("/", "/DevMgmt/ProductUsageDyn.xml", EVENTS):
        _, full, body = await curl(site.url(path))
        status, headers, nothing = await curl("--head", site.url(path))
        assert (status, nothing) == (200, "")
        assert headers["etag"] == full["etag"] and headers["content-length"] == str(len(body.encode()))
    assert (await curl("--head", site.url("/nothing")))[0] == 404


@needs_curl
async def test_a_long_poll_is_answered_when_something_happens(site: Site) -> None:
    _, headers, before = await curl(site.url(EVENTS))
    poll = asyncio.create_task(curl("-H", f"If-None-Match: {headers['etag']}", site.url(f"{EVENTS}?timeout=150")))
    while not poll.done():
        site.clock.move(site.clock.now_s() + 30.0)
        site.population.wake()
        await asyncio.wait([poll], timeout=0.01)

    status, later, after = await poll

    assert status == 200 and later["etag"] != headers["etag"] and after != before


@needs_curl
async def test_a_long_poll_without_news_ends_with_its_timeout(site: Site) -> None:
    _, headers, _ = await curl(site.url(EVENTS))

    status, _, nothing = await curl("-H", f"If-None-Match: {headers['etag']}", site.url(f"{EVENTS}?timeout=3"))

    assert (status, nothing) == (304, "")


@needs_curl
async def test_a_poll_without_a_tag_or_with_a_strange_timeout_is_answered_at_once(site: Site) -> None:
    _, headers, _ = await curl(site.url(EVENTS))

    assert (await curl(site.url(f"{EVENTS}?timeout=9000")))[0] == 200
    for timeout in ("", "-5", "x", "1e9", "99999999999999999999"):
        tag = f"If-None-Match: {headers['etag']}"
        assert (await curl("-H", tag, site.url(f"{EVENTS}?timeout={timeout}")))[0] == 304


async def test_polls_that_hang_do_not_keep_the_server_from_closing(site: Site) -> None:
    waits = EventWaits()
    polls = [asyncio.create_task(waits.something(0, 3600.0)) for _ in range(5)]
    await asyncio.sleep(0)

    waits.end()

    assert await asyncio.gather(*polls) == [False] * 5
    assert await waits.something(0, 3600.0) is False


@needs_curl
async def test_each_address_is_its_own_printer_by_https_too(site: Site) -> None:
    for host, one in enumerate(site.population.printers, 1):
        status, headers, body = await curl("-k", site.secure("/", host))
        assert status == 200 and one.state.identity.serial in body and "etag" in headers


@needs_curl
@needs_openssl
async def test_a_client_that_pinned_the_certificate_trusts_that_address_alone(site: Site, tmp_path: Path) -> None:
    pinned = tmp_path / "printer.pem"
    pinned.write_text(await shown(site, 1))

    assert (await curl("--cacert", str(pinned), site.secure("/")))[0] == 200
    code, _ = await run(str(CURL), "-s", "--cacert", str(pinned), site.secure("/", 2))
    assert code == 60  # CURLE_PEER_FAILED_VERIFICATION


@needs_openssl
async def test_two_addresses_show_two_certificates_the_same_ones_for_ever(site: Site) -> None:
    seen = [await shown(site, host) for host in (1, 2, 1)]
    endpoint, port = HttpEndpoint(site.population.at_address), free_port()
    await endpoint.open_tls("0.0.0.0", port, Certificates(site.population.at_address, seed=1).context_of)
    restarted = await shown(site, 1, port)
    await endpoint.close()

    assert seen[0] != seen[1] and seen[0] == seen[2] == restarted


@needs_openssl
async def test_where_no_printer_stands_there_is_no_handshake(site: Site) -> None:
    code, said = await run(str(OPENSSL), "s_client", "-connect", f"127.1.3.99:{site.https}")

    assert code != 0 and "BEGIN CERTIFICATE" not in said


async def test_a_client_that_says_nothing_or_nonsense_hinders_nobody(site: Site) -> None:
    silent = [await asyncio.open_connection("127.1.3.1", site.https) for _ in range(20)]
    for _, writer in silent[:10]:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")

    answered = await asyncio.gather(
        *(asyncio.open_connection("127.1.3.1", site.https, ssl=_trusting()) for _ in range(5))
    )

    for _, writer in (*silent, *answered):
        writer.close()
    assert len(answered) == 5


async def test_an_https_port_in_use_is_one_sentence(site: Site) -> None:
    find = site.population.at_address
    with pytest.raises(ConfigError, match=f"--https-port.* port {site.https} is in use by another program"):
        await HttpEndpoint(find).open_tls("0.0.0.0", site.https, Certificates(find, seed=1).context_of)


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def shown(site: Site, host: int, port: int | None = None) -> str:
    """The certificate an address shows, in PEM, as openssl saw it."""
    _, said = await run(str(OPENSSL), "s_client", "-connect", f"127.1.3.{host}:{port or site.https}")
    found = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", said, re.DOTALL)
    assert found is not None, said
    return found[0]
