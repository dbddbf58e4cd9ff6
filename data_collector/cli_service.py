"""`inkwire collect service`: the collector as a service of the machine, and how it is."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from data_collector.config import CLAIM_ENV
from data_collector.core.service_status import standing
from data_collector.core.unit import UNIT_NAME, USER, UnitError
from data_collector.heartbeat import STATE_FILE
from data_collector.installing import (
    CONFIG,
    RUNTIME,
    ConfigError,
    Place,
    ServiceError,
    Step,
    installed_config,
    plan_install,
    plan_remove,
)
from data_collector.systemd import active, enable, reload, restart, said_by_manager

STATE = "/var/lib/inkwire/collector"


def add_service(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", prog: str) -> None:
    """The commands of `service`."""
    service = commands.add_parser(
        "service",
        help="install, remove, or ask the systemd service",
        description="Runs the collector as a hardened systemd service of this machine.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example:  {prog} service install collector.toml --dry-run",
    )
    verbs = service.add_subparsers(title="commands", required=True, metavar="install|status|remove")
    _add_install(verbs, f"{prog} service")
    _add_status(verbs, f"{prog} service")
    _add_remove(verbs, f"{prog} service")


def _add_install(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", prog: str) -> None:
    install = verbs.add_parser(
        "install",
        help="check the configuration, write the unit, start it",
        description=f"Checks the configuration, copies it to {CONFIG}, and runs it as the user\n"
        f"{USER} with every start of the machine. Again with other words: changes what changed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example:  sudo INKWIRE_CLAIM=... {prog} install collector.toml\n"
        f"          {prog} install collector.toml --print | systemd-analyze security --offline=yes /dev/stdin\n"
        "exit:     0 done; 1 a failure; 2 wrong usage, wrong configuration, no root or no systemd",
    )
    install.add_argument("config", type=Path, metavar="CONFIG.toml", help="see deploy/collector.example.toml")
    install.add_argument("--claim", metavar="CODE", help="claim code of the portal, needed once; or INKWIRE_CLAIM")
    install.add_argument("--no-start", action="store_true", help="start it with the machine, but not now")
    shown = install.add_mutually_exclusive_group()
    shown.add_argument("--dry-run", action="store_true", help="tell every step, and the unit; change nothing")
    shown.add_argument("--print", action="store_true", help="print the unit file, and nothing else; change nothing")
    _add_root(install)
    install.set_defaults(command=_install)


def _add_status(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", prog: str) -> None:
    status = verbs.add_parser(
        "status",
        help="does it run, last and next scan, what is unsent; no root needed",
        description="Tells how the service is, from the state it writes every five seconds. Asks nobody else.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example:  {prog} status\n"
        "exit:     0 it runs and all is well; 1 it does not run, or a person must act; 2 wrong usage, or no service",
    )
    status.add_argument("--directory", type=Path, metavar="D", help="of a collector that was started by hand")
    status.add_argument("--json", action="store_true", help="the state as it was written")
    _add_root(status)
    status.set_defaults(command=_status)


def _add_remove(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", prog: str) -> None:
    remove = verbs.add_parser(
        "remove",
        help="stop it and remove the unit; keeps spool, key and configuration",
        description="Stops the service and removes its unit. Spool, key and configuration stay, so that an install\n"
        "goes on where it was; --purge deletes them too, after a question.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example:  sudo {prog} remove\n"
        "exit:     0 done, also when there was nothing; 1 a failure, or the answer was no; 2 wrong usage, no root",
    )
    remove.add_argument("--purge", action="store_true", help="delete spool, key and configuration too; asks first")
    remove.add_argument("--yes", action="store_true", help="with --purge: do not ask")
    remove.add_argument("--dry-run", action="store_true", help="tell every step; change nothing")
    _add_root(remove)
    remove.set_defaults(command=_remove)


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="of a machine that does not run, such as an image mounted at DIR"
    )


def _install(arguments: argparse.Namespace) -> int:
    place, looking = Place(arguments.root), arguments.dry_run or arguments.print
    try:
        if not looking:
            place.require()
        claim = arguments.claim or os.environ.get(CLAIM_ENV) or ("CODE" if looking else None)
        installation = plan_install(place, arguments.config, claim, os.environ)
    except (ConfigError, ServiceError, UnitError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.print:
        print(installation.unit, end="")
        return 0
    if arguments.dry_run:
        _told_only(installation.steps)
        print(f"would do: {UNIT_NAME} starts with the machine{'' if arguments.no_start else ', and now'}\n")
        print(installation.unit, end="")
        return 0
    try:
        changed = _done(installation.steps)
        enable(place)
        if place.root is None and not arguments.no_start and (changed or not active()):
            restart()
            print(f"{UNIT_NAME} runs")
    except (ServiceError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if not changed:
        print("nothing had to be changed")
    print(f"{UNIT_NAME} starts with the machine" + ("" if place.root is None else f" under {place.root}"))
    if place.root is None:
        print(f"look at it: inkwire collect service status; journalctl -u {UNIT_NAME}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    place = Place(arguments.root)
    manager = said_by_manager() if place.root is None and arguments.directory is None else None
    found = _state_text(place, arguments.directory)
    if found is None:
        return 2
    path, text = found
    if arguments.json:
        print(text, end="")
    try:
        document = json.loads(text)
        alive = place.root is None and Path(f"/proc/{int(document['pid'])}").exists()
        said = standing(document, manager, datetime.now(UTC), alive=alive)
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        print(f"{path} cannot be understood: {error}", file=sys.stderr)
        return 1
    if not arguments.json:
        print("\n".join(said.lines))
    return 0 if said.well else 1


def _state_text(place: Place, directory: Path | None) -> tuple[Path, str] | None:
    """The state file and its text: the first that is there. Says so when there is none."""
    folders = [directory] if directory else [place.on(RUNTIME), place.on(_state(place))]
    refused: OSError | None = None
    for folder in folders:
        try:
            return folder / STATE_FILE, (folder / STATE_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            refused = error if isinstance(error, OSError) else None
    if refused is not None:
        print(f"{refused.filename} cannot be read ({refused.strerror}): ask as root", file=sys.stderr)
    else:
        print(
            f"no collector has left its state in {' or '.join(map(str, folders))}: it was never started there; "
            "of one that was started by hand, name its folder: --directory D",
            file=sys.stderr,
        )
    return None


def _remove(arguments: argparse.Namespace) -> int:
    place = Place(arguments.root)
    state = _state(place) if arguments.purge else None
    steps = plan_remove(place, state)
    if arguments.dry_run:
        _told_only(steps)
        return 0
    try:
        place.require()
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 2
    if state is not None and not arguments.yes and not _sure(place, state):
        print("nothing was removed", file=sys.stderr)
        return 1
    try:
        changed = _done(steps)
        if changed and place.root is None:
            reload()
    except (ServiceError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if not changed:
        print("there was no service to remove")
    elif state is None:
        print(f"kept: {_state(place)} (key and spool), {CONFIG}, the user {USER}; --purge deletes what is kept")
    return 0


def _sure(place: Place, state: str) -> bool:
    """Ask a person. Without a terminal the answer is no."""
    unsent = ""
    try:
        document = json.loads((place.on(state) / STATE_FILE).read_text(encoding="utf-8"))
        unsent = f", {int(document['unsent']):,} batches in it are not sent"
    except (OSError, ValueError, KeyError, TypeError):
        pass
    print(
        f"--purge deletes {place.on(state)} (the collector's key and spool{unsent}) and its configuration.\n"
        "A new install needs a new claim code, and judges the printers' counts from the beginning."
    )
    if not sys.stdin.isatty():
        print("there is no terminal to ask: say --yes", file=sys.stderr)
        return False
    return input('Type "yes" to delete: ').strip() == "yes"


def _state(place: Place) -> str:
    config = installed_config(place)
    return str(config.directory) if config else STATE


def _told_only(steps: Sequence[Step]) -> None:
    for step in steps:
        print(f"would do: {step.told}")


def _done(steps: Sequence[Step]) -> bool:
    """Carry out every step; True when one changed something."""
    changed = False
    for step in steps:
        if step.act():
            changed = True
            print(step.told)
    return changed
