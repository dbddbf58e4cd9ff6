"""`inkwire connect`: a gateway's view of its own direct connection."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from direct_connect.agent import cli as agent_cli
from direct_connect.clock import SystemClock
from direct_connect.core.address import PortalAddress
from direct_connect.core.pace import PacePolicy
from direct_connect.core.proxy import Proxy
from direct_connect.errors import ConfigError, DirectConnectError
from direct_connect.inspection import Inspection, inspect_connection
from direct_connect.runtime import SPOOL_FILE
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.enrol import enrol, read_claim_code
from direct_connect.uplink.identity import IdentityFolder
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pacer import Pacer
from wire_format.codec import format_instant
from wire_format.records import Device

_EXAMPLES = """\
examples:
  {prog} enrol https://portal.example K7Q2M-... --directory /var/lib/printer/inkwire
  {prog} status --directory /var/lib/printer/inkwire --json
  {prog} push --directory /var/lib/printer/inkwire
"""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire connect") -> int:
    """Run one command; gives 0 done, 1 a failure, 2 wrong usage or configuration."""
    arguments = _parser(prog).parse_args(argv)
    try:
        match arguments.command:
            case "enrol":
                return _enrol(arguments)
            case "push":
                return _push(arguments)
            case "agent":
                return agent_cli.main(arguments)
            case _:
                return _status(arguments)
    except ConfigError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    except DirectConnectError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 1


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Enrol a direct connection, look at it, send what it holds, or serve one to other programs.",
        epilog=_EXAMPLES.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar="enrol|push|status|agent")

    def command(name: str, text: str, words: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=_EXAMPLES.format(prog=prog),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            usage=f"{prog} {name} --directory DIR [OPTION ...]{words}",
        )
        added.add_argument(
            "--directory", type=Path, required=True, metavar="DIR", help="where the connection keeps its identity"
        )
        return added

    enrolling = command("enrol", "make a portal know this sender, with a one-time claim code", " URL CODE")
    enrolling.add_argument("url", metavar="URL", help="the portal, https://host[:port]")
    enrolling.add_argument("code", metavar="CODE", help="the claim code, as the portal showed it")
    enrolling.add_argument(
        "--serial", metavar="TEXT", help="serial number of the printer, shown at the portal until the first push"
    )
    enrolling.add_argument("--again", action="store_true", help="enrol again although a portal knows this sender")
    for name, text in (
        ("push", "send every batch that is stored, without waiting for its turn or for the bandwidth promise"),
        ("status", "say what was sent, what waits, and when the next push is due"),
    ):
        added = command(name, text)
        added.add_argument("--spool", type=Path, metavar="FILE", help=f"the spool file (default: DIR/{SPOOL_FILE})")
        added.add_argument("--json", action="store_true", help="as one line of JSON")
    agent = commands.add_parser(
        "agent",
        help="serve programs in other languages, line by line",
        description="Serve programs in other languages, line by line: they tell jobs, alerts and meters of printers.",
        epilog=agent_cli.EXAMPLES.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=f"{prog} agent [--config FILE] [OPTION ...]",
    )
    agent_cli.add_arguments(agent)
    return parser


def _enrol(arguments: argparse.Namespace) -> int:
    read_claim_code(arguments.code)
    folder = IdentityFolder(arguments.directory)
    identity = folder.load()
    if identity is not None and identity.enrolled and not arguments.again:
        raise ConfigError(f"{identity.sender} is enrolled at {identity.portal_url}; to enrol it anew, add --again")
    folder.load_or_create(arguments.url)
    device = Device(serial=arguments.serial) if arguments.serial else None
    enrolment = enrol(folder, arguments.code, device=device, connect=_uplink(folder).client)
    print(f"enrolled at {enrolment.identity.portal_url}", file=sys.stderr)
    print(enrolment.identity.sender)
    return 0


def _push(arguments: argparse.Namespace) -> int:
    folder = IdentityFolder(arguments.directory)
    identity = folder.current()
    if not identity.enrolled:
        raise ConfigError(f"{identity.sender} is not enrolled; run enrol with a claim code first")
    with SqliteSpoolFile.open(_existing_spool(arguments)) as file:
        outbox = file.of(identity.sender)
        pacer = Pacer(PacePolicy(), outbox, SystemClock())
        courier = Courier(outbox, folder, uplink=_uplink(folder), pacer=pacer)
        courier.hurry()
        try:
            drained = courier.drain()
        finally:
            courier.close()
        waiting = outbox.tally().jobs_waiting
    result = {
        "delivered": drained.delivered,
        "set_aside": drained.set_aside,
        "left": drained.left,
        "jobs_waiting": waiting,
        "problem": drained.problem,
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"delivered {drained.delivered}, set aside {drained.set_aside}, left {drained.left}")
        if waiting:
            print(
                f"{waiting} jobs are not in a batch yet: the program that owns the connection forms it",
                file=sys.stderr,
            )
        if drained.problem:
            print(drained.problem, file=sys.stderr)
    return 1 if drained.left or drained.set_aside else 0


def _uplink(folder: IdentityFolder) -> Uplink:
    """By the proxy of the environment: here a person, or a service's unit file, has set it."""
    host = PortalAddress.parse(folder.current().portal_url).host
    return Uplink(Ways(proxy=Proxy.from_environment(os.environ, host)))


def _status(arguments: argparse.Namespace) -> int:
    found = inspect_connection(arguments.directory, _existing_spool(arguments))
    if arguments.json:
        print(json.dumps(asdict(found), default=_as_json))
    else:
        print(_as_text(found))
    return 0


def _existing_spool(arguments: argparse.Namespace) -> Path:
    path: Path = arguments.spool or arguments.directory / SPOOL_FILE
    if not path.exists():
        raise ConfigError(f"there is no spool at {path}; open the connection once, or name the file with --spool")
    return path


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _as_text(found: Inspection) -> str:
    def moment(at: datetime | None, otherwise: str) -> str:
        return otherwise if at is None else format_instant(at)

    waiting = f"{found.jobs_waiting} jobs, {found.impressions_waiting} impressions, {found.alerts_waiting} alerts"
    deadline = f"{moment(found.deadline_at, 'none until enrolled')} ({found.deadline_reason or 'no reason'})"
    rows = [
        ("sender", found.sender),
        ("portal", found.portal_url + ("" if found.enrolled else " (not enrolled)")),
        ("last push", f"{moment(found.delivered_at, 'never')} ({found.delivered} batches delivered)"),
        ("unsent", f"{found.unsent} batches, oldest {moment(found.oldest_unsent_at, 'none')}"),
        ("waiting", waiting),
        ("next deadline", deadline),
        ("spool", f"{found.used_bytes} bytes, {found.fill_percent} % full"),
        ("refused", f"{found.jobs_refused} jobs since enrolment"),
        ("set aside", f"{len(found.set_aside)} batches"),
    ]
    for each in found.set_aside:
        rows.append(("", f"number {each.sequence} of {format_instant(each.created_at)}: {each.why}"))
    return "\n".join(f"{name:14} {value}" for name, value in rows)
