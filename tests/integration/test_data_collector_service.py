"""The collector as a service, against a portal double over TLS: nothing lost, nothing twice, a clean end."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from data_collector.clock import Clock
from data_collector.config import load_config
from data_collector.runtime import run_service
from tests.support.data_collector import TIMETICKS, Agent, Rows, Typed, honest, snmp_agent
from tests.support.data_collector_devices import printer
from tests.support.device_sim import free_port
from tests.support.direct_connect import PortalDouble
from wire_format.codec import decode_batch, encode_batch
from wire_format.records import Batch, Reason
from wire_format.settings import Desired, Settings

ADDRESS = "127.90.5.1"


@dataclass(slots=True)
class Site:
    """A printer, a portal, and the folder of a collector."""

    portal: PortalDouble
    certificate: Path
    directory: Path
    agent: Agent
    config: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write_config(self, url: str, extra: str = "", targets: str = f'"{ADDRESS}"', more: str = "") -> None:
        """The configuration for a portal at this address. more: behind the profile."""
        self.config.write_text(
            f'[portal]\nurl = "{url}"\n[collector]\ndirectory = "{self.directory}"\ninterval_s = 3600\n{extra}'
            f"[[profile]]\ntargets = [{targets}]\nsnmp_port = {self.agent.port}\nhttp_port = 1\nipp_port = 1\n"
            f"timeout_s = 0.3\nicmp = false\n{more}",
            encoding="utf-8",
        )

    async def start(self, *arguments: str, claim: str | None = None) -> asyncio.subprocess.Process:
        """The service as a process of its own."""
        environment = {key: value for key, value in os.environ.items() if key != "INKWIRE_CLAIM"}
        if claim:
            environment["INKWIRE_CLAIM"] = claim
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "data_collector.cli", "run", str(self.config), *arguments),
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )

    async def run(self, *, once: bool = True, claim: str | None = None) -> int:
        """Exit code of the service in this process, when it ends by itself; its lines are in caplog."""
        config = load_config(self.config, {"INKWIRE_CLAIM": claim or ""})
        return await asyncio.wait_for(asyncio.to_thread(run_service, config, Clock(), once=once), 60)

    async def arrived(self, count: int) -> list[Batch]:
        """The batches, once the portal has so many."""
        await asyncio.to_thread(self.portal.wait_for, lambda portal: len(portal.arrived) >= count)
        return self.portal.arrived


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """One printer and a portal that is not running yet."""
    portal = PortalDouble.make()
    async with snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as agent:
        yield Site(
            portal, portal.authority.server_files(tmp_path), tmp_path / "collector", agent, tmp_path / "collector.toml"
        )


async def ended(process: asyncio.subprocess.Process, number: signal.Signals) -> tuple[int | None, str]:
    """Exit code and stderr after this signal."""
    process.send_signal(number)
    _out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, err.decode()


async def test_once_scans_enrols_delivers_and_ends_with_0(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        assert await site.run(claim=site.portal.claim_code()) == 0

    (batch,) = site.portal.arrived
    (report,) = batch.reports
    assert report.device.serial == "SN0001"
    assert [(meter.name, meter.value) for meter in report.meters] == [("total.impressions", 4711)]
    assert (batch.reason, batch.sequence, batch.boot) == (Reason.MANUAL, 1, 1)
    assert report.device.ip == ADDRESS


async def test_a_second_run_needs_no_claim_and_goes_on_numbering(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        assert await site.run(claim=site.portal.claim_code()) == 0
        assert await site.run() == 0

    assert [(batch.sequence, batch.boot) for batch in site.portal.arrived] == [(1, 1), (2, 2)]


async def test_addresses_are_masked_where_the_site_wants_it(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url, "mask_addresses = true\n")
        await site.run(claim=site.portal.claim_code())

    assert site.portal.arrived[0].reports[0].device.ip is None


async def test_the_service_scans_at_start_and_when_asked_and_ends_cleanly(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        process = await site.start(claim=site.portal.claim_code())
        await site.arrived(1)
        process.send_signal(signal.SIGUSR1)
        batches = await site.arrived(2)
        code, err = await ended(process, signal.SIGTERM)

    assert (code, "Traceback" in err) == (0, False)
    assert [batch.reason for batch in batches] == [Reason.INTERVAL, Reason.MANUAL]
    state = json.loads((site.directory / "state.json").read_text())
    assert state["scan"]["printers"] == 1
    assert state["sender"] == batches[0].sender


async def test_a_fast_clock_makes_the_schedule_fast_and_dates_the_records(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        clock = f"2026-11-16T07:30:00Z,{time.time()},6000"
        process = await site.start("--clock", clock, claim=site.portal.claim_code())
        batches = await site.arrived(3)
        await ended(process, signal.SIGTERM)

    dates = [batch.reports[0].observed_at for batch in batches]
    assert dates == sorted(dates)
    assert (dates[2] - dates[0]).total_seconds() >= 3600
    assert dates[0].isoformat().startswith("2026-11-16T")


async def test_a_collector_whose_portal_is_away_keeps_everything_and_sends_it_later(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        await site.run(claim=site.portal.claim_code())
    assert await site.run() == 1

    with site.portal.running(site.certificate, int(url.rsplit(":", 1)[1])):
        assert await site.run() == 0

    assert sorted(batch.sequence for batch in site.portal.arrived) == [1, 2, 3]


async def test_a_service_that_starts_before_its_portal_enrols_when_it_comes(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        port = int(url.rsplit(":", 1)[1])
    site.write_config(url)
    process = await site.start(claim=site.portal.claim_code())
    await asyncio.sleep(1.5)
    with site.portal.running(site.certificate, port):
        batches = await site.arrived(1)
        code, err = await ended(process, signal.SIGTERM)

    assert (code, "Traceback" in err) == (0, False)
    assert batches[0].reports[0].device.serial == "SN0001"


async def test_a_wrong_claim_code_is_one_clear_line_and_exit_code_2(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.write_config("https://127.0.0.1:1")

    assert await site.run(claim="NOT-A-CODE") == 2

    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "a claim code has 45 letters and digits" in record.getMessage()
    assert record.exc_info is None


async def test_a_claim_code_that_the_portal_refuses_ends_with_exit_code_2(site: Site) -> None:
    claim = site.portal.claim_code()
    site.portal.claims.clear()
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        process = await site.start(claim=claim)
        _out, err = await asyncio.wait_for(process.communicate(), 60)

    assert (process.returncode, b"Traceback" in err) == (2, False)


async def test_without_a_claim_code_the_remedy_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.write_config("https://127.0.0.1:1")

    assert await site.run(once=False) == 2
    assert "--claim or INKWIRE_CLAIM" in caplog.text


async def test_two_collectors_in_one_folder_are_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        process = await site.start(claim=site.portal.claim_code())
        await site.arrived(1)
        code = await site.run()
        await ended(process, signal.SIGTERM)

    assert code == 1
    assert "in use by another process" in caplog.text


async def test_no_community_and_no_claim_is_ever_logged(site: Site) -> None:
    claim = site.portal.claim_code()
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        text = site.config.read_text() + 'communities = ["public", "hush-hush"]\n'
        site.config.write_text(text, encoding="utf-8")
        process = await site.start("--once", "--verbose", claim=claim)
        _out, err = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0
    written = err.decode() + (site.directory / "state.json").read_text()
    assert "hush-hush" not in written
    assert claim not in written


async def test_a_second_start_scans_nothing_again_and_reads_known_printers_when_they_are_due(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url, "range_interval_s = 36000\n", targets='"127.90.5.0/30"')
        clock = f"2026-11-16T07:30:00Z,{time.time()},600"
        first = await site.start("--clock", clock, claim=site.portal.claim_code())
        await site.arrived(2)
        await ended(first, signal.SIGTERM)
        asked = len(site.agent.asked)
        second = await site.start("--clock", clock)
        batches = await site.arrived(3)
        await ended(second, signal.SIGTERM)

    starts = [batch.created_at for batch in batches]
    assert [len(batch.reports) for batch in batches[:3]] == [1, 1, 1]
    assert all((later - before).total_seconds() > 3000 for before, later in pairwise(starts)), starts
    assert asked < len(site.agent.asked)
    state = json.loads((site.directory / "state.json").read_text())
    assert (state["known_printers"], state["scan"]["turns"], state["scan"]["addresses"]) == (1, {"default": "focus"}, 1)


async def test_a_printer_of_two_profiles_is_read_once(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        second = f'[[profile]]\nname = "also"\ntargets = ["127.90.5.0/30"]\nsnmp_port = {site.agent.port}\n'
        site.write_config(url, more=second + "http_port = 1\nipp_port = 1\ntimeout_s = 0.3\nicmp = false\n")
        assert await site.run(claim=site.portal.claim_code()) == 0

    assert [len(batch.reports) for batch in site.portal.arrived] == [1]


async def test_a_printer_that_is_gone_is_told_once_without_a_count(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        await site.run(claim=site.portal.claim_code())
        site.config.write_text(site.config.read_text().replace(f"snmp_port = {site.agent.port}", "snmp_port = 1"))
        for _ in range(5):
            await site.run()

    _read, told = site.portal.arrived
    (report,) = told.reports
    assert (report.device.serial, report.meters) == ("SN0001", ())
    assert report.status is not None and report.status.state == "offline"


async def test_a_printer_outside_the_targets_of_today_is_not_asked(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        await site.run(claim=site.portal.claim_code())
        asked = len(site.agent.asked)
        site.write_config(url, targets='"127.90.5.9"')
        for _ in range(3):
            await site.run()

    assert len(site.agent.asked) == asked
    assert len(site.portal.arrived) == 1


async def test_a_dry_run_prints_the_batch_that_would_be_spooled_and_touches_nothing(site: Site) -> None:
    with site.portal.running(site.certificate) as url:
        site.write_config(url, "mask_addresses = true\n")
        await site.run(claim=site.portal.claim_code())
        before = {path.name: path.read_bytes() for path in site.directory.iterdir()}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data_collector.cli", "run", str(site.config), "--dry-run"),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _err = await asyncio.wait_for(process.communicate(), 60)
        assert {path.name: path.read_bytes() for path in site.directory.iterdir()} == before
        assert len(site.portal.arrived) == 1
        await site.run()

    rehearsed, sent = decode_batch(out), site.portal.arrived[1]
    assert out.rstrip(b"\n") == encode_batch(rehearsed)
    assert (rehearsed.sender, rehearsed.stream, rehearsed.sequence) == (sent.sender, sent.stream, 2)
    assert [replace(report, observed_at=sent.created_at) for report in rehearsed.reports] == [
        replace(report, observed_at=sent.created_at) for report in sent.reports
    ]
    assert ADDRESS.encode() not in out


JAM: Rows = {
    "1.3.6.1.2.1.43.18.1.1.2.1.7": 3,
    "1.3.6.1.2.1.43.18.1.1.4.1.7": 13,
    "1.3.6.1.2.1.43.18.1.1.5.1.7": 1,
    "1.3.6.1.2.1.43.18.1.1.6.1.7": 1,
    "1.3.6.1.2.1.43.18.1.1.7.1.7": 8,
    "1.3.6.1.2.1.43.18.1.1.8.1.7": b"Paper jam",
    "1.3.6.1.2.1.43.18.1.1.9.1.7": Typed(TIMETICKS, 50),
}


async def test_e26_a_trap_by_net_snmp_brings_the_alert_to_the_portal_before_the_next_scan(site: Site) -> None:
    snmptrap = shutil.which("snmptrap")
    if snmptrap is None:
        pytest.skip("net-snmp's snmptrap is not installed")
    listen = f"127.0.0.1:{free_port()}"
    with site.portal.running(site.certificate) as url:
        site.write_config(url, more=f'[traps]\nlisten = "{listen}"\n')
        process = await site.start(claim=site.portal.claim_code())
        await site.arrived(1)
        site.agent.answer = honest({**printer("SN0001", 4711), **JAM})
        call = await asyncio.create_subprocess_exec(
            *(snmptrap, f"--clientaddr={ADDRESS}", "-v", "2c", "-c", "public", listen, "", "1.3.6.1.2.1.43.18.2.0.1")
        )
        assert await asyncio.wait_for(call.wait(), 30) == 0
        batches = await site.arrived(2)
        code, err = await ended(process, signal.SIGTERM)

    assert (code, "Traceback" in err) == (0, False)
    assert batches[1].reason is Reason.ALERT
    (report,) = batches[1].reports
    assert [(alert.code, alert.severity, alert.description) for alert in report.alerts] == [
        (8, "critical", "Paper jam")
    ]
    assert report.device.serial == "SN0001"


CANARIES = ("10.98.76.54", "555 0199", "fe80::dead:beef", "payroll", "m.mueller", "hush-hush", ADDRESS)


async def test_no_canary_is_in_payload_spool_log_or_state(site: Site) -> None:
    said = b"10.98.76.54 fe80::dead:beef Tel. 555 0199"
    site.agent.answer = honest(
        {
            **printer("SN0001", 4711),
            **JAM,
            "1.3.6.1.2.1.1.1.0": b"Small Laser " + said,
            "1.3.6.1.2.1.1.5.0": b"host-10.98.76.54",
            "1.3.6.1.2.1.1.6.0": b"Room 3 " + said,
            "1.3.6.1.2.1.43.16.5.1.2.1.1": b"Printing payroll.pdf",
            "1.3.6.1.2.1.43.16.5.1.2.1.2": b"User: m.mueller",
            "1.3.6.1.2.1.43.18.1.1.8.1.7": b"No route to 10.98.76.54, call +49 711 555 0199",
            "1.3.6.1.2.1.43.10.2.1.3.1.1": said,
        }
    )
    claim = site.portal.claim_code()
    with site.portal.running(site.certificate) as url:
        site.write_config(url, "mask_addresses = true\n", more='communities = ["public", "hush-hush"]\n')
        process = await site.start("--once", "--verbose", claim=claim)
        _out, err = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0
    (batch,) = site.portal.arrived
    payload = encode_batch(batch).decode()
    assert "[tel]" in payload and "x.x.x.x" in payload and "[withheld]" in payload
    kept = err.decode() + payload + (site.directory / "state.json").read_text()
    own = socket.gethostname()
    for canary in (*CANARIES, claim, *([own] if len(own) > 8 else [])):  # a short name is in any text by chance
        assert canary not in kept, canary


async def test_the_status_page_of_a_running_collector(site: Site) -> None:
    port = free_port()
    with site.portal.running(site.certificate) as url:
        site.write_config(url, more=f'[status]\nlisten = "127.0.0.1:{port}"\n')
        process = await site.start(claim=site.portal.claim_code())
        await site.arrived(1)
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
            shown = await answer.text()
        code, _err = await ended(process, signal.SIGTERM)

    assert code == 0
    for wanted in ("SN0001", ADDRESS, "1 addresses, 1 printers, 1 new", "all answered"):
        assert wanted in shown
    assert "public" not in shown


async def test_the_portal_sets_the_interval_without_a_restart_and_hears_that_it_is_in_force(site: Site) -> None:
    site.portal.desired = Desired(version=2, settings=Settings(interval_s=60))
    now = time.time()
    clock = f"{datetime.fromtimestamp(now, UTC).isoformat()},{now},600"
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        text = site.config.read_text().replace("interval_s = 3600\n", "")
        site.config.write_text(text.replace("[collector]", "interval_min_s = 120\n[collector]"))
        process = await site.start("--clock", clock, claim=site.portal.claim_code())
        try:
            # Three hours are 18 s on this clock, two minutes 0.2 s.
            batches = await site.arrived(4)
            state = json.loads((site.directory / "state.json").read_text())
        finally:
            code, err = await ended(process, signal.SIGTERM)

    assert code == 0, err
    assert batches[3].created_at - batches[2].created_at < timedelta(hours=1)
    assert batches[3].state is not None and batches[3].state.settings_version == 2
    assert state["settings"].startswith(
        "known printers are read every 120 s, the least this site allows: the portal asks for 60 s"
    )


async def test_an_interval_that_the_site_wrote_is_not_moved_by_the_portal(site: Site) -> None:
    site.portal.desired = Desired(version=2, settings=Settings(interval_s=900))
    with site.portal.running(site.certificate) as url:
        site.write_config(url)
        assert await site.run(claim=site.portal.claim_code()) == 0
        assert await site.run() == 0

    state = json.loads((site.directory / "state.json").read_text())
    assert state["settings"] == "the portal asks for 900 s; the site's own intervals hold"
    assert [one.state and one.state.settings_version for one in site.portal.arrived] == [None, 2]
