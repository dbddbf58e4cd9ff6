"""Who this sender is, and the one portal it believes: a key pair made here, the pinned CA, the portal's keys.

In the folder: `sender-key.pem` (the private key, readable by the owner only), `portal-ca.pem` (the pinned CA)
and `identity.json` (address, signed key set, a secret for hashing job names; owner only). While the key is being
renewed (`renewal`), `next-key.pem` holds the one to come; `renewal.json` says since when the key is in use. Every
file is written aside, synced and renamed, so a crash leaves the old or the new one.
"""

import logging
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from direct_connect.core.address import ADDRESSES_MAX, check_portal_urls
from direct_connect.errors import ConfigError, SpoolStorageError
from wire_format.codec import decode_record, encode_record, format_instant, parse_instant
from wire_format.enrolment import open_key_set
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import EncryptionKey, KeyFormatError, SigningKey, VerifyKey
from wire_format.shapes import Text, instant, integer, list_of, text
from wire_format.strict_json import compact_json, parse_json

KEY_FILE: Final = "sender-key.pem"
CA_FILE: Final = "portal-ca.pem"
IDENTITY_FILE: Final = "identity.json"
NEXT_KEY_FILE: Final = "next-key.pem"
TIME_FLOOR_FILE: Final = "time-floor"
RENEWAL_FILE: Final = "renewal.json"

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    v: int = integer(1, 1, required=True)
    portal_url: str = text(2048, required=True)
    more_urls: tuple[str, ...] = list_of(Text(2048), ADDRESSES_MAX)
    name_secret: str = text(64, required=True, pattern=r"[0-9a-f]{64}", wanted="64 hex digits")
    key_set: str | None = text(16384)
    enrolled_at: datetime | None = instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredRenewal:
    # A file of its own: an older version, put back by an update that failed, reads past it.
    v: int = integer(1, 1, required=True)
    key_since: datetime | None = instant()
    next_kid: str | None = text(43)
    next_accepted_at: datetime | None = instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A sender and its portal. name_secret: keys the hashes of job names. enrolled_at: wall clock of the sender.

    portal_url: the preferred address. more_urls: others of the same portal, with the same CA.
    renewed_at: when the portal accepted the key, if it is not the first one. next_key: the key to come, made and
    kept before the portal hears of it. next_accepted_at: when the portal accepted that one; None: not known to have.
    """

    key: SigningKey
    portal_url: str
    name_secret: bytes
    ca_pem: bytes | None = None
    key_set: str | None = None
    enrolled_at: datetime | None = None
    more_urls: tuple[str, ...] = ()
    renewed_at: datetime | None = None
    next_key: SigningKey | None = None
    next_accepted_at: datetime | None = None

    @property
    def portal_urls(self) -> tuple[str, ...]:
        """Every address of the portal, the preferred one first."""
        return (self.portal_url, *self.more_urls)

    @property
    def key_since(self) -> datetime | None:
        """Since when the portal knows the key; None before enrolment."""
        return self.renewed_at or self.enrolled_at

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
        with self._lock, self._storing():
            self._directory.mkdir(parents=True, exist_ok=True)
            if not (self._directory / IDENTITY_FILE).exists():
                self._write(KEY_FILE, identity.key.to_pem())
            if identity.ca_pem is not None:
                self._write(CA_FILE, identity.ca_pem)
            self._write(IDENTITY_FILE, compact_json(encode_record(stored)).encode("utf-8"))
            self._identity = identity

    def time_floor(self) -> datetime | None:
        """The latest time that the portal has signed; None when it never did, or when that is damaged."""
        try:
            return parse_instant((self._directory / TIME_FLOOR_FILE).read_text("ascii").strip())
        except (OSError, ValueError):
            return None

    def raise_time_floor(self, at: datetime) -> None:
        """No clock may show an earlier time from now on, nor after a restart. Raises SpoolStorageError."""
        with self._lock, self._storing():
            if (known := self.time_floor()) is None or at > known:
                self._write(TIME_FLOOR_FILE, format_instant(at).encode("ascii"))

    def keep_next_key(self, key: SigningKey) -> None:
        """Keep the key to come, before anybody is told of it. Raises SpoolStorageError."""
        with self._lock, self._storing():
            self._write(NEXT_KEY_FILE, key.to_pem())
            self._identity = replace(self._known(), next_key=key, next_accepted_at=None)

    def forget_next_key(self) -> None:
        """Give up the key to come: the portal will not have it. Raises SpoolStorageError."""
        with self._lock, self._storing():
            (self._directory / NEXT_KEY_FILE).unlink(missing_ok=True)
            self._sync()
            self._identity = replace(self._known(), next_key=None, next_accepted_at=None)

    def next_key_accepted(self, at: datetime) -> None:
        """Note that the portal accepted the key to come. Raises SpoolStorageError."""
        with self._lock, self._storing():
            identity = self._known()
            assert identity.next_key is not None
            self._write_renewal(identity.renewed_at, identity.next_key.kid, at)
            self._identity = replace(identity, next_accepted_at=at)

    def switch_to_next_key(self) -> Identity:
        """The key to come, accepted, is the key from now on; the old one is gone. Raises SpoolStorageError."""
        with self._lock, self._storing():
            identity = self._known()
            assert identity.next_key is not None
            (self._directory / NEXT_KEY_FILE).replace(self._directory / KEY_FILE)
            self._sync()
            self._identity = replace(
                identity,
                key=identity.next_key,
                renewed_at=identity.next_accepted_at,
                next_key=None,
                next_accepted_at=None,
            )
            self._write_renewal(self._identity.renewed_at, None, None)
            return self._identity

    def _known(self) -> Identity:
        assert self._identity is not None, "load before changing"
        return self._identity

    def _write_renewal(self, since: datetime | None, next_kid: str | None, accepted_at: datetime | None) -> None:
        stored = _StoredRenewal(v=1, key_since=since, next_kid=next_kid, next_accepted_at=accepted_at)
        self._write(RENEWAL_FILE, compact_json(encode_record(stored)).encode("utf-8"))

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SpoolStorageError(
                f"the identity can not be written to {self._directory}: {error.strerror}; check owner and disk"
            ) from error

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
        identity = Identity(
            key=key,
            portal_url=stored.portal_url,
            more_urls=stored.more_urls,
            name_secret=bytes.fromhex(stored.name_secret),
            ca_pem=self._read_file(CA_FILE),
            key_set=stored.key_set,
            enrolled_at=stored.enrolled_at,
        )
        return self._with_renewal(identity)

    def _with_renewal(self, identity: Identity) -> Identity:
        # Damage here costs no more than another question to the portal, so it never stops a printer.
        renewal, next_key = _StoredRenewal(v=1), None
        try:
            if (document := self._read_file(RENEWAL_FILE)) is not None:
                renewal = decode_record(_StoredRenewal, parse_json(document))
            if (pem := self._read_file(NEXT_KEY_FILE)) is not None:
                next_key = SigningKey.from_pem(pem)
        except (DecodeError, KeyFormatError):
            _LOG.warning("what is known of the key's renewal is damaged; it begins anew")
        if renewal.next_kid == identity.key.kid:  # a crash right after the switch of `switch_to_next_key`
            return replace(identity, renewed_at=renewal.next_accepted_at)
        accepted = next_key is not None and renewal.next_kid == next_key.kid
        return replace(
            identity,
            renewed_at=renewal.key_since,
            next_key=next_key,
            next_accepted_at=renewal.next_accepted_at if accepted else None,
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
        self._sync()

    def _sync(self) -> None:
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
