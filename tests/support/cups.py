"""A print scheduler (CUPS) for one test: on a port and a socket of its own, with files of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.bad_input import free_port
from tests.support.device_sim_printing import tool

WAIT_S_MAX = 60.0

FILES = """SystemGroup root
ServerRoot {folder}/etc
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
FatalErrors none
"""
SCHEDULER = """LogLevel debug
Listen 127.0.0.1:{port}
Browsing No
WebInterface No
DefaultAuthType None
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""


class Scheduler:
    """CUPS on a port of its own, with files of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self.server, self.socket = folder, f"127.0.0.1:{port}", folder / "cups.sock"

    def run(self, name: str, *words: str) -> str:
        """What a CUPS command says; fails the test where it fails."""
        environment = {**os.environ, "CUPS_SERVER": self.server, "LC_ALL": "C"}
        done = subprocess.run(
            [tool(name, "cups-client"), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr + self.log()[-2000:]
        return done.stdout

    def log(self) -> str:
        """What it wrote to its error log so far."""
        path = self._folder / "log" / "error"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def scheduler(queues: str = "", more: str = "") -> Iterator[Scheduler]:
    """Skips where CUPS is not installed. Its filters run as another user, who must be able to read the folder.

    queues: a printers.conf to begin with, for ports this machine does not have. Then CUPS listens on a socket too.
    more: lines for its cupsd.conf.
    """
    program = tool("cupsd", "cups-daemon")
    if not Path("/usr/lib/cups/filter/pdftopdf").exists():
        pytest.skip("SKIPPED LOUDLY: CUPS' filters are not installed (Debian package cups-filters)")
    folder = Path(tempfile.mkdtemp(prefix="inkwire-cups-"))
    folder.chmod(0o711)
    port = free_port()
    for name in ("etc", "spool", "cache", "state", "tmp", "log"):
        (folder / name).mkdir()
    if queues:
        (folder / "etc" / "printers.conf").write_text(queues)
    (folder / "files.conf").write_text(FILES.format(folder=folder))
    (folder / "cupsd.conf").write_text(
        (f"Listen {folder}/cups.sock\n" if queues else "") + SCHEDULER.format(port=port) + more
    )
    child = subprocess.Popen(
        [program, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "files.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        made = Scheduler(folder, port)
        until(lambda: _answers(port), "the scheduler does not answer")
        yield made
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def until(holds: Callable[[], bool], complaint: str) -> None:
    """Wait for something other programs do."""
    end_s = time.monotonic() + WAIT_S_MAX
    while not holds():
        assert time.monotonic() < end_s, complaint
        time.sleep(0.1)
