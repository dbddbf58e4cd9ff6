"""`inkwire bench wire` as a process: five minutes, and root."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(700)
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_a_blank_address_weighs_one_question_and_every_printer_is_uploaded(tmp_path: Path) -> None:
    figures = tmp_path / "wire.json"

    ran = subprocess.run(
        [sys.executable, "-m", "inkwire", "bench", "wire", "--json", str(figures)],
        capture_output=True, text=True, timeout=680, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    cases = {case["case"]: case for case in json.loads(figures.read_text())["cases"]}
    assert cases["1 blank address"]["later"] == {"snmp": 85}
    printers = [case for name, case in cases.items() if "blank" not in name]
    assert all(case["later"].get("upload") for case in printers)
    assert all(0 < case["mean"].get("upload", 0) < case["later"]["upload"] / 2 for case in printers)
