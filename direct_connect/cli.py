"""`inkwire connect`: a gateway's view of its own direct connection."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from direct_connect.agent import cli as agent_cli
from direct_connect.agent.asking import ask, ask_status
from direct_connect.aside import export, found_aside, jobs_in, restore
from direct_connect.clock import SystemClock
from direct_connect.core.address import PortalAddress
from direct_connect.core.pace import PacePolicy
from direct_connect.core.proxy import Proxy
from direct_connect.diagnostics import check_bundle_name, gather, write_bundle
from direct_connect.errors import ConfigError, DirectConnectError, SpoolInUseError
from direct_connect.exposition import connection_metrics, exposition, write_exposition
from direct_connect.inspection import inspect_connection, inspect_connections, opened_copy, printers_in
from direct_connect.runtime import SPOOL_FILE
from direct_connect.showing import as_lines, as_table
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.telling import as_document
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.enrol import enrol, read_claim_code
from direct_connect.uplink.identity import IdentityFolder
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pacer import Pacer
from wire_format.records import Device

_COMMANDS = "enrol|push|status|metrics|aside|diagnostics|agent"
_HERE = "--directory /var/lib/printer/inkwire"
_EXAMPLES = f"""\
examples:
  {{prog}} enrol https://portal.example K7Q2M-... {_HERE}
  {{prog}} status {_HERE} --json
  {{prog}} status --socket /run/inkwire/agent.sock --all
  {{prog}} push {_HERE}
  {{prog}} aside list {_HERE}
  {{prog}} agent --portal https://portal.example --socket /run/inkwire/agent.sock
