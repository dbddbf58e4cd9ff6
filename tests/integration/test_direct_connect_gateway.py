"""A gateway that speaks for many printers: fair between them, and held up by nothing that one of them does."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from direct_connect.api import (
    ClosedError,
    ConnectionSettings,
    DirectConnection,
    Snapshot,
    SqliteSpoolFile,
    Timeouts,
    TriggerPolicy,
    Worker,
)
from direct_connect.spool import append_reports
from tests.support.direct_connect import PortalDouble, a_job, a_snapshot, an_alert
from wire_format.records import Device, Reason, Report

EACH_JOB = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1), snapshot_s_max=0.2, pace=None)
BACKLOG, JOBS_OF_BACKLOG = 100, 100


def take(seconds: float, true: Callable[[], bool]) -> None:
    """Until it is true."""
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@contextmanager
def gateway(
    home: Path,
    portal: PortalDouble,
    url: str,
    count: int,
    *,
    threads: int = 4,
    snapshot: Callable[[int], Callable[[], Snapshot]] = lambda number: a_snapshot,
) -> Iterator[list[DirectConnection]]:
    with (
        SqliteSpoolFile.open(home / "spool.db", bytes_max=64 * 1024 * 1024) as spool,
        Worker(threads=threads) as worker,
        ExitStack() as stack,
    ):
        yield [
            stack.enter_context(
                DirectConnection.open(
                    home / f"printer-{number}",
                    url,
                    snapshot=snapshot(number),
                    claim_code=portal.claim_code(number + 1),
                    settings=EACH_JOB,
                    spool=spool,
                    worker=worker,
                    timeouts=Timeouts(connect_s=2.0, answer_s=5.0),
                )
            )
            for number in range(count)
        ]


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


def test_ten_thousand_waiting_events_of_one_printer_delay_no_alert_and_no_push_of_another(
    tmp_path: Path, portal: PortalDouble
) -> None:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        with gateway(tmp_path, portal, url, 12) as printers:
            take(60, lambda: all(each.status().enrolled for each in printers))
            sender = printers[0].sender
        with SqliteSpoolFile.open(tmp_path / "spool.db", bytes_max=64 * 1024 * 1024) as file, file.together():
            outbox = file.of(sender)
            for number in range(BACKLOG):
                jobs = tuple(a_job(number * JOBS_OF_BACKLOG + each) for each in range(JOBS_OF_BACKLOG))
                at = a_job(0).completed_at
                assert at is not None
                report = Report(observed_at=at, device=Device(serial="BUSY"), jobs=jobs)
                append_reports(outbox, [report], reason=Reason.JOBS, created_at=at)
        with gateway(tmp_path, portal, url, 12) as (busy, *others):
            busy.push()  # by hand, so that nothing but fairness slows it
            start = len(portal.arrived)
            take(20, lambda: len(portal.arrived) > start + 5)
            before = len(portal.arrived)
            assert before < BACKLOG - 40, "the backlog is gone before anything was proved"
            for number, each in enumerate(others):
                each.alert_raised(an_alert(f"jam-{number}"))
                each.push()
            own = {each.sender for each in others}

            def theirs() -> list[int]:
                return [place for place, batch in enumerate(list(portal.arrived)) if batch.sender in own]

            take(60, lambda: len(theirs()) == 2 * len(others))
            of_the_busy_one = max(theirs()) - before - 2 * len(others)
            take(30, lambda: len(portal.jobs) == BACKLOG * JOBS_OF_BACKLOG)

    assert of_the_busy_one < 2 * len(others) + 20  # in turn: one of its own for each of theirs, and what was under way
    assert portal.jobs == [f"job-{number}" for number in range(BACKLOG * JOBS_OF_BACKLOG)]


def test_snapshots_that_never_return_stop_no_job_no_alert_and_no_other_printer(
    tmp_path: Path, portal: PortalDouble
) -> None:
    released = threading.Event()

    def hangs() -> Snapshot:
        released.wait(60)
        return a_snapshot()

    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        gateway(tmp_path, portal, url, 8, threads=2, snapshot=lambda at: hangs if at < 7 else a_snapshot) as printers,
    ):
        for number, printer in enumerate(printers):
            printer.job_finished(a_job(number))
            printer.alert_raised(an_alert(f"jam-{number}"))
        portal.wait_for(lambda portal: len(portal.jobs) == 8 and len(portal.arrived) >= 16)
        printers[0].job_finished(a_job(100))
        portal.wait_for(lambda portal: len(portal.jobs) == 9)
        hung = [each for each in threading.enumerate() if each.name == "inkwire-snapshot"]
        assert len(hung) == 7  # one for each printer that hangs, however often it was asked
        released.set()
        take(20, lambda: not any(each.name == "inkwire-snapshot" for each in threading.enumerate()))
        printers[0].job_finished(a_job(101))
        portal.wait_for(lambda portal: len(portal.jobs) == 10)

    found = [
        (report.meters != (), [finding.reason for finding in report.findings])
        for batch in portal.arrived
        if batch.sender == printers[0].sender
        for report in batch.reports
    ]
    assert found[0] == (False, ["the snapshot function has not returned yet"])
    assert found[-1] == (True, [])


def test_a_snapshot_may_report_and_push_and_that_ends(tmp_path: Path, portal: PortalDouble) -> None:
    calls = 0

    def snapshot() -> Snapshot:
        nonlocal calls
        calls += 1
        if calls < 4:
            opened[0].job_finished(a_job(1000 + calls))
        opened[0].push()
        return a_snapshot()

    opened: list[DirectConnection] = []
    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        DirectConnection.open(tmp_path, url, snapshot=a_snapshot, settings=EACH_JOB) as closed_soon,
    ):
        closed_soon.close()
        connection = DirectConnection.open(
            tmp_path, url, snapshot=snapshot, settings=EACH_JOB
        )  # not enrolled: forming goes on all the same
        with connection:
            opened.append(connection)
            connection.job_finished(a_job(1))
            take(20, lambda: not connection.status().jobs_waiting)
            time.sleep(0.3)
            unsent = connection.status().unsent
            assert 1 <= unsent <= 5


def test_calls_return_while_a_portal_takes_connections_and_never_answers(tmp_path: Path, portal: PortalDouble) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with gateway(tmp_path, portal, url, 6, threads=2) as printers:
            for number, printer in enumerate(printers):
                printer.job_finished(a_job(number))
                printer.alert_raised(an_alert(f"jam-{number}"))
            # Both are formed although each thread that may wait for the portal does: enrolling never takes the last.
            take(20, lambda: all(each.status().unsent == 2 for each in printers))
            assert not any(each.status().enrolled for each in printers)


def test_a_forked_process_cannot_use_the_connection_and_does_it_no_harm(tmp_path: Path, portal: PortalDouble) -> None:
    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        gateway(tmp_path, portal, url, 1) as (printer,),
    ):
        printer.job_finished(a_job(1))
        portal.wait_for(lambda portal: len(portal.jobs) == 1)
        if (pid := os.fork()) == 0:
            code = 1
            try:
                printer.job_finished(a_job(2))
            except ClosedError:
                printer.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
        printer.job_finished(a_job(3))
        portal.wait_for(lambda portal: len(portal.jobs) == 2)

    assert portal.jobs == ["job-1", "job-3"]
