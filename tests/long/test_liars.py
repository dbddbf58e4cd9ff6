"""Every liar there is, also those whose web servers stall: no wrong meter as right, every oddity a finding."""

from pathlib import Path

import pytest

from data_collector.core.known_readings import KnownReadings, WholeEvery
from tests.support.liars import MUTE, SAYS, scanned_thrice

AT_THE_NEXT_WHOLE_READING = frozenset({"clock_jumps_s"})
"""A short reading does not ask for the printer's clock, which nothing depends on."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("short", [False, True])
async def test_no_lie_of_the_whole_fleet_is_sent_as_right(tmp_path: Path, *, short: bool) -> None:
    readings = KnownReadings(WholeEvery()) if short else None
    liars = await scanned_thrice(tmp_path, (), timeout_s=0.6, readings=readings)

    assert [line for liar in liars for line in liar.wrong()] == []
    for liar in liars:
        if None in liar.reports:
            assert liar.faults & MUTE, f"{liar.address} with {set(liar.faults)} was not found"
            continue
        later = AT_THE_NEXT_WHOLE_READING if short else frozenset()
        for fault in liar.told() - later if len(liar.faults) < 4 else ():
            assert liar.words() & SAYS[fault], f"{liar.address} with {fault} says only {liar.words()}"
