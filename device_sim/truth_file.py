"""The truth file on disk: whole at every moment, whoever reads it when."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from device_sim.core.errors import ConfigError


class TruthFile:
    """Writes the whole truth beside the file, then renames it into place: a reader sees the old or the new one."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when nothing can be written there."""
        self._path = path
        # A write that nobody waits for any more (its task was cancelled) must end before the last one begins.
        self._writing = threading.Lock()
        self._beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            self.write(())
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError("--truth", "", f"{path} cannot be written ({reason}); choose another file") from error
        path.unlink()

    def write(self, lines: Iterable[str]) -> None:
        """Replace the file by these lines, durably. Raises OSError; the old file stands then."""
        with self._writing:
            try:
                with self._beside.open("w", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in lines)
                    file.flush()
                    os.fsync(file.fileno())
                self._beside.replace(self._path)
            finally:
                self._beside.unlink(missing_ok=True)
