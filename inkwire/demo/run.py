"""Runs a demo from set-up to the last word, live for a person or as a check for a machine."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final

from inkwire.demo.children import Child, ChildError, Family
from inkwire.demo.plan import OPERATOR, Plan, lead_s
from inkwire.demo.stage import (
    Access,
    collector,
    set_up_portal,
    simulator,
    start_portal,
    wait_for_file,
    wait_for_portal,
    write_collector_config,
    write_fleet,
)
from inkwire.demo.watch import Teller, export_now, tally, truth_now
from inkwire.verify.compare import compare
from inkwire.verify.limits import Limits
from inkwire.verify.show import table

SETTLE_S_MAX: Final = 30.0
PORTAL_DOWN_S: Final = 2.0
PATIENCE_S: Final = 5.0
"""Real seconds a critical alert may take to the portal on a busy machine; on a scaled clock they are many more."""
KILLED_PATIENCE_S: Final = 20.0
"""The same when the portal is killed meanwhile: senders wait a while before they try again."""


@dataclass(slots=True)
class Stage:
    """Everything that runs in a demo. portal_falls: how often the portal ended and was started again."""

    plan: Plan
    access: Access
    family: Family
    portal: Child
    fleet: Child
    collector: Child
    portal_falls: int = 0


class Ended(Exception):
    """A person, or the system, asked the demo to end."""


@contextlib.contextmanager
def ending_by_signal() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM raise Ended, so that the children are always ended in order."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Ended

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_stage(plan: Plan, family: Family, teller: Teller) -> Stage:
    """Set up and start every program, in the order they need each other. Raises ChildError."""
    teller.say("setting up the portal: database, certificate authority, an operator, seven claim codes")
    began_s = time.monotonic()
    access = set_up_portal(plan)
    # The day begins when everything stands: what set-up took says how fast this machine starts programs.
    plan = replace(plan, real_epoch_s=time.time() + lead_s(time.monotonic() - began_s))
    portal = family.start(start_portal(plan))
    wait_for_portal(plan, portal)
    teller.say("starting 12 printers: 6 push by themselves, 6 wait to be scanned")
    fleet = family.start(simulator(plan, write_fleet(plan, access)))
    wait_for_file(plan.directory / "fleet.ready", fleet)
    teller.say("starting the collector: it scans at once, then every 3 hours")
    reader = family.start(collector(plan, write_collector_config(plan), access))
    return Stage(plan=plan, access=access, family=family, portal=portal, fleet=fleet, collector=reader)


def greet(stage: Stage, teller: Teller) -> None:
    """Where to look, and with what login."""
    plan = stage.plan
    command = sys.argv[0] if Path(sys.argv[0]).name == "inkwire" else "inkwire"
    teller.say(
        f"\n  portal    {plan.portal_url}   (the browser warns once: the certificate is from the demo's own CA)\n"
        f"  login     {OPERATOR}   password {stage.access.password}\n"
        f"  printers  http://127.1.0.1:{plan.ports.http}/ to http://127.1.0.12:{plan.ports.http}/, "
        f"SNMP port {plan.ports.snmp}, community public\n"
        f"  clock     {plan.speed:g} times faster than real, now {plan.virtual(time.time()):%A %H:%M}\n"
        f"  portal process {stage.portal.pid}: kill it if you like, it is started again and nothing is lost\n\n"
        f"compare at any time, in another terminal:\n"
        f"  {command} verify {plan.truth} --portal {plan.portal_url} \\\n"
        f"    --ca {plan.portal_ca} --token-file {plan.directory / 'token'}\n"
        f"Ctrl-C ends all.\n"
    )


def keep_portal(stage: Stage, teller: Teller) -> None:
    """Start the portal again when it was killed; check that the senders live. Raises ChildError."""
    if (code := stage.portal.ended()) is not None:
        stage.portal_falls += 1
        teller.say(f"the portal ended (code {code}); senders keep what they have; starting it again")
        stage.portal.start()
        wait_for_portal(stage.plan, stage.portal)
        teller.say(f"the portal is back, process {stage.portal.pid}")
    stage.fleet.check_alive()
    stage.collector.check_alive()


def run_live(stage: Stage, teller: Teller) -> None:
    """Show progress until a person ends it."""
    greet(stage, teller)
    while True:
        keep_portal(stage, teller)
        teller.progress(tally(stage.plan, stage.access.token).line(stage.plan.virtual(time.time())))
        time.sleep(2.0)


def run_check(stage: Stage, teller: Teller, *, kill_portal: bool) -> int:
    """A working day, then the comparison. Returns 0 when nothing was lost, twice, altered or late, else 1."""
    plan = stage.plan
    teller.say(
        f"simulating {plan.epoch:%A %H:%M} to {plan.day_ends:%H:%M} at {plan.speed:g} times real time "
        f"(seed {plan.seed}, about {plan.day_s / plan.speed:.0f} s)"
    )
    half_s = plan.real_epoch_s + plan.day_s / plan.speed / 2
    while plan.virtual(time.time()) < plan.day_ends:
        keep_portal(stage, teller)
        if kill_portal and time.time() > half_s:
            kill_portal = False
            teller.say("killing the portal with SIGKILL in the middle of the day")
            stage.portal.signal(signal.SIGKILL)
            time.sleep(PORTAL_DOWN_S)
        teller.progress(tally(plan, stage.access.token).line(plan.virtual(time.time())))
        time.sleep(1.0)
    teller.say("the day is over: printers finish what they began, senders push, the collector scans once more")
    return _settle_and_compare(stage, teller)


def limits_of(speed: float, *, portal_fell: bool) -> Limits:
    """What a check calls late, on a fleet at rest, where nothing may be pending any more.

    speed: virtual seconds a real one. portal_fell: it was killed meanwhile, by us or by a person, so senders waited.
    """
    patience_s = (KILLED_PATIENCE_S if portal_fell else PATIENCE_S) * speed
    usual_s = Limits().late_after_s
    return Limits(
        pending_within_s=0.0,
        late_after_s=usual_s + patience_s if portal_fell else usual_s,
        critical_late_after_s=patience_s,
    )


def _settle_and_compare(stage: Stage, teller: Teller) -> int:
    plan = stage.plan
    wait_for_file(plan.directory / "fleet.quiet", stage.fleet)
    stage.collector.signal(signal.SIGUSR1)
    end_s = time.monotonic() + SETTLE_S_MAX
    while True:
        keep_portal(stage, teller)
        truth, export = truth_now(plan), export_now(plan, stage.access.token)
        limits = limits_of(plan.speed, portal_fell=stage.portal_falls > 0)
        verdict = compare(truth, export, limits) if truth is not None and export is not None else None
        if verdict is not None and truth is not None and (verdict.same or time.monotonic() > end_s):
            teller.done()
            print(table(verdict, truth, plan.portal_url, list_max=30, colour=sys.stdout.isatty()), flush=True)
            return 0 if verdict.same else 1
        if time.monotonic() > end_s:
            raise ChildError("the portal or the fleet's truth could not be read at the end of the day")
        teller.progress("waiting for the last batches")
        time.sleep(0.5)
