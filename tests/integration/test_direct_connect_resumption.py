"""A later handshake is shortened by the one before, and never at the price of not knowing the portal."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from direct_connect.core.batching import Lane
from direct_connect.core.verdict import Verdict
from direct_connect.errors import PortalUnreachableError
from direct_connect.spool import append_reports
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.uplink import Courier, Identity, IdentityFolder, PortalClient, Timeouts, Uplink, Ways
from direct_connect.uplink.dialling import Endpoint
from direct_connect.uplink.route import Route
from portal.tls import open_authority, server_context
from tests.support.direct_connect import ManualClock, PortalDouble
from tests.support.direct_connect_ca import Authority
from tests.support.direct_connect_wild import answers, wild
from tests.support.wire import full_batch
from wire_format.answers import Refusal, encode_refusal
from wire_format.keys import SigningKey
from wire_format.records import Reason

QUICK = Timeouts(connect_s=5.0, answer_s=5.0)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PORTAL = "https://portal.test"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


@pytest.fixture(scope="module")
def certificate(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.server_files(tmp_path_factory.mktemp("portal"), more=("portal.test",))


class Moving:
    """A name service whose only name is somewhere else after a while."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, host: str, port: int) -> Sequence[Endpoint]:
        return [Endpoint(socket.AF_INET, ("127.0.0.1", self.port))]


class Polite:
    """Answers, and says farewell: OpenSSL forgets the session of a connection that ended without."""

    def __init__(self) -> None:
        self.heard: list[bool] = []  # of each connection: whether the other side said it too

    def __call__(self, sock: socket.socket) -> None:
        answers(OK)(sock)
        assert isinstance(sock, ssl.SSLSocket)
        try:
            sock.unwrap()
        except OSError:
            self.heard.append(False)
        else:
            self.heard.append(True)


def asked_once(route: Route) -> int:
    """Over a connection of its own: the bytes that took."""
    client = PortalClient(route, None)
    try:
        answer = client.get("/")
        assert answer.status == 200
        return answer.wire_bytes
    finally:
        client.close()


