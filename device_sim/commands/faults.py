"""`inkwire sim faults`: which ways to misbehave there are."""

import argparse
import json
import textwrap
from typing import Any

from device_sim.core.errors import ConfigError
from device_sim.core.faults import KNOBS, FaultError, Knob, knob_of

WIDTH = 110


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    listed = commands.add_parser(
        "faults", help="list the faults that printers can have", description="List the faults, or tell of one in full.",
        epilog=f"example: {prog} faults serial_says",
    )  # fmt: skip
    listed.add_argument("name", nargs="?", metavar="NAME", help="one fault: purpose, range, what a collector should do")
    listed.add_argument("--json", action="store_true", help="for a machine")
    listed.set_defaults(command=_faults)


def _faults(arguments: argparse.Namespace) -> int:
    try:
        knobs = [knob_of(arguments.name)] if arguments.name else list(KNOBS.values())
    except FaultError as error:
        raise ConfigError("NAME", "", str(error)) from error
    if arguments.json:
        rows = [row_of(knob) for knob in knobs]
        print(json.dumps(rows[0] if arguments.name else rows, indent=2))
    elif arguments.name:
        print("\n".join(in_full(knobs[0])))
    else:
        for knob in knobs:
            print(f"{knob.name:24}{shown(knob.default):9}{knob.described.subject:10}{_short(knob.described.purpose)}")
    return 0


def row_of(knob: Knob) -> dict[str, object]:
    """One fault for a machine."""
    described = knob.described
    return {
        "name": knob.name,
        "subject": described.subject,
        "type": knob.kind.__name__,
        "default": knob.default,
        "range": knob.range,
        "unit": described.unit,
        "purpose": described.purpose,
        "expect": described.expect,
        "case": described.case,
        "example": described.example,
        "command": knob.command,
    }


def in_full(knob: Knob) -> list[str]:
    """One fault for a person, in lines."""
    described = knob.described
    facts = {
        "purpose": described.purpose,
        "default": shown(knob.default),
        "range": knob.range,
        "expect": described.expect,
        "case": described.case,
        "command": knob.command,
    }
    lines = [knob.name]
    for word, fact in facts.items():
        lines += textwrap.wrap(fact, WIDTH, initial_indent=f"  {word:9}", subsequent_indent=" " * 11)
    return lines


def shown(default: object) -> str:
    """A default for a person."""
    return "off" if default is None or default is False else str(default)


def _short(purpose: str) -> str:
    """The first words, as many as a line holds."""
    return textwrap.shorten(purpose, WIDTH - 43, placeholder=" ...")
