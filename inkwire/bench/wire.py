"""`inkwire bench wire`: what the collector's scans cost on the wire, every layer, both directions, upload included.

A network namespace holds printers, addresses where nobody is, a portal and the collector as a service. Every frame that
leaves any of its interfaces is counted once, with its Ethernet header, and told apart by scapy.
1. The first scan of a service is thorough: it has enrolled, knows nobody, and makes one TLS connection.
2. A later scan, asked for by hand, uploads all it read: what a site pays that reads every three hours.
3. A site that reads oftener uploads only what is news, and the rest every three hours: the mean of HALF_DAY scans,
   half an hour apart on the clock of collector and printers, on a day when hardly anybody prints. TLS sessions are
   over after two hours of that clock too.
ARP is not in the figures: the addresses are routed, as in any network of more than one segment.
"""

import json
import select
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from inkwire.bench.collect import own_network
from inkwire.bench.connect import _portal_port
from inkwire.bench.errors import BenchError
from inkwire.demo.children import Child, ChildError, run_once

NETWORK: Final = "10.77.0"
PRINTERS: Final = 13
QUIET_S: Final = 4.0
SCAN_S_MAX: Final = 60.0
HALF_DAY: Final = 24
EVERY_S: Final = 1_800
SPEED: Final = 600
QUIET_DAY: Final = "2026-11-21T03:00:00Z"
"""A Saturday, on which hardly anybody prints."""
_ETH_P_ALL: Final = 3
_PACKET_OUTGOING: Final = 4
_FRAME_BYTES_MAX: Final = 65_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the trade's table. goal: a quarter of what the trade says."""

    name: str
    targets: tuple[str, ...]
    printers: int
    trade_bytes: int

    @property
    def goal_bytes(self) -> int:
        """At most so many."""
        return self.trade_bytes // 4


CASES: Final = (
    Case(name="1 blank address", targets=(f"{NETWORK}.200",), printers=0, trade_bytes=5_280),
    Case(name="1 printer", targets=(f"{NETWORK}.1",), printers=1, trade_bytes=7_260),
    Case(name="1 printer and its /24", targets=(f"{NETWORK}.1", f"{NETWORK}.14-254"), printers=1, trade_bytes=96_300),
    Case(name="13 printers in a /24", targets=(f"{NETWORK}.0/24",), printers=PRINTERS, trade_bytes=111_530),
)
"""What makers of such collectors promise; the /24 of the third case lacks the twelve other printers of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The bytes of one scan by what they carried: snmp, icmp, web (HTTP, IPP of printers), upload.

    mean: of the scans of half a day; empty where nothing is uploaded.
    """

    case: Case
    first: dict[str, int]
    later: dict[str, int]
    mean: dict[str, int] = field(default_factory=dict)


