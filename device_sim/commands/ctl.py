"""`inkwire sim ctl`: lead a running fleet."""

import argparse
import http.client
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from device_sim.core.acts.registry import ACTS, parameters_of
from device_sim.core.errors import ConfigError
from device_sim.course import TOKEN_DEFAULT

EXAMPLES = """the fleet must have been started with --control PORT. examples:
  {prog} ctl list                              the first fifty printers, and what they do
  {prog} ctl list 10%                          one in ten, picked anew
  {prog} ctl show 3                            all of one printer
  {prog} ctl do 3 jam lasts=10m                an act: `{prog} acts` lists them
  {prog} ctl do all power-cut lasts=5m
  {prog} ctl do 3 print impressions=12 copies=2 duplex=yes
  {prog} ctl do 3 swap-address other=4
  {prog} ctl fault 3 set serial_says=XXXXXXXXXX; {prog} ctl fault 3 clear serial_says
  {prog} ctl clock freeze|resume|speed 60|jump 2026-11-16T18:00:00Z
  {prog} ctl stats
PRINTERS: 3, 1-20, 3,7,9-12, 10% or all, by their numbers in the fleet from 0.
"""
ANSWER_S_MAX: Final = 60.0
SOME_REFUSED: Final = 1

_Row = Mapping[str, Any]


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    parser = commands.add_parser(
        "ctl", help="lead a running fleet", description="Look at a running fleet, act on its printers, lead its time.",
        epilog=EXAMPLES.format(prog=prog), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--control-token-file", type=Path, metavar="FILE", default=TOKEN_DEFAULT, help=f"of the run ({TOKEN_DEFAULT})"
    )
    parser.add_argument("--json", action="store_true", help="for a machine")
    whats = parser.add_subparsers(title="what to do", metavar="list|show|do|fault|clock|stats", required=True)
    example = f"example: {prog} ctl"
    listing = whats.add_parser("list", help="printers, one a line", epilog=f"{example} list 0-9")
    listing.add_argument("printers", nargs="?", default="0-49", metavar="PRINTERS")
    listing.set_defaults(command=_list)
    showing = whats.add_parser("show", help="all of one printer", epilog=f"{example} show 3")
    showing.add_argument("printer", type=int, metavar="NUMBER")
    showing.set_defaults(command=_show)
    doing = whats.add_parser("do", help="an act, now", epilog=f"{example} do 1-20 jam lasts=10m")
    doing.add_argument("printers", metavar="PRINTERS")
    doing.add_argument("act", metavar="ACT", help=f"`{prog} acts` tells of them: {', '.join(ACTS)}")
    doing.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    doing.set_defaults(command=_do)
    faulty = whats.add_parser("fault", help="misbehaviour", epilog=f"{example} fault 3 set serial_says=XXXXXXXXXX")
    faulty.add_argument("printers", metavar="PRINTERS")
    faulty.add_argument("what", choices=("set", "clear"))
    faulty.add_argument("fault", metavar="NAME[=VALUE]", help=f"`{prog} faults` lists them")
    faulty.set_defaults(command=_fault)
    timing = whats.add_parser("clock", help="how time passes", epilog=f"{example} clock speed 600")
    timing.add_argument("what", nargs="?", choices=("freeze", "resume", "speed", "jump"), help="nothing: only tell")
    timing.add_argument("value", nargs="?", metavar="X|TIME", help="of speed and jump")
    timing.set_defaults(command=_clock)
    counting = whats.add_parser("stats", help="what the run counts", epilog=f"{example} stats")
    counting.set_defaults(command=_stats)


def _list(arguments: argparse.Namespace) -> int:
    answer = _ask(arguments, "GET", f"/v1/printers?printers={quote(arguments.printers)}")
    if arguments.json:
        return _print_json(answer["printers"])
    head = ("NO", "ADDRESS", "MODEL", "SERIAL", "STATE", "IMPRESSIONS", "JOB", "WAITING", "TELLS")
    _print_table([head, *(_line(row) for row in answer["printers"])])
    return 0


def _line(row: _Row) -> tuple[str, ...]:
    state = row["status"] if row["power"] == "on" else row["power"]
    if not row["network"]:
        state += ", no network"
    tells = "; ".join(row["alerts"]) or row["console"]
    job = row["job"]
    return (
        str(row["printer"]), row["address"], row["model"], row["serial"], state, f"{row['impressions']:,}",
        "" if job is None else str(job), str(row["waiting"] or ""), tells,
    )  # fmt: skip


