"""A document printed by a real client becomes a job in the portal; nothing of its content or author goes with it."""

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.bad_input import claim, free_port, portal, running
from tests.support.device_sim_documents import pdf
from tests.support.device_sim_printing import ipptool

HOST = "127.9.6.1"
WAIT_S_MAX = 60.0
CANARIES = (b"xyzzyplover", b"canaryuser", b"canaryhost", b"canarydocument")
PRINT = """{
NAME "Print a document with everything that must be forgotten"
OPERATION Print-Job
GROUP operation-attributes-tag
ATTR charset attributes-charset utf-8
ATTR language attributes-natural-language en
ATTR uri printer-uri $uri
ATTR name requesting-user-name canaryuser
ATTR name job-name "Offer"
ATTR name document-name canarydocument
ATTR name job-originating-host-name canaryhost
ATTR mimeMediaType document-format application/pdf
GROUP job-attributes-tag
ATTR integer copies 2
ATTR keyword sides two-sided-long-edge
FILE $filename
STATUS successful-ok
EXPECT job-id
}
"""


async def completed_jobs(uri: str) -> str:
    """What the printer says of the jobs it has finished."""
    _, said = await ipptool("-tv", uri, "get-completed-jobs.test")
    return said


@pytest.mark.timeout(180)
async def test_a_printed_pdf_is_a_job_in_the_portal_and_its_content_nowhere(tmp_path: Path) -> None:
    state, place, documents = tmp_path / "portal", tmp_path / "sim", tmp_path / "documents"
    place.mkdir()
    documents.mkdir()
    (documents / "offer.pdf").write_bytes(pdf(7, drawn=b"BT (xyzzyplover) Tj ET"))
    (documents / "print.test").write_text(PRINT)
    port, ipp, raw, ready = free_port(), free_port(), free_port(), place / "sim.ready"
    code = claim(state)[0]
    words = [
        "--count", "1", "--profile", "color-laserjet-m479", "--first-address", HOST, "--speed", "60",
        "--load", "0.0001", "--snmp-port", "0", "--http-port", "0", "--ipp-port", str(ipp), "--raw-port", str(raw),
        "--direct", f"https://127.0.0.1:{port}", "--claim", code, "--spool", str(place / "spool"),
        "--truth", str(place / "truth.jsonl"), "--ready-file", str(ready),
    ]  # fmt: skip
    uri = f"ipp://{HOST}:{ipp}/ipp/print"
    with portal(state, port), running("sim", "run", *words, log=place / "sim.log", ready=ready) as fleet:
        exit_code, report = await ipptool(
            "-t", "-f", str(documents / "offer.pdf"), uri, str(documents / "print.test"), folder=str(documents)
        )
        assert exit_code == 0, report
        end_s = time.monotonic() + WAIT_S_MAX
        while "job-media-sheets-completed (integer) = 8" not in await completed_jobs(uri):
            assert time.monotonic() < end_s, (place / "sim.log").read_text()
        fleet.send_signal(signal.SIGUSR1)
        while not ready.with_suffix(".quiet").exists():
            assert time.monotonic() < end_s, (place / "sim.log").read_text()
            await asyncio.sleep(0.1)

    with closing(sqlite3.connect(f"file:{state / 'portal.sqlite3'}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT impressions, sheets, copies, outcome FROM job").fetchall()
    assert found == [(14, 8, 2, "completed")]
    for file in (path for folder in (state, place) for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes().lower()
        assert not any(canary in content for canary in CANARIES), file