class Ear:
    """Counts frames of all interfaces of this namespace. Needs the right to open packet sockets."""

    def __init__(self, portal_port: int) -> None:
        from scapy.layers.inet import ICMP, TCP, UDP
        from scapy.layers.l2 import Ether

        self._ether, self._icmp, self._tcp, self._udp = Ether, ICMP, TCP, UDP
        self._portal_port = portal_port
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)

    def until_quiet(self, ended: Callable[[], None]) -> dict[str, int]:
        """Bytes by kind until nothing was heard for QUIET_S. Raises BenchError when that takes too long."""
        counted: Counter[str] = Counter()
        end_s = time.monotonic() + SCAN_S_MAX
        while time.monotonic() < end_s:
            ready, _, _ = select.select([self._socket], [], [], QUIET_S)
            ended()
            if not ready:
                return dict(counted)
            frame, where = self._socket.recvfrom(_FRAME_BYTES_MAX)
            if where[2] == _PACKET_OUTGOING:
                counted[self._kind(self._ether(frame))] += len(frame)
        raise BenchError(f"the collector is not quiet after {SCAN_S_MAX:.0f} s")

    def until(self, over: Callable[[], bool]) -> dict[str, int]:
        """Bytes by kind until it is over; asked twice a second. Raises BenchError when that takes too long."""
        counted: Counter[str] = Counter()
        end_s = time.monotonic() + 2 * HALF_DAY * EVERY_S / SPEED + SCAN_S_MAX
        look_s = 0.0
        while (now_s := time.monotonic()) < end_s:
            if now_s >= look_s:
                look_s = now_s + 0.5
                if over():
                    return dict(counted)
            if select.select([self._socket], [], [], 0.5)[0]:
                frame, where = self._socket.recvfrom(_FRAME_BYTES_MAX)
                if where[2] == _PACKET_OUTGOING:
                    counted[self._kind(self._ether(frame))] += len(frame)
        raise BenchError("half a day of scans is not over in time; is this machine very busy? run it again")

    def _kind(self, frame: Any) -> str:
        if frame.haslayer(self._tcp):
            ports = (frame[self._tcp].sport, frame[self._tcp].dport)
            return "upload" if self._portal_port in ports else "web"
        if frame.haslayer(self._icmp):
            return "icmp"
        return "snmp" if frame.haslayer(self._udp) else "other"

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def measure(folder: Path, say: Callable[[str], None]) -> list[Counted]:
    """All four cases. Raises BenchError."""
    if not own_network():
        raise BenchError("it needs a network namespace of its own: run it as root, with iproute2 installed")
    _lay_out()
    state = ["--state", str(folder / "portal")]
    words = ["sim", "run", "--count", str(PRINTERS), "--first-address", f"{NETWORK}.1", "--snmp-port", "161"]
    words += ["--http-port", "80", "--ipp-port", "631", "--hours", "office", "--ready-file", str(folder / "ready")]
    fleet = Child("fleet", words, folder / "fleet.log")
    portal = Child("portal", ["portal", "serve", *state, "--listen", "127.0.0.1:0"], folder / "portal.log")
    try:
        run_once(["portal", "migrate", *state], {})
        portal.start()
        fleet.start()
        port = _portal_port(portal)
        _wait_for(folder / "ready", fleet)
        counted = []
        for number, case in enumerate(CASES):
            say(case.name)
            claim = run_once(["portal", "create-claim", *state], {}).strip()
            counted.append(_case(folder, number, case, port, claim))
        clock = f"{QUIET_DAY},{time.time()},{SPEED}"
        fleet = _again(fleet, clock, folder / "ready")
        for number, case in enumerate(CASES):
            if case.printers:
                say(f"{case.name}, every half hour")
                claim = run_once(["portal", "create-claim", *state], {}).strip()
                mean = _half_day(folder, number, case, port, claim, clock)
                counted[number] = replace(counted[number], mean=mean)
        return counted
    except ChildError as error:
        raise BenchError(str(error)) from error
    finally:
        fleet.stop()
        portal.stop()


def _case(folder: Path, number: int, case: Case, port: int, claim: str) -> Counted:
    config = folder / f"case-{number}.toml"
    targets = ", ".join(f'"{one}"' for one in case.targets)
    config.write_text(
        f'[portal]\nurl = "https://127.0.0.1:{port}"\n[collector]\ndirectory = "{folder / f"case-{number}"}"\n'
        f'[[profile]]\nname = "bench"\ntargets = [{targets}]\n'
    )
    ear = Ear(port)
    service = Child("collector", ["collect", "run", str(config), "--claim", claim], folder / f"case-{number}.log")
    try:
        service.start()
        time.sleep(QUIET_S)  # a Python that loads sends nothing yet
        first = ear.until_quiet(service.check_alive)
        service.signal(signal.SIGUSR1)
        later = ear.until_quiet(service.check_alive)
    finally:
        service.stop()
        ear.close()
    if not later:
        raise BenchError(f"the collector did not scan again; its last words:\n{service.last_words()}")
    return Counted(case=case, first=first, later=later)


def _again(fleet: Child, clock: str, ready: Path) -> Child:
    """The same printers on another clock."""
    fleet.stop()
    ready.unlink(missing_ok=True)
    fast = replace(fleet, words=[*fleet.words, "--clock", clock, "--load", "0.001"], running=None)
    fast.start()
    _wait_for(ready, fast)
    return fast


