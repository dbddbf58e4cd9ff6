"""Every byte of a small spool flipped, one at a time: file, log, high-water mark and key."""

import logging
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.flipped_spool import PARTS, UsedSpool

_MEMORY = Path("/dev/shm")  # a repair syncs; what syncing is worth is tried by the power cuts
_PROCESSES = multiprocessing.get_context("forkserver")


def flip_every(used: UsedSpool, part: str, first: int, step: int) -> tuple[int, int, list[str]]:
    """How many bytes were flipped, how often a loss was told, and what went wrong."""
    logging.disable(logging.CRITICAL)
    told, wrong = 0, []
    content = (used.folder / part).read_bytes()
    offsets = range(first, len(content), step)
    with tempfile.TemporaryDirectory(dir=used.folder) as place:
        for offset in offsets:
            used.copy_to(Path(place))
            flipped = bytearray(content)
            flipped[offset] ^= 1 << offset * 5 % 8
            (Path(place) / part).write_bytes(flipped)
            try:
                told += used.check(Path(place))
            except Exception as error:  # each one is told at the end
                wrong.append(f"{part} at {offset}: {type(error).__name__}: {error}")
    return len(offsets), told, wrong


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", PARTS)
def test_every_single_flipped_byte_is_survived_and_told(part: str, tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else tmp_path))
    try:
        used = UsedSpool.make(folder, rounds=4, jobs=1, name_bytes=20)
        count = os.cpu_count() or 1
        with _PROCESSES.Pool(count) as pool:
            found = pool.starmap(flip_every, [(used, part, first, count) for first in range(count)])
    finally:
        shutil.rmtree(folder)

    flipped, told = sum(each[0] for each in found), sum(each[1] for each in found)
    print(f"\n{part}: {flipped} bytes flipped, a loss told {told} times")
    assert [line for each in found for line in each[2]] == []
