"""Two programs with one key: an alarm for a person, and nothing counted twice."""

import asyncio
import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path

from direct_connect.spool import SqliteSpoolFile, append_reports
from direct_connect.uplink import Courier, IdentityFolder, enrol
from portal.storage.database import open_database
from portal.storage.enrolments import revoke_sender
from tests.support.portal import LivePortal, at, job, live_portal, read_rows, report
from wire_format.enrolment import sign_rekey
from wire_format.keys import SigningKey
from wire_format.records import Gap, Reason, SenderState

ALARMS = "SELECT reason, seen FROM sender_alarm"
AUDIT = "SELECT actor, object_id FROM audit_entry WHERE action = 'clone-alarm'"


def send(directory: Path, jobs: list[str]) -> tuple[int, int]:
    """What one of the two programs does between two starts: delivered, set aside."""
    folder = IdentityFolder(directory)
    sender = folder.current().sender
    with SqliteSpoolFile.open(directory / "spool.db") as file:
        spool = file.of(sender)
        for job_id in jobs:
            append_reports(spool, [report(jobs=(job(job_id),))], reason=Reason.JOBS, created_at=datetime.now(UTC))
        courier = Courier(spool, folder)
        drained = courier.drain()
        courier.close()
        return drained.delivered, drained.set_aside


def enrol_at(portal: LivePortal, directory: Path) -> str:
    folder = IdentityFolder(directory)
    folder.load_or_create(portal.url)
    return enrol(folder, portal.claims.pop()).identity.sender


async def test_a_copied_folder_raises_an_alarm_and_no_job_counts_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    async with live_portal(tmp_path) as portal:
        sender = await asyncio.to_thread(enrol_at, portal, first)
        await asyncio.to_thread(send, first, ["a"])
        shutil.copytree(first, second)
        assert portal.rows(ALARMS) == []

        outcomes = [
            await asyncio.to_thread(send, directory, jobs)
            for directory, jobs in [(first, ["b"]), (second, ["c"]), (first, ["d"]), (second, ["e"]), (first, ["f"])]
        ]

        assert outcomes[1] == (0, 1)
        assert [outcome[1] for outcome in outcomes] == [0, 1, 0, 0, 0]
        (alarm,) = portal.rows(ALARMS)
        assert alarm["seen"] >= 2
        assert portal.rows(AUDIT) == [{"actor": "portal", "object_id": sender}]
        jobs = [row["job_id"] for row in await portal.export("jobs")]
        assert sorted(jobs) == ["a", "b", "d", "e", "f"]
        assert portal.rows("SELECT count(*) AS n FROM quarantine") == [{"n": 1}]


async def test_two_spools_under_one_key_raise_an_alarm_and_a_job_told_by_both_counts_once(tmp_path: Path) -> None:
    seconds = itertools.count()
    async with live_portal(tmp_path, record_now=lambda: at(next(seconds) / 60)) as portal:
        sender = await portal.enrolled()
        streams = ["1" * 32, "2" * 32]
        for round_ in range(3):
            for stream in streams:
                sender.stream, sender.sequence = stream, round_
                status, _ = await sender.push(report(jobs=(job(f"{round_}"),)), created_at=at(-60 + 20 * round_))
                assert status == 200

        (alarm,) = portal.rows(ALARMS)
        assert "older stream" in alarm["reason"]
        assert sorted(row["job_id"] for row in await portal.export("jobs")) == ["0", "1", "2"]


async def test_a_lost_spool_with_saved_batches_raises_no_alarm(tmp_path: Path) -> None:
    seconds = itertools.count()
    async with live_portal(tmp_path, record_now=lambda: at(next(seconds) / 60)) as portal:
        sender = await portal.enrolled()
        old, new = "1" * 32, "2" * 32
        sender.stream = old
        await sender.push(report(), created_at=at(-90))
        saved = [sender.sequence + 1, sender.sequence + 2]
        sender.stream, sender.sequence = new, 0
        gap = SenderState(gap=Gap(previous_stream=old, last_sequence=saved[-1], reason="damaged"))
        await sender.push(report(), created_at=at(-60), state=gap)
        for sequence in saved:
            sender.stream, sender.sequence = old, sequence - 1
            status, _ = await sender.push(report(), created_at=at(-80))
            assert status == 200
        sender.stream, sender.sequence = new, 1
        await sender.push(report(), created_at=at(-30))

        assert portal.rows(ALARMS) == []


async def test_revoking_a_sender_revokes_the_next_key_that_it_vouched_for(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        new = SigningKey.generate()
        status, _ = await portal.post(f"/v1/senders/{sender.key.kid}/rekey", sign_rekey(new, sender.key))
        assert status == 200
        async with open_database(portal.config.database_url) as database:
            (row,) = portal.rows("SELECT tenant_id FROM sender WHERE kid = ?", (sender.key.kid,))
            assert await revoke_sender(
                database, tenant_id=row["tenant_id"], kid=sender.key.kid, now=at(), real_now=at(), actor="t", why="lost"
            )

        sender.key = new
        assert (await sender.push(report()))[0] == 403


async def test_a_printer_known_by_its_key_alone_stays_the_same_printer_after_a_renewal(tmp_path: Path) -> None:
    async with live_portal(tmp_path) as portal:
        sender = await portal.enrolled()
        nameless = report(serial=None)
        await sender.push(nameless)
        new = SigningKey.generate()
        await portal.post(f"/v1/senders/{sender.key.kid}/rekey", sign_rekey(new, sender.key))
        sender.key, sender.stream, sender.sequence = new, "2" * 32, 0

        assert (await sender.push(nameless))[0] == 200
        assert read_rows(portal.path, "SELECT count(*) AS n FROM device") == [{"n": 1}]
