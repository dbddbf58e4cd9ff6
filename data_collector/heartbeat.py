"""The service's own state in a small file: for a watchdog, and for a person who asks how it is.

A watchdog believes `heartbeat_at` (real time) only: it is written by the loop that scans, so a hung process is dead.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from data_collector.rounds import Round
from wire_format.codec import format_instant

STATE_FILE: Final = "state.json"
EVERY_S: Final = 5.0
"""Real seconds between two heartbeats."""


@dataclass(slots=True, kw_only=True)
class ScanState:
    """The scan under way, or the last one. Times are on the service's clock. turns: of each profile that was due."""

    started_at: str
    turns: dict[str, str]
    finished_at: str | None = None
    addresses: int = 0
    visited: int = 0
    printers: int = 0
    unchanged: int = 0
    failed: int = 0
    new: int = 0
    gone: int = 0
    moved: int = 0

    def follow(self, going: Round) -> None:
        """Take over how far the round is."""
        counters = going.counters
        self.addresses, self.visited = counters.addresses, counters.visited
        self.printers, self.failed = counters.printers, counters.failed
        self.unchanged = counters.unchanged
        self.new, self.gone, self.moved = going.new, going.gone, going.moved

    def told(self) -> dict[str, int]:
        """The counts, as fields of a log line."""
        names = ("addresses", "printers", "unchanged", "new", "gone", "failed")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True, kw_only=True)
class ServiceState:
    """What the file says. trouble: what a person must know, in one sentence; None when all is well.

    settings: what became of the portal's wishes, in one sentence; settings_version: of those.
    """

    pid: int
    sender: str
    started_at: str
    scan: ScanState | None = None
    scans: int = 0
    known_printers: int = 0
    next_scan_at: str | None = None
    enrolled: bool = False
    unsent: int = 0
    set_aside: int = 0
    delivered: int = 0
    trouble: str | None = None
    settings_version: int | None = None
    settings: str = ""


class Heartbeat:
    """Writes the state file, whole or not at all."""

    def __init__(self, directory: Path, state: ServiceState, shown: Path | None = None) -> None:
        """shown: a second folder, where any user of the machine may read it."""
        self._path = directory / STATE_FILE
        self._shown = None if shown is None else shown / STATE_FILE
        self.state = state

    def beat(self) -> None:
        """Write the file. Raises OSError when the disk refuses."""
        text = self.text()
        _write(self._path, text)
        if self._shown is not None:
            _write(self._shown, text, 0o644)

    def text(self) -> str:
        """What `beat` writes."""
        document = {"v": 1, "heartbeat_at": format_instant(datetime.now(UTC)), **asdict(self.state)}
        return json.dumps(document, indent=1) + "\n"


def _write(path: Path, text: str, mode: int | None = None) -> None:
    aside = path.with_name(STATE_FILE + ".new")
    aside.write_text(text, encoding="utf-8")
    if mode is not None:
        aside.chmod(mode)
    os.replace(aside, path)
