"""The processes that are measured: started, waited for, their CPU time read, ended.

Everything they write lies in one folder that goes with the run.
"""

import contextlib
import importlib.util
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkwire.bench.echo_c import compile_echo
from inkwire.bench.errors import BenchError
from inkwire.bench.load import Plain, Target, Wire, check_echo
from inkwire.bench.questions import Question, questions, read_reply
from inkwire.bench.v3 import AUTH_PASSWORD, PRIV_PASSWORD, USER, USER_WORD, Secured

OURS: Final = "inkwire sim"
SNMPSIM: Final = "snmpsim"
SNMPD: Final = "snmpd"
PYSNMP: Final = "pysnmp"
ECHO_C: Final = "C echo"
ECHO_PYTHON: Final = "Python echo"
FIRST_ADDRESS: Final = "127.1.0.1"
PROFILE_RECORDED: Final = "color-laserjet-m479"
ENGINES_MAX: Final = 4096
"""Of so many printers the engines are discovered and asked in SNMPv3: of as many the simulator keeps keys."""
EPOCH: Final = "2026-11-16T07:30:00Z"
"""Where the virtual time of the fleet begins: lives are a function of it, and can be lived again."""
START_S_MAX: Final = 40.0
END_S_MAX: Final = 5.0
WAIT_STEP_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A process that answers.

    wire: how it is asked. secured: how it is asked in SNMPv3, None where it is not.
    share: how many questions it gets where ours gets 1, because it is slower. first_answer_s: real seconds from its
    start to its first answer, known of ours alone.
    """

    name: str
    process: subprocess.Popen[bytes]
    target: Target
    wire: Wire
    secured: Secured | None = None
    share: float = 1.0
    lives: bool = False
    first_answer_s: float | None = None

    @property
    def engines(self) -> Target:
        """Where it is asked in SNMPv3."""
        return Target(addresses=self.target.addresses[:ENGINES_MAX], port=self.target.port)

    def way(self, question: Question) -> tuple[Target, Wire] | None:
        """Where and how it is asked that question; None where it cannot be."""
        if not question.secured:
            return self.target, self.wire
        return None if self.secured is None else (self.engines, self.secured)

    def rss_bytes(self) -> int:
        """Memory that it holds at this moment (VmRSS)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def cpu_s(self) -> float:
        """CPU seconds that it has used. Raises BenchError when it has ended."""
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended by itself with exit code {self.process.returncode}")
        return cpu_seconds(self.process.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A yardstick that is not here, and why."""

    name: str
    reason: str


def cpu_seconds(pid: int) -> float:
    """CPU time of a process that lives: of its threads to the nanosecond, else utime and stime in ticks."""
    threads = Path(f"/proc/{pid}/task")
    try:
        parts = [int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir()]
    except (OSError, IndexError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return sum(parts) / 1e9


def free_udp_port() -> int:
    """A UDP port that was free on all addresses a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("0.0.0.0", 0))
        number: int = probe.getsockname()[1]
        return number


