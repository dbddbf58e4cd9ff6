"""`inkwire sim`: run simulated printers, list the profiles, show what one would answer."""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Final

from device_sim.commands import acts, ctl, faults, import_walk, netns, profiles, record, run, walk
from device_sim.core.errors import ConfigError

FAILED = 1
COMMANDS: Final = {
    "run": run,
    "profiles": profiles,
    "faults": faults,
    "acts": acts,
    "ctl": ctl,
    "walk": walk,
    "record": record,
    "import-walk": import_walk,
    "netns": netns,
}


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire sim") -> int:
    """Run one command. Returns 0 done, 1 a failure, 2 wrong usage or configuration."""
    arguments = parser(prog).parse_args(argv)
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


def parser(prog: str = "inkwire sim") -> argparse.ArgumentParser:
    """The command line, with a subcommand for each of COMMANDS."""
    described = argparse.ArgumentParser(
        prog=prog,
        description="Simulated printers that print, run low, jam, and answer SNMP, HTTP and IPP.",
        epilog=f"example: {prog} run --count 12 --speed 600",
    )
    commands = described.add_subparsers(title="commands", metavar="|".join(COMMANDS), required=True)
    for module in COMMANDS.values():
        module.add(commands, prog)
    return described


def _log_to_stderr() -> None:
    """What needs a person goes to stderr, but for direct_connect's lines: the firmware says the same in sentences."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not record.name.startswith("direct_connect"))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", handlers=[handler])
