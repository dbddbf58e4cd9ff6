"""The demo's processes: started in order, ended in reverse, never left behind.

1. Each child leads a session of its own, so Ctrl-C reaches the demo only, and the demo ends them in order.
2. A child dies with the demo, even if the demo is killed (PR_SET_PDEATHSIG, where the system has it).
3. What a child says goes to a log file of its own; the demo shows the end of it when the child fails.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
STOP_S_MAX: Final = 20.0
LOG_LINES_SHOWN: Final = 12


class ChildError(Exception):
    """A child did not start, or ended when it should not have."""


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class Child:
    """One program of the demo. words: what follows `inkwire` on its command line."""

    name: str
    words: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, for a person who wants to kill it. Raises ChildError when it never ran."""
        if self.running is None:
            raise ChildError(f"the {self.name} was not started")
        return self.running.pid

    def start(self) -> None:
        """Start, or start again; the log grows."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "inkwire", *self.words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def ended(self) -> int | None:
        """The exit code, or None while it runs."""
        return None if self.running is None else self.running.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the child is still there."""
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(number)

    def stop(self, wait_s: float = STOP_S_MAX) -> None:
        """SIGTERM, a while to finish, then SIGKILL."""
        if self.running is None or self.running.poll() is not None:
            return
        self.running.terminate()
        try:
            self.running.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def last_words(self) -> str:
        """The end of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line}" for line in lines[-LOG_LINES_SHOWN:])

    def check_alive(self) -> None:
        """Raises ChildError with the child's last words when it has ended."""
        if (code := self.ended()) is not None:
            raise ChildError(f"the {self.name} ended with code {code}; its last words:\n{self.last_words()}")


@dataclass(slots=True)
class Family:
    """All children, in order of their start."""

    children: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> Child:
        """Start a child and remember it."""
        child.start()
        self.children.append(child)
        return child

    def stop_all(self) -> None:
        """End them, the last one first: senders before the portal they send to."""
        for child in reversed(self.children):
            child.stop()


def run_once(words: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> str:
    """Run one inkwire command to its end and return what it printed. Raises ChildError with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", *words],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise ChildError(f"inkwire {' '.join(words[:2])} failed with code {done.returncode}: {said}")
    return done.stdout
