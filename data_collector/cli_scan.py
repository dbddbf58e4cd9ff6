"""`inkwire collect scan`: one scan for a person or a pipe; what was found to stdout, all else to stderr."""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

from data_collector.clock import Clock
from data_collector.config_profiles import RATE_MAX, RATE_MIN
from data_collector.core.evidence import Evidence
from data_collector.core.explain import explain
from data_collector.core.local_queues import SOCKET, Scheduler, parse_scheduler
from data_collector.core.masking import Masking, for_the_road
from data_collector.core.own_networks import own_networks
from data_collector.core.targets import TargetError, Targets, parse_targets
from data_collector.interfaces import interfaces
from data_collector.local_cups import local_printers
from data_collector.scan import CONCURRENCY, Counters, Scan, ScanPlan, choose_library
from data_collector.snmp.one_socket import RATE
from data_collector.sockets import room_for
from data_collector.table import explained_text, render, unread_lines
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling
from wire_format.codec import encode_report
from wire_format.records import Report

LIBRARIES = ("native", "gufo", "pysnmp")
PROGRESS_EVERY_S = 0.2
TIMEOUT_MAX_S = 60.0


def add_scan(scan: argparse.ArgumentParser) -> None:
    """The options of `scan`, and what runs it."""
    scan.add_argument(
        "target",
        nargs="*",
        metavar="TARGET",
        help="address, range, network or host name; none: the networks of this machine",
    )
    scan.add_argument("--exclude", action="append", default=[], metavar="T", help="leave these out; repeatable")
    scan.add_argument("--snmp-port", type=_port, default=161, metavar="N", help="default 161")
    scan.add_argument("--http-port", type=_port, default=80, metavar="N", help="default 80")
    scan.add_argument(
        "--https-port", type=_port, default=443, metavar="N", help="default 443; for printers that refuse plain HTTP"
    )
    scan.add_argument("--ipp-port", type=_port, default=631, metavar="N", help="default 631")
    scan.add_argument(
        "--community", action="append", metavar="C", help="SNMP community, tried in the order given; default public"
    )
    scan.add_argument("--timeout", type=_seconds, default=1.0, metavar="S", help="seconds for one answer; default 1.0")
    scan.add_argument(
        "--concurrency", type=_count, default=CONCURRENCY, metavar="N", help="addresses in flight; default 256"
    )
    scan.add_argument(
        "--rate",
        type=_rate,
        default=RATE,
        metavar="N",
        help="packets a second at most, of all protocols; default 30,000",
    )
    scan.add_argument("--snmp-library", choices=LIBRARIES, default="native", help="default native")
    scan.add_argument("--no-icmp", action="store_true", help="do not ping")
    scan.add_argument(
        "--jobs", action="store_true", help="read finished jobs too: counts and times, never names or users"
    )
    shown = scan.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="one report per line on stdout, and nothing else")
    shown.add_argument("--explain", action="store_true", help="every value with what the device said, and where")
    shown.add_argument(
        "--dry-run",
        action="store_true",
        help="the JSON that would be sent of this, masked; sends and keeps nothing",
    )
    scan.add_argument("--mask-addresses", action="store_true", help="with --dry-run: no IP address in it")
    scan.add_argument(
        "--local",
        nargs="?",
        const=SOCKET,
        metavar="CUPS",
        help=f"printers on this machine's own ports, asked of CUPS at a loopback ADDRESS:PORT or a socket; "
        f"default {SOCKET}. Without TARGET: them alone",
    )
    scan.set_defaults(command=_scan)


def _scan(arguments: argparse.Namespace) -> int:
    local: Scheduler | None = None
    if arguments.local is not None:
        if arguments.explain:
            print("--explain cannot explain --local: use one of them", file=sys.stderr)
            return 2
        try:
            local = parse_scheduler(arguments.local)
        except ValueError as error:
            print(f"--local {error}", file=sys.stderr)
            return 2
    try:
        named = arguments.target
        if named or local is not None:
            targets = parse_targets(named, arguments.exclude) if named else Targets(wanted=())
        else:
            targets = _own_targets(arguments.exclude)
    except TargetError as error:
        print(f"{error}\n{error.pointed()}", file=sys.stderr)
        return 2
    communities = tuple(arguments.community or ("public",))
    plan = ScanPlan(
        targets=targets,
        dialling=Dialling(
            snmp_port=arguments.snmp_port,
            http_port=arguments.http_port,
            https_port=arguments.https_port,
            ipp_port=arguments.ipp_port,
            communities=communities,
            timeout_s=arguments.timeout,
            jobs=arguments.jobs,
        ),
        rate=arguments.rate,
        concurrency=room_for(arguments.concurrency),
        icmp=not arguments.no_icmp,
    )
    try:
        library = choose_library(arguments.snmp_library, arguments.rate)
    except ImportError as error:
        print(f"the SNMP library is not installed ({error}): pip install 'inkwire[collector]'", file=sys.stderr)
        return 2
    evidence: dict[str, Evidence] = {}

    def keep(one: Evidence, _made: Report) -> None:
        if arguments.explain:
            evidence[one.address] = one

    scan = Scan(plan, library, load_definitions(), Clock().utc_now, keep)
    return asyncio.run(_show(scan, arguments, evidence, local))


