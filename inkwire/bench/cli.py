"""`inkwire bench`: the benchmarks of docs/performance.md."""

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inkwire.bench import collect, collect_figures, connect, connect_figures, wire
from inkwire.bench.errors import BenchError
from inkwire.bench.figures import Circumstances, Size, as_json, figures, table
from inkwire.bench.lives import Lives
from inkwire.bench.load import LifeCounts
from inkwire.bench.questions import questions, secured_questions
from inkwire.bench.rounds import measure
from inkwire.bench.serving import EPOCH, FIRST_ADDRESS, Servers, Serving, Skipped
from inkwire.bench.steady import steady
from inkwire.bench.steady_figures import steady_json, steady_text

PRINTERS_MAX = 1_048_576
_SIM = """Asks a fleet of `inkwire sim run`, snmpsim, net-snmp's agent, pysnmp's responder, an echo in Python and one
in C the same questions in turn, checks every reply, and shows the CPU time of the serving process for each
reply, and its ratio to ours in the same round. Ours and pysnmp are asked in SNMPv3 too (SHA-1, AES-128). What is not
installed is skipped with a message."""
_SIM_EPILOG = """example:
  {prog} --printers 1000 --rounds 5 --json bench-sim.json
  {prog} --printers 65536 --steady 30

exit code: 0 measured, whether or not a goal is met; 1 a reply was lost or wrong, or a server
failed; 2 wrong usage. It ends within three minutes at the defaults, with fewer rounds if need be."""
_CONNECT = """One printer with the direct connection as a process of its own, a relay that counts bytes, and a real
portal: bytes of a push and of a day, memory, the time of job_finished against a bare fsync, sockets that listen,
wake-ups of an idle printer, how long a job and an alert take to the portal. Every job and alert must be there once."""
_CONNECT_EPILOG = """example:
  {prog} --directory /var/tmp --json bench-connect.json

exit code: 0 measured, whether or not a goal is met; 1 a job or alert was lost or doubled, or a
program failed; 2 wrong usage. It takes about a minute and a half at the defaults."""


_COLLECT = """Sweeps addresses of which some are printers of `inkwire sim run`, then reads all printers in SNMP v2c and
v3, and shows CPU and wall time beside gufo_snmp, pysnmp, onesixtyone, nmap and FusionInventory where installed.
A printer that is missed, or tells a wrong serial number, fails the run."""
_COLLECT_EPILOG = """example:
  {prog} --printers 1000 --json bench-collect.json

exit code: 0 measured, whether or not a goal is met; 1 a printer was missed or wrong, or a
server failed; 2 wrong usage. As root it runs in a network namespace of its own."""


