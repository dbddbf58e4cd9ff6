"""`inkwire bench connect`: one printer, a relay that counts, and a real portal, each a process or thread of its own.

What is measured is a printer in a process that loads what an embedder loads (`connect_printer`). Every job and alert
must be in the portal's export, once each; otherwise the run failed, whatever the figures.
"""

import contextlib
import http.client
import json
import os
import select
import ssl
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkwire.bench.connect_relay import Carried, Relay
from inkwire.bench.errors import BenchError, WrongReplyError
from inkwire.demo.children import Child, ChildError, run_once

READY_S_MAX: Final = 60.0
SETTLE_S: Final = 1.0
FSYNCS_A_ROUND: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. directory: where spool and portal are; on the disk that is measured."""

    directory: Path
    calls: int = 2000
    rounds: int = 5
    idle_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was seen. Bytes are of TCP payload, both directions; took_s of calls in one run with fsync_s."""

    pushes: tuple[Carried, ...]
    day: tuple[Carried, ...]
    day_of_8: tuple[Carried, ...]
    bare_rss_bytes: int
    rss_bytes: int
    rss_after_bytes: int
    took_s: tuple[float, ...]
    fsync_s: tuple[float, ...]
    listening: int
    wakes: int
    idle_s: float
    job_seen_s: tuple[float, ...]
    alert_seen_s: tuple[float, ...]
    jobs: int
    alerts: int
    filesystem: str


