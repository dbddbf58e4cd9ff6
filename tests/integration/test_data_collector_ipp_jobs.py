"""Finished jobs by IPP Get-Jobs, from CUPS, from simulated printers, and from one that tells names and lies."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_collector.clock import Clock
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.ipp_jobs import ipp_jobs_voice
from data_collector.delivery import Delivery
from data_collector.http_probe import HttpProbe
from data_collector.ipp_probe import MEDIA_TYPE, finished_jobs
from tests.support.cups import scheduler, until
from tests.support.data_collector_core import ENUM, INTEGER, NAME, TEXT, ipp_reply, ipp_value
from tests.support.data_collector_web import Request, WebServer, response, web_server
from tests.support.device_sim_fleet import StandingFleet, standing_fleet
from wire_format.codec import decode_report
from wire_format.records import Job, Reason

DOCUMENT, TITLE, USER = "salaries-of-mr-smith.txt", "Dismissal of Mrs Jones", "mallory-the-user"
CANARIES = (DOCUMENT, TITLE, USER)
QUEUE = "<Printer desk>\nMakeModel Raw\nDeviceURI file:///dev/null\nState Idle\nAccepting Yes\nShared Yes\n</Printer>\n"
BY_TLS = (
    "DefaultEncryption Required\n<Location /printers>\nEncryption Required\nOrder allow,deny\nAllow all\n</Location>\n"
)


async def jobs_of_queue(port: int) -> tuple[tuple[Job, ...], bytes]:
    """What CUPS tells of the finished jobs of the queue, read and raw."""
    async with HttpProbe(5.0) as http:
        raw, findings = await finished_jobs(http, "127.0.0.1", port, paths=("/printers/desk",))
    assert (findings, raw is not None) == ([], True)
    return ipp_jobs_voice(raw, datetime.now(UTC), Findings()).jobs, raw or b""


@pytest.mark.parametrize("more", ["", BY_TLS], ids=["ipp", "ipps"])
def test_cups_tells_what_was_printed_and_no_name(more: str, tmp_path: Path) -> None:
    document = tmp_path / DOCUMENT
    document.write_text("hello\n")
    with scheduler(QUEUE, more) as cups:
        port = int(cups.server.rpartition(":")[2])
        for _ in range(2):
            cups.run("lp", "-d", "desk", "-t", TITLE, "-U", USER, "-n", "2", "-o", "media=iso_a4_210x297mm",
                     "-o", "print-color-mode=monochrome", str(document))  # fmt: skip
        until(lambda: cups.run("lpstat", "-W", "completed", "-o").count("desk-") == 2, "CUPS does not end its jobs")
        jobs, raw = asyncio.run(jobs_of_queue(port))
        again, _ = asyncio.run(jobs_of_queue(port))

    assert [(job.job_id.partition("-")[0], job.outcome, job.copies, job.color_mode) for job in jobs] in (
        [("1", "completed", 2, "monochrome"), ("2", "completed", 2, "monochrome")],
        [("2", "completed", 2, "monochrome"), ("1", "completed", 2, "monochrome")],
    )
    assert all(job.media is not None and job.media.width_mm == 210 for job in jobs)
    assert {job.job_id for job in again} == {job.job_id for job in jobs}
    assert not [name for name in CANARIES if name.encode() in raw], "they were not even sent"


async def scan(*targets: str, ports: tuple[str, ...]) -> tuple[list[dict[str, Any]], str]:
    """The reports of a scan with --jobs, and all that it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inkwire", "collect", "scan", *targets, *ports, "--no-icmp", "--jobs"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")], out + err


def by_ipp_alone(fleet: StandingFleet) -> tuple[str, ...]:
    return ("--snmp-port", "1", "--http-port", "1", "--https-port", "1", "--ipp-port", str(fleet.ipp_port), "--json")


async def test_a_printer_that_speaks_ipp_alone_tells_each_finished_job_as_it_was() -> None:
    async with standing_fleet(("bizhub-c250i", "workcentre-7830")) as fleet:
        reports, _ = await scan(*fleet.printers, ports=by_ipp_alone(fleet))

    assert len(reports) == len(fleet.printers)
    for told in reports:
        ended = {str(job.number): job.record for job in fleet.printers[told["device"]["ip"]].finished}
        assert ended and {job["job_id"].partition("-")[0] for job in told["jobs"]} == set(ended)
        for job in told["jobs"]:
            record = ended[job["job_id"].partition("-")[0]]
            assert job["outcome"] == record.outcome.value
            assert job.get("impressions", 0) == (record.impressions or 0)
            assert job.get("sheets", 0) == (record.sheets or 0)
            assert "name" not in job


