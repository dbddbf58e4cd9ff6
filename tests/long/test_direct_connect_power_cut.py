"""Power cuts by the dozen: what had returned is there, once; with less syncing the same cuts lose records."""

from pathlib import Path

import pytest

from tests.support.power_cut import cut_power_again_and_again


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sixty_power_cuts_lose_nothing_that_had_returned_and_bill_nothing_twice(tmp_path: Path, seed: int) -> None:
    outcome = cut_power_again_and_again(tmp_path, seed=seed, cuts=60)

    print(f"\nseed {seed}: {outcome.cuts} cuts, {outcome.calls} calls had returned, {outcome.by_kind},", end=" ")
    print(f"{outcome.unmade} while the spool was made, {outcome.repaired} spools were repaired after damage")
    assert outcome.harm == []
    assert outcome.cuts == 60


@pytest.mark.timeout(600)
def test_the_same_cuts_lose_records_when_a_commit_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    outcome = cut_power_again_and_again(tmp_path, seed=4, cuts=60, synchronous="NORMAL")

    print(f"\nNORMAL: {outcome.cuts} cuts, {outcome.lost} records lost in {len(outcome.harm)} of them")
    assert outcome.lost > 0, "the suite cannot tell a spool that loses records from one that does not"
