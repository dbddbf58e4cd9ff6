"""`inkwire demo`: parses, calls, cleans up."""

import argparse
import random
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from inkwire.demo.children import ChildError, Family
from inkwire.demo.plan import SPEED_DEFAULT, Plan, Ports, monday_morning
from inkwire.demo.run import Ended, ending_by_signal, raise_stage, run_check, run_live
from inkwire.demo.stage import HTTP_PORT, IPP_PORT, PORTAL_PORT, SNMP_PORT, free_port
from inkwire.demo.watch import Teller

EPILOG = """examples:
  inkwire demo                  look at it: prints URL and login; Ctrl-C ends all
  inkwire demo --check          prove a working day in about 80 s; 0: nothing lost, nothing twice
  inkwire demo --check --kill-portal --seed 7
  inkwire demo --check --scenario fixtures/scenarios/rough-day.toml

exit code: 0 done; 1 a difference was found, or a program failed; 2 wrong usage"""


def parser(prog: str = "inkwire demo") -> argparse.ArgumentParser:
    """The command line of `inkwire demo`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="A portal, 12 simulated printers (six push, six are scanned) and a collector, on loopback.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--check", action="store_true", help="no person: a working day, then verify, then the exit code")
    made.add_argument("--seed", metavar="N", type=_whole, help="the fleet's randomness (default: random, printed)")
    made.add_argument(
        "--speed", metavar="X", type=_speed, default=SPEED_DEFAULT, help="clock factor, 1 to 2000 (default %(default)g)"
    )
    made.add_argument("--kill-portal", action="store_true", help="with --check: kill -9 the portal at half-time")
    made.add_argument(
        "--scenario", metavar="FILE", type=Path, help="what befalls the printers meanwhile, as for `inkwire sim run`"
    )
    made.add_argument(
        "--keep",
        metavar="DIR",
        type=Path,
        help="keep database, spools, truth and logs there (default: nothing is kept)",
    )
    return made


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire demo") -> int:
    """Run the demo. Returns 0, 1 or 2 as --help says."""
    arguments = parser(prog)
    options = arguments.parse_args(argv)
    if options.kill_portal and not options.check:
        arguments.error("--kill-portal goes with --check; in a live demo kill the process it prints")
    directory: Path | None = None
    family = Family()
    teller = Teller()
    try:
        with ending_by_signal():
            directory = _directory(arguments, options.keep)
            stage = raise_stage(_plan(options, directory), family, teller)
            if options.check:
                return run_check(stage, teller, kill_portal=options.kill_portal)
            run_live(stage, teller)
    except Ended:
        teller.say("ending: collector, printers, portal")
        return 130 if options.check else 0
    except ChildError as error:
        teller.done()
        print(f"{prog}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        teller.done()
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        print(f"{prog}: {what}; free or allow that, or put the demo elsewhere with --keep DIR", file=sys.stderr)
        return 1
    finally:
        family.stop_all()
        if directory is not None and options.keep is None:
            shutil.rmtree(directory, ignore_errors=True)
        elif directory is not None:
            teller.say(f"kept in {directory}")
    return 0


def _directory(arguments: argparse.ArgumentParser, keep: Path | None) -> Path:
    """Where this demo lives; ends the program with a sentence when --keep names no place for it."""
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="inkwire-demo-"))
    try:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            arguments.error(f"{keep} is not empty; name a new directory")
    except OSError as error:
        arguments.error(f"{keep} cannot be used ({error.strerror}); name a new directory")
    return keep.resolve()


def _plan(options: argparse.Namespace, directory: Path) -> Plan:
    now_s = time.time()
    ports = Ports(
        portal=free_port(PORTAL_PORT, socket.SOCK_STREAM),
        snmp=free_port(SNMP_PORT, socket.SOCK_DGRAM, "0.0.0.0"),
        http=free_port(HTTP_PORT, socket.SOCK_STREAM, "0.0.0.0"),
        ipp=free_port(IPP_PORT, socket.SOCK_STREAM, "0.0.0.0"),
    )
    return Plan(
        directory=directory,
        seed=options.seed if options.seed is not None else random.SystemRandom().randrange(1, 100_000),
        speed=options.speed,
        ports=ports,
        epoch=monday_morning(datetime.fromtimestamp(now_s, UTC)),
        real_epoch_s=now_s,
        check=options.check,
        scenario=None if options.scenario is None else options.scenario.resolve(),
    )


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 2000:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 1 to 2000")
    return speed


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; write for example 7") from error
