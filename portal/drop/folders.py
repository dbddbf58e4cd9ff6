"""The drop directory on disk: `incoming`, `receipts`, and `rejected`, which only the portal reads.

1. What lies in `incoming` was put there by strangers: no link is followed, and only regular files are opened.
2. Every step is one that may be taken twice: a crash between any two of them repeats work and loses nothing.
"""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.errors import ConfigError
from wire_format.envelope import SEALED_BYTES_MAX
from wire_format.receipts import INCOMING, RECEIPTS, UploadName

REJECTED: Final = "rejected"
RECEIPTS_MAX: Final = 100_000
RECEIPT_LIFE_S: Final = 30 * 86_400.0
REJECTED_MAX: Final = 300
"""Whoever has the FTP password can fill this: it is 300 MiB at most."""
NAMES_A_LOOK_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Version:
    """What shows that a file changed."""

    inode: int
    size_bytes: int
    changed_ns: int


class DropFolders:
    """One drop directory."""

    def __init__(self, directory: Path) -> None:
        """Makes what is missing. Raises ConfigError."""
        self.directory = directory
        self.incoming, self.receipts = directory / INCOMING, directory / RECEIPTS
        self.rejected = directory / REJECTED
        try:
            for folder, mode in ((directory, 0o755), (self.incoming, 0o755), (self.receipts, 0o755)):
                _make(folder, mode)
            _make(self.rejected, 0o700)
        except OSError as error:
            raise ConfigError(
                f"the drop directory {error.filename or directory} cannot be used ({error.strerror}); make it, "
                "writable for the portal, or name another one in drop.directory"
            ) from error
        for folder in (self.incoming, self.receipts, self.rejected):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise ConfigError(f"{folder} is not writable for the portal; change its owner or mode")

    def waiting(self) -> list[tuple[str, Version]]:
        """The regular files in `incoming`, the longest waiting first. Raises OSError."""
        found = []
        with os.scandir(self.incoming) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        found.append((entry.name, _version(entry.stat(follow_symlinks=False))))
                if len(found) >= NAMES_A_LOOK_MAX:
                    break
        return sorted(found, key=lambda one: one[1].changed_ns)

    def read(self, name: str) -> bytes:
        """The file's bytes, at most one more than an envelope may have. Raises OSError."""
        descriptor = os.open(self.incoming / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{name} is no regular file")
            return file.read(SEALED_BYTES_MAX + 1)

    def put_receipt(self, upload: UploadName, receipt: bytes) -> None:
        """The receipt can be fetched; it appears whole or not at all. Raises OSError."""
        aside = self.receipts / f".{secrets.token_hex(16)}.new"
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            with open(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o644)  # a receipt is no secret, and another user's FTP server serves it
                file.write(receipt)
                file.flush()
                os.fsync(descriptor)
            aside.replace(self.receipts / upload.receipt_file)
        finally:
            aside.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """The file is done with. Raises OSError."""
        (self.incoming / name).unlink(missing_ok=True)

    def reject(self, name: str, why: str, at: datetime) -> Path:
        """The file is in `rejected` with the reason beside it; where. Raises OSError."""
        known = UploadName.parse(name) is not None
        kept = self.rejected / (name if known else f"odd-{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}")
        told = {"name": name.encode("utf-8", "replace").decode("utf-8"), "why": why, "at": at.isoformat()}
        kept.with_name(kept.name + ".why").write_text(json.dumps(told) + "\n", encoding="utf-8")
        with suppress(FileNotFoundError):  # a crash came after the rename
            os.rename(self.incoming / name, kept)
        return kept

    def tidy_receipts(self, now_s: float) -> None:
        """Old receipts are gone, and those that a crash left half written.

        now_s: Unix time. Not while a receipt is being put. Raises OSError.
        """
        for half in self.receipts.glob(".*.new"):
            half.unlink(missing_ok=True)
        receipts = sorted(_aged(self.receipts))
        for age, path in receipts:
            if now_s - age > RECEIPT_LIFE_S:
                path.unlink(missing_ok=True)
        for _, path in receipts[:-RECEIPTS_MAX]:
            path.unlink(missing_ok=True)

    def tidy_rejected(self) -> None:
        """Of what was rejected only the newest stays. Raises OSError."""
        for _, path in sorted(_aged(self.rejected))[: -2 * REJECTED_MAX]:
            path.unlink(missing_ok=True)


def _aged(folder: Path) -> Iterator[tuple[float, Path]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                yield entry.stat(follow_symlinks=False).st_mtime, Path(entry.path)


def _make(folder: Path, mode: int) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(mode)  # whatever the umask; what exists is the administrator's


def _version(found: os.stat_result) -> Version:
    return Version(found.st_ino, found.st_size, found.st_mtime_ns)
