"""`inkwire sim`: run simulated printers, list the profiles, show what one would answer."""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from device_sim.core.birth import born
from device_sim.core.errors import ConfigError
from device_sim.core.walk import walk_lines
from device_sim.options import SPOOL_DEFAULT, run_plan
from device_sim.profiles_shelf import load_profile, profile_names

DONE, FAILED = 0, 1
RUN_EXAMPLES = """examples:
  {prog} run                                   four printers, one of each profile
  {prog} run --count 1000 --load 5             a thousand, busier than usual
  {prog} run fixtures/fleets/office.toml --speed 600 --truth truth.jsonl
  {prog} run --count 2 --direct https://127.0.0.1:8443 --claim CODE,CODE
  {prog} run --recording printer.snmprec       replay what a real printer said

signals: Ctrl-C or SIGTERM ends (direct printers push once more first). SIGUSR1: no new jobs,
waiting ones are cancelled, running ones finished, then direct printers push; when all is told,
"quiet" is said, and with --ready-file NAME.ready a file NAME.quiet appears. --until does the
same at a moment of virtual time.
"""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire sim") -> int:
    """Run one command. Returns 0 done, 1 a failure, 2 wrong usage or configuration."""
    arguments = _parser(prog).parse_args(argv)
    _log_to_stderr()
    try:
        command: int = arguments.command(arguments)
    except ConfigError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise  # the reader of a pipe went away: the one command line knows what to do
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        print(f"{prog}: the system refused: {what}; free or allow that, and try again", file=sys.stderr)
        return FAILED
    return command


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Simulated printers that print, run low, jam, and answer SNMP, HTTP and IPP.",
        epilog=f"example: {prog} run --count 12 --speed 600",
    )
    commands = parser.add_subparsers(title="commands", metavar="run|profiles|walk", required=True)
    _add_run(commands.add_parser(
        "run", help="run a fleet", description="Run a fleet until Ctrl-C.", epilog=RUN_EXAMPLES.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter, usage=f"{prog} run [OPTION ...] [FLEET.toml]",
    ))  # fmt: skip
    listed = commands.add_parser("profiles", help="list the models", epilog=f"example: {prog} profiles")
    listed.set_defaults(command=_profiles)
    walk = commands.add_parser(
        "walk", help="print the OIDs and values a printer would serve",
        epilog=f"example: {prog} walk --profile designjet-t1600",
    )  # fmt: skip
    walk.add_argument(
        "--profile", default="color-laserjet-m479", metavar="NAME",
        help="a profile, or a .toml file (color-laserjet-m479)",
    )  # fmt: skip
    walk.add_argument("--seed", type=_whole, default=1, metavar="N", help="of the fleet (1)")
    walk.add_argument("--index", type=_whole, default=0, metavar="N", help="which printer of the fleet (0)")
    walk.set_defaults(command=_walk)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("fleet", nargs="?", type=Path, metavar="FLEET.toml", help="a fleet; else --count and --profile")
    run.add_argument("--count", type=_whole, metavar="N", help="printers, which take the profiles in turn (4)")
    run.add_argument("--profile", metavar="NAME", help="only this profile, or a .toml file of your own")
    run.add_argument("--first-address", metavar="IP", help="the others follow it (127.1.0.1)")
    run.add_argument("--snmp-port", type=_whole, metavar="PORT", help="UDP, on every address (1161); 0: none")
    run.add_argument("--http-port", type=_whole, metavar="PORT", help="TCP, on every address (8080); 0: none")
    run.add_argument("--ipp-port", type=_whole, metavar="PORT", help="TCP, on every address (8631); 0: none")
    run.add_argument("--recording", type=Path, metavar="FILE.snmprec", help="replay it instead of a profile")
    run.add_argument("--seed", type=_whole, metavar="N", help="the same seed makes the same fleet (1)")
    run.add_argument("--speed", type=_positive, metavar="X", help="virtual seconds a real second (1)")
    run.add_argument("--clock", metavar="SPEC", help="EPOCH,REAL,SPEED: virtual time shared with other programs")
    run.add_argument(
        "--hours", choices=("office", "always"), help="when people print (with --clock: office, else: always)"
    )
    run.add_argument("--load", type=_positive, metavar="X", help="so many times the profile's jobs (1)")
    run.add_argument("--until", metavar="TIME", help="virtual UTC time, 2026-11-16T18:00:00Z: no new jobs from then on")
    run.add_argument("--truth", type=Path, metavar="FILE", help="write what really happened, for `inkwire verify`")
    run.add_argument("--direct", metavar="URL", help="printers push to this portal by themselves")
    run.add_argument(
        "--claim", action="append", metavar="CODE|@FILE", help="one-time claim codes, one a printer: again, CODE,CODE "
        "or @FILE with one a line",
    )  # fmt: skip
    run.add_argument("--spool", type=Path, metavar="DIR", help=f"what direct printers keep ({SPOOL_DEFAULT})")
    run.add_argument("--ready-file", type=Path, metavar="FILE", help="made when every listener is open")
    run.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    # Imported here so that `profiles` and `--help` do not wait for the web server's modules.
    from device_sim.replay import ReplayRuntime
    from device_sim.runtime import FleetRuntime

    plan = run_plan(arguments)
    if plan.recording is not None:
        asyncio.run(ReplayRuntime(plan, plan.recording, _say).run())
    else:
        return DONE if asyncio.run(FleetRuntime(plan, _say).run()) else FAILED
    return DONE


def _profiles(_: argparse.Namespace) -> int:
    for name in profile_names():
        profile = load_profile(name)
        services = ", ".join(profile.services)
        print(f"{name:22}{profile.model:34}{profile.family:14}{services}")
    return 0


def _walk(arguments: argparse.Namespace) -> int:
    profile = load_profile(arguments.profile)
    for line in walk_lines(born(profile, arguments.seed, arguments.index, "127.1.0.1", time.time())):
        print(line)
    return 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _log_to_stderr() -> None:
    """What needs a person goes to stderr, but for direct_connect's lines: the firmware says the same in sentences."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not record.name.startswith("direct_connect"))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", handlers=[handler])


def _positive(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number <= 100_000:
        raise argparse.ArgumentTypeError(f"{word!r} must be a number above 0 and at most 100000")
    return number


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number; write for example 12") from error