def measure(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure everything in turn. Raises BenchError."""
    state = ["--state", str(plan.directory / "portal")]
    try:
        run_once(["portal", "migrate", *state], {})
        token = run_once(["portal", "create-token", *state], {}).strip()
        code = run_once(["portal", "create-claim", *state], {}).strip()
        portal = Child("portal", ["portal", "serve", *state, "--listen", "127.0.0.1:0"], plan.directory / "portal.log")
        portal.start()
    except ChildError as error:
        raise BenchError(str(error)) from error
    try:
        port = _portal_port(portal)
        with Relay(port) as relay:
            printer = Printer(plan.directory / "printer", f"https://127.0.0.1:{relay.port}", code)
            window = Window(port, plan.directory / "portal" / "ca.pem", token)
            try:
                return _measure(plan, printer, relay, window, say)
            finally:
                window.close()
                printer.close()
    finally:
        portal.stop()


def _measure(plan: Plan, printer: "Printer", relay: Relay, window: "Window", say: Callable[[str], None]) -> Measured:
    printer.settle(enrolled=True)
    relay.taken()
    say("19 jobs, and one push")
    pushes, job_seen_s, alert_seen_s = [], [], []
    alerts_made: list[str] = []
    for _ in range(plan.rounds):
        printer.ask("forget")
        done = printer.jobs(19)
        job_seen_s.append(window.seen("jobs", str(done["last"])) - float(str(done["began_s"])))
        printer.settle()
        pushes += relay.taken()
    rss_bytes = printer.status_line("VmRSS") * 1024
    for number in range(plan.rounds):
        # A code leaves at most once a minute, so each round is another printer's life: it is started again.
        raised = printer.ask("alert", number)
        alerts_made.append(str(raised["last"]))
        alert_seen_s.append(window.seen("alerts", str(raised["last"])) - float(str(raised["began_s"])))
        printer.settle()
        printer.restart()
        printer.settle(enrolled=True)
    relay.taken()
    say("a busy day: 200 jobs, each 19th pushes, and 8 heartbeats")
    day = _day(printer, relay, resumed=True)
    printer.restart(jobs_max=26)
    printer.settle(enrolled=True)
    # The portal wishes for 19, and a wish below the printer's own threshold waits a minute after each push.
    printer.push()
    relay.taken()
    say("the same day with nothing but the heartbeats")
    day_of_8 = _day(printer, relay, resumed=False)
    if len(day_of_8) != 8:
        raise BenchError(f"a day of 8 pushes took {len(day_of_8)} connections; is this machine very busy? run it again")
    printer.restart()
    printer.settle(enrolled=True)
    say(f"{plan.idle_s:g} s of idleness")
    time.sleep(SETTLE_S)
    listening = listening_sockets(printer.pid)
    before = printer.switches()
    time.sleep(plan.idle_s)
    wakes = printer.switches() - before
    say(f"{plan.calls} calls of job_finished, and as many of fsync in turn")
    took_s: list[float] = []
    fsync_s: list[float] = []
    while len(took_s) < plan.calls:
        count = min(FSYNCS_A_ROUND, plan.calls - len(took_s))
        took_s += printer.times(printer.jobs(count))
        fsync_s += printer.times(printer.ask("sync", str(plan.directory / "yardstick"), count))
    printer.push()
    rss_after_bytes = printer.status_line("VmRSS") * 1024
    window.check("jobs", printer.jobs_made)
    window.check("alerts", alerts_made)
    return Measured(
        pushes=tuple(pushes), day=tuple(day), day_of_8=tuple(day_of_8),
        bare_rss_bytes=bare_rss_bytes(), rss_bytes=rss_bytes, rss_after_bytes=rss_after_bytes,
        took_s=tuple(took_s), fsync_s=tuple(fsync_s), listening=listening, wakes=wakes, idle_s=plan.idle_s,
        job_seen_s=tuple(job_seen_s), alert_seen_s=tuple(alert_seen_s),
        jobs=len(printer.jobs_made), alerts=len(alerts_made), filesystem=filesystem_of(plan.directory),
    )  # fmt: skip


def _day(printer: "Printer", relay: Relay, *, resumed: bool) -> list[Carried]:
    """resumed: whether pushes are less than two hours apart, which is the life of a ticket."""
    day: list[Carried] = []
    for _ in range(8):
        if not resumed:
            printer.ask("forget")
        printer.jobs(25)
        printer.settle(jobs_left=True)
        printer.push()
        day += relay.taken()
    return day


class Printer:
    """The printer's process."""

    def __init__(self, directory: Path, url: str, code: str) -> None:
        self._words = [sys.executable, "-m", "inkwire.bench.connect_printer", str(directory), url, code]
        self.jobs_made: list[str] = []
        self._next = 0
        self._child = self._start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def ask(self, *order: object) -> dict[str, object]:
        """Give an order; what it answered. Raises BenchError when it ended."""
        assert self._child.stdin is not None and self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(order).encode() + b"\n")
            self._child.stdin.flush()
            answer = self._child.stdout.readline()
        except OSError as error:
            raise BenchError("the printer's process ended early; what it said stands above") from error
        if not answer:
            raise BenchError("the printer's process ended early; what it said stands above")
        said: dict[str, object] = json.loads(answer)
        return said

    def jobs(self, count: int) -> dict[str, object]:
        """Finish so many jobs."""
        done = self.ask("jobs", self._next, count)
        self.jobs_made += [f"{self.pid}-{number}" for number in range(self._next, self._next + count)]
        self._next += count
        return done

    @staticmethod
    def times(done: dict[str, object]) -> list[float]:
        """The seconds that each call took."""
        took_s = done["took_s"]
        assert isinstance(took_s, list)
        return [float(each) for each in took_s]

    def push(self) -> None:
        """Push by hand, and wait until the portal has it. Raises BenchError."""
        before = self.ask("stands")["delivered"]
        self.ask("push")
        self.settle(delivered=int(str(before)) + 1)

    def settle(self, *, enrolled: bool = False, jobs_left: bool = False, delivered: int = 0) -> None:
        """Until the portal has everything, and so many batches. Raises BenchError when that takes too long."""
        end_s = time.monotonic() + READY_S_MAX
        while True:
            stands = self.ask("stands")
            sent = not stands["unsent"] and int(str(stands["delivered"])) >= delivered
            if stands["enrolled"] and sent and (jobs_left or enrolled or not stands["left"]):
                return
            if time.monotonic() > end_s:
                raise BenchError(f"the printer still holds something back: {stands['problem'] or stands}")
            time.sleep(0.01)

    def restart(self, *, jobs_max: int = 19) -> None:
        """Power off and on. jobs_max: the trigger."""
        self.close()
        self._child = self._start(jobs_max)

    def status_line(self, name: str) -> int:
        """A number of /proc/PID/status."""
        return status_number(f"/proc/{self.pid}/status", name)

    def switches(self) -> int:
        """How often a thread of it gave up the processor of itself: each wake-up ends in one."""
        tasks = Path(f"/proc/{self.pid}/task")
        return sum(status_number(f"{each}/status", "voluntary_ctxt_switches") for each in tasks.iterdir())

    def close(self) -> None:
        """End it in order."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _start(self, jobs_max: int = 19) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([*self._words, str(jobs_max)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class Window:
    """The portal's export, looked at again and again."""

    def __init__(self, port: int, ca: Path, token: str) -> None:
        self._connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=30, context=ssl.create_default_context(cafile=str(ca))
        )
        self._headers = {"Authorization": f"Bearer {token}"}

    def close(self) -> None:
        """Look no more."""
        self._connection.close()

    def rows(self, kind: str) -> list[str]:
        """The ids that the portal shows. Raises BenchError."""
        self._connection.request("GET", f"/v1/export/{kind}.jsonl", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise BenchError(f"the portal answered {answer.status} to the export of {kind}")
        return [str(json.loads(line)[f"{kind[:-1]}_id"]) for line in body.splitlines()]

    def seen(self, kind: str, wanted: str) -> float:
        """When a row was first seen, monotonic. Raises WrongReplyError when it never is."""
        end_s = time.monotonic() + READY_S_MAX
        while time.monotonic() < end_s:
            if wanted in self.rows(kind):
                return time.monotonic()
            time.sleep(0.005)
        raise WrongReplyError(f"{wanted} never came to the portal")

    def check(self, kind: str, made: Sequence[str]) -> None:
        """Raises WrongReplyError unless the portal shows exactly what was made."""
        shown = Counter(self.rows(kind))
        if shown != Counter(made):
            lost, more = Counter(made) - shown, shown - Counter(made)
            raise WrongReplyError(f"of {len(made)} {kind} {lost.total()} are lost and {more.total()} too many")


def listening_sockets(pid: int) -> int:
    """How many TCP sockets of a process listen, and UDP sockets wait for anybody."""
    own = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed a moment ago
            own.add(os.readlink(each))
    found = 0
    for name, states in (("tcp", ("0A",)), ("tcp6", ("0A",)), ("udp", ("07",)), ("udp6", ("07",))):
        for row in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = row.split()
            found += fields[3] in states and f"socket:[{fields[9]}]" in own
    return found


def bare_rss_bytes() -> int:
    """Resident memory of an interpreter that did nothing but read its own: the median of five."""
    program = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(5)]
    return int(statistics.median(int(each) for each in runs)) * 1024


def status_number(path: str, name: str) -> int:
    """A number of a status file of /proc; 0 when the task has just ended."""
    try:
        lines = Path(path).read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def filesystem_of(path: Path) -> str:
    """The kind of filesystem that a path is on."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, this = line.split()[:3]
        if len(place) > len(best) and path.resolve().is_relative_to(place):
            best, kind = place, this
    return kind


def _portal_port(portal: Child) -> int:
    """The port that the portal took. Raises BenchError."""
    end_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < end_s:
        try:
            portal.check_alive()
        except ChildError as error:
            raise BenchError(str(error)) from error
        for word in portal.log.read_text(errors="replace").split():
            if word.startswith("https://127.0.0.1:") and word.rsplit(":", 1)[1].rstrip("/.,").isdigit():
                return int(word.rsplit(":", 1)[1].rstrip("/.,"))
        select.select([], [], [], 0.05)
    raise BenchError(f"the portal did not say where it listens; its last words:\n{portal.last_words()}")