"""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire connect") -> int:
    """Run one command; gives 0 done, 1 a failure, 2 wrong usage or configuration."""
    arguments = _parser(prog).parse_args(argv)
    run: Callable[[argparse.Namespace], int] = _RUN[arguments.command]
    try:
        return run(arguments)
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
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar=_COMMANDS)

    def command(name: str, text: str, usage: str, examples: Sequence[str]) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog="examples:\n" + "".join(f"  {prog} {name} {each}\n" for each in examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            usage=f"{prog} {name} {usage}",
        )

    enrolling = command(
        "enrol", "make a portal know this sender, with a one-time claim code", "--directory DIR [OPTION ...] URL CODE",
        [f"https://portal.example K7Q2M-... {_HERE}"],
    )  # fmt: skip
    _where(enrolling, required=True)
    enrolling.add_argument("url", metavar="URL", help="the portal, https://host[:port]")
    enrolling.add_argument("code", metavar="CODE", help="the claim code, as the portal showed it")
    enrolling.add_argument(
        "--serial", metavar="TEXT", help="serial number of the printer, shown at the portal until the first push"
    )
    enrolling.add_argument("--again", action="store_true", help="enrol again although a portal knows this sender")
    pushing = command(
        "push", "send every batch that is stored, without waiting for its turn or for the bandwidth promise",
        "--directory DIR [OPTION ...] | --socket PATH [OPTION ...]",
        [_HERE, "--socket /run/inkwire/agent.sock --printer plotter-1"],
    )  # fmt: skip
    telling = command(
        "status", "say what was sent, what waits, and when the next push is due and why",
        "--directory DIR [OPTION ...] | --socket PATH [OPTION ...]",
        [f"{_HERE} --json", "--directory /var/lib/inkwire/agent --all", "--socket /run/inkwire/agent.sock --all"],
    )  # fmt: skip
    figures = command(
        "metrics", "write figures for Prometheus, to read with node_exporter's textfile collector",
        "--directory DIR [OPTION ...] | --socket PATH [OPTION ...]",
        [f"{_HERE}", "--directory /var/lib/inkwire/agent --all -o /var/lib/prometheus/node-exporter/inkwire.prom"],
    )  # fmt: skip
    for added in (pushing, telling, figures):
        _where(added)
        added.add_argument("--socket", type=Path, metavar="PATH", help="ask the agent that serves this socket")
        added.add_argument("--printer", metavar="NAME", help="with --socket: of this printer only")
    for added in (telling, figures):
        added.add_argument("--all", action="store_true", help="every printer of a gateway, whose directory DIR is")
    for added in (pushing, telling):
        added.add_argument("--json", action="store_true", help="as one line of JSON")
    figures.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="put them there in one stroke, not on stdout"
    )
    _aside_arguments(command)
    helping = command(
        "diagnostics", "try the way to the portal, and bundle what a helper needs, without secrets and names",
        "--directory DIR [OPTION ...]", [f"{_HERE}", f"{_HERE} -o inkwire-diagnostics.tar.gz --mask"],
    )  # fmt: skip
    _where(helping)
    helping.add_argument("-o", "--output", type=Path, metavar="FILE", help="the new bundle, .zip or .tar.gz")
    helping.add_argument("--log", type=Path, metavar="FILE", help="put the end of this log into it")
    helping.add_argument("--mask", action="store_true", help="strike out network addresses and serial numbers")
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


def _where(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    parser.add_argument(
        "--directory", type=Path, required=required, metavar="DIR", help="where the connection keeps its identity"
    )
    if not required:
        parser.add_argument(
            "--spool", type=Path, metavar="FILE", help=f"the spool file (default: {SPOOL_FILE} in DIR, or above it)"
        )


def _aside_arguments(command: Callable[..., argparse.ArgumentParser]) -> None:
    aside = command(
        "aside", "decide what becomes of batches that the portal refused and that were set aside",
        "list|export|retry|drop|restore --directory DIR [OPTION ...] [NUMBER]",
        [f"list {_HERE}", f"export 17 -o batch-17.json {_HERE}", f"retry 17 {_HERE}",
         f"drop 17 -o batch-17.json {_HERE}", f"restore -i batch-17.json {_HERE}"],
    )  # fmt: skip
    aside.add_argument(
        "act",
        choices=("list", "export", "retry", "drop", "restore"),
        metavar="list|export|retry|drop|restore",
        help="show them; write one to a file; offer it again; write it to a file and forget it; put it back",
    )
    aside.add_argument("number", type=_number, nargs="?", metavar="NUMBER", help="which batch, as list shows it")
    aside.add_argument("--stream", metavar="STREAM", help="which stream, when two have such a number")
    _where(aside)
    aside.add_argument("-o", "--output", type=Path, metavar="FILE", help="the new file for export and drop")
    aside.add_argument("-i", "--input", type=Path, metavar="FILE", help="the file that restore reads")
    aside.add_argument("--json", action="store_true", help="list: as one line of JSON")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a batch; see: inkwire connect aside list")
    return int(text)


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
    if arguments.socket is not None:
        ask(arguments.socket, [f"push {arguments.printer or ''}".rstrip()])
        print(json.dumps({"asked": True}) if arguments.json else "the agent was asked to push; see status")
        return 0
    folder = IdentityFolder(_directory(arguments))
    identity = folder.current()
    if not identity.enrolled:
        raise ConfigError(f"{identity.sender} is not enrolled; run enrol with a claim code first")
    with _own_spool(_existing_spool(arguments)) as file:
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


def _own_spool(path: Path) -> SqliteSpoolFile:
    """The spool itself, for changes. Raises SpoolInUseError that says what to do instead."""
    try:
        return SqliteSpoolFile.open(path)
    except SpoolInUseError as error:
        raise SpoolInUseError(
            f"{error}, or let it do this: an agent is asked by --socket, and pushes on SIGUSR1"
        ) from error


def _status(arguments: argparse.Namespace) -> int:
    found = _documents(arguments)
    now, colour = datetime.now(UTC), sys.stdout.isatty() and "NO_COLOR" not in os.environ
    several = arguments.all or (arguments.socket is not None and arguments.printer is None)
    if arguments.json:
        shown = {name: {"unread": each} if isinstance(each, str) else each for name, each in found.items()}
        print(json.dumps({"printers": shown} if several else next(iter(shown.values()))))
    elif several:
        print(as_table(found, now, colour=colour))
    else:
        print(as_lines(next(iter(found.values())), now, colour=colour))
    return 1 if any(isinstance(each, str) for each in found.values()) else 0


def _metrics(arguments: argparse.Namespace) -> int:
    found = _documents(arguments)
    text = exposition(connection_metrics({name: each for name, each in found.items() if not isinstance(each, str)}))
    if arguments.output is None:
        print(text, end="")
    else:
        write_exposition(arguments.output, text)
    unread = [each for each in found.values() if isinstance(each, str)]
    for each in unread:
        print(each, file=sys.stderr)
    return 1 if unread else 0


def _documents(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, by name of the printer; a string says why one can not be read."""
    if arguments.socket is not None:
        return ask_status(arguments.socket, arguments.printer)
    directory = _directory(arguments)
    if not arguments.all:
        return {"": as_document(inspect_connection(directory, _existing_spool(arguments)))}
    directories = printers_in(directory)
    if not directories:
        raise ConfigError(f"no printer has its directory in {directory}; for a single connection leave out --all")
    found = inspect_connections(directories, _existing_spool(arguments))
    return {
        name: str(each) if isinstance(each, DirectConnectError) else as_document(each) for name, each in found.items()
    }


