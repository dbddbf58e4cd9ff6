"""The key of a spool in a file beside it: for a device without a better place for a key.

It stands there twice, each with a check, so one bad sector or flipped byte costs nothing. The file is made before
the spool, by a rename, so it is there whole or not at all.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from direct_connect.core.chance import Randomness
from direct_connect.spool.row_cipher import KEY_BYTES

_SLOT_BYTES: Final = 512  # one sector
_CHECK_BYTES: Final = 16


def key_path(spool: Path) -> Path:
    """Where a spool's key is kept, if it was not handed over."""
    return spool.with_name(spool.name + ".key")


def read_key(spool: Path) -> bytes | None:
    """The key beside a spool; None: there is none that can be read. Raises OSError when the disk refuses."""
    try:
        stored = key_path(spool).read_bytes()
    except FileNotFoundError:
        return None
    for slot in (stored[:_SLOT_BYTES], stored[_SLOT_BYTES:]):
        key, check = slot[:KEY_BYTES], slot[KEY_BYTES : KEY_BYTES + _CHECK_BYTES]
        if len(key) == KEY_BYTES and check == _check(key):
            return key
    return None


def make_key(spool: Path, randomness: Randomness) -> bytes:
    """Write a new key beside a spool; durable when it returns. Raises OSError."""
    key = randomness(KEY_BYTES)
    path, fresh = key_path(spool), spool.with_name(spool.name + ".key.new")
    slot = (key + _check(key)).ljust(_SLOT_BYTES, b"\0")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(fd, 0o600)  # also when the file was left behind by a crash
        os.write(fd, 2 * slot)
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key


def _check(key: bytes) -> bytes:
    return hashlib.sha256(b"spool key" + key).digest()[:_CHECK_BYTES]
