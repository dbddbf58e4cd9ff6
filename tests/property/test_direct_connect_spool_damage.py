"""A flipped byte or a cut anywhere in the spool: it opens, says what was lost, and no number is used twice."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from direct_connect.spool import SqliteSpoolFile
from tests.support.direct_connect import bytes_from
from tests.support.flipped_spool import PARTS, SENDER, UsedSpool

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def used_spool(tmp_path_factory: pytest.TempPathFactory) -> UsedSpool:
    """Every number it has given out is known."""
    return UsedSpool.make(tmp_path_factory.mktemp("used"))


@contextmanager
def copy_of(used: UsedSpool) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        used.copy_to(Path(place))
        yield Path(place)


FOUND = (18, 47, 2795, 2803, 2931, 3515, 4020, 4074)
"""Of the first page, where a flipped byte once stopped the start: read-only, other formats, names that are no text."""


def flip(path: Path, offset: int, mask: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= mask
    path.write_bytes(content)


def places_that_matter(used: UsedSpool) -> list[tuple[str, int]]:
    """The headers of file, log, pages and frames, and the slots of the small files."""
    database, log = ((used.folder / part).stat().st_size for part in PARTS[:2])
    places = [(PARTS[0], offset) for offset in (*range(0, 100, 7), 19, 24, 28, 32, 36, 44, 56, 60, 92, *FOUND)]
    places += [(PARTS[0], page + offset) for page in range(0, database, 4096) for offset in (0, 3, 5, 8)]
    places += [(PARTS[1], offset) for offset in (0, 4, 8, 12, 16, 24, 31)]
    places += [(PARTS[1], 32 + frame + offset) for frame in range(0, log - 32, 4120) for offset in (0, 4, 8, 16)]
    places += [(part, slot + offset) for part in PARTS[2:] for slot in (0, 512) for offset in (0, 7, 8, 23, 40)]
    return places


def test_a_flipped_byte_in_any_header_is_survived_and_told(used_spool: UsedSpool) -> None:
    places = places_that_matter(used_spool)
    told = 0
    with tempfile.TemporaryDirectory() as place:
        for number, (part, offset) in enumerate(places):
            if number % 4 and part in PARTS[:2] and offset not in FOUND:
                continue  # tests/long flips every byte
            used_spool.copy_to(Path(place))
            flip(Path(place) / part, offset, 1 << number % 8)
            told += used_spool.check(Path(place))
    assert told > 10


@QUICK
@given(part=st.sampled_from(PARTS), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_loses_no_number_and_is_told(
    used_spool: UsedSpool, part: str, place: float, bit: int
) -> None:
    with copy_of(used_spool) as copy:
        flip(copy / part, int(place * (copy / part).stat().st_size), 1 << bit)

        used_spool.check(copy)


@QUICK
@given(part=st.sampled_from(PARTS[:2]), place=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_loses_no_number_and_is_told(used_spool: UsedSpool, part: str, place: float) -> None:
    with copy_of(used_spool) as copy:
        content = (copy / part).read_bytes()
        (copy / part).write_bytes(content[: int(place * len(content))])

        used_spool.check(copy)


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_vanished_loses_no_number_and_is_told(used_spool: UsedSpool, part: str) -> None:
    with copy_of(used_spool) as copy:
        (copy / part).unlink()

        used_spool.check(copy)


def test_an_untouched_spool_keeps_its_stream_and_everything_in_it(
    used_spool: UsedSpool,
) -> None:
    with copy_of(used_spool) as copy, SqliteSpoolFile.open(copy / "spool.db") as file:
        spool = file.of(SENDER)

        assert spool.tally().gap is None
        assert (spool.tally().unsent, len(spool.events().jobs), len(spool.events().alerts)) == (28, 90, 30)
        assert spool.numbering().stream == next(iter(used_spool.given))[0]


def test_the_damaged_file_is_kept_for_a_person_and_what_is_whole_is_saved(
    used_spool: UsedSpool,
) -> None:
    with copy_of(used_spool) as copy:
        with closing(sqlite3.connect(copy / "spool.db")) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            body = db.execute("SELECT body FROM job ORDER BY position LIMIT 1 OFFSET 5").fetchone()[0]
        flipped = body[:-1] + bytes([body[-1] ^ 1])
        (copy / "spool.db").write_bytes((copy / "spool.db").read_bytes().replace(body, flipped))

        with SqliteSpoolFile.open(copy / "spool.db") as file:
            spool = file.of(SENDER)
            tally, saved = spool.tally(), {waiting.job.job_id for waiting in spool.events().jobs}

        assert tally.gap is not None
        assert "damaged" in tally.gap.reason
        assert tally.gap.last_sequence == 30
        assert tally.unsent == 28
        assert saved == {f"job-{number}" for number in range(90)} - {"job-5"}
        assert flipped in (copy / "spool.db.damaged-00001").read_bytes()
        assert not (copy / "spool.db.new").exists()


def test_a_crash_during_the_repair_is_finished_at_the_next_start(
    used_spool: UsedSpool,
) -> None:
    with copy_of(used_spool) as copy:
        (copy / "spool.db-wal").unlink()
        with SqliteSpoolFile.open(copy / "spool.db", randomness=bytes_from("repair")) as file:
            repaired = file.of(SENDER).numbering().stream
        shutil.copyfile(copy / "spool.db", copy / "spool.db.new")
        for part in PARTS[:2]:
            shutil.copyfile(used_spool.folder / part, copy / part)

        with SqliteSpoolFile.open(copy / "spool.db") as file:
            assert file.of(SENDER).numbering().stream == repaired

        used_spool.check(copy, whole=False)
