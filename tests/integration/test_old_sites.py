"""A site without HTTPS, whole: printers, a collector, an FTP server, and a portal that is killed again and again."""

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from data_collector.clock import Clock
from data_collector.delivery import Delivery
from device_sim.core.mibs.job_rows import job_rows
from tests.integration.test_portal_process import process
from tests.support.device_sim_fleet import standing_fleet
from tests.support.ftp import PASSWORD, USER, ftp_server
from tests.support.portal import batch, job, live_portal, read_rows, report
from wire_format.keys import SigningKey, VerifyKey
from wire_format.receipts import UploadName, open_receipt

FILES = 120
KILLS = 4


def drop_config(folder: Path) -> Path:
    """A portal's configuration with a drop directory beside it."""
    path = folder / "portal.toml"
    path.write_text('listen = "127.0.0.1:0"\nstate_dir = "state"\n[drop]\ndirectory = "drop"\nincomplete_s = 10\n')
    return path


def test_a_portal_killed_at_any_step_takes_each_file_once_and_answers_each(tmp_path: Path) -> None:
    """kill -9 between commit, receipt and removal, of good files and of bad ones."""
    drop, seed = tmp_path / "drop", random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    names, bad = asyncio.run(lay_down(tmp_path, drop))

    config, state = drop_config(tmp_path), tmp_path / "state"
    answered = 0
    for _ in range(KILLS):
        with process(state, "--config", str(config), log=tmp_path / "log") as portal:
            wanted = min(len(names), answered + chance.randrange(1, FILES // KILLS))
            answered = until(drop, wanted)
            portal.kill()
    with process(state, "--config", str(config), log=tmp_path / "log") as portal:
        until(drop, len(names))
        wait_for(lambda: not any((drop / "incoming").iterdir()))
        portal.send_signal(signal.SIGTERM)
        assert portal.wait(20) == 0, seed

    ca = VerifyKey.from_certificate_pem((state / "ca.pem").read_bytes())
    said = [
        open_receipt((drop / "receipts" / name.receipt_file).read_bytes(), name.sender, name.sha256, ca).status
        for name in names
    ]
    ledger = read_rows(state / "portal.sqlite3", "SELECT job_id FROM job ORDER BY job_id")
    assert (said.count("200"), said.count("403"), len(said)) == (FILES, bad, FILES + bad), seed
    assert [row["job_id"] for row in ledger] == sorted(str(number) for number in range(FILES)), seed
    assert len(read_rows(state / "portal.sqlite3", "SELECT entry FROM batch")) == FILES, seed
    assert read_rows(state / "portal.sqlite3", "SELECT * FROM quarantine") == [], seed
    assert len(list((drop / "rejected").glob("*.jwe"))) == bad, seed
    assert [path for path in (drop / "receipts").iterdir() if path.suffix != ".jws"] == [], seed


async def lay_down(folder: Path, drop: Path) -> tuple[list[UploadName], int]:
    """Files of one sender with a job each, and some of senders that nobody knows; names, and how many of those."""
    (drop / "incoming").mkdir(parents=True)
    names = []
    async with live_portal(folder) as portal:
        sender = await portal.enrolled(kind="collector")
        for number in range(FILES + FILES // 10):
            key = sender.key if number < FILES else SigningKey.generate()
            content = batch(key.kid, number + 1, report(jobs=(job(str(number)),)), stream=sender.stream)
            envelope = sender.seal(content)
            name = UploadName(sender=key.kid, sha256=hashlib.sha256(envelope).hexdigest())
            (drop / "incoming" / name.file).write_bytes(envelope)
            names.append(name)
    return names, FILES // 10


def until(drop: Path, count: int) -> int:
    """How many receipts there are, once there are so many."""
    found = 0

    def enough() -> bool:
        nonlocal found
        found = len(list((drop / "receipts").glob("*.jws")))
        return found >= count

    wait_for(enough)
    return found


def wait_for(met: Callable[[], bool]) -> None:
    """Until it is. A busy machine starts a portal slowly, and then the collector's back-off counts."""
    end_s = time.monotonic() + 80
    while not met():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.005)


COLLECTOR = """
[portal]
url = "https://127.0.0.1:1"
[send]
url = "ftp://127.0.0.1:{ftp}"
user = "{user}"
password_env = "SITE_FTP"
[collector]
directory = "{directory}"
[[profile]]
targets = ["127.9.7.1-127.9.7.4"]
snmp_port = {snmp}
http_port = 1
https_port = 1
ipp_port = 1
icmp = false
jobs = true
"""


async def test_every_job_of_a_site_is_in_the_ledger_once_though_the_portal_is_killed_meanwhile(
    tmp_path: Path,
) -> None:
    """Printers, `inkwire collect run` by FTP, `inkwire portal serve`; no HTTPS after enrolment."""
    drop, directory, state = tmp_path / "drop", tmp_path / "collector", tmp_path / "state"
    async with live_portal(tmp_path) as enrolling:
        with closing(Delivery(directory, enrolling.url, Clock(), enrolling.claims.pop())) as delivery:
            await delivery.enrol()
    async with standing_fleet(("bizhub-c250i", "ricoh-im-c3000", "taskalfa-3554ci", "workcentre-7830")) as fleet:
        rows = [row for printer in fleet.printers.values() for row in job_rows(printer) if row.outcome is not None]
        with ftp_server(drop) as port:
            settings = COLLECTOR.format(ftp=port, user=USER, directory=directory, snmp=fleet.snmp_port)
            (tmp_path / "collector.toml").write_text(settings)
            collector = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "inkwire", "collect", "run", str(tmp_path / "collector.toml")),
                env={**os.environ, "SITE_FTP": PASSWORD},
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                for scan in (1, 2):
                    with process(state, "--config", str(drop_config(tmp_path)), log=tmp_path / "log") as portal:
                        await asyncio.to_thread(until, drop, scan)
                        portal.kill()
                    with process(state, "--config", str(drop_config(tmp_path)), log=tmp_path / "log"):
                        await asyncio.to_thread(wait_for, partial(has_delivered, directory, scan))
                    collector.send_signal(signal.SIGUSR1)  # once more: what was told is not told again
            finally:
                collector.terminate()
                _, said = await collector.communicate()

    ledger = read_rows(state / "portal.sqlite3", "SELECT device_id, job_id, impressions FROM job")
    assert len(rows) > 3
    assert sorted(row["impressions"] or 0 for row in ledger) == sorted(row.done or 0 for row in rows), said.decode()
    assert len({(row["device_id"], row["job_id"]) for row in ledger}) == len(rows)


def has_delivered(directory: Path, count: int) -> bool:
    """Whether the collector's state says that so many batches were delivered, at least, and none is left."""
    state = json.loads((directory / "state.json").read_text())
    return bool(state["unsent"] == 0 and state["delivered"] >= count)
