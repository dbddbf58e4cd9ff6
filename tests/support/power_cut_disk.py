"""A real ext4 file system whose power can be cut, as a file on a loop device.

The cut is ext4's own shutdown without a last flush of its log: from then on nothing reaches the disk any more, and
what was written but not synced is gone when it is mounted again. Needs root and a loop device.
"""

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from typing import Final

import pytest

_IOC_SHUTDOWN: Final = 0x8004587D  # EXT4_IOC_SHUTDOWN, fs/ext4/ext4.h
_NO_LOG_FLUSH: Final = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH


class CutDisk:
    """One image with one mount point, mounted from the start."""

    def __init__(self, folder: Path, *, size_mb: int = 16) -> None:
        """Skips the test, and says so, where file systems cannot be made and mounted."""
        self.mount_point = folder / "mounted"
        self._folder, self._number = folder, 0
        self._image = folder / "disk-0.img"
        self._mounted = False
        self.mount_point.mkdir()
        with self._image.open("wb") as image:
            image.truncate(size_mb << 20)
        try:
            _run("mkfs.ext4", "-q", "-F", str(self._image))
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            why = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
            pytest.skip(f"POWER CUTS ARE NOT PROVEN HERE: root and a loop device are needed ({why})")

    def mount(self) -> None:
        """Mount it, and play back its journal."""
        _run("mount", "-o", "loop", str(self._image), str(self.mount_point))
        self._mounted = True

    def unmount(self) -> None:
        """Take it out. Nothing may hold a file open there. Idempotent."""
        if self._mounted:
            _run("umount", str(self.mount_point))
            self._mounted = False

    def restart(self) -> None:
        """After a cut: what reached the disk is mounted anew, and its journal played back.

        From a copy of the image: a mount namespace made by others meanwhile may still hold the file system that
        was shut down, and the same device would only show that one again.
        """
        self.unmount()
        left, self._number = self._image, self._number + 1
        self._image = self._folder / f"disk-{self._number}.img"
        _run("cp", "--sparse=always", str(left), str(self._image))
        left.unlink()
        self.mount()

    def sync(self) -> None:
        """Everything written so far is on the disk."""
        _run("sync", "-f", str(self.mount_point))

    def cut(self) -> None:
        """Cut the power at this very moment."""
        fd = os.open(self.mount_point, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _IOC_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(fd)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
