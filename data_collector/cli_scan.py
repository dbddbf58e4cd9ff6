"""`inkwire collect scan`: one scan for a person or a pipe; what was found to stdout, all else to stderr."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from data_collector.cli_told import Showing, show
from data_collector.clock import Clock
from data_collector.config_profiles import RATE_MAX, RATE_MIN
from data_collector.config_secrets import (
    SECRET_BYTES_MAX,
    SecretFileError,
    communities_in,
    private_text,
    users_in,
)
from data_collector.core.local_queues import SOCKET, Scheduler, parse_scheduler
from data_collector.core.masking import Masking
from data_collector.core.own_networks import own_networks
from data_collector.core.targets import TargetError, Targets, parse_targets
from data_collector.earlier import EarlierError, read_since
from data_collector.interfaces import interfaces
from data_collector.scan import CONCURRENCY, Scan, ScanPlan, choose_library
from data_collector.snmp.one_socket import RATE
from data_collector.snmp.users import UsmUser
from data_collector.sockets import room_for
from data_collector.toml_table import ConfigError
from data_collector.vendor_files import load_definitions
from data_collector.visit import Dialling

LIBRARIES = ("native", "gufo", "pysnmp")
COMMUNITIES_ENV = "INKWIRE_COMMUNITIES"
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
    _add_secrets(scan)
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
    scan.add_argument(
        "--job-pages",
        action="store_true",
        help="with --jobs: fetch HP's accounting page too, which holds names; only its numbers are read",
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
    scan.add_argument(
        "--since",
        type=Path,
        metavar="STATE",
        help="tell who is new, gone or moved since: a collector's folder, or a file of an earlier --json",
    )
    scan.set_defaults(command=_scan)


def _add_secrets(scan: argparse.ArgumentParser) -> None:
    scan.add_argument(
        "--community",
        action="append",
        metavar="C",
        help="SNMP community, tried in the order given; default public. Other users of the machine see it in the "
        f"list of processes: what is secret goes by --community-file or {COMMUNITIES_ENV} (separated by commas)",
    )
    scan.add_argument(
        "--community-file", metavar="FILE", help='communities, one a line, mode 600; "-" for standard input'
    )
    scan.add_argument(
        "--user-file",
        metavar="FILE",
        help='SNMPv3 users as [[user]] tables: name, auth, auth_password, priv, priv_password; mode 600; "-" for '
        "standard input. No option takes a password: the list of processes would show it",
    )


def _scan(arguments: argparse.Namespace) -> int:
    local: Scheduler | None = None
    if arguments.local is not None:
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
    try:
        communities, users = _secrets(arguments)
        since = read_since(arguments.since) if arguments.since else None
    except (ConfigError, EarlierError) as error:
        print(error, file=sys.stderr)
        return 2
    if users and arguments.snmp_library != "native":
        print(f"--snmp-library {arguments.snmp_library} speaks no SNMPv3: leave out it or --user-file", file=sys.stderr)
        return 2
    plan = ScanPlan(
        targets=targets,
        dialling=Dialling(
            snmp_port=arguments.snmp_port,
            http_port=arguments.http_port,
            https_port=arguments.https_port,
            ipp_port=arguments.ipp_port,
            communities=communities,
            users=users,
            timeout_s=arguments.timeout,
            jobs=arguments.jobs,
            job_pages=arguments.job_pages,
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
    showing = Showing(
        json=arguments.json,
        explain=arguments.explain,
        dry_run=arguments.dry_run,
        masking=Masking(addresses=arguments.mask_addresses),
        local=local,
        network=bool(arguments.target) or local is None,
        since=since,
    )
    scan = Scan(plan, library, load_definitions(), Clock().utc_now, showing.keep)
    return asyncio.run(show(scan, targets, showing))


def _secrets(arguments: argparse.Namespace) -> tuple[tuple[str, ...], tuple[UsmUser, ...]]:
    """Communities and v3 users. Raises ConfigError."""
    if arguments.community_file == arguments.user_file == "-":
        raise ConfigError("standard input cannot be both --community-file and --user-file: put one into a file")
    communities = list(arguments.community or ())
    if arguments.community_file:
        communities += communities_in(_secret_text("--community-file", arguments.community_file), "--community-file")
    if not communities:
        communities = [one.strip() for one in os.environ.get(COMMUNITIES_ENV, "").split(",") if one.strip()]
    users: tuple[UsmUser, ...] = ()
    if arguments.user_file:
        name = "standard input" if arguments.user_file == "-" else arguments.user_file
        users = users_in(_secret_text("--user-file", arguments.user_file), name, os.environ)
    return tuple(dict.fromkeys(communities or ["public"])), users


def _secret_text(option: str, name: str) -> str:
    if name == "-":
        return sys.stdin.read(SECRET_BYTES_MAX)
    try:
        return private_text(Path(name))
    except SecretFileError as error:
        raise ConfigError(f"{option} names {name}, {error}") from error


def _own_targets(excluded: Sequence[str]) -> Targets:
    """The networks of this machine. Raises TargetError when there is none."""
    own = own_networks(interfaces())
    for note in own.notes:
        print(note, file=sys.stderr)
    if own.targets is None:
        raise TargetError("", 0, 0, "this machine is in no network to scan", "name targets, for example 192.168.1.0/24")
    print(f"no target named, so the own networks: {', '.join(map(str, own.networks))}", file=sys.stderr)
    return parse_targets([str(one) for one in own.networks], excluded)


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
