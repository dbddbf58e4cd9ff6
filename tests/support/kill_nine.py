"""A printer whose process is killed while it prints and pushes, to a real portal, and its own count of what it did.

The printer's mechanism (the parent) counts jobs and sides; its firmware (the child) reports them. A firmware that is
killed before a call returned reports that job again under the same job_id when it is back, as a real one does.
"""

import asyncio
import multiprocessing
import random
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from direct_connect.api import ConnectionSettings, DirectConnection, SystemClock, Timeouts, TriggerPolicy
from direct_connect.errors import DirectConnectError
from tests.integration.test_portal_process import free_port, process
from tests.support.direct_connect import a_job, a_snapshot
from tests.support.portal import portal_config, prepare, read_rows

DRAIN_S_MAX: Final = 60.0
START_S_MAX: Final = 30.0
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.kill_nine"])


@dataclass(slots=True)
class Billed:
    """Both sides of the bill. told_again: jobs in a second batch, which the portal knew by their job_id."""

    kills: int = 0
    killed_printing: int = 0
    printed_jobs: int = 0
    printed_impressions: int = 0
    portal_rows: int = 0
    portal_jobs: int = 0
    portal_impressions: int = 0
    told_again: int = 0
    quarantined: int = 0
    streams: int = 0
    batches: int = 0


def print_until_killed(tell: Connection, folder: Path, url: str, claim_code: str, first: int, made: int) -> None:
    """The firmware: reports jobs from number first on, one after the other. made: impressions before the first."""
    lifetime = [made]
    try:
        with DirectConnection.open(
            folder,
            url,
            snapshot=lambda: a_snapshot(lifetime[0]),
            claim_code=claim_code,
            settings=ConnectionSettings(triggers=TriggerPolicy(jobs_max=2), pace=None),
            clock=SystemClock(),
            timeouts=Timeouts(connect_s=10.0, answer_s=10.0),
        ) as connection:
            number = first
            while True:
                sides = 1 + number % 7
                lifetime[0] += sides
                connection.job_finished(replace(a_job(number), impressions=sides))
                tell.send((number, connection.problem))
                number += 1
                time.sleep(0.003)
    except (DirectConnectError, OSError) as error:
        with suppress(OSError):
            tell.send((None, f"{type(error).__name__}: {error}"))


def drain(tell: Connection, folder: Path, url: str, claim_code: str, made: int) -> None:
    """The firmware after the last kill: everything leaves."""
    with DirectConnection.open(folder, url, snapshot=lambda: a_snapshot(made), claim_code=claim_code) as connection:
        end_s = time.monotonic() + DRAIN_S_MAX
        connection.push()
        time.sleep(0.2)
        while True:
            status = connection.status()
            if status.enrolled and not (status.unsent or status.jobs_waiting):
                break
            if time.monotonic() > end_s:
                break
            connection.push()
            time.sleep(0.1)
        tell.send(connection.status())


def kill_again_and_again(folder: Path, *, seed: int, kills: int) -> Billed:
    """Print, kill, print on; then let everything leave, and read both counts."""
    chance, billed = random.Random(seed), Billed()
    config = portal_config(folder, port=free_port())
    code, _ = asyncio.run(prepare(config, claims=1))
    url, home = f"https://127.0.0.1:{config.port}", folder / "printer"
    with process(config.state_dir, "--listen", f"127.0.0.1:{config.port}", log=folder / "portal.log"):
        number = made = 0
        for life in range(kills):
            here, there = _PROCESSES.Pipe(duplex=False)
            firmware = _PROCESSES.Process(target=print_until_killed, args=(there, home, url, code, number, made))
            firmware.start()
            there.close()
            # One life in ten ends at any moment from its start on, the others once the first job is stored.
            if life == 0 or chance.random() < 0.9:
                assert here.poll(START_S_MAX), "the firmware does not start"
            time.sleep(0.5 if life == 0 else chance.uniform(0, 0.15))
            firmware.kill()
            firmware.join()
            billed.kills += 1
            before = number
            with suppress(EOFError):
                while True:
                    told, problem = here.recv()
                    if told is None:
                        raise AssertionError(problem)
                    number, made = told + 1, made + 1 + told % 7
            here.close()
            billed.killed_printing += number > before
        here, there = _PROCESSES.Pipe(duplex=False)
        # What was under way at the last kill may have been stored: the firmware reports it, as after every kill.
        last = _PROCESSES.Process(target=_report_one, args=(there, home, url, code, number))
        last.start()
        last.join()
        made, number = made + 1 + number % 7, number + 1
        last = _PROCESSES.Process(target=drain, args=(there, home, url, code, made))
        last.start()
        last.join(DRAIN_S_MAX + 30)
        status = here.recv()
        assert not (status.unsent or status.jobs_waiting or status.set_aside or status.jobs_refused), status
    billed.printed_jobs, billed.printed_impressions = number, made
    path = config.state_dir / "portal.sqlite3"
    (row,) = read_rows(
        path, "SELECT count(*) AS n, count(DISTINCT job_id) AS jobs, sum(impressions) AS impressions FROM job"
    )
    billed.portal_rows, billed.portal_jobs, billed.portal_impressions = row["n"], row["jobs"], row["impressions"]
    billed.told_again = read_rows(path, "SELECT sum(jobs) AS n FROM batch")[0]["n"] - row["n"]
    billed.batches = read_rows(path, "SELECT count(*) AS n FROM batch")[0]["n"]
    billed.quarantined = read_rows(path, "SELECT count(*) AS n FROM quarantine")[0]["n"]
    billed.streams = read_rows(path, "SELECT count(DISTINCT stream) AS n FROM batch")[0]["n"]
    return billed


def _report_one(tell: Connection, folder: Path, url: str, claim_code: str, number: int) -> None:
    with DirectConnection.open(folder, url, snapshot=a_snapshot, claim_code=claim_code) as connection:
        connection.job_finished(replace(a_job(number), impressions=1 + number % 7))
