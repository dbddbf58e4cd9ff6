"""`inkwire bench collect` as a process, small."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inkwire.bench import collect
from inkwire.bench.collect import Turn
from inkwire.bench.collect_figures import as_json, table
from inkwire.bench.errors import WrongReplyError


def test_a_small_fleet_is_swept_and_read_in_both_versions(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"

    ran = subprocess.run(
        [sys.executable, "-m", "inkwire", "bench", "collect", "--printers", "17", "--addresses", "300",
         "--no-yardsticks", "--json", str(figures)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    made = json.loads(figures.read_text())
    assert [(turn["task"], turn["found"]) for turn in made["turns"]] == [
        ("sweep", 17), ("GET 40, v2c", 17), ("GET 40, v3", 17), ("all of it, v2c", 17), ("all of it, v3", 17),
    ]  # fmt: skip
    assert "every serial number right" in ran.stdout
    whole = made["turns"][3]
    assert 3 * 17 <= whole["packets"] <= 6 * 17
    assert 0 < whole["report_us"] < whole["cpu_us"]


async def test_a_printer_that_is_missed_fails_the_run() -> None:
    with pytest.raises(WrongReplyError, match="missed 1 printers"):
        await collect._sweep(9, 3, {"127.1.0.1"})


def test_a_goal_is_named_met_or_missed() -> None:
    turns = (
        Turn(task="sweep", program="inkwire", units=65_534, cpu_s=2.0, wall_s=8.0, found=1000),
        Turn(task="GET 40, v2c", program="inkwire", units=1000, cpu_s=0.1, wall_s=1.0),
        Turn(task="GET 40, v3", program="inkwire", units=1000, cpu_s=0.5, wall_s=1.0),
        Turn(task="sweep", program="nmap", units=256, cpu_s=1.0, wall_s=26.0, found=9, missed=3),
    )
    made = collect.Measured(printers=1000, addresses=65_534, turns=turns, skipped=(), grown_bytes=2**20)

    lines = table(made).splitlines()

    assert [line.rsplit("   ")[-1] for line in lines[1:4]] == ["met, 10 s", "met, 5000", "MISSED, 3000"]
    assert any("missed by nmap: 3 printers" in line for line in lines)
    assert len(json.dumps(as_json(made))) > 100