def _aside(arguments: argparse.Namespace) -> int:
    sender = IdentityFolder(_directory(arguments)).current().sender
    path = _existing_spool(arguments)
    act, number = arguments.act, arguments.number
    if act in ("export", "retry", "drop") and number is None:
        raise ConfigError(f"which batch? give its number: inkwire connect aside {act} NUMBER; list shows them")
    if act in ("export", "drop") and arguments.output is None:
        raise ConfigError(f"give a new file for the batch: inkwire connect aside {act} {number} -o FILE")
    if act == "restore" and arguments.input is None:
        raise ConfigError("which file? inkwire connect aside restore -i FILE")
    with opened_copy(path) if act in ("list", "export") else _own_spool(path) as file:
        outbox = file.of(sender)
        if act == "list":
            rows = [{**as_document(each), "jobs": jobs_in(outbox, each)} for each in outbox.aside()]
            if arguments.json:
                print(json.dumps(rows))
            for row in () if arguments.json else rows:
                print(f"{row['sequence']} of {row['created_at']}, {row['jobs']} jobs: {row['why']}")
            if not rows and not arguments.json:
                print("no batch is set aside")
            return 0
        if act == "restore":
            print(f"batch {restore(outbox, arguments.input)} is set aside again", file=sys.stderr)
            return 0
        found = found_aside(outbox, number, arguments.stream)
        if act in ("export", "drop"):
            export(outbox, found, arguments.output)
            print(f"batch {number} is in {arguments.output}", file=sys.stderr)
        if act == "retry":
            outbox.offer_again(found.stream, found.sequence)
            print(f"batch {number} will be offered again: inkwire connect push, or the next start", file=sys.stderr)
        if act == "drop":
            outbox.drop_aside(found.stream, found.sequence)
            print(
                f"and is dropped; to put it back: inkwire connect aside restore -i {arguments.output}", file=sys.stderr
            )
    return 0


def _diagnostics(arguments: argparse.Namespace) -> int:
    directory, output = _directory(arguments), arguments.output
    if output is not None:
        check_bundle_name(output)
    texts = gather(directory, _existing_spool(arguments), log=arguments.log, mask=arguments.mask, environ=os.environ)
    probes = json.loads(texts["connection.json"])
    for each in probes:
        verdict = "good" if each["good"] else "FAILED"
        print(f"{each['step']:7}{verdict:7}{each['took_ms']:>6} ms  {each['target']}: {each['explained']}")
    if output is not None:
        write_bundle(output, texts)
        print(f"{output}: {', '.join(texts)}; look through it before you send it", file=sys.stderr)
    return 0 if any(each["step"] == "portal" and each["good"] for each in probes) else 1


def _directory(arguments: argparse.Namespace) -> Path:
    found: Path | None = arguments.directory
    if found is None:
        instead = ", or --socket PATH of an agent" if hasattr(arguments, "socket") else ""
        raise ConfigError(f"which connection? give --directory DIR{instead}")
    return found


def _existing_spool(arguments: argparse.Namespace) -> Path:
    """Named, or in the connection's directory, or where a gateway has one for many."""
    if (named := arguments.spool) is not None:
        paths: list[Path] = [named]
    else:
        directory = _directory(arguments).absolute()
        paths = [each / SPOOL_FILE for each in (directory, directory.parent, directory.parent.parent)]
    for path in paths:
        if path.exists():
            return path
    raise ConfigError(f"there is no spool at {paths[0]}; open the connection once, or name the file with --spool")


_RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "enrol": _enrol, "push": _push, "status": _status, "metrics": _metrics, "aside": _aside,
    "diagnostics": _diagnostics, "agent": agent_cli.main,
}  # fmt: skip