def _show(arguments: argparse.Namespace) -> int:
    answer = _ask(arguments, "GET", f"/v1/printers/{arguments.printer}")
    if arguments.json:
        return _print_json(answer)
    _print_table(
        [
            (name, _short(value))
            for name, value in answer.items()
            if not isinstance(value, list | dict) or name in ("alerts", "faults", "running")
        ]
    )
    for title in ("meters", "supplies", "inputs", "queue", "finished"):
        print(f"\n{title}")
        rows = answer[title]
        if isinstance(rows, dict):
            _print_table([(f"  {name}", f"{value:,}") for name, value in rows.items()])
        else:
            _print_table([tuple(f"  {_short(value)}" for value in row.values()) for row in rows])
    return 0


def _do(arguments: argparse.Namespace) -> int:
    body = {"printers": arguments.printers, "act": arguments.act}
    answer = _ask(arguments, "POST", "/v1/act", {**body, "parameters": _parameters(arguments)})
    return _tell_done(arguments, answer)


def _fault(arguments: argparse.Namespace) -> int:
    body = {"printers": arguments.printers, arguments.what: arguments.fault}
    return _tell_done(arguments, _ask(arguments, "POST", "/v1/fault", body))


def _tell_done(arguments: argparse.Namespace, answer: _Row) -> int:
    if arguments.json:
        _print_json(answer)
    else:
        for row in answer["done"]:
            made = "" if row["job"] is None else f" as job {row['job']}"
            print(f"printer {row['printer']}: done{made}")
        for row in answer["refused"]:
            print(f"printer {row['printer']}: refused: {row['why']}", file=sys.stderr)
    return SOME_REFUSED if answer["refused"] else 0


def _clock(arguments: argparse.Namespace) -> int:
    if arguments.what is None:
        answer = _ask(arguments, "GET", "/v1/clock")
    else:
        if (arguments.what in ("speed", "jump")) != (arguments.value is not None):
            raise ConfigError("clock", "", "speed needs a number and jump a time; freeze and resume need nothing")
        value: object = arguments.value
        if arguments.what == "speed":
            try:
                value = float(arguments.value)
            except ValueError as error:
                raise ConfigError("clock", "", f"{arguments.value!r} is no number; write for example 600") from error
        answer = _ask(arguments, "POST", "/v1/clock", {"do": arguments.what, "value": value})
    return _tell(arguments, answer)


def _stats(arguments: argparse.Namespace) -> int:
    return _tell(arguments, _ask(arguments, "GET", "/v1/stats"))


def _tell(arguments: argparse.Namespace, answer: _Row) -> int:
    if arguments.json:
        return _print_json(answer)
    _print_table([(name, _short(value)) for name, value in answer.items()])
    return 0


def _parameters(arguments: argparse.Namespace) -> dict[str, object]:
    """NAME=VALUE as the act wants them. Raises ConfigError."""
    kinds = {one.name: one.kind for one in parameters_of(arguments.act)} if arguments.act in ACTS else {}
    made: dict[str, object] = {}
    for word in arguments.parameters:
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(arguments.act, name, "is no NAME=VALUE; write for example lasts=10m")
        made[name] = _value(arguments.act, name, value, kinds.get(name, "text"))
    return made


def _value(act: str, name: str, value: str, kind: str) -> object:
    if kind == "number":
        try:
            return int(value)
        except ValueError as error:
            raise ConfigError(act, name, f"{value!r} is no whole number") from error
    if kind == "yes-no":
        if value.lower() not in ("yes", "no", "true", "false"):
            raise ConfigError(act, name, "must be yes or no")
        return value.lower() in ("yes", "true")
    return value


def _ask(arguments: argparse.Namespace, method: str, path: str, body: object = None) -> _Row:
    """The fleet's answer. Raises ConfigError where no fleet listens or it does not understand."""
    where = arguments.control_token_file
    try:
        known = json.loads(where.read_text(encoding="utf-8"))
        place, token = urlsplit(known["url"]), known["token"]
        host, port = place.hostname, place.port
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "is no token file of a running fleet; start one with --control PORT, or name its --control-token-file"
        raise ConfigError(str(where), "", remedy) from error
    connection = http.client.HTTPConnection(host or "127.0.0.1", port, timeout=ANSWER_S_MAX)
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        remedy = f"the fleet at {known['url']} does not answer ({error}); is it still running?"
        raise ConfigError(str(where), "", remedy) from error
    finally:
        connection.close()
    if not isinstance(content, dict):
        raise ConfigError(
            str(where), "", f"{known['url']} answers like no fleet; was the port taken by another program?"
        )
    if answer.status != http.client.OK:
        raise ConfigError(arguments.act if "act" in arguments else "ctl", content.get("key", ""), content["error"])
    return content


def _short(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items()) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None or value == "" else str(value)


def _print_table(rows: Iterable[tuple[str, ...]]) -> None:
    lines = list(rows)
    if not lines:
        return
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]))]
    for row in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_json(answer: object) -> int:
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0