def _own_targets(excluded: Sequence[str]) -> Targets:
    """The networks of this machine. Raises TargetError when there is none."""
    own = own_networks(interfaces())
    for note in own.notes:
        print(note, file=sys.stderr)
    if own.targets is None:
        raise TargetError("", 0, 0, "this machine is in no network to scan", "name targets, for example 192.168.1.0/24")
    print(f"no target named, so the own networks: {', '.join(map(str, own.networks))}", file=sys.stderr)
    return parse_targets([str(one) for one in own.networks], excluded)


def print_rehearsed(reports: Sequence[Report], directory: Path | None, url: str, clock: Clock) -> None:
    """Print the batches these reports would make, and how large they are. Raises what `rehearse` raises."""
    from data_collector.rehearsal import rehearse  # the uplink's cryptography: a plain scan does without it

    bodies = rehearse(reports, directory, url, clock, clock.utc_now())
    for body in bodies:
        print(body.decode())
    told = _several(len(bodies), "batch", "batches")
    size = sum(map(len, bodies))
    print(f"dry run: {told}, {size:,} bytes before compression; nothing was sent, nothing kept", file=sys.stderr)


async def _show(
    scan: Scan, arguments: argparse.Namespace, evidence: dict[str, Evidence], local: Scheduler | None
) -> int:
    began_s, found = monotonic(), list[Report]()
    failed = False
    if local is not None:
        read = await local_printers(local, Clock().utc_now())
        scan.notes += read.notes
        scan.counters.printers += len(read.reports)
        failed = read.failed
        if arguments.json:
            for report in read.reports:
                print(encode_report(report), flush=True)
        else:
            found += read.reports
        if not arguments.target:
            return _told(scan, arguments, evidence, found, began_s, failed=failed)
    async with _progress(scan.counters):
        async for report in scan.reports():
            if arguments.json:
                print(encode_report(report), flush=True)
            else:
                found.append(report)
    return _told(scan, arguments, evidence, found, began_s, failed=failed or not scan.counters.addresses)


def _told(
    scan: Scan,
    arguments: argparse.Namespace,
    evidence: dict[str, Evidence],
    found: list[Report],
    began_s: float,
    *,
    failed: bool,
) -> int:
    """Print what a scan found, and return the exit code."""
    found.sort(key=lambda one: ip_address(one.device.ip or "0.0.0.0"))
    if arguments.dry_run:
        masking = Masking(addresses=arguments.mask_addresses)
        print_rehearsed([for_the_road(one, masking) for one in found], None, "https://portal.example", Clock())
    elif arguments.explain:
        for report in found:
            print(explained_text(report, explain(report, evidence[report.device.ip or ""])), end="\n\n")
    elif found:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(render(found, width=shutil.get_terminal_size((110, 24)).columns, colour=colour))
        sys.stdout.flush()
    for note in scan.notes:
        print(note, file=sys.stderr)
    for line in unread_lines(scan.unread):
        print(line, file=sys.stderr)
    if arguments.local is not None and not arguments.target:
        print(f"{_several(scan.counters.printers, 'local printer', 'local printers')}", file=sys.stderr)
    else:
        print(_summary(scan.counters, monotonic() - began_s), file=sys.stderr)
    return 1 if scan.counters.failed or failed else 0


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
    """A line that counts on a terminal's stderr while the block runs; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield
        return

    async def count() -> None:
        while True:
            print(
                f"\r\x1b[K{counters.visited:,} of {counters.addresses:,} addresses, {counters.printers:,} printers",
                end="",
                file=sys.stderr,
                flush=True,
            )
            await asyncio.sleep(PROGRESS_EVERY_S)

    counting = asyncio.create_task(count())
    try:
        yield
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f'"{text}" is no port: give 1 to 65535')
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65_536:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of addresses: give 1 to 65536')
    return int(text)


def _rate(text: str) -> float:
    if not text.isdecimal() or not RATE_MIN <= int(text) <= RATE_MAX:
        raise argparse.ArgumentTypeError(f'"{text}" is no rate: give packets a second from {RATE_MIN} to {RATE_MAX:,}')
    return float(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= TIMEOUT_MAX_S:
        raise argparse.ArgumentTypeError(f'"{text}" is no timeout: give seconds above 0 and up to 60')
    return seconds
