"""`inkwire sim acts`: what may be done to a printer."""

import argparse
import json
from typing import Any

from device_sim.core.acts.registry import ACTS, described, parameters_of, says


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    listed = commands.add_parser(
        "acts", help="list what may be done to a printer",
        description="List the acts that scenario files and `ctl do` know, with their parameters.",
        epilog=f"example: {prog} acts; {prog} ctl do 3 jam lasts=10m",
    )  # fmt: skip
    listed.add_argument("--json", action="store_true", help="for a machine")
    listed.set_defaults(command=_acts)


def _acts(arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps(described(), indent=2))
        return 0
    for name in ACTS:
        print(f"{name:18}{says(name)}")
        for one in parameters_of(name):
            default = "must be given" if one.default is None else one.default or "nothing"
            print(f"{'':18}  {one.name:12}{one.kind:8}{one.says} ({default})")
    return 0
