"""The truth file on disk: whole at every moment, whoever reads it when."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from device_sim.core.errors import ConfigError

TRUTH_EVERY_S: Final = 2.0


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


class TruthWriter:
    """Writes the truth of a living fleet to its file, now and then. lines: the truth as of now."""

    def __init__(self, file: TruthFile, lines: Callable[[], Iterable[str]], say: Callable[[str], None]) -> None:
        self._file, self._lines, self._say = file, lines, say
        self._one_at_a_time = asyncio.Lock()
        self.trouble: str | None = None
        """Why the last attempt failed; None: it did not."""

    async def keep_writing(self) -> None:
        """Write again and again, a twentieth of the time at most. Ends never."""
        while True:
            started_s = time.monotonic()
            await self.write_now()
            await asyncio.sleep(max(TRUTH_EVERY_S, 20 * (time.monotonic() - started_s)))

    async def write_now(self) -> None:
        """The file holds the truth of this moment; where it cannot be written, that is said once."""
        async with self._one_at_a_time:
            lines = list(self._lines())
            try:
                await asyncio.to_thread(self._file.write, lines)
            except OSError as error:
                if (trouble := error.strerror or str(error)) != self.trouble:
                    self._say(f"the truth file cannot be written ({trouble}); free some room, it is tried again")
                    self.trouble = trouble
            else:
                self.trouble = None
