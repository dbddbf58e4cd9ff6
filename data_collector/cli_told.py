"""What a scan prints: what was found to stdout; progress, summary and reasons to stderr."""

import os
import shutil
import sys
from asyncio import CancelledError, create_task, sleep
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

from data_collector.clock import Clock
from data_collector.core.evidence import Evidence
from data_collector.core.explain import explain, explain_queue
from data_collector.core.local_queues import Scheduler
from data_collector.core.masking import Masking, for_the_road
from data_collector.core.progress import progress_line
from data_collector.core.since import Since, change_lines
from data_collector.core.targets import Targets
from data_collector.local_cups import local_printers
from data_collector.names import resolve
from data_collector.scan import Counters, Scan
from data_collector.table import clean, explained_text, render, unread_lines
from wire_format.codec import encode_report
from wire_format.records import Report

PROGRESS_EVERY_S = 0.2
WIDEST = 400
LOGGED_EVERY_S = 30.0
"""Between two lines of progress where stderr is no terminal: a long scan in a log is not a silent one."""


@dataclass(slots=True, kw_only=True)
class Showing:
    """How one scan is shown, and what it gathers for that. network: addresses are asked, not CUPS alone."""

    json: bool
    explain: bool
    dry_run: bool
    masking: Masking
    local: Scheduler | None
    network: bool
    since: Since | None
    found: list[Report] = field(default_factory=list)
    texts: list[tuple[Report, str]] = field(default_factory=list)

    def keep(self, evidence: Evidence, made: Report) -> None:
        """A printer's report was made of this."""
        if self.explain:
            self.texts.append((made, explained_text(made, explain(made, evidence))))

    def take(self, report: Report) -> None:
        """A report is there."""
        if self.json:
            print(encode_report(report), flush=True)
        else:
            self.found.append(report)
        if self.since is not None:
            self.since.see(report)


async def show(scan: Scan, targets: Targets, showing: Showing) -> int:
    """Scan, print, and give the exit code."""
    began_s = monotonic()
    failed = False
    if showing.local is not None:
        read = await local_printers(showing.local, Clock().utc_now())
        scan.notes += read.notes
        scan.counters.printers += len(read.reports)
        failed = read.failed
        for report, queue in zip(read.reports, read.queues, strict=True):
            showing.take(report)
            if showing.explain:
                showing.texts.append((report, explained_text(report, explain_queue(report, queue))))
    if showing.network:
        async with _progress(scan.counters):
            async for report in scan.reports():
                showing.take(report)
        failed = failed or not scan.counters.addresses
    changed = await _changed(showing, targets) if showing.since is not None else []
    _told(scan, showing, changed, monotonic() - began_s)
    return 1 if scan.counters.failed or failed else 0


async def _changed(showing: Showing, targets: Targets) -> Sequence[str]:
    if showing.since is None:
        return []
    resolved, _unknown = await resolve(targets.names())
    changes = showing.since.close(lambda address: targets.holds(address, resolved), Clock().utc_now())
    counts = f"{len(changes.new):,} new, {len(changes.gone):,} gone, {len(changes.moved):,} moved"
    return [*change_lines(changes, clean), f"since then: {counts}"]


def _told(scan: Scan, showing: Showing, changed: Sequence[str], passed_s: float) -> None:
    showing.found.sort(key=_place)
    if showing.dry_run:
        reports = [for_the_road(one, showing.masking) for one in showing.found]
        print_rehearsed(reports, None, "https://portal.example", Clock())
    elif showing.explain:
        for _report, text in sorted(showing.texts, key=lambda one: _place(one[0])):
            print(text, end="\n\n")
    elif showing.found:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        # Where nobody looks, in a file or a pipe, nothing is cut short.
        width = shutil.get_terminal_size((WIDEST, 24)).columns
        print(render(showing.found, width=width, colour=colour))
    sys.stdout.flush()
    for line in (*scan.notes, *unread_lines(scan.unread), *changed):
        print(line, file=sys.stderr)
    if showing.network:
        print(_summary(scan.counters, passed_s), file=sys.stderr)
    else:
        print(_several(scan.counters.printers, "local printer", "local printers"), file=sys.stderr)


def _place(report: Report) -> int:
    return int(ip_address(report.device.ip or "0.0.0.0"))


def print_rehearsed(reports: Sequence[Report], directory: Path | None, url: str, clock: Clock) -> None:
    """Print the batches these reports would make, and how large they are. Raises what `rehearse` raises."""
    from data_collector.rehearsal import rehearse  # the uplink's cryptography: a plain scan does without it

    bodies = rehearse(reports, directory, url, clock, clock.utc_now())
    for body in bodies:
        print(body.decode())
    told = _several(len(bodies), "batch", "batches")
    size = sum(map(len, bodies))
    print(f"dry run: {told}, {size:,} bytes before compression; nothing was sent, nothing kept", file=sys.stderr)


def _summary(counters: Counters, duration_s: float) -> str:
    line = (
        f"{_several(counters.addresses, 'address', 'addresses')}, "
        f"{_several(counters.printers, 'printer', 'printers')}, {duration_s:.1f} s"
    )
    if counters.failed:
        line += f"; {_several(counters.failed, 'visit', 'visits')} failed by a fault of this program: please report it"
    if not counters.addresses:
        return f"{line}\nThere was nothing to scan: name more targets, or --exclude fewer."
    if counters.printers:
        return line
    if counters.alive:
        return (
            f"{line}\nNo printer found. {_several(counters.alive, 'address', 'addresses')} answered, "
            "but not as a printer: check --community, and that SNMP, HTTP or IPP is switched on there."
        )
    return f"{line}\nNo printer found, and nothing answered: check the addresses, the ports and any firewall between."


def _several(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


@asynccontextmanager
async def _progress(counters: Counters) -> AsyncIterator[None]:
    """Lines on stderr while the block runs: one that counts on a terminal; a few, of a long scan, elsewhere."""
    terminal, began_s = sys.stderr.isatty(), monotonic()

    async def count() -> None:
        while True:
            if not terminal:
                await sleep(LOGGED_EVERY_S)
            passed_s = monotonic() - began_s
            line = progress_line(counters.visited, counters.addresses, counters.printers, passed_s)
            if terminal:
                width = shutil.get_terminal_size((80, 24)).columns
                print(f"\r\x1b[K{line[: width - 1]}", end="", file=sys.stderr, flush=True)
                await sleep(PROGRESS_EVERY_S)
            else:
                print(line, file=sys.stderr, flush=True)

    counting = create_task(count())
    try:
        yield
    finally:
        counting.cancel()
        with suppress(CancelledError):
            await counting
        if terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
