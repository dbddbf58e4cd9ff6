"""`inkwire bench collect`: how fast the collector finds and reads printers, beside other people's programs.

Everything runs against one fleet, in a network of its own where the system allows that. A printer that is missed, or
tells another serial number than its truth, fails the run.
"""

import asyncio
import contextlib
import ctypes
import ipaddress
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from data_collector.core import mib
from data_collector.core.bundles import KnownTables
from data_collector.core.evidence import Evidence, Oid, Picture
from data_collector.core.normalise import report
from data_collector.core.reading import IDENTIFY, questions
from data_collector.core.targets import Target
from data_collector.core.vendors import Definitions
from data_collector.core.walk_guard import WalkStop
from data_collector.scan import choose_library
from data_collector.snmp.conversation import Conversation
from data_collector.snmp.native import Native
from data_collector.snmp.port import Agent, SnmpLibrary, Version
from data_collector.snmp.users import AuthProtocol, PrivProtocol, UsmUser
from data_collector.sweep import Contact, Sweep, SweepMemory, ways
from data_collector.vendor_files import load_definitions
from inkwire.bench.errors import BenchError, WrongReplyError
from inkwire.bench.lives import Lives
from inkwire.bench.serving import EPOCH, FIRST_ADDRESS, Servers, Skipped
from inkwire.bench.v3 import AUTH_PASSWORD, PRIV_PASSWORD, USER

CLONE_NEWNET: Final = 0x40000000
AT_ONCE: Final = 64
READ_BY_OTHERS: Final = 40
OUTSIDE_S_MAX: Final = 150.0
FORTY: Final[tuple[Oid, ...]] = (
    *IDENTIFY,
    (*mib.HR_DEVICE_STATUS, 1),
    (*mib.PRT_DEFAULT_MARKER, 1),
    *((*mib.PRT_SUPPLIES, column, 1, row) for row in range(1, 5) for column in range(4, 10)),
)
"""Forty objects: identity, status, meter and the first four supplies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One program at one task. units: addresses or printers; found: printers that it saw, None where it tells none.

    packets: questions sent, None where they are not counted. report_s: the part of cpu_s in which pictures became
    reports.
    """

    task: str
    program: str
    units: int
    cpu_s: float
    wall_s: float
    found: int | None = None
    missed: int = 0
    packets: int | None = None
    report_s: float = 0.0

    @property
    def cpu_us(self) -> float:
        """CPU microseconds a unit."""
        return self.cpu_s / self.units * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A whole run. grown_bytes: by how much the sweep made this process larger, at most."""

    printers: int
    addresses: int
    turns: tuple[Turn, ...]
    skipped: tuple[Skipped, ...]
    grown_bytes: int


def own_network() -> bool:
    """Put this process into a network namespace with a loopback of its own; False where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
    return True


def measure(folder: Path, printers: int, addresses: int, say: Callable[[str], None], *, others: bool) -> Measured:
    """All turns. others: other people's programs too.

    Raises BenchError, WrongReplyError for a printer that was missed or told a wrong serial number.
    """
    apart = own_network()
    servers = Servers(folder)
    try:
        say(f"starting {printers} printers")
        ours = servers.ours(printers)
        lives = Lives(printers, FIRST_ADDRESS, EPOCH)
        serials = {address: lives.who(place)[0] for place, address in enumerate(ours.target.addresses)}
        say(f"sweeping {addresses} addresses")
        swept, grown_bytes = asyncio.run(_sweep(ours.target.port, addresses, set(serials)))
        turns = [swept]
        for task, program, library, version, reading, count in (
            ("GET 40, v2c", "inkwire", "native", Version.V2C, _Reader.forty, printers),
            ("GET 40, v3", "inkwire", "native", Version.V3, _Reader.forty, printers),
            ("GET 40, v2c", "gufo_snmp", "gufo", Version.V2C, _Reader.forty, printers),
            ("GET 40, v2c", "pysnmp", "pysnmp", Version.V2C, _Reader.forty, READ_BY_OTHERS),
            ("all of it, v2c", "inkwire", "native", Version.V2C, _Reader.all, printers),
            ("all of it, v3", "inkwire", "native", Version.V3, _Reader.all, printers),
            ("all of it, v2c", "gufo_snmp", "gufo", Version.V2C, _Reader.all, printers),
            ("all of it, v2c", "pysnmp", "pysnmp", Version.V2C, _Reader.all, READ_BY_OTHERS),
        ):
            if program != "inkwire" and not others:
                continue
            say(f"{task} by {program}")
            asked = dict(list(serials.items())[:count])
            turns.append(
                asyncio.run(_read(task, program, choose_library(library), version, ours.target.port, asked, reading))
            )
        outside, skipped = _outside(folder, ours.target.port, serials, addresses, say) if others else ([], [])
    finally:
        servers.close()
    if not apart:
        skipped.append(Skipped(name="network of its own", reason="needs root and iproute2; loopback is shared"))
    return Measured(
        printers=printers,
        addresses=addresses,
        turns=(*turns, *outside),
        skipped=tuple(skipped),
        grown_bytes=grown_bytes,
    )