def test_the_portals_own_tls_resumes_and_saves_more_than_its_tickets_cost(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = open_authority(tmp_path, now)
    context = server_context(tmp_path, authority, ("portal.test",), now)
    polite = Polite()
    with wild(polite, context=context) as server:
        route = Route(PORTAL, authority.pem, QUICK, resolve=Moving(server.port))
        took = [asked_once(route) for _ in range(4)]

    assert server.handshakes == [False, True, True, True]
    assert polite.heard == [True] * 4
    assert took[0] - max(took[1:]) > 400  # certificate and proof, less the ticket shown


def test_sessions_before_tls_1_3_resume_by_their_id(authority: Authority, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(certificate)
    with wild(Polite(), context=context) as server:
        route = Route(PORTAL, authority.pem, QUICK, resolve=Moving(server.port))
        for _ in range(2):
            asked_once(route)

    assert server.handshakes == [False, True]


def test_a_portal_that_forgot_the_session_is_asked_for_its_certificate_without_a_word(
    authority: Authority, certificate: Path
) -> None:
    with wild(answers(OK), certificate) as before:
        moving = Moving(before.port)
        route = Route(PORTAL, authority.pem, QUICK, resolve=moving)
        asked_once(route)
    with wild(answers(OK), certificate) as after:
        moving.port = after.port
        for _ in range(2):
            asked_once(route)

    assert after.handshakes == [False, True]


def test_an_old_session_opens_no_portal_of_another_ca(authority: Authority, certificate: Path, tmp_path: Path) -> None:
    strange = Authority.make().server_files(tmp_path, more=("portal.test",))
    with wild(answers(OK), certificate) as portal, wild(answers(OK), strange) as stranger:
        moving = Moving(portal.port)
        route = Route(PORTAL, authority.pem, QUICK, resolve=moving, plain_port=stranger.port)
        asked_once(route)
        moving.port = stranger.port
        for _ in range(2):
            with pytest.raises(PortalUnreachableError, match="not from the CA pinned"):
                asked_once(route)

    assert stranger.handshakes == []


def test_an_old_session_opens_no_portal_whose_certificate_expired_since(
    authority: Authority, certificate: Path, tmp_path: Path
) -> None:
    expired = authority.server_files(tmp_path, days=-1, more=("portal.test",))
    with wild(answers(OK), certificate) as before, wild(answers(OK), expired) as after:
        moving = Moving(before.port)
        route = Route(PORTAL, authority.pem, QUICK, resolve=moving)
        asked_once(route)
        moving.port = after.port
        with pytest.raises(PortalUnreachableError, match="has expired"):
            asked_once(route)


def test_a_session_of_another_pin_is_never_shown(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as server:
        uplink = Uplink(Ways(timeouts=QUICK, resolve=Moving(server.port)))
        for pin in (None, authority.pem, authority.pem):
            client = uplink.client([PORTAL], pin)
            client.get("/")
            client.close()

    assert server.handshakes == [False, False, True]


def test_the_portal_shows_its_certificate_again_after_a_while(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as server:
        route = Route(PORTAL, authority.pem, QUICK, resolve=Moving(server.port), session_age_max_s=0.0)
        for _ in range(2):
            asked_once(route)

    assert server.handshakes == [False, False]


def test_on_a_faster_clock_a_ticket_is_over_in_its_time_too(authority: Authority, certificate: Path) -> None:
    clock = ManualClock()
    with wild(answers(OK), certificate) as server:
        route = Route(PORTAL, authority.pem, QUICK, resolve=Moving(server.port), monotonic_s=clock.monotonic_s)
        for seconds in (7_000.0, 7_000.0, 7_300.0, 0.0):  # the server's OpenSSL gives tickets for two hours
            asked_once(route)
            clock.advance(seconds)

    assert server.handshakes == [False, True, True, False]


def test_forgotten_sessions_are_shown_no_more(authority: Authority, certificate: Path) -> None:
    with wild(answers(OK), certificate) as server:
        uplink = Uplink(Ways(timeouts=QUICK, resolve=Moving(server.port)))
        for _ in range(2):
            asked_once(uplink.route([PORTAL], authority.pem))
        uplink.forget_sessions()
        asked_once(uplink.route([PORTAL], authority.pem))

    assert server.handshakes == [False, True, False]


def test_under_new_keys_of_the_portal_no_earlier_session_counts(tmp_path: Path) -> None:
    portal = PortalDouble.make()
    refusal = encode_refusal(Refusal(error="stale_portal_key", keys=portal.key_set()))
    stale = f"HTTP/1.1 409 Conflict\r\nContent-Length: {len(refusal)}\r\n\r\n".encode() + refusal
    clock = ManualClock()
    with wild(answers(stale), portal.authority.server_files(tmp_path)) as server:
        folder = IdentityFolder(tmp_path)
        folder.save(
            Identity(
                key=SigningKey.generate(),
                portal_url=f"https://127.0.0.1:{server.port}",
                name_secret=b"s" * 32,
                ca_pem=portal.authority.pem,
                key_set=portal.key_set(),
                enrolled_at=clock.utc_now(),
            )
        )
        outbox = MemorySpoolFile().of(folder.current().sender)
        append_reports(outbox, full_batch().reports, reason=Reason.INTERVAL, created_at=clock.utc_now())
        courier = Courier(outbox, folder, clock=clock, uplink=Uplink(Ways(timeouts=QUICK)))
        verdicts = [step.judgement and step.judgement.verdict for step in (courier.step(Lane.NORMAL) for _ in range(2))]
        courier.close()

    assert verdicts == [Verdict.SEAL_AGAIN, Verdict.SEAL_AGAIN]
    assert server.handshakes == [False, False]
