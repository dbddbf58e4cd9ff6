"""A disk that fails, refuses or fills up under an open spool: said, nothing lost, and on again without a restart.

The I/O errors are real: an ext4 file system on a loop device whose backing file has no room left.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from direct_connect.core.batching import Lane
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import TriggerPolicy
from direct_connect.errors import SpoolFullError, SpoolStorageError
from direct_connect.gathering import Gatherer
from direct_connect.spool import Spool, SqliteSpoolFile
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.identity import IdentityFolder
from tests.support.delivery_house import IDENTITY, PORTAL, LosingPost
from tests.support.direct_connect import ManualClock, a_job, a_snapshot, an_alert, bytes_from

SENDER = "A" * 43
ON = "what must be proven here needs root, mount and a loop device"


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT PROVEN HERE: {ON} ({done.stderr.strip()})")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """One megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@dataclass
class BadDisk:
    """A file system whose device can be made to fail, and healed again."""

    place: Path
    backing: Path

    def fail(self) -> None:
        """From now on new blocks cannot be written: EIO when they are synced."""
        with suppress(OSError), (self.backing / "foreign").open("wb", 0) as foreign:
            while True:
                foreign.write(b"x" * 4096)

    def heal(self) -> None:
        (self.backing / "foreign").unlink()


@pytest.fixture
def bad_disk(tmp_path: Path) -> Iterator[BadDisk]:
    disk = BadDisk(tmp_path / "disk", tmp_path / "backing")
    disk.place.mkdir()
    disk.backing.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk.backing))
    try:
        image = disk.backing / "image"
        with image.open("wb") as file:
            file.truncate(8 << 20)
        run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", str(image))
        run("mount", "-o", "loop,errors=continue", str(image), str(disk.place))
        try:
            yield disk
        finally:
            subprocess.run(["umount", str(disk.place)], check=True)
    finally:
        subprocess.run(["umount", str(disk.backing)], check=True)


def waiting(spool: Spool) -> list[str]:
    return [each.job.job_id for each in spool.events().jobs]


def store(spool: Spool, numbers: range) -> list[str]:
    """Store jobs; those whose call returned."""
    stored = []
    for number in numbers:
        with suppress(SpoolStorageError, SpoolFullError):
            spool.append_job(a_job(number, name="n" * 200))
            stored.append(f"job-{number}")
    return stored


def test_io_errors_are_said_lose_nothing_and_end_without_a_restart(bad_disk: BadDisk) -> None:
    path = bad_disk.place / "spool.db"
    with SqliteSpoolFile.open(path) as file:
        spool = file.of(SENDER)
        stored = store(spool, range(5))
        bad_disk.fail()

        with pytest.raises(SpoolStorageError, match=r"spool\.db can not be .*disk I/O error; check the disk"):
            for number in range(5, 500):
                spool.append_job(a_job(number, name="n" * 200))
                stored.append(f"job-{number}")
        stored += store(spool, range(500, 520))
        assert len(stored) < 525
        assert waiting(spool) == stored, "what is stored can be read while nothing can be written"

        bad_disk.heal()
        stored += store(spool, range(600, 605))
        assert stored[-5:] == [f"job-{number}" for number in range(600, 605)]
        assert waiting(spool) == stored

    with SqliteSpoolFile.open(path) as file:
        assert waiting(file.of(SENDER)) == stored
        assert file.of(SENDER).tally().gap is None


def test_a_spool_that_becomes_read_only_says_so_and_goes_on_when_it_no_longer_is(bad_disk: BadDisk) -> None:
    path = bad_disk.place / "spool.db"
    files = [str(path), str(path) + "-wal"]
    with SqliteSpoolFile.open(path) as file:
        spool = file.of(SENDER)
        stored = store(spool, range(3))
        run("chattr", "+i", *files)
        try:
            with pytest.raises(SpoolStorageError, match="check the disk"):
                spool.append_job(a_job(50))
            assert store(spool, range(51, 55)) == []
            assert waiting(spool) == stored
        finally:
            subprocess.run(["chattr", "-i", *files], check=True)

        stored += store(spool, range(60, 63))
        assert waiting(spool) == stored == [f"job-{number}" for number in (0, 1, 2, 60, 61, 62)]

    with SqliteSpoolFile.open(path) as file:
        assert waiting(file.of(SENDER)) == stored


def test_on_a_full_disk_of_a_megabyte_alerts_are_told_and_the_bill_adds_up_to_the_meter(small_disk: Path) -> None:
    clock, chance = ManualClock(), bytes_from("small disk")
    PORTAL.batches.clear()
    PORTAL.arrived.clear()
    folder = IdentityFolder(small_disk.parent / "identity")
    folder.save(IDENTITY)
    printed = refused = 0
    with SqliteSpoolFile.open(small_disk / "spool.db", randomness=chance) as file:
        spool, post = file.of(IDENTITY.sender), LosingPost(PORTAL)
        gatherer = Gatherer(
            spool, lambda: a_snapshot(3 * printed), own=ConnectionSettings(triggers=TriggerPolicy(jobs_max=19)),
            name_secret=IDENTITY.name_secret, clock=clock, randomness=chance,
        )  # fmt: skip
        gatherer.enrolled(None)
        courier = Courier(spool, folder, clock=clock, randomness=chance, connect=lambda _: post)
        gatherer.form_due()

        # Months without a portal, and a disk that somebody else fills up as well.
        (small_disk / "foreign").write_bytes(os.urandom(100_000))
        while refused < 300:
            printed += 1
            try:
                gatherer.job_finished(replace(a_job(printed), job_id=f"job-{printed}-{'x' * 100}"))
            except SpoolFullError:
                refused += 1
            if printed % 5 == 0:
                gatherer.form_due()
        for number in range(5):
            gatherer.alert_raised(an_alert(f"jam-{number}", onset_at=clock.at))
        gatherer.form_due()
        assert spool.oldest(Lane.PRIORITY) is not None or len(spool.alerts()) == 5
        assert spool.tally().jobs_refused == refused

        # The portal is back.
        for _ in range(50):
            clock.advance(90_000)
            gatherer.ask_push()
            gatherer.form_due()
            courier.drain()
        assert (spool.tally().unsent, spool.tally().jobs_waiting) == (0, 0)
        assert spool.append_job(a_job(10**6))

    told = [report for batch in PORTAL.arrived for report in batch.reports]
    states = [batch.state for batch in PORTAL.arrived]
    assert {alert.alert_id for report in told for alert in report.alerts} == {f"jam-{number}" for number in range(5)}
    jobs = [job for report in told for job in report.jobs]
    assert len(jobs) == len({job.job_id for job in jobs}) == printed - refused > 100
    assert max(state.jobs_refused or 0 for state in states if state) == refused
    lifetime = max(meter.value for report in told for meter in report.meters)
    assert lifetime == sum(job.impressions or 0 for job in jobs) + 3 * refused
