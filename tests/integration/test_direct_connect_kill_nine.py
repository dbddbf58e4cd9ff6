"""A few kills of a printer that prints and pushes to a real portal; tests/long kills it by the hundred."""

from pathlib import Path

from tests.support.kill_nine import kill_again_and_again


def test_after_a_few_kills_the_portal_has_every_job_once_and_every_impression(tmp_path: Path) -> None:
    billed = kill_again_and_again(tmp_path, seed=9, kills=8)

    assert (billed.portal_jobs, billed.portal_impressions) == (billed.printed_jobs, billed.printed_impressions)
    assert billed.told_again <= billed.kills + 1, "more was told twice than was under way at a kill"
    assert (billed.streams, billed.quarantined) == (1, 0)
    assert billed.printed_jobs > 8
