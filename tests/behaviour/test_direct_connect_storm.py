"""A thousand senders come back after 30 days: no synchronised storm, order kept, all in."""

from pathlib import Path

import pytest

from tests.support.direct_connect_storm import Storm


@pytest.mark.parametrize("outage_s", [0.0, 3 * 3600.0], ids=["power returns", "network returns"])
def test_senders_that_come_back_together_do_not_call_together(tmp_path: Path, outage_s: float) -> None:
    storm = Storm(tmp_path, senders=200, batches=6, seed=11, outage_s=outage_s)

    arrivals = storm.run()

    assert storm.left() == 0
    assert len(arrivals.batches) + len(arrivals.alerts) == 200 * 6
    assert (arrivals.out_of_order, arrivals.twice) == (0, 0)
    assert arrivals.peak(arrivals.handshakes) <= 8
    assert arrivals.peak(arrivals.handshakes, 60.0) <= 200 // 4
    assert max(arrivals.alerts) <= max(arrivals.handshakes)
