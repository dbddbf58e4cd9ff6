"""A collector on a host whose clock is wrong: right dates at a real portal, and certificates judged by its time."""

import asyncio
import datetime as dt
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from data_collector.clock import Clock, SureClock
from data_collector.delivery import SPOOL_FILE, Delivery
from direct_connect.spool import Lane, SqliteSpoolFile
from direct_connect.uplink import IdentityFolder
from tests.support.data_collector import honest, snmp_agent
from tests.support.data_collector_devices import printer
from tests.support.portal import LivePortal, live_portal
from wire_format.codec import decode_batch
from wire_format.records import Clock as RecordClock
from wire_format.records import Device, Reason, Report

ADDRESS = "127.92.5.1"
WRONG = ("2001-01-01 00:00:00", "2199-01-01 00:00:00")
CENTURY_S = 100 * 365 * 86_400


async def run_once(folder: Path, portal: LivePortal, snmp_port: int, wrong: str, claim: str) -> tuple[int | None, str]:
    """One scan of a collector whose machine shows a wrong time; exit code and log."""
    config = folder / "collector.toml"
    config.write_text(
        f'[portal]\nurl = "{portal.url}"\n[collector]\ndirectory = "{folder / "collector"}"\n'
        f'[[profile]]\ntargets = ["{ADDRESS}"]\nsnmp_port = {snmp_port}\nhttp_port = 1\nipp_port = 1\nicmp = false\n',
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        "faketime", wrong, sys.executable, "-m", "data_collector.cli", "run", str(config), "--once",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC", "INKWIRE_CLAIM": claim},
    )  # fmt: skip
    _out, err = await process.communicate()
    return process.returncode, err.decode()


@pytest.mark.skipif(shutil.which("faketime") is None, reason="NOT TESTED: faketime is not installed")
async def test_a_collector_whose_host_shows_a_wrong_year_delivers_with_right_dates(tmp_path: Path) -> None:
    async with (
        live_portal(tmp_path, record_now=lambda: dt.datetime.now(dt.UTC), claim_life_s=CENTURY_S) as portal,
        snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as agent,
    ):
        claim = portal.claims.pop()
        for wrong in WRONG:
            code, said = await run_once(tmp_path, portal, agent.port, wrong, claim)
            assert code == 0, said

        rows = portal.rows("SELECT observed_ms FROM meter_latest UNION ALL SELECT observed_ms FROM reading")
        now_ms = dt.datetime.now(dt.UTC).timestamp() * 1000
        assert len(rows) == 3
        assert all(abs(row["observed_ms"] - now_ms) < 3_600_000 for row in rows), rows
        assert portal.rows("SELECT reason FROM finding WHERE kind = 'clock'") == []


class Wrong(Clock):
    """A machine that started in 2001."""

    def utc_now(self) -> dt.datetime:
        return super().utc_now().replace(year=2001)


def test_what_was_read_before_the_time_was_known_goes_as_unsynced_or_is_dated_right(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path, "https://127.0.0.1:1", Wrong(), claim=None)
    clock = delivery.clock
    assert isinstance(clock, SureClock)
    early = Report(observed_at=clock.utc_now(), device=Device(serial="SN1"))
    try:
        delivery.store([early], Reason.MANUAL, clock.utc_now())
        true = dt.datetime.now(dt.UTC)
        clock.corrected.learn(true)
        delivery.store([early], Reason.MANUAL, early.observed_at)
    finally:
        delivery.close()

    with SqliteSpoolFile.open(tmp_path / SPOOL_FILE) as file:
        spool = file.of(IdentityFolder(tmp_path).current().sender)
        batches = []
        while (formed := spool.oldest(Lane.NORMAL)) is not None:
            batches.append(decode_batch(formed.body))
            spool.ack(formed.stream, formed.sequence, true)
    assert [batch.clock for batch in batches] == [RecordClock.UNSYNCED, RecordClock.SYNCED]
    assert batches[0].reports[0].observed_at.year == 2001
    for at in (batches[1].created_at, batches[1].reports[0].observed_at):
        assert abs((at - true).total_seconds()) < 60


def test_a_time_that_somebody_specified_is_believed(tmp_path: Path) -> None:
    specified = Clock.parse(f"2001-01-01T00:00:00Z,{time.time()},600")
    delivery = Delivery(tmp_path, "https://127.0.0.1:1", specified, claim=None)
    try:
        assert delivery.clock is specified
    finally:
        delivery.close()
