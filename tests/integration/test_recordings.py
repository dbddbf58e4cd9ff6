"""Recordings of real printers, replayed by two simulators and read by `collect scan --json` as people run it.

What others read from the same recordings is the measure. The recordings are others' data: they are looked for in
$INKWIRE_PRINTERS or in ../shared/printers, with the scorer in ../tools beside them.
"""

import asyncio
import ipaddress
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from device_sim.core.snmp.view import MibView
from device_sim.core.snmprec import read_recording
from device_sim.snmp_endpoint import SnmpEndpoint
from tests.support.data_collector_core import Yardstick, expectations, printers_folder, yardstick
from tests.support.data_collector_snmpsim import free_udp_port, snmpsim

RIGHT_MIN = 0.98
SNMP_FILES = (".snmprec", ".json")
NOBODY = ("--http-port", "1", "--ipp-port", "1", "--timeout", "2")

Reports = dict[str, dict[str, object]]


class Recorded:
    """The SNMP recordings at hand, each at its own address of a network on loopback."""

    def __init__(self, network: str) -> None:
        folder = printers_folder()
        self.ruler: Yardstick = yardstick(folder)
        wanted = {k: w for k, w in expectations(folder).items() if self._first(folder, w).suffix in SNMP_FILES}
        self.wanted = dict(zip((f"{network}.{n}" for n in range(1, 255)), wanted.items(), strict=False))
        self.texts = {
            address: self.ruler.recording(self._first(folder, want), want) for address, (_, want) in self.wanted.items()
        }

    @staticmethod
    def _first(folder: Path, want: Mapping[str, object]) -> Path:
        files = want["files"]
        assert isinstance(files, list)
        return folder / str(files[0])

    def judge(self, found: Reports, addresses: Iterable[str]) -> None:
        """Every printer was found, and nearly every field is what others read."""
        asserted, misses, unseen = 0, [], []
        for address in addresses:
            name, want = self.wanted[address]
            if address not in found:
                unseen.append(name)
            for field, right, wanted, got in self.ruler.compare(want, found.get(address, {})):
                asserted += 1
                if not right:
                    misses.append(f"{name}: {field}: wanted {wanted!r}, found {got!r}")
        assert unseen == []
        assert asserted > 0
        assert 1 - len(misses) / asserted >= RIGHT_MIN, "\n".join(misses)


async def scanned(addresses: Iterable[str], port: int) -> Reports:
    """What `inkwire collect scan --json` prints of these addresses, by address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inkwire", "collect", "scan", *addresses),
        *("--snmp-port", str(port), *NOBODY, "--json", "--no-icmp"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    reports = [json.loads(line) for line in out.splitlines()]
    return {report["device"]["ip"]: report for report in reports}


@asynccontextmanager
async def replaying(recording: Path, address: str, port: int) -> AsyncIterator[None]:
    """`inkwire sim run --recording`, from the moment its listener is open."""
    ready = recording.with_suffix(".ready")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inkwire", "sim", "run", "--count", "1", "--recording", str(recording)),
        *("--first-address", address, "--snmp-port", str(port), "--ready-file", str(ready)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(20):
            while not ready.exists():
                assert process.returncode is None, "the simulator ended by itself"
                await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_our_simulator_replays_every_recorded_printer_as_others_read_it() -> None:
    recorded = Recorded("127.92.1")
    flaws = {address: read_recording(text.encode(errors="surrogateescape")) for address, text in recorded.texts.items()}
    views: dict[int, MibView] = {int(ipaddress.IPv4Address(a)): recording.view() for a, recording in flaws.items()}
    endpoint = SnmpEndpoint.open(0, views.get)
    try:
        found = await scanned(recorded.texts, endpoint.port)
    finally:
        endpoint.close()

    assert [flaw for recording in flaws.values() for flaw in recording.flaws] == []
    recorded.judge(found, recorded.texts)


async def test_the_simulators_command_replays_a_recording_file(tmp_path: Path) -> None:
    recorded = Recorded("127.92.2")
    address = max(recorded.texts, key=lambda each: len(recorded.texts[each]))
    file = tmp_path / "printer.snmprec"
    file.write_text(recorded.texts[address], encoding="utf-8", errors="surrogateescape", newline="")
    port = free_udp_port(address)

    async with replaying(file, address, port):
        found = await scanned([address], port)

    recorded.judge(found, [address])


async def test_snmpsim_replays_every_recorded_printer_as_others_read_it(tmp_path: Path) -> None:
    recorded = Recorded("127.92.3")

    async with snmpsim(recorded.texts, tmp_path) as port:
        found = await scanned(recorded.texts, port)

    recorded.judge(found, recorded.texts)