def _half_day(folder: Path, number: int, case: Case, port: int, claim: str, clock: str) -> dict[str, int]:
    """The mean bytes by kind of HALF_DAY scans by schedule, after the first."""
    config, home = folder / f"day-{number}.toml", folder / f"day-{number}"
    targets = ", ".join(f'"{one}"' for one in case.targets)
    config.write_text(
        f'[portal]\nurl = "https://127.0.0.1:{port}"\n[collector]\ndirectory = "{home}"\n'
        f"interval_s = {EVERY_S}\nrange_interval_s = {EVERY_S}\n"
        f'[[profile]]\nname = "bench"\ntargets = [{targets}]\n'
    )
    words = ["collect", "run", str(config), "--claim", claim, "--clock", clock]
    service = Child("collector", words, folder / f"day-{number}.log")
    ear = Ear(port)

    def scans() -> int:
        service.check_alive()
        try:
            return int(json.loads((home / "state.json").read_text())["scans"])
        except FileNotFoundError:
            return 0

    try:
        service.start()
        ear.until(lambda: scans() >= 2)
        begun = scans()
        counted = ear.until(lambda: scans() >= begun + HALF_DAY)
        made = scans() - begun
    finally:
        service.stop()
        ear.close()
    return {kind: round(size / made) for kind, size in counted.items()}


def _lay_out() -> None:
    """Printers on loopback, everybody else of their network behind a wire that ends nowhere."""
    commands = ["link add ikw0 type veth peer name ikw1", "link set ikw0 up arp off", "link set ikw1 up arp off"]
    commands += ["addr add 10.78.0.1/32 dev lo", f"route add {NETWORK}.0/24 dev ikw0"]
    commands += [f"route add local {NETWORK}.{host}/32 dev lo" for host in range(1, PRINTERS + 1)]
    for command in commands:
        made = subprocess.run(["ip", *command.split()], capture_output=True, text=True, check=False)
        if made.returncode:
            raise BenchError(f"ip {command}: {made.stderr.strip()}")


def _wait_for(ready: Path, fleet: Child) -> None:
    end_s = time.monotonic() + SCAN_S_MAX
    while not ready.exists():
        fleet.check_alive()
        if time.monotonic() > end_s:
            raise BenchError(f"the fleet did not start; its last words:\n{fleet.last_words()}")
        time.sleep(0.05)


def table(made: list[Counted]) -> str:
    """Our bytes beside the trade's."""
    lines = [f"{'bytes of a scan':24}{'the trade':>10}{'a quarter':>10}{'first':>9}{'later':>9}   later, by kind"]
    for one in made:
        lines.append(
            f"{one.case.name:24}{one.case.trade_bytes:10}{one.case.goal_bytes:10}"
            f"{sum(one.first.values()):9}{sum(one.later.values()):9}   {_judged(one.case, one.later)}"
        )
        if one.mean:
            lines.append(f"{'  every half hour, mean':53}{sum(one.mean.values()):9}   {_judged(one.case, one.mean)}")
    lines.append(
        "first: with enrolment, and thorough; later: the same scan again by the same service, all of it uploaded"
    )
    lines.append(f"mean: of {HALF_DAY} scans by schedule; what says nothing new is uploaded every three hours")
    return "\n".join(lines)


def _judged(case: Case, counted: dict[str, int]) -> str:
    kinds = ", ".join(f"{kind} {size}" for kind, size in sorted(counted.items()))
    return f"{'met' if sum(counted.values()) <= case.goal_bytes else 'MISSED'}: {kinds}"


def as_json(made: list[Counted]) -> dict[str, object]:
    """The same for programs."""
    return {
        "bench": "wire",
        "cases": [
            {
                "case": one.case.name,
                "trade_bytes": one.case.trade_bytes,
                "goal_bytes": one.case.goal_bytes,
                "first": one.first,
                "later": one.later,
                "first_bytes": sum(one.first.values()),
                "later_bytes": sum(one.later.values()),
                "mean": one.mean,
                "mean_bytes": sum(one.mean.values()),
            }
            for one in made
        ],
    }
