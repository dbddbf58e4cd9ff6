"""Programs run as an operator runs them, wrongly: what they say, and what they keep."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
START_S_MAX: Final = 30.0
SAID_LINES_MAX: Final = 3
SAID_LETTERS_MAX: Final = 420


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a program ended."""

    code: int
    out: str
    err: str

    def must_be(self, code: int, *remedies: str) -> None:
        """One short paragraph on stderr with the remedy, and this exit code."""
        assert self.code == code, (self.code, self.err)
        assert "Traceback" not in self.err + self.out
        told = [line for line in self.err.splitlines() if not line.startswith("usage:") and line.strip(" ^")]
        assert 1 <= len(told) <= SAID_LINES_MAX, self.err
        assert len(self.err) <= SAID_LETTERS_MAX, self.err
        for remedy in remedies:
            assert remedy in self.err, self.err


def environment() -> dict[str, str]:
    """This process's, without what would change the programs' minds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INKWIRE_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def inkwire(*words: str, stdin: str = "", **changes: str) -> Said:
    """Run to the end. changes: to the environment."""
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", *words],
        input=stdin,
        capture_output=True,
        text=True,
        env={**environment(), **changes},
        timeout=60,
        check=False,
    )
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


@contextmanager
def running(*words: str, log: Path, ready: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has made its ready file; ended at the end."""
    with log.open("wb") as said:
        child = subprocess.Popen([sys.executable, "-m", "inkwire", *words], env=environment(), stdout=said, stderr=said)
    try:
        end_s = time.monotonic() + START_S_MAX
        while not ready.exists():
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.05)
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def portal(state: Path, port: int, log: Path | None = None) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """`portal serve` at this port."""
    return running(
        "portal", "serve", "--state", str(state), "--listen", f"127.0.0.1:{port}",
        log=log or state.with_suffix(".log"), ready=state / "serving.json",
    )  # fmt: skip


def claim(state: Path, count: int = 1) -> list[str]:
    """New claim codes of a portal."""
    made = inkwire("portal", "create-claim", "--state", str(state), "--count", str(count))
    assert made.code == 0, made.err
    return made.out.split()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses on any address of this machine."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def state_of(directory: Path) -> dict[str, object]:
    """What a collector last said about itself."""
    found: dict[str, object] = json.loads((directory / "state.json").read_text())
    return found
