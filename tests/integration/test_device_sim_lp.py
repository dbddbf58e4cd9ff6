"""`lp` of CUPS, through a scheduler of its own, prints a PDF to a simulated printer: every meter says the same."""

import csv
import json
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.bad_input import free_port, running
from tests.support.cups import Scheduler, scheduler, until
from tests.support.device_sim_documents import pdf
from tests.support.device_sim_printing import ipptool
from tests.support.device_sim_snmp import net_snmp

HOST = "127.9.5.1"
# CUPS learns what a new queue can do after lpadmin has returned, and asks for monochrome until then.
COLOR = ("-o", "print-color-mode=color")
LIFE_COUNT = ".1.3.6.1.2.1.43.10.2.1.4.1.1"


def rows(http_port: int) -> list[dict[str, str]]:
    """The finished jobs on the printer's own page."""
    with urllib.request.urlopen(f"http://{HOST}:{http_port}/jobs.csv", timeout=10) as reply:
        return list(csv.DictReader(reply.read().decode().splitlines()))


def lp_until_printed(cups: Scheduler, document: Path, listed: Callable[[], bool]) -> None:
    """Hand it to `lp`; once more when CUPS drops it because it has not yet learned what the new queue can print."""
    words = ("-d", "office", "-n", "2", "-o", "sides=two-sided-long-edge", *COLOR, "-t", "Offer", str(document))
    cups.run("lp", *words)
    until(lambda: listed() or "Unable to convert file" in cups.log(), "the job is not on the printer's page")
    if not listed():
        cups.run("lp", *words)
        until(listed, f"the job is not on the printer's page: {cups.log()[-2000:]}")


@pytest.mark.timeout(180)
async def test_lp_prints_seven_faces_twice_on_both_sides(tmp_path: Path) -> None:
    http, ipp, snmp = free_port(), free_port(), free_port()
    offer, truth, ready = tmp_path / "offer.pdf", tmp_path / "truth.jsonl", tmp_path / "sim.ready"
    offer.write_bytes(pdf(7, drawn=b"1 0 0 rg 0 0 99 99 re f"))
    words = [
        "--count", "1", "--profile", "color-laserjet-m479", "--first-address", HOST, "--speed", "60",
        "--load", "0.0001", "--snmp-port", str(snmp), "--http-port", str(http), "--ipp-port", str(ipp),
        "--truth", str(truth), "--ready-file", str(ready),
    ]  # fmt: skip
    with scheduler() as cups, running("sim", "run", *words, log=tmp_path / "sim.log", ready=ready) as fleet:
        (before,) = await net_snmp("snmpget", "-v2c", "-c", "public", f"{HOST}:{snmp}", LIFE_COUNT)
        cups.run("lpadmin", "-p", "office", "-E", "-v", f"ipp://{HOST}:{ipp}/ipp/print", "-m", "everywhere")
        lp_until_printed(cups, offer, lambda: any(row["Job name"] == "Offer" for row in rows(http)))
        (row,) = [row for row in rows(http) if row["Job name"] == "Offer"]
        (after,) = await net_snmp("snmpget", "-v2c", "-c", "public", f"{HOST}:{snmp}", LIFE_COUNT)
        _, told = await ipptool("-tv", f"ipp://{HOST}:{ipp}/ipp/print", "get-completed-jobs.test")
        fleet.send_signal(signal.SIGTERM)
        assert fleet.wait(30) == 0

    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    (job,) = [line for line in lines if line["kind"] == "job" and line.get("name") == "Offer"]
    assert (row["Impressions"], row["Sheets"], row["Copies"], row["Color mode"]) == ("14", "8", "2", "color")
    assert (job["impressions"], job["sheets"], job["copies"], job["color_mode"]) == (14, 8, 2, "color")
    assert _counter(after) - _counter(before) == 14
    assert f"job-id (integer) = {row['Number']}" in told
    assert "job-media-sheets-completed (integer) = 8" in told


def _counter(line: str) -> int:
    return int(line.rpartition(" ")[2])
