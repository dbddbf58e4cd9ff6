"""Secrets at rest: sealed with a key that is not in the database (a file of mode 0600, or the environment)."""

import base64
import binascii
import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.errors import ConfigError

SECRET_VARIABLE: Final = "INKWIRE_PORTAL_SECRET"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


def write_private(path: Path, content: bytes) -> None:
    """The file holds content, for its owner only, and survives a power cut. Replaces an older one at once."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written ({error.strerror}); free some room there, or allow it") from error
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def open_state_dir(path: Path) -> Path:
    """The state directory, made if need be, mode 0700. Raises ConfigError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the state folder {path} cannot be made: {error.strerror}; choose another --state"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"the state folder {path} is not writable for this user; choose another --state")
    return path


@contextlib.contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """While inside, no other portal serves from this state directory. Raises ConfigError when one does."""
    with (state_dir / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"another portal serves from {state_dir}; end that one, or give this one a --state folder of its own"
            ) from error
        yield


class Vault:
    """Seals and opens short secrets (AES-256-GCM)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes) -> str:
        """Text to store."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, None)).decode("ascii")

    def open(self, sealed: str) -> bytes:
        """What was sealed. Raises ConfigError when this is not the key it was sealed with."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
        except InvalidTag as error:
            raise ConfigError(
                "the database was made with another secret: use the --state folder that belongs to this database, "
                f"or set {SECRET_VARIABLE} as it was"
            ) from error


def open_vault(state_dir: Path) -> Vault:
    """The vault whose key is in the environment (32 bytes in base64), else in the state directory; made at first start.

    Raises ConfigError.
    """
    if given := os.environ.get(SECRET_VARIABLE):
        try:
            key = base64.b64decode(given, validate=True)
        except binascii.Error as error:
            raise ConfigError(f"{SECRET_VARIABLE} is not base64") from error
        if len(key) != _KEY_BYTES:
            raise ConfigError(f"{SECRET_VARIABLE} must be {_KEY_BYTES} bytes in base64")
        return Vault(key)
    path = state_dir / "secret.key"
    if not path.exists():
        write_private(path, secrets.token_bytes(_KEY_BYTES))
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): change its owner, or restore it") from error
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"{path} is damaged: restore it from a backup")
    return Vault(key)
