"""A recording over every protocol: what was recorded is answered at every address, and nobody contradicts itself."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from device_sim.cli import main
from device_sim.core import ipp
from device_sim.core.errors import ConfigError
from device_sim.core.recorder.recording import DOCUMENTS, IPP, WALK
from device_sim.embedded import EmbeddedFleet
from tests.support.device_sim import free_port
from tests.support.device_sim_ipp import ipp_request, read_ipp_answer
from tests.support.device_sim_snmp import net_snmp

USAGE = "/DevMgmt/ProductUsageDyn.xml"
PROTOCOLS = ("snmp", "http", "ipp")
SERIAL = ".1.3.6.1.2.1.43.5.1.1.17.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the recorder takes, over the network, of one of our printers."""
    made = tmp_path_factory.mktemp("recorded") / "m479"
    with EmbeddedFleet.start(["--profile", "color-laserjet-m479", "--first-address", "127.9.0.1"]) as fleet:
        fleet.rest()
        ports = [f"--{name}-port={getattr(fleet, f'{name}_port')}" for name in PROTOCOLS]
        assert main(["record", fleet.addresses[0], *ports, "-o", str(made)]) == 0
    return made


async def collected(fleet: EmbeddedFleet, by: str) -> dict[str, dict[str, Any]]:
    """What our collector reports of each address, asking over one protocol alone."""
    ports = {name: getattr(fleet, f"{name}_port") if name == by else free_port() for name in PROTOCOLS}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "inkwire", "collect", "scan", *fleet.addresses, "--json", "--no-icmp", "--timeout", "3",
        *(f"--{name}-port={port}" for name, port in ports.items()),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return {report["device"]["ip"]: report for report in map(json.loads, out.decode().splitlines())}


async def test_the_collector_reads_each_printer_of_a_replay_alike_over_every_protocol(folder: Path) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    words = [
        "--recording",
        str(folder),
        "--count",
        "3",
        "--first-address",
        "127.9.1.1",
        "--jump",
        tomorrow,
        "--speed",
        "600",
    ]
    with EmbeddedFleet.start(words) as fleet:
        fleet.rest()
        reports = [await collected(fleet, by) for by in PROTOCOLS]
        serials = {printer.address: printer.serial for printer in fleet.printers}
        totals = {printer.address: printer.read(lambda state: state.marker_life_count()) for printer in fleet.printers}

    for report in reports:
        assert {at: each["device"]["serial"] for at, each in report.items()} == serials
        meters = {at: {meter["name"]: meter["value"] for meter in each["meters"]} for at, each in report.items()}
        assert {at: each["total.impressions"] for at, each in meters.items()} == totals
    assert len(set(serials.values())) == len(set(totals.values())) == 3
    for at in fleet.addresses:
        levels = [{one.get("colorant"): one["percent"] for one in report[at]["supplies"]} for report in reports]
        assert levels[0] == levels[1] == levels[2] and {"black", "cyan", "magenta", "yellow"} <= levels[0].keys()


async def test_documents_have_tags_and_what_was_not_recorded_is_not_there(folder: Path) -> None:
    words = ["--recording", str(folder), "--count", "2", "--first-address", "127.9.2.1"]
    with EmbeddedFleet.start(words) as fleet:
        base = f"http://{fleet.addresses[1]}:{fleet.http_port}"
        async with aiohttp.ClientSession() as session:
            async with session.get(base + USAGE) as response:
                tag, kind = response.headers["ETag"], response.content_type
                assert response.status == 200 and kind == "text/xml"
            async with session.get(base + USAGE, headers={"If-None-Match": tag}) as response:
                assert response.status == 304
            async with session.get(f"{base}/supplies") as response:
                assert response.status == 404
            where = f"http://{fleet.addresses[1]}:{fleet.ipp_port}/ipp/print"
            request, kind = ipp_request(ipp.PRINT_JOB) + b"%PDF-1.7 something", "application/ipp"
            async with session.post(where, data=request, headers={"Content-Type": kind}) as response:
                answer = read_ipp_answer(await response.read())

    assert answer.status == ipp.OPERATION_NOT_SUPPORTED


async def test_a_replay_can_break_on_the_wire(folder: Path) -> None:
    words = ["--recording", str(folder), "--fault", "http_half", "--fault", "ipp_wrong_request_id"]
    with EmbeddedFleet.start([*words, "--fault", "community=secret", "--first-address", "127.9.3.1"]) as fleet:
        at = fleet.addresses[0]
        (serial,) = await net_snmp("snmpget", "-v2c", "-c", "secret", "-Oqv", f"{at}:{fleet.snmp_port}", SERIAL)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientPayloadError):
                async with session.get(f"http://{at}:{fleet.http_port}{USAGE}") as response:
                    await response.read()
            request, kind = ipp_request(ipp.GET_PRINTER_ATTRIBUTES), "application/ipp"
            where = f"http://{at}:{fleet.ipp_port}/ipp/print"
            async with session.post(where, data=request, headers={"Content-Type": kind}) as response:
                body = await response.read()
        known = fleet.printers[0].serial

    assert serial.strip('" ') == known and body[4:8] != request[4:8]


def test_a_fault_that_needs_a_simulated_printer_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--fault", "serial_zeros", "--fault", "snmp_silent", "--fault", "counter_jitter"]

    assert main(["run", "--recording", str(folder), *words]) == 2

    said = capsys.readouterr().err
    assert "serial_zeros, counter_jitter: changes what a simulated printer tells" in said and "snmp_silent" not in said


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (DOCUMENTS, b"{", "is no JSON"),
        (DOCUMENTS, b"{}", "must be a list"),
        (DOCUMENTS, b'[{"path": "x", "type": "text/xml", "file": "a"}]', "documents[1].path"),
        (DOCUMENTS, b'[{"path": "/x", "type": "text", "file": "a"}]', "documents[1].type"),
        (DOCUMENTS, b'[{"path": "/x", "type": "text/xml", "file": "../walk"}]', "documents[1].file"),
        (DOCUMENTS, b'[{"path": "/x", "type": "text/xml", "file": "gone.xml"}]', "gone.xml: cannot be read"),
        (IPP, b"\x01\x01\x00\x00", "is no answer of a printer"),
    ],
)
def test_a_spoilt_folder_is_one_sentence_and_exit_2(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / WALK).write_bytes((folder / WALK).read_bytes())
    (tmp_path / name).write_bytes(content)

    assert main(["run", "--recording", str(tmp_path)]) == 2

    assert sentence in capsys.readouterr().err


def test_without_any_port_that_has_something_to_say_nothing_starts(folder: Path, tmp_path: Path) -> None:
    (tmp_path / WALK).write_bytes((folder / WALK).read_bytes())

    with pytest.raises(ConfigError, match="must not be 0 here"):
        EmbeddedFleet.start(["--recording", str(tmp_path)], ports={"snmp_port": 0})
