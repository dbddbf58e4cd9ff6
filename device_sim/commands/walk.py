"""`inkwire sim walk`: what a printer's SNMP agent would show."""

import argparse
import time
from typing import Any

from device_sim.commands.words import whole
from device_sim.core.birth import born
from device_sim.core.walk import walk_lines
from device_sim.profiles_shelf import load_profile


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    walk = commands.add_parser(
        "walk", help="print the OIDs and values a printer would serve",
        epilog=f"example: {prog} walk --profile designjet-t1600",
    )  # fmt: skip
    walk.add_argument(
        "--profile", default="color-laserjet-m479", metavar="NAME",
        help="a profile, or a .toml file (color-laserjet-m479)",
    )  # fmt: skip
    walk.add_argument("--seed", type=whole, default=1, metavar="N", help="of the fleet (1)")
    walk.add_argument("--index", type=whole, default=0, metavar="N", help="which printer of the fleet (0)")
    walk.set_defaults(command=_walk)


def _walk(arguments: argparse.Namespace) -> int:
    profile = load_profile(arguments.profile)
    for line in walk_lines(born(profile, arguments.seed, arguments.index, "127.1.0.1", time.time())):
        print(line)
    return 0
