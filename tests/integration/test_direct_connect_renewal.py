"""Renewing a sender's key: whatever moment the power goes at, each job is told once and none is lost."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from direct_connect.api import ConnectionSettings, DirectConnection, SqliteSpoolFile, Timeouts, TriggerPolicy
from direct_connect.core.renewal import RenewalPolicy
from direct_connect.errors import PortalUnreachableError, RenewalRefusedError
from direct_connect.spool import Spool, append_reports
from direct_connect.uplink import Courier, IdentityFolder, PortalClient, enrol
from direct_connect.uplink.identity import Identity
from direct_connect.uplink.renewal import ask_for_renewal, settle_renewal, switch_key
from tests.support.direct_connect import Answer, ManualClock, PortalDouble, a_job, a_snapshot
from tests.support.direct_connect_ca import Authority
from wire_format.keys import DecryptionKey, SigningKey
from wire_format.records import Device, Reason, Report

QUICK = Timeouts(connect_s=5.0, answer_s=5.0)
AT = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)
EIGHT_MONTHS_S = 245 * 86_400.0


class PowerCut(BaseException):
    """The plug was pulled."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Path]:
    authority = Authority.make()
    return authority, authority.server_files(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def portal(certificates: tuple[Authority, Path]) -> PortalDouble:
    return PortalDouble(certificates[0], [DecryptionKey.generate()])


@pytest.fixture
def url(portal: PortalDouble, certificates: tuple[Authority, Path]) -> Iterator[str]:
    with portal.running(certificates[1]) as url:
        yield url


class FolderOnThinIce(IdentityFolder):
    """A folder whose power goes before or after one of its strokes."""

    cut_at = ""

    def _stroke(self, name: str, act: Callable[[], object]) -> None:
        if self.cut_at == f"before {name}":
            raise PowerCut
        act()
        if self.cut_at == f"after {name}":
            raise PowerCut

    def keep_next_key(self, key: SigningKey) -> None:
        self._stroke("the key is kept", lambda: IdentityFolder.keep_next_key(self, key))

    def next_key_accepted(self, at: dt.datetime) -> None:
        self._stroke("the answer is noted", lambda: IdentityFolder.next_key_accepted(self, at))

    def switch_to_next_key(self) -> Identity:
        self._stroke("the folder switches", lambda: IdentityFolder.switch_to_next_key(self))
        return self.current()


class Printer:
    """A sender without threads: what `DirectConnection` does, one step at a time."""

    def __init__(self, directory: Path, url: str, portal: PortalDouble) -> None:
        self.directory, self.url, self.portal = directory, url, portal
        self.printed: list[str] = []
        self.start()

    def start(self, cut_at: str = "") -> None:
        self.folder = FolderOnThinIce(self.directory)
        self.folder.cut_at = cut_at
        self.folder.load_or_create(self.url)
        self.file = SqliteSpoolFile.open(self.directory / "spool.db")
        settle_renewal(self.folder, self.file)
        if not self.folder.current().enrolled:
            enrol(self.folder, self.portal.claim_code(), timeouts=QUICK)
        self.courier = Courier(self.spool, self.folder, timeouts=QUICK)

    @property
    def spool(self) -> Spool:
        return self.file.of(self.folder.current().sender)

    def stop(self) -> None:
        self.courier.close()
        self.file.close()

    def print_job(self) -> None:
        job = a_job(len(self.printed))
        report = Report(observed_at=AT, device=Device(serial="TEST-0001"), jobs=(job,))
        append_reports(self.spool, [report], reason=Reason.JOBS, created_at=AT)
        self.printed.append(job.job_id)

    def renew(self) -> bool:
        if self.folder.current().next_accepted_at is None:
            ask_for_renewal(self.folder, AT, lambda who: PortalClient(who.portal_url, who.ca_pem, QUICK))
        return switch_key(self.folder, self.spool)


MOMENTS = [
    f"{when} {stroke}"
    for stroke in ("the key is kept", "the answer is noted", "the folder switches")
    for when in ("before", "after")
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_power_cut_at_any_moment_of_a_renewal_loses_nothing(
    tmp_path: Path, portal: PortalDouble, url: str, moment: str
) -> None:
    printer = Printer(tmp_path, url, portal)
    before = printer.folder.current().sender
    printer.print_job()
    assert printer.courier.drain().left == 0
    printer.stop()

    printer.start(cut_at=moment)
    with pytest.raises(PowerCut):
        printer.renew()
    printer.stop()

    printer.start()
    printer.print_job()
    if printer.folder.current().sender == before:
        assert not printer.renew(), "a batch of the old name waits"
        printer.courier.drain()
        printer.renew()
    printer.print_job()
    assert printer.courier.drain().left == 0
    printer.stop()

    assert portal.jobs == printer.printed
    assert printer.folder.current().sender != before
    assert portal.arrived[-1].sender == printer.folder.current().sender
    assert before in portal.revoked
    assert not list(tmp_path.glob("next-key*"))


def test_a_crash_between_the_two_files_of_a_switch_is_mended(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    printer = Printer(tmp_path, url, portal)
    ask_for_renewal(printer.folder, AT, lambda who: PortalClient(who.portal_url, who.ca_pem, QUICK))
    next_key = printer.folder.current().next_key
    assert next_key is not None
    printer.spool.go_on_as(next_key.kid)
    printer.stop()
    (tmp_path / "next-key.pem").replace(tmp_path / "sender-key.pem")

    printer.start()

    assert printer.folder.current().sender == next_key.kid
    assert printer.folder.current().renewed_at == AT
    assert printer.file.senders() == (next_key.kid,)
    printer.print_job()
    assert printer.courier.drain().left == 0
    printer.stop()


def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    printer = Printer(tmp_path, url, portal)

    def lose_reply(path: str, body: bytes) -> None:
        portal.serve("POST", path, body)

    portal.faults.append(lose_reply)
    with pytest.raises(PortalUnreachableError):
        printer.renew()
    asked = printer.folder.current().next_key
    printer.stop()
    printer.start()

    assert printer.renew()
    assert asked is not None
    assert printer.folder.current().sender == asked.kid
    assert not portal.revoked
    printer.stop()


def test_a_backlog_of_the_old_key_goes_first_and_by_the_old_key(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    printer = Printer(tmp_path, url, portal)
    before = printer.folder.current().sender
    for _ in range(5):
        printer.print_job()

    assert not printer.renew()
    assert printer.folder.current().sender == before
    assert printer.courier.drain().delivered == 5
    assert printer.renew()
    printer.print_job()
    assert printer.courier.drain().left == 0
    printer.stop()

    assert portal.jobs == printer.printed
    assert [batch.sender == before for batch in portal.arrived] == [True] * 5 + [False]
    assert portal.arrived[-1].sequence == 1
    assert portal.arrived[-1].state is None or portal.arrived[-1].state.gap is None


def test_a_key_that_the_portal_knows_already_is_replaced_by_another(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    printer = Printer(tmp_path, url, portal)
    taken = SigningKey.generate()
    portal.senders[taken.kid] = taken.public
    printer.folder.keep_next_key(taken)

    with pytest.raises(PortalUnreachableError, match="another one"):
        printer.renew()
    assert printer.renew()
    assert printer.folder.current().sender != taken.kid
    printer.stop()


def test_a_revoked_sender_gets_no_new_key(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    printer = Printer(tmp_path, url, portal)
    portal.revoked.add(printer.folder.current().sender)

    with pytest.raises(RenewalRefusedError, match="revoked"):
        printer.renew()
    printer.stop()


def test_no_page_of_a_hotel_counts_as_an_accepted_key(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    def captive(path: str, body: bytes) -> Answer:
        return 200, {"Content-Type": "text/html"}, b"<html>Please log in</html>"

    printer = Printer(tmp_path, url, portal)
    portal.faults.append(captive)

    with pytest.raises(PortalUnreachableError):
        printer.renew()
    assert printer.folder.current().next_accepted_at is None
    printer.stop()


def test_an_es256_sender_stays_one(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    IdentityFolder(tmp_path).load_or_create(url, SigningKey.generate_es256())
    printer = Printer(tmp_path, url, portal)

    assert printer.renew()
    assert printer.folder.current().key.public.algorithm == "ES256"
    printer.stop()


def test_a_damaged_note_of_a_renewal_costs_one_more_question(tmp_path: Path, portal: PortalDouble, url: str) -> None:
    printer = Printer(tmp_path, url, portal)
    printer.print_job()
    assert not printer.renew()
    printer.stop()
    (tmp_path / "next-key.pem").write_bytes(b"no key")
    (tmp_path / "renewal.json").write_bytes(b"{")

    printer.start()
    printer.courier.drain()
    assert printer.renew()
    printer.print_job()
    assert printer.courier.drain().left == 0
    assert portal.jobs == printer.printed
    printer.stop()


def test_eight_months_offline_the_backlog_arrives_and_the_key_is_renewed(
    tmp_path: Path, portal: PortalDouble, url: str, certificates: tuple[Authority, Path]
) -> None:
    clock = ManualClock()
    settings = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1), renewal=RenewalPolicy(life_s=365 * 86_400.0))

    def turn_until(true: Callable[[DirectConnection], bool], connection: DirectConnection) -> None:
        for _ in range(600):
            if true(connection):
                return
            next_try_at = connection.status().next_try_at
            under_way = next_try_at is not None and next_try_at <= clock.at  # let it arrive, or time outruns it
            clock.advance(6.0 if under_way else 7200.0)
            portal.changed.acquire()
            portal.changed.wait(0.03)
            portal.changed.release()
        pytest.fail(str(connection.status()))

    def opened() -> DirectConnection:
        code = portal.claim_code()
        return DirectConnection.open(
            tmp_path, url, snapshot=a_snapshot, claim_code=code, settings=settings, clock=clock, timeouts=QUICK
        )

    with opened() as connection:
        turn_until(lambda connection: connection.status().enrolled, connection)
        before, first = connection.sender, connection.status()
        assert first.key_expires_at is not None
        assert first.key_renewed_at is not None
        assert first.key_expires_at - first.key_renewed_at == dt.timedelta(days=365)
    portal.faults.extend([lambda path, body: None] * 3)
    clock.advance(EIGHT_MONTHS_S)
    with opened() as connection:
        for number in range(6):
            connection.job_finished(a_job(number))
        turn_until(lambda connection: connection.sender != before, connection)
        connection.job_finished(a_job(6))
        turn_until(lambda connection: "job-6" in portal.jobs and not connection.status().unsent, connection)
        status = connection.status()
        assert status.sender == connection.sender
        assert status.set_aside == 0
        assert status.key_renewed_at is not None
        assert status.key_renewed_at - first.key_renewed_at > dt.timedelta(days=243)

    assert sorted(portal.jobs) == [f"job-{number}" for number in range(7)]
    old = [batch.sequence for batch in portal.arrived if batch.sender == before]
    assert old == sorted(old)
    assert {batch.sender for batch in portal.arrived[len(old) :]} == {status.sender}
    assert replace(status, problem=None).enrolled
