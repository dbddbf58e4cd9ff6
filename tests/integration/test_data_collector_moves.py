"""Printers that change places between two rounds: simulated ones, the collector as it runs, and a portal."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from data_collector.clock import Clock
from data_collector.config import load_config
from data_collector.runtime import run_service
from device_sim.core.acts.identity import Move
from device_sim.core.acts.registry import act_of
from device_sim.embedded import EmbeddedFleet
from tests.support.portal import NOW, LivePortal, live_portal

NET = "127.90.44"
TOTAL = "total.impressions"
FIRST, SECOND, MOVER, OLD, NEW = range(5)
"""The first two swap; one moves; an old one is replaced by a new one of the same model."""
WINGS = ", ".join(f'"{NET}.{last}"' for last in (1, 2, 3, 4, 8))


@dataclass(slots=True)
class Site:
    """A fleet whose printers rest, and a collector that is started anew for each round, an hour later each time."""

    fleet: EmbeddedFleet
    portal: LivePortal
    folder: Path
    rounds: int = 0

    def move(self, index: int, last: int) -> None:
        """A printer stands at NET.last from now on."""
        move = Move(address=f"{NET}.{last}")
        self.fleet.call(lambda: self.fleet.runtime.population.act_on(index, move.apply))

    def count(self, index: int, total: int) -> None:
        """Set the life count of a printer, as if it had printed."""
        act = act_of("set-meter", {"meter": TOTAL, "value": total})
        self.fleet.call(lambda: self.fleet.runtime.population.act_on(index, act.apply))

    def serial(self, index: int) -> str:
        """Of the printer with this number, wherever it stands."""
        return self.fleet.call(lambda: self.fleet.runtime.population.at_index(index).identity.serial)

    async def round(self) -> None:
        """Read all, in a process life of its own, and post."""
        config = self.folder / "collector.toml"
        config.write_text(
            f'[portal]\nurl = "{self.portal.url}"\n[collector]\ndirectory = "{self.folder / "collector"}"\n'
            f"[[profile]]\ntargets = [{WINGS}]\nsnmp_port = {self.fleet.snmp_port}\nhttp_port = 1\nipp_port = 1\n"
            "timeout_s = 0.5\nicmp = false\n",
            encoding="utf-8",
        )
        clock = Clock(NOW + timedelta(hours=self.rounds), time.time())
        self.rounds += 1
        settings = load_config(config, {"INKWIRE_CLAIM": self.portal.claims[0]})
        assert await asyncio.to_thread(run_service, settings, clock, once=True) == 0

    def histories(self) -> dict[str, list[int]]:
        """At the portal: the readings of the total by serial number, in order of time."""
        found: dict[str, list[int]] = {}
        for row in self.portal.rows(
            "SELECT i.value AS serial, m.value AS total FROM meter_reading m JOIN device_identity i "
            "ON i.device_id = m.device_id AND i.kind = 'serial' WHERE m.name = ? ORDER BY m.at_ms",
            [TOTAL],
        ):
            found.setdefault(row["serial"], []).append(row["total"])
        return found

    def said(self) -> dict[str, list[str]]:
        """At the portal: the first words of what is told of addresses, by serial number."""
        found: dict[str, list[str]] = {}
        for row in self.portal.rows(
            "SELECT i.value AS serial, f.reason FROM finding f JOIN device_identity i "
            "ON i.device_id = f.device_id AND i.kind = 'serial' WHERE f.field = 'device.ip' ORDER BY f.reason"
        ):
            found.setdefault(row["serial"], []).append(row["reason"].partition(":")[0])
        return found


async def test_printers_that_swap_move_or_are_replaced_between_rounds_keep_their_own_histories(tmp_path: Path) -> None:
    now = f"2026-11-15T02:00:00Z,{time.time():.0f},1"
    words = ["--count", "5", "--profile", "color-laserjet-m479", "--first-address", f"{NET}.1", "--clock", now]
    with EmbeddedFleet.start(words) as fleet:
        fleet.rest()
        async with live_portal(tmp_path, record_now=lambda: NOW + timedelta(hours=2, minutes=5)) as portal:
            site = Site(fleet, portal, tmp_path)
            totals = {FIRST: 50_000, SECOND: 300, MOVER: 7_000, OLD: 90_000, NEW: 12}
            for index, total in totals.items():
                site.count(index, total)
            site.move(NEW, 200)
            await site.round()
            for index, last in ((FIRST, 2), (SECOND, 1), (MOVER, 8), (OLD, 201), (NEW, 4)):
                site.move(index, last)
            for index, total in totals.items():
                site.count(index, total + 10)
            await site.round()
            await site.round()

            assert site.histories() == {
                site.serial(FIRST): [50_000, 50_010, 50_010],
                site.serial(SECOND): [300, 310, 310],
                site.serial(MOVER): [7_000, 7_010, 7_010],
                site.serial(OLD): [90_000],
                site.serial(NEW): [22, 22],
            }
            assert site.said() == {
                site.serial(FIRST): ["new-address", "new-printer"],
                site.serial(SECOND): ["new-address", "new-printer"],
                site.serial(MOVER): ["new-address"],
                site.serial(NEW): ["new-printer"],
            }
            odd = [row["reason"] for row in portal.rows("SELECT reason FROM finding WHERE field LIKE 'meters/%'")]
            assert [
                reason for reason in odd if not reason.startswith("parts-exceed-total")
            ] == []  # totals are set here
