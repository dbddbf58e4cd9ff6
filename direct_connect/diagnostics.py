"""A bundle for whoever helps from afar: what runs here, where it stands, and where the way to the portal ends.

1. Nothing of jobs goes into it but counts: no names, no ids. Bodies of batches are not opened.
2. What is secret is not read for it; and what is known to be secret (private key, name secret, spool key, claim code,
   the proxy's password) is struck out of every text, also where it should never have been, such as a log.
3. On demand, network addresses and serial numbers are struck out too.
"""

import base64
import io
import json
import os
import platform
import re
import sqlite3
import ssl
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from direct_connect.core.address import PortalAddress
from direct_connect.core.proxy import Proxy
from direct_connect.errors import ConfigError, DirectConnectError, SpoolStorageError
from direct_connect.inspection import find_spool_damage, inspect_connection, opened_copy
from direct_connect.probing import probe_portal
from direct_connect.spool.key_file import key_path, read_key
from direct_connect.telling import as_document
from direct_connect.uplink.identity import KEY_FILE, Identity, IdentityFolder
from wire_format.codec import format_instant

LOG_TAIL_BYTES: Final = 256 * 1024
SUFFIXES: Final = (".zip", ".tar.gz")
CLAIM_VARIABLE: Final = re.compile(r"INKWIRE_CLAIM")
_STRUCK: Final = "[struck out]"
_ADDRESS: Final = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"
    r"|(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])"
    r"|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_SERIAL: Final = re.compile(r'("serial"\s*:\s*)"(?:[^"\\]|\\.)*"')
_CLAIM: Final = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}(?:[- ]?[0-9A-HJKMNP-TV-Z]{5}){8}\b", re.IGNORECASE)


@dataclass(slots=True)
class Strike:
    """Strikes out of texts what must not leave."""

    secrets: set[str] = field(default_factory=set)
    addresses: bool = False

    def add(self, secret: str | bytes | None) -> None:
        """Know a secret, in the spellings it may have. Very short ones are left out: they would spoil every text."""
        if isinstance(secret, bytes):
            spelt = {secret.hex(), base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()}
            self.secrets |= {each.rstrip("=") for each in spelt}
        elif secret and len(secret) >= 4:
            self.secrets |= {secret, json.dumps(secret)[1:-1]}

    def out(self, text: str) -> str:
        """The text without them."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _STRUCK)
        text = _CLAIM.sub(_STRUCK, text)
        if self.addresses:
            text = _SERIAL.sub(rf'\1"{_STRUCK}"', text)
            text = _ADDRESS.sub(lambda found: found[0] if _CLOCK.fullmatch(found[0]) else _STRUCK, text)
        return text


def gather(
    directory: Path, spool_path: Path, *, log: Path | None, mask: bool, environ: Mapping[str, str]
) -> dict[str, str]:
    """The texts of the bundle by name, struck out. A part that can not be had says why; the others stand.

    Raises ConfigError when there is no connection in the directory.
    """
    identity = IdentityFolder(directory).current()
    proxy = Proxy.from_environment(environ, PortalAddress.parse(identity.portal_url).host)
    strike = Strike(addresses=mask)
    _know_secrets(strike, directory, spool_path, environ, identity)
    parts: dict[str, object] = {
        "about.json": _about(),
        "settings.json": _settings(identity, proxy, directory, spool_path),
        "status.json": _or_why(lambda: as_document(inspect_connection(directory, spool_path))),
        "spool.json": _or_why(lambda: _spool(spool_path)),
        "clock.json": _clock(),
        "connection.json": [as_document(each) for each in probe_portal(identity, proxy)],
    }
    texts = {name: strike.out(json.dumps(part, indent=1, default=str)) + "\n" for name, part in parts.items()}
    if log is not None:
        texts["log.txt"] = strike.out(_tail(log))
    return texts


def check_bundle_name(path: Path) -> None:
    """Raises ConfigError unless the name says what it is, and is free."""
    if not path.name.endswith(SUFFIXES):
        raise ConfigError(f"the bundle's name must end in {' or '.join(SUFFIXES)}, not {path.name}")
    if path.exists():
        raise ConfigError(f"{path} is there already; choose a new file")


def write_bundle(path: Path, texts: Mapping[str, str]) -> None:
    """Write it to a new file, its owner's alone. Raises ConfigError (the name), SpoolStorageError (the disk)."""
    check_bundle_name(path)
    stored = io.BytesIO()
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in texts.items():
                bundle.writestr(f"inkwire-diagnostics/{name}", text)
    else:
        with tarfile.open(fileobj=stored, mode="w:gz") as archive:
            for name, text in texts.items():
                entry = tarfile.TarInfo(f"inkwire-diagnostics/{name}")
                body = text.encode("utf-8", "replace")
                entry.size, entry.mode, entry.mtime = len(body), 0o600, int(time.time())
                archive.addfile(entry, io.BytesIO(body))
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(stored.getvalue())
    except FileExistsError as error:
        raise ConfigError(f"{path} is there already; choose a new file") from error
    except OSError as error:
        raise SpoolStorageError(f"{path} can not be written: {error.strerror}; choose another file") from error


def _know_secrets(
    strike: Strike, directory: Path, spool_path: Path, environ: Mapping[str, str], identity: Identity
) -> None:
    strike.add(identity.name_secret)
    with suppress(OSError):
        for line in (directory / KEY_FILE).read_text().splitlines():
            if not line.startswith("-----"):
                strike.add(line)
    with suppress(OSError):
        strike.add(read_key(spool_path))
    for name, value in environ.items():
        if CLAIM_VARIABLE.match(name):
            strike.add(value)
        if name.lower() in ("https_proxy", "http_proxy", "all_proxy") and "@" in value:
            with suppress(ValueError):
                password = urlsplit(value if "//" in value else f"http://{value}").password or ""
                strike.add(password)
                strike.add(unquote(password))


def _about() -> dict[str, object]:
    packages = {}
    for name in ("inkwire", "cryptography", "joserfc"):
        with suppress(PackageNotFoundError):
            packages[name] = version(name)
    return {
        "packages": packages,
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        "openssl": ssl.OPENSSL_VERSION,
        "made_at": format_instant(datetime.now(UTC)),
    }


def _settings(identity: Identity, proxy: Proxy | None, directory: Path, spool_path: Path) -> dict[str, object]:
    return {
        "sender": identity.sender,
        "portal_urls": list(identity.portal_urls),
        "enrolled_at": None if identity.enrolled_at is None else format_instant(identity.enrolled_at),
        "ca_pinned": identity.ca_pem is not None,
        "proxy": None if proxy is None else proxy.where,
        "files": _files([*directory.iterdir(), *spool_path.parent.glob(spool_path.name + "*"), key_path(spool_path)]),
    }


def _files(paths: Iterable[Path]) -> list[dict[str, object]]:
    told = []
    for path in sorted(set(paths)):
        with suppress(OSError):
            found = path.stat()
            told.append(
                {
                    "name": path.name,
                    "bytes": found.st_size,
                    "mode": oct(found.st_mode & 0o7777),
                    "owner": found.st_uid,
                    "changed_at": format_instant(datetime.fromtimestamp(found.st_mtime, UTC)),
                }
            )
    return told


def _spool(spool_path: Path) -> dict[str, object]:
    """Counts and health of a copy: opening it finds damage as every start does."""
    usage = os.statvfs(spool_path.parent)
    with opened_copy(spool_path) as file:
        senders = {sender: as_document(file.of(sender).tally()) for sender in file.senders()}
    return {
        "senders": senders,
        "damaged": find_spool_damage(spool_path),
        "damaged_copies": sorted(each.name for each in spool_path.parent.glob(f"{spool_path.name}.damaged-*")),
        "disk_free_bytes": usage.f_bavail * usage.f_frsize,
        "read_only": bool(usage.f_flag & os.ST_RDONLY),
    }


def _clock() -> dict[str, object]:
    uptime_s = None
    with suppress(OSError, ValueError):
        uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    return {
        "utc": format_instant(datetime.now(UTC)),
        "monotonic_s": round(time.monotonic(), 1),
        "uptime_s": uptime_s,
        "time_zone": time.tzname[0],
    }


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{path} can not be read: {error.strerror}\n"


def _or_why(act: Callable[[], object]) -> object:
    try:
        return act()
    except (DirectConnectError, OSError) as error:
        return {"unread": str(error)}
