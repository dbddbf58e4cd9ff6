"""The high-water mark: how many commits the spool has seen, kept outside the database.

One flipped byte in a write-ahead log makes SQLite forget the commits behind it without a word, and numbers
that the portal has already seen would be given out again. A database that has fewer commits than this file
says has lost some. The mark is written after its commit, so it is never ahead of a healthy database.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

_SLOT_BYTES: Final = 512  # one sector, so a torn write spoils one slot only
_NUMBER_BYTES: Final = 8
_CHECK_BYTES: Final = 16


class HighWater:
    """A number that only rises, in two slots written in turn."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises OSError."""
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        stored = os.pread(self._fd, 2 * _SLOT_BYTES, 0)
        self.value = max(_read_slot(stored[:_SLOT_BYTES]), _read_slot(stored[_SLOT_BYTES:]))
        if len(stored) < 2 * _SLOT_BYTES:
            os.pwrite(self._fd, stored.ljust(2 * _SLOT_BYTES, b"\0"), 0)
            os.fsync(self._fd)

    def raise_to(self, value: int, *, durable: bool) -> None:
        """Write the mark. durable: wait for the disk, as must be done before a batch is first sent. Raises OSError."""
        assert self._fd is not None
        self.value = value
        number = value.to_bytes(_NUMBER_BYTES, "big")
        os.pwrite(self._fd, number + _check(number), (value % 2) * _SLOT_BYTES)
        if durable:
            os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _check(number: bytes) -> bytes:
    return hashlib.sha256(b"high-water" + number).digest()[:_CHECK_BYTES]


def _read_slot(slot: bytes) -> int:
    number, check = slot[:_NUMBER_BYTES], slot[_NUMBER_BYTES : _NUMBER_BYTES + _CHECK_BYTES]
    return int.from_bytes(number, "big") if check == _check(number) else 0
