"""`inkwire collect`: one scan for a person or a pipe, or the service loop."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from data_collector.cli_scan import add_scan
from data_collector.cli_service import add_service
from data_collector.cli_told import print_rehearsed
from data_collector.clock import Clock, ClockError
from data_collector.config import CollectorConfig, ConfigError, load_config
from data_collector.core.known_printers import KnownPrinters
from data_collector.core.schedule import Turn
from data_collector.earlier import EarlierError, known_in
from data_collector.logs import log_to_stderr
from data_collector.rounds import Rounds
from data_collector.vendor_files import load_definitions


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire collect") -> int:
    """Runs the command. 0: done; 1: a failure; 2: wrong usage or configuration."""
    arguments = _parser(prog).parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except KeyboardInterrupt:
        print("stopped before the end", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our lines went away, as `head` does
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Reads the printers of a network by SNMP, HTTP and IPP.",
        epilog=f"example: {prog} scan 192.168.1.0/24 --exclude 192.168.1.200-250",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="scan|run|service")
    add_scan(
        commands.add_parser(
            "scan",
            help="scan once, print what was found, send nothing",
            usage=f"{prog} scan [OPTION ...] [TARGET ...]",
            description="Scans once and prints every printer found; sends nothing anywhere.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="targets:  10.0.0.7   10.0.0.1-10.0.0.99   10.0.0.1-99   10.0.0.*   10.0.0.0/24   host.example.com\n"
            f"example:  {prog} scan 192.168.1.0/24 printer.example.com --exclude 192.168.1.200-250\n"
            f"          {prog} scan 10.0.0.0/24 --json | jq -r .device.serial\n"
            "exit:     0 done, also when no printer was found; 1 a failure; 2 wrong usage",
        )
    )
    _add_run(
        commands.add_parser(
            "run",
            help="the service: scan by schedule, keep, deliver",
            usage=f"{prog} run [OPTION ...] CONFIG.toml",
            description="Scans by schedule and delivers to the portal. SIGUSR1 asks for a scan now, SIGTERM ends it.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=f"example:  INKWIRE_CLAIM=... {prog} run collector.toml\n"
            f"          {prog} run collector.toml --once\n"
            "exit:     0 done; 1 a failure (with --once also: something is left to send);\n"
            "          2 wrong usage or configuration",
        )
    )
    add_service(commands, prog)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("config", type=Path, metavar="CONFIG.toml", help="see deploy/collector.example.toml")
    run.add_argument("--once", action="store_true", help="scan, deliver, and end")
    run.add_argument("--dry-run", action="store_true", help="scan, print what would be sent; sends and keeps nothing")
    run.add_argument("--claim", metavar="CODE", help="claim code of the portal, needed once; or INKWIRE_CLAIM")
    run.add_argument("--directory", type=Path, metavar="D", help="spool, key and state; instead of the configuration's")
    run.add_argument(
        "--clock", type=_clock, default=Clock(), metavar="SPEC", help="EPOCH,REAL_SECONDS,SPEED; for demos"
    )
    run.add_argument("--verbose", action="store_true", help="log more")
    run.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from data_collector.runtime import run_service  # the uplink's cryptography: a scan does without it

    log_to_stderr(logging.DEBUG if arguments.verbose else logging.INFO)
    try:
        config = load_config(arguments.config, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    config = replace(
        config,
        directory=arguments.directory or config.directory,
        claim=arguments.claim or config.claim,
    )
    if arguments.dry_run:
        return asyncio.run(_dry_run(config, arguments.clock))
    return run_service(config, arguments.clock, once=arguments.once)


async def _dry_run(config: CollectorConfig, clock: Clock) -> int:
    """One scan of every profile as the service would do it, and the batches it would make."""
    try:
        known = known_in(config.directory) if config.directory.exists() else KnownPrinters()
    except (EarlierError, OSError) as error:
        print(f"{error}; so every printer is new here", file=sys.stderr)
        known = KnownPrinters()
    rounds = Rounds(config, load_definitions(), clock.utc_now, known)
    going = await rounds.scan({one.name: Turn.RANGE for one in config.profiles}, lambda _going: None)
    for note in going.notes:
        print(note, file=sys.stderr)
    counters = going.counters
    print(
        f"{counters.addresses:,} addresses, {counters.printers:,} printers: {going.new:,} new, {going.moved:,} moved, "
        f"{going.gone:,} gone",
        file=sys.stderr,
    )
    from direct_connect.spool import DirectConnectError

    try:
        print_rehearsed(going.reports, config.directory, config.portal_url, clock)
    except (DirectConnectError, OSError) as error:
        print(f"{config.directory} cannot be used: {error}", file=sys.stderr)
        return 1
    return 0


def _clock(text: str) -> Clock:
    try:
        return Clock.parse(text)
    except ClockError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
