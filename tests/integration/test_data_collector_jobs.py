"""Finished jobs by the Job Monitoring MIB: all that the printer lists, as it counted them, and nobody's name."""

import asyncio
import json
import sys
from typing import Any

from device_sim.core.mibs.job_rows import job_rows
from tests.support.device_sim_fleet import StandingFleet, standing_fleet

PROFILES = ("bizhub-c250i", "ricoh-im-c3000", "taskalfa-3554ci", "workcentre-7830")
"""Makers without a job table of their own in our definitions."""


async def scanned(fleet: StandingFleet, *flags: str) -> dict[str, list[dict[str, Any]]]:
    """The jobs of each printer, by its address."""
    ports = ("--snmp-port", str(fleet.snmp_port), "--http-port", "1", "--https-port", "1", "--ipp-port", "1")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inkwire", "collect", "scan", *fleet.printers, *ports, "--json", "--no-icmp", *flags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    reports = map(json.loads, out.decode().splitlines())
    return {report["device"]["ip"]: report.get("jobs", []) for report in reports}


async def test_every_listed_job_is_told_with_the_counts_of_the_printer_itself() -> None:
    async with standing_fleet(PROFILES) as fleet:
        found = await scanned(fleet, "--jobs")
        again = await scanned(fleet, "--jobs")
        quiet = await scanned(fleet)

    assert found == again, "a job keeps its id from one scan to the next"
    assert all(jobs == [] for jobs in quiet.values()), "off by default"
    for address, printer in fleet.printers.items():
        wanted = [row for row in job_rows(printer) if row.outcome is not None]
        assert wanted and len({job["job_id"] for job in found[address]}) == len(wanted)
        for row, job in zip(wanted, found[address], strict=True):
            assert (job["service"], job["outcome"]) == (row.service.value, row.outcome and row.outcome.value)
            assert (job.get("impressions"), job.get("sheets", 0)) == (row.done, row.sheets or 0)
            assert "name" not in job and job["completed_at"] >= job["started_at"]
