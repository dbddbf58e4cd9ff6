"""A printer's day against a stdlib HTTPS server, in an environment that holds only what a gateway has.

The server is the portal double of the other tests, which needs nothing but the standard library and the wheel; it is
the one helper that is loaded from the checkout. The printer is a process of its own.
"""

import importlib
import json
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
DAY = '''
import json, os, sys, threading, time
from datetime import UTC, datetime, timedelta
from direct_connect.api import (
    Alert, ConnectionSettings, Device, DirectConnection, Job, Meter, Outcome, Service, Snapshot, Unit,
)

SPEED = 7200.0  # a day in twelve seconds

class FastClock:
    def __init__(self):
        self.zero_s, self.epoch = time.monotonic(), datetime.now(UTC)
    def monotonic_s(self):
        return (time.monotonic() - self.zero_s) * SPEED
    def utc_now(self):
        return self.epoch + timedelta(seconds=self.monotonic_s())
    def wait(self, condition, until_s):
        if until_s is None:
            condition.wait()
        elif (left_s := until_s - self.monotonic_s()) > 0:
            condition.wait(left_s / SPEED)

def listening():
    found = []
    fds = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    own = {os.readlink(fd) for fd in fds if os.path.lexists(fd)}
    for table, states in (("tcp", {"0A"}), ("tcp6", {"0A"}), ("udp", {"07"}), ("udp6", {"07"})):
        with open(f"/proc/self/net/{table}") as rows:
            for row in list(rows)[1:]:
                fields = row.split()
                if fields[3] in states and f"socket:[{fields[9]}]" in own:
                    found.append(row)
    return found

directory, url, code = sys.argv[1:]
clock, total, sockets = FastClock(), 0, []

def snapshot():
    return Snapshot(Device(serial="EMBED-1"), meters=[
        Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=total, source="firmware")])

def work(connection, first, count, hours):
    """Jobs evenly over so many hours, then a look at what listens."""
    global total
    for number in range(first, first + count):
        connection.job_started(f"job-{number}")
        for _ in range(1 + number % 4):
            total += 1
            connection.impressions_made(1)
        connection.job_finished(Job(job_id=f"job-{number}", service=Service.PRINT, outcome=Outcome.COMPLETED))
        time.sleep(hours * 3600 / SPEED / count)
    sockets.extend(listening())

def opened():
    return DirectConnection.open(directory, url, claim_code=code, snapshot=snapshot, clock=clock)

def say(word):
    print(word, flush=True)
    sys.stdin.readline()

with opened() as connection:
    time.sleep(7 * 3600 / SPEED)                       # night: heartbeats only
    work(connection, 0, 90, 3)
    connection.alert_raised(Alert(alert_id="jam-1", code=8, severity="critical"))
with opened() as connection:                           # the printer was switched off and on
    connection.alert_cleared("jam-1")
    say("network gone")
    work(connection, 90, 60, 2)
    connection.alert_raised(Alert(alert_id="jam-2", code=8, severity="critical"))
    say("network back")
    work(connection, 150, 50, 3)
    time.sleep(9 * 3600 / SPEED)
    connection.push()
    end_s = time.monotonic() + 60
    while (status := connection.status()).unsent or status.jobs_waiting or status.impressions_waiting:
        assert time.monotonic() < end_s, status
        connection.push()
        time.sleep(0.2)
print(json.dumps({"listening": sockets, "total": total, "refused": status.jobs_refused, "aside": status.set_aside}))
'''  # fmt: skip


def portal_helper() -> Any:
    """tests.support.direct_connect, without putting the checkout on the path: the rest must come from the wheel."""
    if "tests" not in sys.modules:
        package = types.ModuleType("tests")
        package.__path__ = [str(TESTS)]
        sys.modules["tests"] = package
    return importlib.import_module("tests.support.direct_connect")


def test_a_printers_day_against_a_stdlib_server_with_a_reboot_and_a_network_that_fails(tmp_path: Path) -> None:
    portal = portal_helper().PortalDouble.make()
    certificate = portal.authority.server_files(tmp_path)
    (tmp_path / "day.py").write_text(DAY)
    code = portal.claim_code()

    with portal.running(certificate) as url:
        words = [sys.executable, "-W", "error", str(tmp_path / "day.py"), str(tmp_path / "printer"), url, code]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as printer:
            assert printer.stdout is not None and printer.stdin is not None
            assert printer.stdout.readline() == "network gone\n"
            before = list(portal.arrived)
            _go_on(printer, outage=portal)
            assert printer.stdout.readline() == "network back\n"
            during = len(portal.arrived) - len(before)
            portal.faults.clear()
            _go_on(printer)
            said = json.loads(printer.stdout.readline())
    assert printer.returncode == 0

    reasons = [batch.reason.value for batch in portal.arrived]
    meters = [batch.reports[0].meters[0].value for batch in sorted(portal.arrived, key=lambda batch: batch.sequence)]
    alerts = {
        (each.alert_id, each.cleared_at is not None) for batch in portal.arrived for each in batch.reports[0].alerts
    }
    assert sorted(portal.jobs) == sorted(f"job-{number}" for number in range(200))
    assert said == {"listening": [], "total": said["total"], "refused": 0, "aside": 0}
    assert meters == sorted(meters) and meters[-1] == said["total"]
    assert {("jam-1", True), ("jam-2", False)} <= alerts
    assert during == 0
    assert {"jobs", "alert"} <= set(reasons)
    assert reasons.count("interval") + reasons.count("boot") >= 2


def _go_on(printer: "subprocess.Popen[str]", *, outage: Any = None) -> None:
    if outage is not None:
        outage.faults.extend([lambda path, body: None] * 10_000)  # every post is cut off without a word
        time.sleep(0.1)
    assert printer.stdin is not None
    printer.stdin.write("\n")
    printer.stdin.flush()
