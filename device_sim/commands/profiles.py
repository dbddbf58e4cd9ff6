"""`inkwire sim profiles`: which models there are."""

import argparse
import json
from typing import Any

from device_sim.core.profile import Family, Profile
from device_sim.profiles_shelf import load_profile, profile_names

_COLUMNS = (22, 16, 34, 14, 18)


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    listed = commands.add_parser(
        "profiles", help="list the models", epilog=f"example: {prog} profiles --json | jq -r .profile"
    )
    listed.add_argument("--json", action="store_true", help="one object per model and line")
    listed.set_defaults(command=_profiles)


def _profiles(arguments: argparse.Namespace) -> int:
    heads = ("PROFILE", "VENDOR", "MODEL", "KIND", "SERVICES", "PROTOCOLS")
    if not arguments.json:
        print(_row(heads))
    for name in profile_names():
        profile = load_profile(name)
        print(_object(profile) if arguments.json else _row(_cells(profile)))
    return 0


def _cells(profile: Profile) -> tuple[str, ...]:
    services, protocols = ", ".join(profile.services), ", ".join(_protocols(profile))
    return profile.name, profile.manufacturer, profile.model, profile.family, services, protocols


def _protocols(profile: Profile) -> tuple[str, ...]:
    ledm = profile.dialect == "hp" and profile.family is Family.OFFICE
    return "SNMP", "HTTP", "IPP", *(("LEDM",) if ledm else ()), *(("accounting",) if profile.job_log_max else ())


def _row(cells: tuple[str, ...]) -> str:
    return "".join(f"{cell:{width}}" for cell, width in zip(cells, _COLUMNS, strict=False)) + cells[-1]


def _object(profile: Profile) -> str:
    return json.dumps(
        {
            "profile": profile.name,
            "vendor": profile.manufacturer,
            "model": profile.model,
            "kind": profile.family,
            "color": profile.color,
            "duplex": profile.duplex,
            "services": profile.services,
            "protocols": _protocols(profile),
            "mibs": profile.mibs,
            "meters": {spec.name: spec.unit for spec in profile.meters},
        },
        ensure_ascii=False,
    )