def free_tcp_port() -> int:
    """A TCP port that was free on all addresses a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("0.0.0.0", 0))
        number: int = probe.getsockname()[1]
        return number


class Servers:
    """Starts what is to be measured, in one folder; `close` ends all of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End every process that was started here."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
        for process in self._started:
            try:
                process.wait(END_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def ours(self, printers: int) -> Serving:
        """A fleet of `inkwire sim run`, one profile after another, people printing day and night; SNMP and HTTP."""
        port, ready, started_s = free_udp_port(), self._folder / "fleet.ready", time.monotonic()
        words = ["-m", "inkwire", "sim", "run", "--count", str(printers), "--first-address", FIRST_ADDRESS]
        words += ["--snmp-port", str(port), "--http-port", str(free_tcp_port())]
        words += ["--ipp-port", "0", "--hours", "always", "--clock", f"{EPOCH},{time.time():.3f},1"]
        words += ["--user", USER_WORD]
        process = self._start(OURS, [sys.executable, *words, "--ready-file", str(ready)])
        self._wait(OURS, process, lambda: _answers(port, FIRST_ADDRESS))
        first_answer_s = time.monotonic() - started_s
        self._wait(OURS, process, ready.exists)
        first = ipaddress.IPv4Address(FIRST_ADDRESS)
        addresses = tuple(str(first + place) for place in range(printers))
        return Serving(
            name=OURS,
            process=process,
            target=Target(addresses=addresses, port=port),
            wire=Plain(read_reply),
            secured=Secured(),
            lives=True,
            first_answer_s=first_answer_s,
        )

    def echo_python(self) -> Serving:
        """The Python echo."""
        port = free_udp_port()
        process = self._start(ECHO_PYTHON, [sys.executable, "-m", "inkwire.bench.echo_python", "127.0.0.1", str(port)])
        self._wait(ECHO_PYTHON, process, lambda: _answers(port))
        return self._single(ECHO_PYTHON, process, port, Plain(check_echo))

    def echo_c(self, target: Target) -> Serving | Skipped:
        """The C echo, asked at the addresses of another target."""
        program = compile_echo(self._folder)
        if program is None:
            return Skipped(name=ECHO_C, reason="no C compiler (cc, gcc or clang) is installed")
        port = free_udp_port()
        process = self._start(ECHO_C, [str(program), str(port)])
        self._wait(ECHO_C, process, lambda: _answers(port))
        return Serving(
            name=ECHO_C, process=process, target=Target(addresses=target.addresses, port=port), wire=Plain(check_echo)
        )

    def snmpsim(self) -> Serving | Skipped:
        """snmpsim with the recording of one of our printers."""
        beside = Path(sys.executable).with_name("snmpsim-command-responder")
        program = str(beside) if beside.exists() else shutil.which(beside.name)
        if program is None:
            return Skipped(name=SNMPSIM, reason="it is not installed (pip install 'inkwire[dev]')")
        port, recordings = free_udp_port(), self._folder / "recordings"
        recordings.mkdir()
        (recordings / "public.snmprec").write_text("\n".join(_recording()) + "\n")
        words = [program, "--quiet", "--logging-method=null", f"--data-dir={recordings}"]
        words += [f"--cache-dir={self._folder / 'cache'}", f"--agent-udpv4-endpoint=127.0.0.1:{port}"]
        (self._folder / "cache").mkdir()
        if os.geteuid() == 0:  # it asks whom to become, and another user might not read this Python
            words += ["--process-user=root", "--process-group=root"]
        process = self._start(SNMPSIM, words)
        self._wait(SNMPSIM, process, lambda: _answers(port))
        return self._single(SNMPSIM, process, port, Plain(read_reply), 1 / 200)

    def pysnmp(self) -> Serving | Skipped:
        """pysnmp's command responder with the values of one of our printers, ready made in memory."""
        if importlib.util.find_spec("pysnmp") is None:
            return Skipped(name=PYSNMP, reason="it is not installed (pip install 'inkwire[dev]')")
        port, written = free_udp_port(), self._folder / "pysnmp.snmprec"
        written.write_text("\n".join(_recording()) + "\n")
        words = [sys.executable, "-m", "inkwire.bench.pysnmp_agent", str(written), str(port)]
        words += [USER, AUTH_PASSWORD, PRIV_PASSWORD]
        process = self._start(PYSNMP, words)
        self._wait(PYSNMP, process, lambda: _answers(port))
        return self._single(PYSNMP, process, port, Plain(read_reply), 1 / 200, Secured())

    def snmpd(self) -> Serving | Skipped:
        """net-snmp's agent, told to show the values of one of our printers."""
        program = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            return Skipped(name=SNMPD, reason="it is not installed (Debian package snmpd)")
        port, written = free_udp_port(), self._folder / "snmpd.conf"
        written.write_text("\n".join(("rocommunity public 127.0.0.1", *_overrides(_recording()))) + "\n")
        words = [program, "-f", "-C", "-c", str(written), "-Ln", "-r", "-p", str(self._folder / "snmpd.pid")]
        os.environ.setdefault("SNMP_PERSISTENT_DIR", str(self._folder))
        process = self._start(SNMPD, [*words, f"udp:127.0.0.1:{port}"])
        self._wait(SNMPD, process, lambda: _answers(port))
        return self._single(SNMPD, process, port, Plain(read_reply), 1 / 10)

    def _single(
        self,
        name: str,
        process: subprocess.Popen[bytes],
        port: int,
        wire: Wire,
        share: float = 1.0,
        secured: Secured | None = None,
    ) -> Serving:
        target = Target(addresses=("127.0.0.1",), port=port)
        return Serving(name=name, process=process, target=target, wire=wire, share=share, secured=secured)

    def _start(self, name: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name.replace(' ', '-')}.log").open("wb") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder)
        self._started.append(process)
        return process

    def _wait(self, name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        end_s = time.monotonic() + START_S_MAX
        while not ready():
            if process.poll() is not None or time.monotonic() > end_s:
                log = (self._folder / f"{name.replace(' ', '-')}.log").read_text(errors="replace").strip()
                raise BenchError(f"{name} does not start: {log[-400:] or 'it says nothing'}")
            time.sleep(WAIT_STEP_S)


def _answers(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something answers, or echoes, a request."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.settimeout(0.3)
        probe.connect((address, port))
        probe.send(questions()[0].datagram)
        return bool(probe.recv(8192))
    return False


def _recording() -> list[str]:
    """One of our printers as lines of .snmprec."""
    from device_sim.core.birth import born
    from device_sim.core.walk import walk_lines
    from device_sim.profiles_shelf import load_profile

    return list(walk_lines(born(load_profile(PROFILE_RECORDED), 1, 0, "127.1.0.1", time.time())))


_OVERRIDE_TYPES: Final = {
    "2": "integer", "4": "octet_str", "4x": "octet_str", "6": "object_id", "65": "counter", "66": "uinteger",
    "67": "timeticks",
}  # fmt: skip


def _overrides(recording: Sequence[str]) -> Iterator[str]:
    """The same values as lines of snmpd.conf."""
    for line in recording:
        oid, tag, value = line.split("|", 2)
        if tag == "4":
            yield f'override .{oid} octet_str "{value}"'
        elif tag == "4x":
            yield f"override .{oid} octet_str 0x{value}"
        elif tag in _OVERRIDE_TYPES:
            yield f"override .{oid} {_OVERRIDE_TYPES[tag]} {'.' if tag == '6' else ''}{value}"
