"""`inkwire`: looks at the first word and hands the rest to the program it names.

Nothing is imported before it is needed: `inkwire connect` must work where only the base install is.
"""

import contextlib
import importlib
import importlib.metadata
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Program:
    """A first word: the module that answers it, the extra it needs, and what it does in one line."""

    module: str
    extra: str
    says: str


PROGRAMS: Final = {
    "demo": Program("inkwire.demo.cli", "all", "portal, 12 printers and a collector on loopback; --check proves a day"),
    "sim": Program("device_sim.cli", "sim", "simulated printers: run, ctl, record, netns and what they know"),
    "collect": Program("data_collector.cli", "collector", "read real printers: scan, run, service"),
    "connect": Program("direct_connect.cli", "", "a gateway's direct connection: enrol, status, agent, ..."),
    "portal": Program("portal.cli", "portal", "the portal: serve, migrate, create-user, create-claim, create-token"),
    "bench": Program("inkwire.bench.cli", "sim", "the benchmarks of docs/performance.md, as ratios, in one run"),
    "verify": Program("inkwire.verify.cli", "", "compare what a fleet printed with what a portal shows"),
}

USAGE: Final = """usage: inkwire COMMAND ...

Every page is counted once, from the printer to the bill.

commands:
{commands}

  inkwire COMMAND --help tells more of each; inkwire --version names this version.

example:
  inkwire demo                 watch printers print, push and be scanned; Ctrl-C ends it
  inkwire collect scan 192.0.2.0/24 --exclude 192.0.2.1
"""


def usage() -> str:
    """The text of `inkwire --help`."""
    width = max(map(len, PROGRAMS)) + 3
    return USAGE.format(commands="\n".join(f"  {name:{width}}{each.says}" for name, each in PROGRAMS.items()))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 done, 1 found a difference or a failure, 2 wrong usage."""
    try:
        if sys.stdout is None:
            print("inkwire: stdout is closed; leave it open, or send it to /dev/null", file=sys.stderr)
            return 2
        code = _answer(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of a pipe (head, less) has gone: that is its right. Python must not complain on exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _refused(error)
    return code


def _answer(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage(), end="", file=sys.stdout if words else sys.stderr)
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        print(f"inkwire {importlib.metadata.version('inkwire')}")
        return 0
    program = PROGRAMS.get(words[0])
    if program is None:
        print(f"inkwire: there is no command {words[0]!r}; it is one of {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    try:
        answer: Callable[..., int] = importlib.import_module(program.module).main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in _OUR_ROOMS:
            raise
        print(
            f"inkwire {words[0]} needs the package {error.name!r}; "
            f"install it with: pip install 'inkwire[{program.extra}]'",
            file=sys.stderr,
        )
        return 2
    return answer(words[1:], prog=f"inkwire {words[0]}")


def _refused(error: OSError) -> int:
    """What the system refused, and nobody nearer could say better: a full disk behind stdout or in TMPDIR."""
    where = f"{error.filename}: " if error.filename else ""
    print(f"inkwire: {where}{error.strerror or error}; free or allow that, and try again", file=sys.stderr)
    with contextlib.suppress(OSError):  # what is still buffered has nowhere to go, and Python would say so on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


_OUR_ROOMS: Final = frozenset({"wire_format", "direct_connect", "data_collector", "device_sim", "portal", "inkwire"})

if __name__ == "__main__":
    sys.exit(main())
