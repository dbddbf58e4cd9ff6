"""The service manager of this machine, asked by its own commands. Source: systemctl(1), systemd-sysusers(8)."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data_collector.core.unit import UNIT_NAME

_BOOTED: Final = Path("/run/systemd/system")
_TOOLS_S: Final = 120.0


class ServiceError(Exception):
    """It cannot be done here; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service lives: this machine (None), or what is mounted at root."""

    root: Path | None = None

    def on(self, path: str) -> Path:
        """Where this absolute path of the service's machine lies for us."""
        return Path(path) if self.root is None else self.root / path.lstrip("/")

    def require(self) -> None:
        """Raises ServiceError unless a service can be installed here."""
        if self.root is not None:
            if not self.root.is_dir():
                raise ServiceError(f"--root {self.root} is no directory")
            return
        if not _BOOTED.is_dir():
            raise ServiceError(
                "this machine was not started by systemd, so there is nobody to run a service: start "
                "`inkwire collect run CONFIG.toml` from whatever starts programs here, or use --root for an image"
            )
        if os.geteuid() != 0:
            raise ServiceError("installing and removing a service needs root: use sudo")


def enable(place: Place) -> None:
    """Start the service with the machine. Raises ServiceError."""
    if place.root is None:
        reload()
    systemctl(*(() if place.root is None else (f"--root={place.root}",)), "enable", "--quiet", UNIT_NAME)


def reload() -> None:
    """Make systemd read its units again. Raises ServiceError."""
    systemctl("daemon-reload")


def restart() -> None:
    """Start it now, with what is installed now. Raises ServiceError."""
    systemctl("restart", UNIT_NAME)


def active() -> bool:
    """Whether the service runs, or is being started again."""
    return said("is-active", UNIT_NAME) in ("active", "activating", "reloading")


def said_by_manager() -> str | None:
    """In systemd's words: what the service does now; None where no systemd runs."""
    if not _BOOTED.is_dir() or shutil.which("systemctl") is None:
        return None
    return said("show", "--property=ActiveState,SubState,Result", "--value", UNIT_NAME).replace("\n", ", ") or None


def systemctl(*words: str) -> bool:
    """Run it; True. Raises ServiceError."""
    run(["systemctl", *words])
    return True


def said(*words: str) -> str:
    """What systemctl prints; nothing when it cannot be run."""
    try:
        done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False, timeout=_TOOLS_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def run(words: list[str]) -> None:
    """Run a tool. Raises ServiceError with what it said."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TOOLS_S)
    except OSError as error:
        raise ServiceError(f"{words[0]} cannot be run ({error.strerror}): is systemd installed?") from error
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"{' '.join(words)} did not end within {_TOOLS_S:g} s") from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        see = f"; see: journalctl -u {UNIT_NAME} -n 20" if words[0] == "systemctl" else ""
        raise ServiceError(f"{' '.join(words)} failed: {said}{see}")
