"""Real power cuts under a spool on ext4, a few; tests/long cuts more often and shows what less syncing would lose."""

from pathlib import Path

from tests.support.power_cut import LIVES_PER_SPOOL, cut_power_again_and_again


def test_a_few_real_power_cuts_lose_nothing_and_bill_nothing_twice(tmp_path: Path) -> None:
    outcome = cut_power_again_and_again(tmp_path, seed=24, cuts=LIVES_PER_SPOOL)

    assert outcome.harm == []
    assert outcome.cuts == LIVES_PER_SPOOL
    assert outcome.calls > 0
