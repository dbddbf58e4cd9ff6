"""Every liar there is, also those whose web servers stall: no wrong meter as right, every oddity a finding."""

from pathlib import Path

import pytest

from tests.support.liars import MUTE, SAYS, scanned_thrice


@pytest.mark.timeout(300)
async def test_no_lie_of_the_whole_fleet_is_sent_as_right(tmp_path: Path) -> None:
    liars = await scanned_thrice(tmp_path, (), timeout_s=0.6)

    assert [line for liar in liars for line in liar.wrong()] == []
    for liar in liars:
        if None in liar.reports:
            assert liar.faults & MUTE, f"{liar.address} with {set(liar.faults)} was not found"
            continue
        for fault in liar.told() if len(liar.faults) < 4 else ():
            assert liar.words() & SAYS[fault], f"{liar.address} with {fault} says only {liar.words()}"
