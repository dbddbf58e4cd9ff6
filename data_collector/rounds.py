"""Rounds over the scan profiles: whom to ask, what is new, who is gone; the reports, ready for the road.

1. A round asks every profile that is due, one after the other. FOCUS asks the known printers and what is named singly
   in the targets; RANGE asks all.
   With `announced`, printers inside the targets that announce themselves are asked too, and first.
2. An address that another profile reads is left to it: a device is read once however profiles overlap.
3. Nothing outside the targets of today is asked, known or not.
4. With `[local] cups`, the printers on this machine's own ports are read once in each round.
5. Where a known printer says that nothing changed, its last reading stands (see core/short_reading.py).
6. A printer gone for several readings is told once, as a report of who it was, without any count.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from data_collector.announced import announced
from data_collector.config import CollectorConfig, ScanProfile
from data_collector.core.known_printers import KnownPrinters, Seen, absent
from data_collector.core.known_readings import KnownReadings
from data_collector.core.masking import for_the_road
from data_collector.core.moves import with_moves_told
from data_collector.core.normalise import Heard, read_first
from data_collector.core.own_networks import own_networks
from data_collector.core.schedule import Turn
from data_collector.core.targets import Targets, spans_of
from data_collector.core.vendors import Definitions
from data_collector.interfaces import interfaces
from data_collector.local_cups import local_printers
from data_collector.names import resolve
from data_collector.scan import Counters, Scan, ScanPlan, choose_library
from data_collector.sockets import room_for
from data_collector.sweep import SweepMemory
from wire_format.records import Report

_NOBODY: Final = Targets(wanted=())
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Round:
    """What a round has come to. counters grow while it runs; missing: profiles with a printer that fell silent."""

    counters: Counters = field(default_factory=Counters)
    reports: list[Report] = field(default_factory=list)
    new: int = 0
    gone: int = 0
    moved: int = 0
    missing: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


class Rounds:
    """Scans for one collector, and keeps its memory of printers up to date."""

    def __init__(
        self,
        config: CollectorConfig,
        definitions: Definitions,
        now: Callable[[], datetime],
        printers: KnownPrinters,
        heard: Heard = read_first,
        readings: KnownReadings | None = None,
    ) -> None:
        """heard: which source each meter of a printer was read from before. readings: what printers answered before.

        Raises ImportError when the SNMP library of the configuration is not installed.
        """
        self._heard = heard
        self.readings = readings if readings is not None else KnownReadings(config.whole_every)
        self._config, self._definitions, self._now = config, definitions, now
        self._libraries = {one.name: choose_library(config.snmp_library, one.rate) for one in config.profiles}
        self._profiles = {one.name: one for one in config.profiles}
        self._memory = SweepMemory()
        self._turns = {one.name: secrets.randbelow(0x10000) for one in config.profiles}
        self.printers = printers
        printers.drop(lambda one: one.profile not in self._profiles)

    async def scan(self, turns: Mapping[str, Turn], told: Callable[[Round], None]) -> Round:
        """One round over these profiles. told: called whenever there is news of it."""
        going = Round()
        if self._config.local_cups is not None:
            read = await local_printers(self._config.local_cups, self._now())
            going.reports += read.reports
            going.counters.printers += len(read.reports)
            going.notes += read.notes
        for name, turn in turns.items():
            await self._scan_profile(self._profiles[name], turn, going, told)
        going.reports = [for_the_road(one, self._config.masking) for one in going.reports]
        return going

    async def read(self, address: str) -> Report | None:
        """One known printer, now; None when it is not known, or does not answer."""
        sightings = self.printers.at(address)
        if not sightings:
            return None
        profile = self._profiles[sightings[0].profile]
        self.readings.forget(address)  # who calls has news, which a whole reading misses least
        async for report in self._scan(profile, Targets(wanted=spans_of([address]))).reports():
            self.printers.see(report, address, profile.name)
            return for_the_road(report, self._config.masking)
        return None

    async def _scan_profile(
        self, profile: ScanProfile, turn: Turn, going: Round, told: Callable[[Round], None]
    ) -> None:
        allowed, notes = await asyncio.to_thread(_allowed, profile)
        resolved, _unknown = await resolve(allowed.names())
        dropped = self.printers.drop(
            lambda one: one.profile == profile.name and not allowed.holds(one.address, resolved)
        )
        others = frozenset(self.printers.of_others(profile.name))
        asked = frozenset(self.printers.addresses(profile.name)) - others
        wanted = allowed.wanted if turn is Turn.RANGE else (*allowed.singles(), *spans_of(asked))
        if profile.announced:
            links = [one.address for one in interfaces() if one.up and not (one.loopback or one.point_to_point)]
            heard = [one for one in await announced(links) if allowed.holds(one, resolved)]
            wanted = (*spans_of(heard), *wanted)
        scan = self._scan(profile, Targets(wanted=wanted, excluded=(*allowed.excluded, *spans_of(others))))
        self._turns[profile.name] += turn is Turn.RANGE
        before = replace(going.counters)
        async for report in scan.reports():
            address = report.device.ip or ""
            news = with_moves_told(report, address, *self.printers.strangers(report.device, address))
            going.new += self.printers.see(report, address, profile.name) is Seen.NEW
            going.reports.append(news)
            _add(going.counters, before, scan.counters)
            told(going)
        _add(going.counters, before, scan.counters)
        self._close(profile, asked, going)
        self.readings.retain(one.address for one in self.printers.all())
        if dropped:
            notes = (*notes, f"{len(dropped)} known printers are outside the targets now, and forgotten")
        for note in (*notes, *scan.notes):
            going.notes.append(f"{profile.name}: {note}")
        told(going)

    def _close(self, profile: ScanProfile, asked: frozenset[str], going: Round) -> None:
        closed = self.printers.close(profile.name, asked, self._now(), timedelta(days=self._config.forget_days))
        going.gone += len(closed.gone)
        going.moved += len(closed.moved)
        going.reports += [absent(one, self._now()) for one in closed.gone]
        if closed.missed:
            going.missing.add(profile.name)
        if closed.gone or closed.moved or closed.forgotten:
            counts = {"gone": len(closed.gone), "moved": len(closed.moved), "forgotten": len(closed.forgotten)}
            _log.info("known printers changed", extra={"profile": profile.name, **counts})

    def _scan(self, profile: ScanProfile, targets: Targets) -> Scan:
        room = room_for(profile.concurrency)
        plan = ScanPlan(
            targets=targets,
            dialling=profile.dialling,
            concurrency=room,
            icmp=profile.icmp,
            memory=self._memory,
            rate=profile.rate,
            turn=self._turns[profile.name],
            readings=self.readings,
        )
        return Scan(plan, self._libraries[profile.name], self._definitions, self._now, heard=self._heard)


def _allowed(profile: ScanProfile) -> tuple[Targets, tuple[str, ...]]:
    """What the profile may ask today: its targets, or the networks the machine is in now."""
    if profile.targets is not None:
        return profile.targets, ()
    own = own_networks(interfaces())
    excluded = profile.excluded.wanted if profile.excluded else ()
    if own.targets is None:
        return _NOBODY, (*own.notes, "this machine is in no network to scan: name targets")
    return replace(own.targets, excluded=excluded), own.notes


def _add(total: Counters, before: Counters, more: Counters) -> None:
    for name in ("addresses", "visited", "alive", "printers", "unchanged", "failed"):
        setattr(total, name, getattr(before, name) + getattr(more, name))


__all__: Sequence[str] = ["Round", "Rounds"]
