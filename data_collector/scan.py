"""One scan: every address visited, every printer's report as soon as it is there.

Addresses are visited by a fixed number of workers from one lazy list, so a /16 needs no more memory than a /24.
A device that breaks its visit is counted and logged, and the scan goes on.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from data_collector.core.evidence import Evidence
from data_collector.core.normalise import report
from data_collector.core.targets import Target, Targets
from data_collector.core.vendors import Definitions
from data_collector.http_probe import HttpProbe
from data_collector.icmp import Echo
from data_collector.names import resolve
from data_collector.snmp.native import Native
from data_collector.snmp.port import SnmpLibrary
from data_collector.visit import Dialling, Probes, Unread, Visited, visit
from wire_format.records import Report

CONCURRENCY: Final = 256
_WAITING_MAX: Final = 64
_FAILURES_LOGGED_MAX: Final = 3
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Counters:
    """How far a scan is. alive: addresses where anything answered; failed: visits that broke, a fault of ours."""

    addresses: int = 0
    visited: int = 0
    alive: int = 0
    printers: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """What one scan does. concurrency: addresses in flight. icmp: ask for echo where the system allows it."""

    targets: Targets
    dialling: Dialling
    concurrency: int = CONCURRENCY
    icmp: bool = True


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
    ) -> None:
        """watch: is shown what each report was made of."""
        self._plan, self._snmp, self._definitions, self._now = plan, snmp, definitions, now
        self._watch = watch
        self.counters = Counters()
        self.unread: dict[Unread, list[str]] = {}
        self.notes: list[str] = []

    async def reports(self) -> AsyncGenerator[Report, None]:
        """The report of each printer, in the order in which they finish."""
        resolved, unknown = await resolve(self._plan.targets.names())
        self.notes += unknown
        self.counters.addresses = self._plan.targets.count(resolved)
        addresses = self._plan.targets.walk(resolved)
        async with AsyncExitStack() as stack:
            probes = await self._open(stack)
            arrived: asyncio.Queue[Report | None] = asyncio.Queue(_WAITING_MAX)
            workers = [
                asyncio.create_task(self._work(addresses, probes, arrived))
                for _ in range(max(1, min(self._plan.concurrency, self.counters.addresses)))
            ]
            try:
                finished = 0
                while finished < len(workers):
                    one = await arrived.get()
                    if one is None:
                        finished += 1
                    else:
                        yield one
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def _open(self, stack: AsyncExitStack) -> Probes:
        http = await stack.enter_async_context(HttpProbe(self._plan.dialling.timeout_s))
        echo = None
        if self._plan.icmp:
            echo = await stack.enter_async_context(Echo())
            if not echo.allowed:
                self.notes.append("ICMP is not allowed here, so addresses are tried without a ping first")
                echo = None
        return Probes(snmp=self._snmp, http=http, echo=echo, definitions=self._definitions, now=self._now)

    async def _work(self, addresses: Iterator[Target], probes: Probes, arrived: asyncio.Queue[Report | None]) -> None:
        for target in addresses:
            try:
                visited = await visit(target, self._plan.dialling, probes)
                made = self._count(visited)
            except Exception:
                self.counters.visited += 1
                self.counters.failed += 1
                if self.counters.failed <= _FAILURES_LOGGED_MAX:
                    _log.exception("visit failed", extra={"address": target.address})
                continue
            if made is not None:
                await arrived.put(made)
        await arrived.put(None)

    def _count(self, visited: Visited) -> Report | None:
        made = None if visited.evidence is None else report(visited.evidence, self._definitions)
        if made is not None and visited.evidence is not None and self._watch is not None:
            self._watch(visited.evidence, made)
        if visited.unread is not None:
            self.unread.setdefault(visited.unread, []).append(visited.target.address)
        self.counters.visited += 1
        self.counters.alive += visited.alive
        self.counters.printers += made is not None
        return made


def choose_library(name: str) -> SnmpLibrary:
    """The SNMP library of this name, imported only now. Raises ImportError when it is not installed."""
    if name == "pysnmp":
        from data_collector.snmp.pysnmp_adapter import Pysnmp

        return Pysnmp()
    if name == "gufo":
        from data_collector.snmp.gufo import Gufo

        return Gufo()
    return Native()
