"""`inkwire sim import-walk`: what net-snmp's snmpwalk printed, as a .snmprec."""

import argparse
import sys
from pathlib import Path
from typing import Any

from device_sim.commands.words import say
from device_sim.core.errors import ConfigError
from device_sim.core.walk import snmprec_line
from device_sim.snmp_recording import load_recording

EXAMPLES = """examples:
  snmpwalk -v2c -c public -On -Ox 192.0.2.7 .1 > printer.walk
  {prog} import-walk printer.walk > printer.snmprec
  {prog} run --recording printer.walk --count 500    reads such a walk as it is

Give snmpwalk -On, so that it prints numbers; -Ox keeps octets that are no text. Lines that cannot be read are named.
"""


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    parser = commands.add_parser(
        "import-walk", help="turn what net-snmp's snmpwalk printed into a .snmprec",
        description="Print the .snmprec of a walk that net-snmp's snmpwalk -On printed.",
        epilog=EXAMPLES.format(prog=prog), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FILE", help="what snmpwalk printed")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write here instead of standard output")
    parser.set_defaults(command=_import)


def _import(arguments: argparse.Namespace) -> int:
    recording = load_recording(arguments.file)
    lines = [snmprec_line(leaf.oid, leaf.value) for leaf in recording.leaves if isinstance(leaf.value, bytes)]
    text = "".join(f"{line}\n" for line in lines)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        try:
            arguments.output.write_text(text, encoding="utf-8")
        except OSError as error:
            remedy = f"{arguments.output} cannot be written ({error.strerror}); name another file"
            raise ConfigError("-o", "", remedy) from error
    say(f"{len(lines)} objects, {len(recording.flaws)} lines not read")
    return 0
