"""The whole fleet on a terminal, redrawn in place: `inkwire sim run --view`.

1. A frame costs the same for four printers and for a million: it shows what `Glance` has counted.
2. It is drawn on the terminal's other screen, which is left on every way out, so that nothing of it stays behind. What
   the run has to say meanwhile is shown below, and said again afterwards.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from device_sim.core.glance import Glance, alert_words
from wire_format.printer_mib import ALERT_SEVERITIES, PrinterState

SAID_MAX: Final = 200
SAID_SHOWN_MAX: Final = 4
_STYLES: Final = {
    PrinterState.PRINTING: "green",
    PrinterState.WARMING_UP: "cyan",
    PrinterState.STOPPED: "bold red",
    PrinterState.OFFLINE: "magenta",
}
_SEVERITY_STYLES: Final = {"critical": "bold red", "warning": "yellow"}
_BESIDE_WIDTH_MIN: Final = 110


class FleetView:
    """Draws a fleet. faults: their names. requests: how many of each protocol were received so far."""

    def __init__(
        self,
        out: TextIO,
        *,
        speed: float,
        faults: tuple[str, ...] = (),
        real_s: Callable[[], float] = time.monotonic,
        console: Console | None = None,
    ) -> None:
        self._console = console or Console(file=out)
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._speed, self._faults, self._real_s = speed, faults, real_s
        self._said: deque[str] = deque(maxlen=SAID_MAX)
        self._before_s = real_s()
        self._before: dict[str, int] = {}
        self._started = False

    def say(self, sentence: str) -> None:
        """Show a sentence below the fleet."""
        self._said.append(sentence)

    def show(self, glance: Glance, at: datetime, totals: Mapping[str, int]) -> None:
        """Draw a frame. at: virtual time. totals: counts since the start, of which the view shows the growth."""
        if not self._started:
            self._live.start()
            self._started = True
        self._live.update(self.frame(glance, at, totals), refresh=True)

    def frame(self, glance: Glance, at: datetime, totals: Mapping[str, int]) -> RenderableType:
        """A frame that fits the console. Also remembers the totals, for the rates of the next one."""
        now_s = self._real_s()
        passed_s = max(now_s - self._before_s, 0.001)
        counted = {**totals, "jobs": glance.jobs, "impressions": glance.impressions}
        rates = {name: (count - self._before.get(name, 0)) / passed_s for name, count in counted.items()}
        self._before, self._before_s = counted, now_s
        width, height = self._console.size
        said = list(self._said)[-SAID_SHOWN_MAX:]
        states, flow = _states(glance), _flow(counted, rates)
        top: RenderableType
        if width >= _BESIDE_WIDTH_MIN:
            pair = Table.grid(expand=True)
            pair.add_column(ratio=1)
            pair.add_column(ratio=1)
            pair.add_row(Panel(states, title="printers"), Panel(flow, title="requests and work"))
            top, top_height = pair, 2 + max(states.row_count, flow.row_count + 1)
        else:
            top = Group(Panel(states, title="printers"), Panel(flow, title="requests and work"))
            top_height = 5 + states.row_count + flow.row_count
        room = max(height - top_height - 4 - len(said) - bool(self._faults), 1)
        parts: list[RenderableType] = [self._title(glance, at), top, _alerts(glance, room)]
        if self._faults:
            parts.append(
                Text("faults on: " + ", ".join(self._faults), style="yellow", no_wrap=True, overflow="ellipsis")
            )
        parts += [Text(sentence, style="dim", no_wrap=True, overflow="ellipsis") for sentence in said]
        return Group(*parts)

    def end(self) -> tuple[str, ...]:
        """Leave the other screen; what was said meanwhile. Idempotent."""
        if self._started:
            self._live.stop()
            self._started = False
        return tuple(self._said)

    def _title(self, glance: Glance, at: datetime) -> RenderableType:
        left = f"{glance.printers:,} printers   {at:%a %d %b %Y %H:%M:%S} UTC   speed {self._speed:g}"
        return Text(left, style="bold", no_wrap=True, overflow="ellipsis")


def _states(glance: Glance) -> Table:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="crop")
    for state, count in sorted(glance.states().items(), key=lambda pair: -pair[1]):
        share = count / max(glance.printers, 1)
        table.add_row(Text(state.value, style=_STYLES.get(state, "")), f"{count:,}", "█" * max(round(share * 20), 1))
    return table


def _flow(counted: Mapping[str, int], rates: Mapping[str, float]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("a second", justify="right", no_wrap=True)
    table.add_column("so far", justify="right", no_wrap=True)
    for name, count in counted.items():
        table.add_row(name, f"{rates[name]:,.1f}", f"{count:,}")
    return table


def _alerts(glance: Glance, room: int) -> Panel:
    table = Table.grid(expand=True, padding=(0, 1))
    for column in ("printer", "serial"):
        table.add_column(column, no_wrap=True)
    table.add_column("alert", no_wrap=True, overflow="ellipsis", ratio=1)
    for standing in glance.worst(room):
        style = _SEVERITY_STYLES.get(ALERT_SEVERITIES.get(standing.alert.severity, ""), "")
        table.add_row(standing.address, standing.serial, Text(alert_words(standing.alert), style=style))
    hidden = glance.alerts_count() - table.row_count
    more = f", {hidden:,} more" if hidden > 0 else ""
    return Panel(table, title=f"alerts: {glance.alerts_count():,}, the worst first{more}")
