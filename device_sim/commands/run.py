"""`inkwire sim run`: a fleet, until somebody ends it."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device_sim.commands.words import positive, say, whole
from device_sim.core.errors import ConfigError
from device_sim.core.netns_plan import Network
from device_sim.course import TOKEN_DEFAULT
from device_sim.netns import change_routes, enter_namespace, standing_at
from device_sim.options import SPOOL_DEFAULT, RunPlan, run_plan

if TYPE_CHECKING:
    from device_sim.fleet_view import FleetView
    from device_sim.runtime import FleetRuntime

RUN_EXAMPLES = """examples:
  {prog} run                                   one printer of each profile
  {prog} run --count 1000 --load 5             a thousand, busier than usual
  {prog} run fixtures/fleets/office.toml --speed 600 --truth truth.jsonl
  {prog} run --count 2 --direct https://127.0.0.1:8443 --claim CODE,CODE
  {prog} run --count 20 --fault serial_says=XXXXXXXXXX@25% --fault counter_jitter
  {prog} run --user alice:SHA-256:maplesyrup:AES-128:maplesyrup   SNMPv3 too
  {prog} run --count 500 --scenario fixtures/scenarios/jam-storm.toml
  {prog} run --count 1000 --view               watch them; --log events > FILE for a pipe
  {prog} run --recording printer.snmprec       replay what a real printer said

signals: Ctrl-C or SIGTERM ends (direct printers push once more first). SIGUSR1: no new jobs,
waiting ones are cancelled, running ones finished, then direct printers push; when all is told,
"quiet" is said, and with --ready-file NAME.ready a file NAME.quiet appears. --until does the
same at a moment of virtual time.
"""


def add(commands: Any, prog: str) -> None:
    """Describe the command to a parser's `commands`."""
    run: argparse.ArgumentParser = commands.add_parser(
        "run", help="run a fleet", description="Run a fleet until Ctrl-C.", epilog=RUN_EXAMPLES.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter, usage=f"{prog} run [OPTION ...] [FLEET.toml]",
    )  # fmt: skip
    run.add_argument("fleet", nargs="?", type=Path, metavar="FLEET.toml", help="a fleet; else --count and --profile")
    _add_printers(run.add_argument_group("which printers"))
    _add_ports(run.add_argument_group("where they answer", "Each port is open on every address; 0: not at all."))
    _add_work(run.add_argument_group("what they do, and when"))
    _add_telling(run.add_argument_group("what is told of it"))
    _add_pushing(run.add_argument_group("printers that push by themselves"))
    run.set_defaults(command=_run)


def _add_printers(group: Any) -> None:
    group.add_argument(
        "--count", type=whole, metavar="N", help="how many; they take the profiles in turn (one of each)"
    )
    group.add_argument("--profile", metavar="NAME", help="only this profile, or a .toml file of your own")
    group.add_argument(
        "--recording", type=Path, metavar="FILE|DIR", help="printers like this recorded one, instead of a profile"
    )
    group.add_argument("--seed", type=whole, metavar="N", help="the same seed makes the same fleet (1)")
    group.add_argument("--shard", metavar="I/N", help="only the I-th of N parts; every printer stays who it is")
    group.add_argument("--only", metavar="NUMBERS", help="only this printer, or these: 17 or 3-9")
    group.add_argument(
        "--fault", action="append", metavar="NAME[=VALUE][@SHARE%]", help="let printers, or a share, misbehave; "
        "again for more; `inkwire sim faults` lists them",
    )  # fmt: skip


def _add_ports(group: Any) -> None:
    group.add_argument("--first-address", metavar="IP", help="of the first printer, the others follow it (127.1.0.1)")
    group.add_argument("--snmp-port", type=whole, metavar="PORT", help="SNMP, UDP (1161)")
    group.add_argument("--http-port", type=whole, metavar="PORT", help="the printers' own web pages (8080)")
    group.add_argument(
        "--https-port", type=whole, metavar="PORT", help="the same, each with a certificate of its own (0)"
    )
    group.add_argument("--ipp-port", type=whole, metavar="PORT", help="IPP (8631)")
    group.add_argument("--ipps-port", type=whole, metavar="PORT", help="IPP by TLS, with the same certificates (0)")
    group.add_argument("--raw-port", type=whole, metavar="PORT", help="print jobs, as port 9100 takes them (0)")
    group.add_argument("--netns", metavar="NAME", help="in that network of `sim netns`: real addresses, usual ports")
    group.add_argument(
        "--user", action="append", metavar="USER|@FILE", help="of SNMPv3: NAME:SHA-256:PASSWORD:AES-128:PASSWORD, or "
        "less of it; again for more, or @FILE with one a line",
    )  # fmt: skip
    group.add_argument(
        "--trap-to", action="append", metavar="HOST:PORT", help="tell this manager of critical alerts and boots (v2c "
        "traps); again for more"
    )  # fmt: skip


