"""One scan: every address visited, every printer's report as soon as it is there.

A sweep asks every address one cheap question, from one lazy list, so a /16 needs little more memory than a /24. Who
is worth it is visited by a fixed number of workers. A device that breaks its visit is counted and logged, and the scan
goes on. One that draws its visit out loses its worker's place to another: so many slow devices, up to as many as there
are workers, keep nobody else waiting.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Evidence
from data_collector.core.known_readings import KnownReading, KnownReadings
from data_collector.core.normalise import Heard, read_first, report
from data_collector.core.second_look import its_turn, spread_of
from data_collector.core.targets import Target, Targets
from data_collector.core.vendors import Definitions
from data_collector.crew import Crew
from data_collector.http_probe import HttpProbe
from data_collector.icmp import Echo
from data_collector.names import resolve
from data_collector.neighbours import Neighbours
from data_collector.snmp.native import Native
from data_collector.snmp.one_socket import RATE, OneSocket
from data_collector.snmp.port import SnmpLibrary
from data_collector.sweep import SMALL_SCAN_MAX, Contact, Sweep, SweepMemory, ways
from data_collector.visit import Depth, Dialling, Probes, Unread, Visited, visit
from wire_format.records import Report

CONCURRENCY: Final = 256
SLOW_TIMEOUTS: Final = 8
"""A visit that lasts longer than so many timeouts gives its place to another."""
VISIT_RATE_MIN: Final = 4.0
"""Packets a second that each visit may count on: a small rate is for few visits at once, or none would end in time."""
_WAITING_MAX: Final = 64
_FAILURES_LOGGED_MAX: Final = 3
_TURNED_AWAY_TOLD_MAX: Final = 20
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Counters:
    """How far a scan is. alive: addresses where anything answered; failed: visits that broke, a fault of ours.

    unchanged: printers that said in one short question that nothing changed.
    """

    addresses: int = 0
    visited: int = 0
    alive: int = 0
    printers: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """What one scan does. concurrency: visits at once. icmp: ask for echo where the system allows it.

    memory: of earlier scans of the same network; a fresh one makes a scan thorough.
    rate: packets a second of all protocols together. A foreign SNMP library's own are not counted.
    turn: which of a large scan's silent addresses are looked at by TCP (core/second_look.py); None: no one.
    readings: of earlier scans, for short readings; None: every printer is read whole, and not remembered.
    """

    targets: Targets
    dialling: Dialling
    concurrency: int = CONCURRENCY
    icmp: bool = True
    memory: SweepMemory = field(default_factory=SweepMemory)
    rate: float = RATE
    turn: int | None = None
    readings: KnownReadings | None = None


class Scan:
    """One run over a plan. `counters` may be read at any time; `notes` are for the person who started it.

    unread: the addresses that answered and gave no report, by the reason.
    """

    def __init__(
        self,
        plan: ScanPlan,
        snmp: SnmpLibrary,
        definitions: Definitions,
        now: Callable[[], datetime],
        watch: Callable[[Evidence, Report], None] | None = None,
        heard: Heard = read_first,
    ) -> None:
        """watch: is shown what each report was made of. heard: the sources of a known printer's meters so far."""
        self._heard = heard
        self._neighbours = Neighbours()
        self._plan, self._snmp, self._definitions, self._now = plan, snmp, definitions, now
        self._watch = watch
        self.counters = Counters()
        self._turned_away = 0
        self.unread: dict[Unread, list[str]] = {}
        self.notes: list[str] = []

    async def reports(self) -> AsyncGenerator[Report, None]:
        """The report of each printer, in the order in which they finish."""
        resolved, unknown = await resolve(self._plan.targets.names())
        self.notes += unknown
        self.counters.addresses = self._plan.targets.count(resolved)
        addresses = self._plan.targets.walk(resolved)
        async with AsyncExitStack() as stack:
            library = self._snmp if isinstance(self._snmp, Native) else Native(self._plan.rate)
            box = stack.enter_context(library.holding())
            http = await stack.enter_async_context(HttpProbe(self._plan.dialling.timeout_s, box))
            probes = Probes(
                snmp=self._snmp,
                http=http,
                definitions=self._definitions,
                memory=self._plan.memory,
                now=self._now,
                readings=self._plan.readings,
            )
            contacts: asyncio.Queue[Contact | None] = asyncio.Queue()
            arrived: asyncio.Queue[Report | None] = asyncio.Queue(_WAITING_MAX)
            sweep = await self._sweep(addresses, library, box, stack, contacts)
            at_once = min(self._plan.concurrency, int(self._plan.rate / VISIT_RATE_MIN))
            count = max(1, min(at_once, self.counters.addresses))
            crew = Crew(count, lambda crew: self._work(contacts, probes, arrived, crew))
            sweeping = asyncio.create_task(sweep.run())

            def swept(_task: object) -> None:
                for _ in range(count):
                    contacts.put_nowait(None)

            sweeping.add_done_callback(swept)
            try:
                while crew.working:
                    one = await arrived.get()
                    if one is None:
                        crew.working -= 1
                    else:
                        yield one
                sweeping.result()
            finally:
                for task in (sweeping, *crew.tasks):
                    task.cancel()
                await asyncio.gather(sweeping, *crew.tasks, return_exceptions=True)

    async def _sweep(
        self,
        addresses: Iterator[Target],
        library: Native,
        box: OneSocket,
        stack: AsyncExitStack,
        contacts: asyncio.Queue[Contact | None],
    ) -> Sweep:
        plan, dialling = self._plan, self._plan.dialling
        echo = await stack.enter_async_context(Echo()) if plan.icmp else None
        small = self.counters.addresses <= SMALL_SCAN_MAX
        if echo is not None and not echo.allowed:
            echo = None
            self.notes.append("ICMP is not allowed here, so addresses are tried without a ping")
        if echo is None and not small:
            looked = "by turns" if plan.turn is not None else f"only in scans of up to {SMALL_SCAN_MAX:,} addresses"
            self.notes.append(
                f"without ICMP, printers that do not answer SNMP are looked for on the machine's own links and {looked}"
            )
        return Sweep(
            addresses,
            library=library,
            box=box,
            echo=echo,
            ways=ways(dialling.communities, dialling.users),
            port=dialling.snmp_port,
            timeout_s=dialling.timeout_s,
            small=small,
            memory=plan.memory,
            known=self._known,
            found=contacts.put_nowait,
            blank=self._blank,
            look=self._look,
        )

    def _look(self, address: str) -> bool:
        turn = self._plan.turn
        by_turns = turn is not None and its_turn(address, spread_of(self.counters.addresses), turn)
        return by_turns or self._neighbours.has(address)

    def _known(self, address: str) -> KnownReading | None:
        readings = self._plan.readings
        return None if readings is None or self._plan.dialling.jobs else readings.at(address, self._now())

    def _blank(self) -> None:
        self.counters.visited += 1

    async def _work(
        self,
        contacts: asyncio.Queue[Contact | None],
        probes: Probes,
        arrived: asyncio.Queue[Report | None],
        crew: Crew,
    ) -> None:
        slow_s, given_away = self._plan.dialling.timeout_s * SLOW_TIMEOUTS, False
        while not given_away and (contact := await contacts.get()) is not None:
            with crew.watch(slow_s) as place:
                made = await self._visit(contact, probes)
            given_away = place.given_away
            if made is not None:
                await arrived.put(made)
        await arrived.put(None)

    async def _visit(self, contact: Contact, probes: Probes) -> Report | None:
        try:
            visited = await visit(contact, self._plan.dialling, probes)
            made = self._count(visited)
            self._remember(contact, visited, made)
            return made
        except Exception:
            self.counters.visited += 1
            self.counters.failed += 1
            if self.counters.failed <= _FAILURES_LOGGED_MAX:
                _log.exception("visit failed", extra={"address": contact.target.address})
            return None

    def _count(self, visited: Visited) -> Report | None:
        made = None if visited.evidence is None else report(visited.evidence, self._definitions, self._heard)
        if made is not None and visited.evidence is not None and self._watch is not None:
            self._watch(visited.evidence, made)
        if visited.unread is not None:
            self.unread.setdefault(visited.unread, []).append(visited.target.address)
        self.counters.visited += 1
        if visited.turned_away is not None:
            self._turned_away += 1
            if self._turned_away <= _TURNED_AWAY_TOLD_MAX:
                self.notes.append(f"{visited.target.address} turned the SNMPv3 user away: {visited.turned_away}")
        self.counters.alive += visited.alive
        self.counters.printers += made is not None
        return made

    def _remember(self, contact: Contact, visited: Visited, made: Report | None) -> None:
        readings, evidence, address = self._plan.readings, visited.evidence, visited.target.address
        if readings is None:
            return
        self.counters.unchanged += visited.depth is Depth.UNCHANGED
        uptime = None if evidence is None else evidence.picture.value(mib.SYS_UP_TIME)
        if visited.depth is Depth.UNCHANGED and evidence is not None and isinstance(uptime, int):
            readings.confirm(address, evidence.observed_at, uptime)
        elif evidence is None or made is None or contact.way is None or not visited.alone:
            readings.forget(address)
        else:
            dialling = self._plan.dialling
            rank = ways(dialling.communities, dialling.users).index(contact.way)
            readings.note(evidence, made, self._definitions, rank, whole=visited.depth is Depth.WHOLE)


def choose_library(name: str, rate: float = RATE) -> SnmpLibrary:
    """The SNMP library of this name, imported only now. rate: packets a second, which the native one alone keeps.

    Raises ImportError when it is not installed.
    """
    if name == "pysnmp":
        from data_collector.snmp.pysnmp_adapter import Pysnmp

        return Pysnmp()
    if name == "gufo":
        from data_collector.snmp.gufo import Gufo

        return Gufo()
    return Native(rate)
