"""A thousand senders come back after 30 days, each with every push of that time."""

from pathlib import Path

import pytest

from tests.support.direct_connect_storm import Storm


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("outage_s", [0.0, 3 * 3600.0], ids=["power returns", "network returns"])
def test_a_thousand_senders_come_back_after_thirty_days(tmp_path: Path, outage_s: float) -> None:
    storm = Storm(tmp_path, senders=1000, batches=240, seed=11, outage_s=outage_s)

    arrivals = storm.run()

    print(f"\nhandshakes, most in a second: {arrivals.peak(arrivals.handshakes)}")
    print(f"batches, most in a second: {arrivals.peak(arrivals.batches)}")
    print(f"all in after {max(arrivals.batches) / 3600:.1f} h, alerts after {max(arrivals.alerts) / 60:.0f} min")
    print("handshakes:\n" + arrivals.bars(arrivals.handshakes, 300.0, 5400.0))
    print("batches:\n" + arrivals.bars(arrivals.batches, 300.0, 5400.0))
    assert storm.left() == 0
    assert len(arrivals.batches) + len(arrivals.alerts) == 240_000
    assert (arrivals.out_of_order, arrivals.twice) == (0, 0)
    assert arrivals.peak(arrivals.handshakes) <= 20
    assert arrivals.peak(arrivals.batches) <= 600
