"""`lp` of CUPS, through a scheduler of its own, prints a PDF to a simulated printer: every meter says the same."""

import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.bad_input import free_port, running
from tests.support.device_sim_documents import pdf
from tests.support.device_sim_printing import ipptool, tool
from tests.support.device_sim_snmp import net_snmp

HOST = "127.9.5.1"
WAIT_S_MAX = 60.0
# CUPS learns what a new queue can do after lpadmin has returned, and asks for monochrome until then.
COLOR = ("-o", "print-color-mode=color")
LIFE_COUNT = ".1.3.6.1.2.1.43.10.2.1.4.1.1"

FILES = """SystemGroup root
ServerRoot {folder}/etc
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
FatalErrors none
"""
SCHEDULER = """LogLevel debug
Listen 127.0.0.1:{port}
Browsing No
WebInterface No
DefaultAuthType None
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""


class Scheduler:
    """CUPS on a port of its own, with files of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._server = folder, f"127.0.0.1:{port}"

    def run(self, name: str, *words: str) -> str:
        """What a CUPS command says; fails the test where it fails."""
        environment = {**os.environ, "CUPS_SERVER": self._server, "LC_ALL": "C"}
        done = subprocess.run(
            [tool(name, "cups-client"), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        log = self._folder / "log" / "error"
        assert done.returncode == 0, done.stderr + (log.read_text()[-2000:] if log.exists() else "")
        return done.stdout


@contextmanager
def scheduler() -> Iterator[Scheduler]:
    """Skips where CUPS is not installed. Its filters run as another user, who must be able to read the folder."""
    program = tool("cupsd", "cups-daemon")
    if not Path("/usr/lib/cups/filter/pdftopdf").exists():
        pytest.skip("SKIPPED LOUDLY: CUPS' filters are not installed (Debian package cups-filters)")
    folder = Path(tempfile.mkdtemp(prefix="inkwire-cups-"))
    folder.chmod(0o711)
    port = free_port()
    for name in ("etc", "spool", "cache", "state", "tmp", "log"):
        (folder / name).mkdir()
    (folder / "files.conf").write_text(FILES.format(folder=folder))
    (folder / "cupsd.conf").write_text(SCHEDULER.format(port=port))
    child = subprocess.Popen(
        [program, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "files.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        made = Scheduler(folder, port)
        until(lambda: _answers(port), "the scheduler does not answer")
        yield made
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def until(holds: Callable[[], bool], complaint: str) -> None:
    """Wait for something other programs do."""
    end_s = time.monotonic() + WAIT_S_MAX
    while not holds():
        assert time.monotonic() < end_s, complaint
        time.sleep(0.1)


def rows(http_port: int) -> list[dict[str, str]]:
    """The finished jobs on the printer's own page."""
    with urllib.request.urlopen(f"http://{HOST}:{http_port}/jobs.csv", timeout=10) as reply:
        return list(csv.DictReader(reply.read().decode().splitlines()))


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
        cups.run("lp", "-d", "office", "-n", "2", "-o", "sides=two-sided-long-edge", *COLOR, "-t", "Offer", str(offer))
        until(lambda: any(row["Job name"] == "Offer" for row in rows(http)), "the job is not on the printer's page")
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
