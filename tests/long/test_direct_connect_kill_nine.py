"""kill -9 by the hundred while a printer prints and pushes: the portal's bill is the printer's own count."""

from pathlib import Path

import pytest

from tests.support.kill_nine import kill_again_and_again


@pytest.mark.timeout(900)
def test_after_two_hundred_kills_the_portal_has_every_job_once_and_every_impression(tmp_path: Path) -> None:
    billed = kill_again_and_again(tmp_path, seed=9, kills=250)

    print(f"\n{billed}")
    assert (billed.portal_jobs, billed.portal_impressions) == (billed.printed_jobs, billed.printed_impressions)
    assert billed.portal_rows == billed.portal_jobs
    assert billed.told_again <= billed.kills + 1, "more was told twice than was under way at a kill"
    assert (billed.streams, billed.quarantined) == (1, 0)
    assert billed.killed_printing >= 200
