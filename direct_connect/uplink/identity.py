"""Who this sender is, and the one portal it believes: a key pair made here, the pinned CA, the portal's keys.

In the folder: `sender-key.pem` (the private key, readable by the owner only), `portal-ca.pem` (the pinned CA)
and `identity.json` (address, signed key set, a secret for hashing job names; owner only). Every file is written
aside, synced and renamed, so a crash leaves the old or the new one.
"""

import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from direct_connect.core.address import ADDRESSES_MAX, check_portal_urls
from direct_connect.errors import ConfigError, SpoolStorageError
from wire_format.codec import decode_record, encode_record
from wire_format.enrolment import open_key_set
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import EncryptionKey, KeyFormatError, SigningKey, VerifyKey
from wire_format.shapes import Text, instant, integer, list_of, text
from wire_format.strict_json import compact_json, parse_json

KEY_FILE: Final = "sender-key.pem"
CA_FILE: Final = "portal-ca.pem"
IDENTITY_FILE: Final = "identity.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    v: int = integer(1, 1, required=True)
    portal_url: str = text(2048, required=True)
    more_urls: tuple[str, ...] = list_of(Text(2048), ADDRESSES_MAX)
    name_secret: str = text(64, required=True, pattern=r"[0-9a-f]{64}", wanted="64 hex digits")
    key_set: str | None = text(16384)
    enrolled_at: datetime | None = instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A sender and its portal. name_secret: keys the hashes of job names. enrolled_at: wall clock of the sender.

    portal_url: the preferred address. more_urls: others of the same portal, with the same CA.
    """

    key: SigningKey
    portal_url: str
    name_secret: bytes
    ca_pem: bytes | None = None
    key_set: str | None = None
    enrolled_at: datetime | None = None
    more_urls: tuple[str, ...] = ()

    @property
    def portal_urls(self) -> tuple[str, ...]:
        """Every address of the portal, the preferred one first."""
        return (self.portal_url, *self.more_urls)

    @property
    def sender(self) -> str:
        """The sender's id: its key's RFC 7638 thumbprint. Known before enrolment."""
        return self.key.kid

    @property
    def enrolled(self) -> bool:
        """Whether the portal has accepted this sender."""
        return self.ca_pem is not None and self.key_set is not None and self.enrolled_at is not None

    def read_key_set(self, key_set: str) -> tuple[EncryptionKey, ...]:
        """The portal keys in a key set, preferred one first. Raises ConfigError if the pinned CA did not sign it."""
        try:
            return open_key_set(key_set, VerifyKey.from_certificate_pem(self.ca_pem or b""))
        except (EnvelopeError, DecodeError, KeyFormatError) as error:
            raise ConfigError("the key set is not signed by the pinned CA of the portal") from error

    def portal_key(self) -> EncryptionKey:
        """The key to seal to. Raises ConfigError before enrolment."""
        return self.read_key_set(self.key_set or "")[0]


class IdentityFolder:
    """The folder of one identity. Thread-safe; one process at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._identity: Identity | None = None

    @property
    def directory(self) -> Path:
        """Where the files are."""
        return self._directory

    def load(self) -> Identity | None:
        """The stored identity, or None when there is none yet. Raises ConfigError when it is damaged."""
        with self._lock:
            if self._identity is None:
                self._identity = self._read()
            return self._identity

    def load_or_create(self, portal_url: str | Sequence[str], key: SigningKey | None = None) -> Identity:
        """The stored identity, or a new one with a new key. The stored one takes on changed addresses.

        portal_url: one address of the portal, or several, the preferred one first.
        key: to use a key made elsewhere (such as ES256 of a secure element) for a new identity.
        Raises ConfigError, SpoolStorageError.
        """
        preferred, *more = check_portal_urls(portal_url)
        identity = self.load()
        if identity is None:
            identity = Identity(
                key=key or SigningKey.generate(),
                portal_url=preferred,
                more_urls=tuple(more),
                name_secret=secrets.token_bytes(32),
            )
            self.save(identity)
        elif identity.portal_urls != (preferred, *more):
            identity = replace(identity, portal_url=preferred, more_urls=tuple(more))
            self.save(identity)
        return identity

    def current(self) -> Identity:
        """The identity as last loaded or saved. Raises ConfigError when there is none."""
        if (identity := self.load()) is None:
            raise ConfigError(f"there is no identity in {self._directory}; enrol this sender first")
        return identity

    def save(self, identity: Identity) -> None:
        """Make an identity durable. Raises SpoolStorageError."""
        stored = _Stored(
            v=1,
            portal_url=identity.portal_url,
            more_urls=identity.more_urls,
            name_secret=identity.name_secret.hex(),
            key_set=identity.key_set,
            enrolled_at=identity.enrolled_at,
        )
        with self._lock:
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                if not (self._directory / IDENTITY_FILE).exists():
                    self._write(KEY_FILE, identity.key.to_pem())
                if identity.ca_pem is not None:
                    self._write(CA_FILE, identity.ca_pem)
                self._write(IDENTITY_FILE, compact_json(encode_record(stored)).encode("utf-8"))
            except OSError as error:
                raise SpoolStorageError(
                    f"the identity can not be written to {self._directory}: {error.strerror}; check owner and disk"
                ) from error
            self._identity = identity

    def _read(self) -> Identity | None:
        key_pem = self._read_file(KEY_FILE)
        document = self._read_file(IDENTITY_FILE)
        enrolled = (self._directory / CA_FILE).exists()
        if (document is None and enrolled) or (key_pem is None and (document is not None or enrolled)):
            missing = KEY_FILE if key_pem is None else IDENTITY_FILE
            raise ConfigError(
                f"{self._directory / missing} is missing, without which nobody is this sender; "
                "put it back, or move the folder away and enrol again"
            )
        if key_pem is None or document is None:
            # A crash before the first save had ended: nothing was enrolled yet, so begin again.
            return None
        try:
            stored = decode_record(_Stored, parse_json(document))
            key = SigningKey.from_pem(key_pem)
        except (DecodeError, KeyFormatError) as error:
            raise ConfigError(
                f"the identity in {self._directory} is damaged ({error}); move it away and enrol again"
            ) from error
        return Identity(
            key=key,
            portal_url=stored.portal_url,
            more_urls=stored.more_urls,
            name_secret=bytes.fromhex(stored.name_secret),
            ca_pem=self._read_file(CA_FILE),
            key_set=stored.key_set,
            enrolled_at=stored.enrolled_at,
        )

    def _read_file(self, name: str) -> bytes | None:
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self._directory / name} can not be read: {error.strerror}; check its owner") from error

    def _write(self, name: str, content: bytes) -> None:
        path = self._directory / name
        aside = path.with_name(name + ".new")
        aside.unlink(missing_ok=True)
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
