"""A rough day through the real programs. Apart because it takes a minute.

It failed in one run of five while meters that only LEDM tells were sent once, when a printer was caught with its
power just back: SNMP's question had gone to a dead device, HTTP's came to a live one. Nobody asked LEDM again, and
they stayed at the portal, hours old. `known_meters` withholds them (`passing:`).
"""

import re
from pathlib import Path

import pytest

from tests.e2e.test_inkwire_demo import demo


@pytest.mark.timeout(180)
def test_a_rough_day_of_power_cuts_swapped_boards_and_jams_reaches_the_portal_once(tmp_path: Path) -> None:
    scenario = Path(__file__).parents[2] / "fixtures" / "scenarios" / "rough-day.toml"
    done = demo(
        "--check", "--seed", "5", "--speed", "900", "--scenario", str(scenario), "--keep", str(tmp_path / "kept")
    )  # fmt: skip
    said, _ = done.communicate(timeout=170)

    assert done.returncode == 0, said
    truth = (tmp_path / "kept" / "truth.jsonl").read_text()
    for effect in ("power-off", "network-down", "formatter-swapped", "meter-set", "moved", "firmware-updated"):
        assert f'"effect":"{effect}"' in truth
    assert '"effect":"refused"' not in truth
    assert re.search(r"Nothing lost, nothing twice: \d+ jobs, [\d,]+ impressions, 12 printers\.", said), said