def _addresses(count: int) -> list[str]:
    first = int(ipaddress.IPv4Address(FIRST_ADDRESS))
    return [str(ipaddress.IPv4Address(first + place)) for place in range(count)]


async def _sweep(port: int, count: int, expected: set[str]) -> tuple[Turn, int]:
    found: set[str] = set()

    def heard(contact: Contact) -> None:
        if contact.way is not None:
            found.add(contact.target.address)

    library = Native()
    targets = (Target(address=one) for one in _addresses(count))
    before_bytes, began_s, cpu_s = _rss_bytes(), time.monotonic(), time.process_time()
    peak_bytes = before_bytes

    async def watch() -> None:
        nonlocal peak_bytes
        while True:
            peak_bytes = max(peak_bytes, _rss_bytes())
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    with library.holding() as box:
        # Loopback answers every ping, so echo is left out: it would make every address worth a visit.
        await Sweep(
            targets, library=library, box=box, echo=None, ways=ways(("public",), ()), port=port, timeout_s=1.0,
            small=False, memory=SweepMemory(), found=heard, blank=lambda: None,
        ).run()  # fmt: skip
    spent_s, wall_s = time.process_time() - cpu_s, time.monotonic() - began_s
    watching.cancel()
    if found != expected:
        raise WrongReplyError(f"the sweep missed {len(expected - found)} printers, invented {len(found - expected)}")
    turn = Turn(task="sweep", program="inkwire", units=count, cpu_s=spent_s, wall_s=wall_s, found=len(found))
    return turn, peak_bytes - before_bytes


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads printers as the collector does that knows them from the reading before. report_s: CPU spent on reports."""

    definitions: Definitions
    tables: dict[str, KnownTables] = field(default_factory=dict)
    report_s: float = 0.0

    async def forty(self, talk: Conversation, address: str) -> Picture:
        """Forty objects, and no report."""
        return Picture(await talk.get(FORTY))

    async def all(self, talk: Conversation, address: str) -> Picture:
        """Everything that is asked of a printer, made into its report."""
        picture = Picture(await talk.get(IDENTIFY))
        asked = questions(picture, self.definitions)
        picture.extend(await talk.get(asked.gets))
        tables = self.tables.setdefault(address, KnownTables(rows={}))
        talk.together = tables.together
        async for wanted, walked in talk.walks(asked.walks, tables.rows):
            picture.extend(walked.rows)
            if walked.stop is WalkStop.END:
                tables.rows[wanted.root] = len(walked.rows)
        tables.together = talk.together
        began_s = time.process_time()
        made = report(Evidence(address=address, observed_at=datetime.now(UTC), picture=picture), self.definitions)
        self.report_s += time.process_time() - began_s
        if not made.meters:
            raise WrongReplyError(f"the report of {address} has no meter")
        return picture


Reading = Callable[[_Reader, Conversation, str], Awaitable[Picture]]


async def _read(
    task: str,
    program: str,
    library: SnmpLibrary,
    version: Version,
    port: int,
    serials: dict[str, bytes],
    reading: Reading,
) -> Turn:
    reader = _Reader(definitions=load_definitions())
    user = UsmUser(
        name=USER, auth_protocol=AuthProtocol.SHA_1, auth_password=AUTH_PASSWORD,
        priv_protocol=PrivProtocol.AES_128, priv_password=PRIV_PASSWORD,
    )  # fmt: skip
    agents = [
        Agent(address=one, port=port, community="public", user=user if version is Version.V3 else None, version=version)
        for one in serials
    ]

    async def work(waiting: list[Agent]) -> None:
        while waiting:
            agent = waiting.pop()
            with closing(Conversation(library.open(agent), agent.version, time.monotonic)) as talk:
                picture = await reading(reader, talk, agent.address)
            told = picture.value((*mib.PRT_SERIAL, 1))
            if told is not None and told != serials[agent.address]:
                raise WrongReplyError(f"{agent.address} told {program} the serial number {told!r}")
            if not len(picture):
                raise WrongReplyError(f"{agent.address} told {program} nothing")

    async def everything() -> None:
        waiting = list(agents)
        await asyncio.gather(*(work(waiting) for _ in range(AT_ONCE)))

    with contextlib.ExitStack() as stack:
        box = None
        if isinstance(library, Native):
            box = stack.enter_context(library.holding())
            await everything()  # engines are met, keys made, tables known, as in a service that runs for years
        sent, reader.report_s = 0 if box is None else box.packets_sent, 0.0
        began_s, cpu_s = time.monotonic(), time.process_time()
        await everything()
        spent_s, wall_s = time.process_time() - cpu_s, time.monotonic() - began_s
        packets = None if box is None else box.packets_sent - sent
    return Turn(
        task=task, program=program, units=len(agents), cpu_s=spent_s, wall_s=wall_s, found=len(agents),
        packets=packets, report_s=reader.report_s,
    )  # fmt: skip


def _outside(
    folder: Path, port: int, serials: dict[str, bytes], addresses: int, say: Callable[[str], None]
) -> tuple[list[Turn], list[Skipped]]:
    turns: list[Turn] = []
    skipped: list[Skipped] = []
    some = _addresses(min(addresses, 1024))
    few = some[:256]
    (folder / "hosts").write_text("\n".join(some) + "\n")
    (folder / "community").write_text("public\n")
    hosts, community = str(folder / "hosts"), str(folder / "community")
    for task, name, words, asked, count in (
        ("sweep", "onesixtyone", ["-p", str(port), "-w", "1", "-i", hosts, "-c", community], some, _brackets),
        ("sweep", "nmap", ["-n", "-Pn", "-sU", "-T4", "-p", str(port), "-oG", "-", f"{few[0]}-255"], few[:255], None),
        ("sweep", "fusioninventory-netdiscovery", ["--first", few[0], "--last", few[-1], "--port", str(port),
         "--community", "public", "--threads", "8", "--timeout", "1"], few, _devices),
        ("all of it, v2c", "fusioninventory-netinventory", [word for one in list(serials)[:8]
         for word in ("--host", one)] + ["--port", str(port), "--community", "public", "--credentials",
         "version:2c,community:public"], list(serials)[:8], None),
    ):  # fmt: skip
        program = shutil.which(name)
        if program is None:
            skipped.append(Skipped(name=name, reason="it is not installed"))
            continue
        say(f"{task} by {name}")
        before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        try:
            ran = subprocess.run([program, *words], capture_output=True, timeout=OUTSIDE_S_MAX, check=False)
        except subprocess.TimeoutExpired:
            skipped.append(Skipped(name=name, reason=f"it was not done with {len(asked)} after {OUTSIDE_S_MAX:.0f} s"))
            continue
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        there = len(set(asked) & set(serials))
        found = None if count is None else count(ran.stdout.decode(errors="replace"))
        turns.append(
            Turn(
                task=task, program=name, units=len(asked), cpu_s=cpu_s, wall_s=time.monotonic() - began_s,
                found=found, missed=0 if found is None else max(0, there - found),
            )
        )  # fmt: skip
    return turns, skipped


def _brackets(said: str) -> int:
    return said.count(" [public]")


def _devices(said: str) -> int:
    return said.count("<AUTHSNMP>")


def _rss_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise BenchError("/proc/self/status tells no memory")


__all__: Sequence[str] = ["Measured", "Turn", "measure", "own_network"]
