"""The uplink's way to a portal: several addresses, names that move, both families, proxies, login pages."""

import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from direct_connect.api import ConfigError, ConnectionSettings, DirectConnection, Proxy, TriggerPolicy
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink import IdentityFolder, PortalClient, Timeouts, Uplink, Ways
from direct_connect.uplink.dialling import Endpoint
from direct_connect.uplink.route import Route
from tests.support.direct_connect import Answer, ManualClock, PortalDouble, a_job, a_snapshot
from tests.support.direct_connect_ca import Authority
from tests.support.direct_connect_wild import SmallProxy, answers, read_request, wild
from wire_format.keys import DecryptionKey

QUICK = Timeouts(connect_s=5.0, answer_s=5.0)
EACH_JOB = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AT_REST = b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


@pytest.fixture(scope="module")
def certificate(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.server_files(tmp_path_factory.mktemp("portal"), more=("::1", "portal.test"))


@pytest.fixture(scope="module")
def strange_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Authority.make().server_files(tmp_path_factory.mktemp("stranger"), more=("::1", "portal.test"))


@pytest.fixture
def portal(authority: Authority) -> PortalDouble:
    return PortalDouble(authority, [DecryptionKey.generate()])


def free_port(host: str = "127.0.0.1") -> int:
    """A port where nobody listens."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        port: int = listener.getsockname()[1]
    return port


class Names:
    """A name service that a test can change. asked: how often."""

    def __init__(self, *found: tuple[str, int]) -> None:
        self.found, self.asked = list(found), 0

    def __call__(self, host: str, port: int) -> Sequence[Endpoint]:
        self.asked += 1
        if not self.found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            Endpoint(socket.AF_INET6, (address, port, 0, 0))
            if ":" in address
            else Endpoint(socket.AF_INET, (address, port))
            for address, port in self.found
        ]


def turn_until_delivered(connection: DirectConnection, clock: ManualClock, portal: PortalDouble, jobs: int) -> None:
    deadline_s = time.monotonic() + 30
    while len(portal.jobs) < jobs or connection.status().unsent or connection.status().jobs_waiting:
        assert time.monotonic() < deadline_s, connection.status()
        next_try_at = connection.status().next_try_at
        if next_try_at is not None and next_try_at > clock.at:
            clock.advance((next_try_at - clock.at).total_seconds() + 0.001)
        time.sleep(0.02)


# Several addresses


def test_a_sender_moves_to_the_address_that_works_and_back_after_a_while(
    tmp_path: Path, portal: PortalDouble, certificate: Path
) -> None:
    first_port, clock = free_port(), ManualClock()
    first = f"https://127.0.0.1:{first_port}"
    with portal.running(certificate) as second:
        ways = Ways(timeouts=QUICK, monotonic_s=clock.monotonic_s, preferred_again_s=600.0)
        with DirectConnection.open(
            tmp_path,
            [first, second],
            snapshot=a_snapshot,
            claim_code=portal.claim_code(),
            settings=EACH_JOB,
            clock=clock,
            uplink=Uplink(ways),
        ) as connection:
            connection.job_finished(a_job(1))
            turn_until_delivered(connection, clock, portal, 1)
            assert (connection.status().address, connection.status().portal_url) == (second, first)

            with portal.running(certificate, first_port):
                connection.job_finished(a_job(2))
                turn_until_delivered(connection, clock, portal, 2)
                assert connection.status().address == second

                clock.advance(601)
                connection.job_finished(a_job(3))
                turn_until_delivered(connection, clock, portal, 3)
                assert connection.status().address == first

    assert portal.jobs == ["job-1", "job-2", "job-3"]
    assert IdentityFolder(tmp_path).current().portal_urls == (first, second)


def test_back_off_begins_only_when_every_address_failed(tmp_path: Path, portal: PortalDouble) -> None:
    clock = ManualClock()
    urls = [f"https://127.0.0.1:{free_port()}", f"https://[::1]:{free_port('::1')}"]
    with DirectConnection.open(
        tmp_path, urls, snapshot=a_snapshot, claim_code=portal.claim_code(), clock=clock, timeouts=QUICK
    ) as connection:
        deadline_s = time.monotonic() + 20
        while (problem := connection.status().problem) is None:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        next_try_at = connection.status().next_try_at

    assert "none of the portal's 2 addresses can be used" in problem
    assert all(url.removeprefix("https://") in problem for url in urls)
    assert next_try_at is not None
    assert next_try_at > clock.at


def test_what_is_no_portals_answer_makes_the_next_address_be_asked_at_once(
    authority: Authority, certificate: Path
) -> None:
    bad_gateway = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(bad_gateway), certificate) as first, wild(answers(OK), certificate) as second:
        client = PortalClient([f"https://127.0.0.1:{server.port}" for server in (first, second)], authority.pem, QUICK)
        assert client.post("/", b"x", "text/plain").status == 200
        client.close()

    assert (first.number, second.number) == (1, 1)


@pytest.mark.parametrize("said", [b"403 Forbidden", b"422 No", b"429 Busy", b"503 Busy\r\nRetry-After: 60"])
def test_the_portals_own_word_is_taken_from_whichever_address_says_it(
    authority: Authority, certificate: Path, said: bytes
) -> None:
    refusal = b"HTTP/1.1 " + said + b"\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(refusal), certificate) as first, wild(answers(OK), certificate) as second:
        client = PortalClient([f"https://127.0.0.1:{server.port}" for server in (first, second)], authority.pem, QUICK)
        assert client.post("/", b"x", "text/plain").status == int(said[:3])
        client.close()

    assert second.number == 0


def test_when_no_address_helps_the_first_answer_is_told(authority: Authority, certificate: Path) -> None:
    bad_gateway = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(bad_gateway), certificate) as first:
        urls = [f"https://127.0.0.1:{first.port}", f"https://127.0.0.1:{free_port()}"]
        client = PortalClient(urls, authority.pem, QUICK)
        assert client.get("/").status == 502
        client.close()


# Names and families


def test_a_name_is_asked_for_anew_at_each_connection(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as old, wild(answers(OK), certificate, "::1") as new:
        names = Names(("127.0.0.1", old.port))
        client = PortalClient(Route("https://portal.test", authority.pem, QUICK, resolve=names), None)
        assert client.get("/").status == 200
        client.rest()
        names.found = [("::1", new.port)]
        assert client.get("/").status == 200
        client.close()

    assert (old.number, new.number, names.asked) == (1, 1, 2)


def test_every_address_of_a_name_is_tried(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as server:
        dead = [("::1", free_port("::1")), ("127.0.0.1", free_port()), ("192.0.2.1", 9)]
        names = Names(*dead, ("127.0.0.1", server.port))
        client = PortalClient(Route("https://portal.test", authority.pem, QUICK, resolve=names), None)
        assert client.get("/").status == 200
        client.close()


def test_a_name_service_that_hangs_or_knows_nothing_is_named(authority: Authority) -> None:
    def hangs(host: str, port: int) -> Sequence[Endpoint]:
        time.sleep(2.0)
        return []

    for resolve, said in ((hangs, "in time"), (Names(), "not known to the name service")):
        route = Route("https://portal.test", authority.pem, replace(QUICK, connect_s=0.3), resolve=resolve)
        with pytest.raises(PortalUnreachableError, match=said):
            PortalClient(route, None).get("/")


def test_an_ipv6_literal_is_checked_against_the_certificate(
    tmp_path: Path, authority: Authority, certificate: Path, portal: PortalDouble
) -> None:
    with portal.running(certificate, host="::1") as url:
        client = PortalClient(url, authority.pem, QUICK)
        assert client.get("/v1/ca").status == 200
        client.close()
    other = authority.server_files(tmp_path, name="::2")
    with portal.running(other, host="::1") as url, pytest.raises(PortalUnreachableError, match="for another name"):
        PortalClient(url, authority.pem, QUICK).get("/v1/ca")


def test_a_name_must_stand_in_the_certificate_whatever_address_it_has(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as server:
        names = Names(("127.0.0.1", server.port))
        route = Route("https://other.test", authority.pem, QUICK, resolve=names)
        with pytest.raises(PortalUnreachableError, match="for another name"):
            PortalClient(route, None).get("/")


# Keep-alive and resumption


def test_the_next_handshake_is_short_and_takes_fewer_bytes(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK, OK), certificate) as server:
        client = PortalClient(f"https://127.0.0.1:{server.port}", authority.pem, QUICK)
        full = client.get("/").wire_bytes
        kept = client.get("/").wire_bytes
        client.rest()
        resumed = client.get("/").wire_bytes
        client.close()

    assert server.handshakes == [False, True]
    assert kept < 500 < resumed < full


def test_an_answer_left_behind_in_a_connection_answers_no_other_call(authority: Authority, certificate: Path) -> None:
    poison = b"HTTP/1.1 422 Poison\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(OK + poison, poison), certificate) as server:
        client = PortalClient(f"https://127.0.0.1:{server.port}", authority.pem, QUICK)
        assert [client.get("/").status for _ in range(3)] == [200, 200, 200]
        client.close()

    assert server.number == 3


def test_a_refusal_on_a_used_connection_is_asked_again_on_a_fresh_one(authority: Authority, certificate: Path) -> None:
    poison = b"HTTP/1.1 422 Poison\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(OK, poison), certificate) as server:
        client = PortalClient(f"https://127.0.0.1:{server.port}", authority.pem, QUICK)
        assert [client.get("/").status for _ in range(2)] == [200, 200]
        client.close()

    assert server.number == 2


# Proxies


def opened_by_proxy(directory: Path, url: str, portal: PortalDouble, proxy: Proxy) -> DirectConnection:
    return DirectConnection.open(
        directory,
        url,
        snapshot=a_snapshot,
        claim_code=portal.claim_code(),
        settings=replace(EACH_JOB, proxy=proxy),
        timeouts=QUICK,
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_job_goes_through_a_proxy_that_asks_for_a_password(
    tmp_path: Path, portal: PortalDouble, certificate: Path, host: str
) -> None:
    proxy = SmallProxy(credentials="gate:way")
    with (
        portal.running(certificate, host=host) as url,
        wild(proxy.script) as server,
        opened_by_proxy(tmp_path, url, portal, Proxy.parse(f"http://gate:way@127.0.0.1:{server.port}")) as connection,
    ):
        connection.job_finished(a_job(1))
        portal.wait_for(lambda portal: bool(portal.jobs))
        assert connection.status().proxy == f"127.0.0.1:{server.port}"

    assert set(proxy.targets) == {url.removeprefix("https://")}


def test_a_proxys_refusals_are_told_without_the_password(
    tmp_path: Path, portal: PortalDouble, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    proxy = SmallProxy(credentials="gate:way")
    with portal.running(certificate) as url, wild(proxy.script) as server:
        setting = Proxy.parse(f"http://gate:geheim@127.0.0.1:{server.port}")
        with opened_by_proxy(tmp_path, url, portal, setting) as connection:
            deadline_s = time.monotonic() + 20
            while (problem := connection.status().problem) is None:
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
            shown = f"{connection.status()}{caplog.text}{[record.__dict__ for record in caplog.records]}"
        anonymous = Uplink(Ways(timeouts=QUICK, proxy=Proxy.parse(f"127.0.0.1:{server.port}")))
        with pytest.raises(PortalUnreachableError, match="asks who we are"):
            anonymous.client([url], None).get("/")

    assert "does not take this user and password" in problem
    assert "geheim" not in shown
    assert setting.authorization is not None
    assert setting.authorization.split()[1] not in shown
    assert not portal.requests


@pytest.mark.parametrize(
    ("answer", "said", "captive"),
    [
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "does not let this sender through", False),
        (b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", "can not reach the portal", False),
        (b"SSH-2.0-proxy\r\n", "does not speak HTTP", False),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000, "longer than", False),
        (b"HTTP/1.1 200 OK\r\n", "did not answer in time", False),
        (AT_REST, "captive portal", True),
        (b"HTTP/1.1 511 Log in\r\nContent-Length: 0\r\n\r\n", "captive portal", True),
        (b"HTTP/1.1 200 OK\r\n\r\nnot the portal", "TLS with the portal", False),
    ],
    ids=["403", "502", "garbage", "huge headers", "slow", "redirect", "511", "no TLS behind it"],
)
def test_whatever_a_proxy_answers_is_bounded_and_told(
    authority: Authority, answer: bytes, said: str, captive: bool
) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer)
        sock.recv(1)

    with wild(script) as server:
        ways = Ways(timeouts=replace(QUICK, connect_s=0.7), proxy=Proxy("127.0.0.1", server.port))
        with pytest.raises(PortalUnreachableError, match=said) as caught:
            Uplink(ways).client(["https://portal.test"], authority.pem).get("/")

    assert caught.value.captive is captive


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_job_goes_through_tinyproxy(tmp_path: Path, portal: PortalDouble, certificate: Path, host: str) -> None:
    if (program := shutil.which("tinyproxy")) is None:
        pytest.skip("tinyproxy is not installed (apt-get install tinyproxy); the proxy others wrote is not asked")
    port = free_port()
    configuration = tmp_path / "tinyproxy.conf"
    configuration.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth gate way\nLogLevel Info\n")
    with subprocess.Popen([program, "-d", "-c", str(configuration)], stdout=subprocess.PIPE, text=True) as process:
        try:
            until_listening(port)
            with portal.running(certificate, host=host) as url:
                wrong = Ways(timeouts=QUICK, proxy=Proxy("127.0.0.1", port, "gate", "no"))
                with pytest.raises(PortalUnreachableError, match="does not take this user"):
                    Uplink(wrong).client([url], None).get("/v1/ca")
                with opened_by_proxy(
                    tmp_path / "d", url, portal, Proxy("127.0.0.1", port, "gate", "way")
                ) as connection:
                    connection.job_finished(a_job(1))
                    portal.wait_for(lambda portal: bool(portal.jobs))
        finally:
            process.terminate()
            said = process.communicate(timeout=20)[0]

    assert f"CONNECT {url.removeprefix('https://')}" in said


def until_listening(port: int) -> None:
    deadline_s = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        else:
            return


# Login pages of networks


@pytest.mark.parametrize("answer", [AT_REST, b"HTTP/1.1 511 Log in\r\nContent-Length: 0\r\n\r\n"], ids=["302", "511"])
def test_another_cas_certificate_beside_a_login_page_is_a_captive_portal(
    authority: Authority, strange_certificate: Path, answer: bytes
) -> None:
    with wild(answers(OK), strange_certificate) as server, wild(answers(answer)) as plain:
        route = Route(f"https://127.0.0.1:{server.port}", authority.pem, QUICK, plain_port=plain.port)
        with pytest.raises(PortalUnreachableError, match="captive portal") as caught:
            PortalClient(route, None).get("/")

    assert caught.value.captive


def test_another_cas_certificate_alone_is_no_captive_portal(authority: Authority, strange_certificate: Path) -> None:
    to_itself = b"HTTP/1.1 308 Here\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    with wild(answers(OK), strange_certificate) as server, wild(answers(to_itself)) as plain:
        for port in (plain.port, free_port()):
            route = Route(f"https://127.0.0.1:{server.port}", authority.pem, QUICK, plain_port=port)
            with pytest.raises(PortalUnreachableError, match="not from the CA pinned at enrolment") as caught:
                PortalClient(route, None).get("/")
            assert not caught.value.captive


def test_a_login_page_is_shown_in_the_status_and_nothing_is_lost(
    tmp_path: Path, portal: PortalDouble, certificate: Path
) -> None:
    clock = ManualClock()

    def login_page(path: str, body: bytes) -> Answer:
        return 200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>"

    with (
        portal.running(certificate) as url,
        DirectConnection.open(
            tmp_path,
            url,
            snapshot=a_snapshot,
            claim_code=portal.claim_code(),
            settings=EACH_JOB,
            clock=clock,
            timeouts=QUICK,
        ) as connection,
    ):
        connection.job_finished(a_job(1))
        turn_until_delivered(connection, clock, portal, 1)
        portal.faults.append(login_page)
        connection.job_finished(a_job(2))
        deadline_s = time.monotonic() + 20
        while not connection.status().captive:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        assert "captive portal" in (connection.status().problem or "")
        assert connection.status().unsent == 1

        turn_until_delivered(connection, clock, portal, 2)
        assert not connection.status().captive


def test_a_proxy_setting_that_is_none_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match="the proxy must look like"):
        Proxy.parse("ftp://proxy")


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the environment says, a sender goes where its settings say."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    yield