async def test_a_printer_with_a_job_table_by_snmp_is_not_asked_by_ipp_too() -> None:
    async with standing_fleet(("bizhub-c250i",)) as fleet, rude_printer() as rude:
        (address,) = fleet.printers
        ports = ("--snmp-port", str(fleet.snmp_port), "--http-port", "1", "--https-port", "1")
        await scan(address, ports=(*ports, "--ipp-port", str(rude.port), "--json"))

        assert rude.asked == []


def rude_job(number: int) -> bytes:
    """A job with every name that a printer has, none of which was asked for."""
    return b"\x02" + b"".join(
        (
            ipp_value(NAME, "job-name", TITLE),
            ipp_value(NAME, "document-name-supplied", DOCUMENT),
            ipp_value(NAME, "job-originating-user-name", USER),
            ipp_value(INTEGER, "job-id", number),
            ipp_value(ENUM, "job-state", 9),
            ipp_value(TEXT, "job-state-message", f"{TITLE} of {USER}"),
        )
    )


@asynccontextmanager
async def rude_printer(flood: int = 0) -> AsyncIterator[WebServer]:
    """A printer that tells names unasked. flood: so many octets of them."""
    jobs = b"".join(rude_job(number) for number in range(1, 4))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.body[2:4] == b"\x00\x0b":
            body = ipp_reply(
                ipp_value(TEXT, "printer-make-and-model", "Rude 1"), ipp_value(NAME, "printer-serial-number", "RUDE1"),
                ipp_value(ENUM, "printer-state", 3), ipp_value(INTEGER, "printer-impressions-completed", 9),
            )  # fmt: skip
        else:
            body = ipp_reply(jobs + rude_job(9) * (flood // len(rude_job(9))))
        writer.write(response(body[:4] + request.body[4:8] + body[8:], kind=MEDIA_TYPE))

    async with web_server(answer, "127.9.8.1") as web:
        yield web


@pytest.mark.parametrize("output", ["--explain", "--dry-run"])
async def test_names_put_into_jobs_at_the_printer_are_in_nothing_that_is_written(output: str) -> None:
    async with rude_printer() as rude:
        ports = ("--snmp-port", "1", "--http-port", "1", "--https-port", "1", "--ipp-port", str(rude.port))
        _, written = await scan("127.9.8.1", ports=(*ports, output))

    assert "RUDE1" in written
    assert not [name for name in CANARIES if name in written]


async def test_names_put_into_jobs_at_the_printer_are_in_no_batch_and_each_job_is_in_one(tmp_path: Path) -> None:
    async with rude_printer() as rude:
        ports = ("--snmp-port", "1", "--http-port", "1", "--https-port", "1", "--ipp-port", str(rude.port), "--json")
        reports, _ = await scan("127.9.8.1", ports=ports)
    report = decode_report(json.dumps(reports[0]))
    delivery = Delivery(tmp_path, "https://portal.example", Clock(), None)
    try:
        first, again = (delivery.rehearse([report], Reason.MANUAL, datetime.now(UTC)) for _ in range(2))
    finally:
        delivery.close()

    told = [json.loads(body)["reports"][0].get("jobs", []) for body in (*first, *again)]
    assert [len(jobs) for jobs in told] == [3, 0]
    assert not [name for name in CANARIES for body in first if name.encode() in body]
    assert not [name for name in CANARIES for file in tmp_path.iterdir() if name.encode() in file.read_bytes()]


async def test_ten_million_bytes_of_jobs_end_at_a_limit_and_the_printer_is_told_all_the_same() -> None:
    async with rude_printer(10_000_000) as rude:
        ports = ("--snmp-port", "1", "--http-port", "1", "--https-port", "1", "--ipp-port", str(rude.port), "--json")
        (report,), written = await scan("127.9.8.1", ports=ports)

    assert report["device"]["serial"] == "RUDE1" and "jobs" not in report
    assert any(one["field"] in ("jobs", "visit") and "bytes" in one["reason"] for one in report["findings"])
    assert not [name for name in CANARIES if name in written]