_WIRE = """Counts every byte of every frame of four scans by the collector's service, with their upload to a real
portal, beside what makers of such collectors promise. Frames are told apart by scapy; ARP is not counted."""
_WIRE_EPILOG = """example:
  {prog} --json bench-wire.json

exit code: 0 measured, whether or not a goal is met; 1 a program failed, or there is no right to
make a network namespace (run it as root); 2 wrong usage. It takes five to six minutes."""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire bench") -> int:
    """Run one benchmark. Returns 0 measured, 1 a failure, 2 wrong usage."""
    options = _parser(prog).parse_args(argv)
    if importlib.util.find_spec("aiohttp") is None:
        print(f"{prog}: the fleet needs aiohttp; install it with: pip install 'inkwire[sim]'", file=sys.stderr)
        return 2
    if sys.platform != "linux":
        print(f"{prog}: it reads CPU times from /proc; run it on Linux", file=sys.stderr)
        return 2
    if options.json is not None and not options.json.absolute().parent.is_dir():
        print(f"{prog}: --json: there is no folder {options.json.absolute().parent}; make it first", file=sys.stderr)
        return 2
    try:
        match options.bench:
            case "connect":
                return _connect(options)
            case "collect":
                return _collect(options)
            case "wire":
                return _wire(options)
            case _:
                return _sim(options) if options.steady is None else _steady(options)
    except BenchError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 1


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Benchmarks: ratios to yardsticks, measured in one run.",
        epilog=f"examples: {prog} sim --rounds 5, {prog} connect",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", metavar="sim|connect|collect|wire", dest="bench", required=True)
    sim = commands.add_parser(
        "sim", help="how fast the simulator answers SNMP", description=_SIM,
        epilog=_SIM_EPILOG.format(prog=f"{prog} sim"), formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    sim.add_argument("--printers", type=_count(PRINTERS_MAX), default=65_536, metavar="N", help="of the fleet (65536)")
    sim.add_argument("--rounds", type=_count(100), default=5, metavar="N", help="at most so many (5)")
    sim.add_argument(
        "--requests", type=_count(1_000_000), default=8000, metavar="N",
        help="to the fleet, a question and round (8000); slower servers get fewer",
    )  # fmt: skip
    sim.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    sim.add_argument(
        "--steady", type=_count(90), metavar="PERCENT",
        help="instead: ask every printer twice at that share of the most it answers, and judge every reply",
    )  # fmt: skip
    sim.add_argument("--no-yardsticks", action="store_true", help="measure the fleet and the Python echo only")
    direct = commands.add_parser(
        "connect", help="what the direct connection costs a printer and its line", description=_CONNECT,
        epilog=_CONNECT_EPILOG.format(prog=f"{prog} connect"), formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    direct.add_argument("--calls", type=_count(100_000), default=2000, metavar="N", help="of job_finished (2000)")
    direct.add_argument("--rounds", type=_count(100), default=5, metavar="N", help="of pushes and alerts (5)")
    direct.add_argument("--idle", type=_count(3600), default=20, metavar="SECONDS", help="of idleness watched (20)")
    direct.add_argument(
        "--directory", type=Path, metavar="DIR",
        help="where the spool lies meanwhile; on the disk that is measured (the system's folder for temporary files)",
    )  # fmt: skip
    direct.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    pull = commands.add_parser(
        "collect", help="how fast the collector finds and reads printers", description=_COLLECT,
        epilog=_COLLECT_EPILOG.format(prog=f"{prog} collect"), formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    pull.add_argument("--printers", type=_count(65_534), default=1000, metavar="N", help="that live (1000)")
    pull.add_argument(
        "--addresses", type=_count(65_534), default=65_534, metavar="N", help="that are swept (65534, a /16)"
    )
    pull.add_argument("--no-yardsticks", action="store_true", help="measure our own programs only")
    pull.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    frames = commands.add_parser(
        "wire", help="what scans and uploads weigh on the wire", description=_WIRE,
        epilog=_WIRE_EPILOG.format(prog=f"{prog} wire"), formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    frames.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _wire(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("scapy") is None:
        raise BenchError("frames are told apart by scapy, which is not installed: pip install 'inkwire[dev]'")
    with tempfile.TemporaryDirectory(prefix="inkwire-bench-") as folder:
        made = wire.measure(Path(folder), _tell)
    print(wire.table(made))
    _write(options.json, wire.as_json(made))
    return 0


def _collect(options: argparse.Namespace) -> int:
    if options.printers > options.addresses:
        raise BenchError(f"--printers {options.printers} is more than --addresses {options.addresses}")
    with tempfile.TemporaryDirectory(prefix="inkwire-bench-") as folder:
        made = collect.measure(
            Path(folder), options.printers, options.addresses, _tell, others=not options.no_yardsticks
        )
    print(collect_figures.table(made))
    _write(options.json, collect_figures.as_json(made))
    return 0


def _connect(options: argparse.Namespace) -> int:
    if options.directory is not None and not options.directory.is_dir():
        raise BenchError(f"--directory: there is no folder {options.directory}; make it first")
    with tempfile.TemporaryDirectory(prefix="inkwire-bench-", dir=options.directory) as folder:
        plan = connect.Plan(directory=Path(folder), calls=options.calls, rounds=options.rounds, idle_s=options.idle)
        made = connect.measure(plan, _tell)
    print(connect_figures.table(made))
    _write(options.json, connect_figures.as_json(made))
    return 0


def _steady(options: argparse.Namespace) -> int:
    load_average = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="inkwire-bench-") as folder:
        servers = Servers(Path(folder))
        try:
            _tell(f"starting {options.printers} printers")
            ours = servers.ours(options.printers)
            made = steady(ours.target, Lives(options.printers, FIRST_ADDRESS, EPOCH), options.steady, _tell)
        finally:
            servers.close()
    print(steady_text(made, options.steady, load_average))
    _write(options.json, steady_json(made, options.steady, load_average))
    return 0 if made.right else 1


def _write(path: Path | None, figures_made: Mapping[str, object]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(figures_made, indent=2) + "\n")
    except OSError as error:
        raise BenchError(f"--json: {path} cannot be written ({error.strerror}); name another") from error


def _sim(options: argparse.Namespace) -> int:
    lives = LifeCounts()
    load_average = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="inkwire-bench-") as folder:
        servers = Servers(Path(folder))
        try:
            _tell(f"starting {options.printers} printers and the yardsticks")
            ours = servers.ours(options.printers)
            found: list[Serving | Skipped] = [ours, servers.echo_python()]
            if not options.no_yardsticks:
                found += [servers.echo_c(ours.target), servers.snmpsim(), servers.snmpd(), servers.pysnmp()]
            serving = [each for each in found if isinstance(each, Serving)]
            skipped = [each for each in found if isinstance(each, Skipped)]
            for each in skipped:
                print(f"skipped: {each.name}: {each.reason}", file=sys.stderr)
            rss_bytes: list[int] = []
            turns = measure(
                serving,
                (*questions(), *secured_questions()),
                rounds=options.rounds,
                requests=options.requests,
                lives=lives,
                say=_tell,
                warmed=lambda: rss_bytes.append(ours.rss_bytes()),
            )
        finally:
            servers.close()
    under = Circumstances(
        measured_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        printers=options.printers,
        rounds=len({turn.round for turn in turns}),
        requests=options.requests,
        processors=os.cpu_count() or 1,
        load_average=load_average,
        python=platform.python_version(),
        life_counts_grown=lives.grown,
    )
    size = Size(first_answer_s=ours.first_answer_s or 0.0, rss_bytes=rss_bytes[0])
    made = figures(turns)
    print(table(made, skipped, under, size))
    _write(options.json, as_json(made, skipped, under, size))
    return 0


def _tell(sentence: str) -> None:
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr, flush=True)


def _count(most: int) -> "_Count":
    return _Count(most)


class _Count:
    """A whole number from 1 to a limit, as argparse reads it."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, word: str) -> int:
        number = 0
        with contextlib.suppress(ValueError):
            number = int(word)
        if not 1 <= number <= self._most:
            raise argparse.ArgumentTypeError(f"{word!r} must be a whole number from 1 to {self._most}")
        return number