def _add_work(group: Any) -> None:
    group.add_argument("--speed", type=positive, metavar="X", help="virtual seconds a real second (1)")
    group.add_argument("--clock", metavar="SPEC", help="EPOCH,REAL,SPEED: virtual time shared with other programs")
    group.add_argument(
        "--hours", choices=("office", "always"), help="when people print (with --clock or --time-zone: office, else: "
        "always)",
    )  # fmt: skip
    group.add_argument("--time-zone", metavar="NAME", help="whose office hours, such as Europe/Berlin (UTC)")
    group.add_argument("--load", type=positive, metavar="X", help="so many times the profile's jobs (1)")
    group.add_argument("--jump", metavar="TIME", help="begin by living up to this virtual UTC time")
    group.add_argument(
        "--until", metavar="TIME", help="virtual UTC time, 2026-11-16T18:00:00Z: no new jobs from then on"
    )
    group.add_argument("--scenario", type=Path, metavar="FILE.toml", help="what befalls the printers, and when")
    group.add_argument(
        "--control", type=whole, metavar="PORT", help="let `ctl` lead this run, on 127.0.0.1; 0: any port"
    )
    group.add_argument(
        "--control-token-file", type=Path, metavar="FILE", help=f"what `ctl` must know ({TOKEN_DEFAULT})"
    )


def _add_telling(group: Any) -> None:
    group.add_argument("--truth", type=Path, metavar="FILE", help="write what really happened, for `inkwire verify`")
    group.add_argument(
        "--view", action="store_true", help="draw the fleet on the terminal: states, rates, worst alerts"
    )
    group.add_argument("--log", choices=("events",), help="one line an event on standard output")
    group.add_argument("--ready-file", type=Path, metavar="FILE", help="made when every listener is open")


def _add_pushing(group: Any) -> None:
    group.add_argument("--direct", metavar="URL", help="push to this portal")
    group.add_argument(
        "--claim", action="append", metavar="CODE|@FILE", help="one-time claim codes, one a printer: again, CODE,CODE "
        "or @FILE with one a line",
    )  # fmt: skip
    group.add_argument("--spool", type=Path, metavar="DIR", help=f"what they keep ({SPOOL_DEFAULT})")


def _run(arguments: argparse.Namespace) -> int:
    # Imported here so that `profiles` and `--help` do not wait for the web server's modules.
    from device_sim.event_log import EventLog
    from device_sim.runtime import FleetRuntime

    network = enter_namespace(arguments.netns) if arguments.netns else None
    plan = run_plan(arguments, network)
    view = _view(arguments, plan)
    log = EventLog(sys.stdout) if arguments.log else None
    try:
        routes = change_routes if network else None
        return _lived(FleetRuntime(plan, view.say if view else say, view=view, log=log, routes=routes), plan, network)
    finally:
        for sentence in view.end() if view else ():
            say(sentence)


def _lived(runtime: "FleetRuntime", plan: RunPlan, network: Network | None) -> int:
    with standing_at(plan.places[0].address, plan.places[-1].address) if network else contextlib.nullcontext():
        return 0 if asyncio.run(runtime.run()) else 1


def _view(arguments: argparse.Namespace, plan: RunPlan) -> "FleetView | None":
    if not arguments.view:
        return None
    if not sys.stderr.isatty():
        raise ConfigError("--view", "", "needs a terminal; in a pipe, --log events writes one line an event")
    if arguments.log and sys.stdout.isatty():
        raise ConfigError(
            "--log", "", "would write into the view; send it to a file (> events.log) or leave out --view"
        )
    from device_sim.fleet_view import FleetView

    faults = tuple(dict.fromkeys(setting.name for setting in plan.faults))
    return FleetView(sys.stderr, speed=plan.clock.spec.speed, faults=faults)
