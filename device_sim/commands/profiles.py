"""`inkwire sim profiles`: which models there are."""

import argparse
from typing import Any

from device_sim.profiles_shelf import load_profile, profile_names


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    listed = commands.add_parser("profiles", help="list the models", epilog=f"example: {prog} profiles")
    listed.set_defaults(command=_profiles)


def _profiles(_: argparse.Namespace) -> int:
    for name in profile_names():
        profile = load_profile(name)
        services = ", ".join(profile.services)
        print(f"{name:22}{profile.model:34}{profile.family:14}{services}")
    return 0
