"""`[drop]` of the configuration: the doors for sites that have no HTTPS. All are shut unless they are named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

from portal.errors import ConfigError
from portal.listen import parse_listen

PASSWORD_VARIABLE: Final = "INKWIRE_FTP_PASSWORD"
_PORTS: Final = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_NUMBERS: Final = {
    "waiting_max": (1, 1_000_000),
    "waiting_mib_max": (1, 1_048_576),
    "sender_waiting_max": (1, 100_000),
    "incomplete_s": (10, 30 * 86_400),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConfig:
    """http_listen: batches without TLS. directory: where files are laid down; the portal takes them in.

    ftp_listen, ftp_user, ftp_ports (first and last for passive data), ftp_announced (the address that clients behind
    a translation of addresses are told): of `inkwire portal ftp`, a process of its own.
    waiting_max, waiting_mib_max, sender_waiting_max: files in `incoming`, their size, files of one sender there;
    beyond it uploads are refused for now. incomplete_s: how long a file may stay incomplete.
    """

    http_listen: tuple[str, int] | None = None
    directory: Path | None = None
    ftp_listen: tuple[str, int] | None = None
    ftp_user: str = "inkwire"
    ftp_password_file: Path | None = None
    ftp_ports: tuple[int, int] = (50_000, 50_099)
    ftp_announced: str | None = None
    waiting_max: int = 2_000
    waiting_mib_max: int = 256
    sender_waiting_max: int = 200
    incomplete_s: int = 3_600


def read_drop(values: Mapping[str, object], folder: Path) -> DropConfig:
    """The table's values; relative paths start at folder. Raises ConfigError."""
    config = DropConfig()
    for key, value in values.items():
        match key, value:
            case (("http_listen" | "ftp_listen"), str()):
                config = replace(config, **_one(key, parse_listen(value)))
            case (("directory" | "ftp_password_file"), str()) if value:
                config = replace(config, **_one(key, folder / value))
            case "ftp_user", str() if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
                config = replace(config, ftp_user=value)
            case "ftp_ports", str():
                config = replace(config, ftp_ports=_ports(value))
            case "ftp_announced", str():
                config = replace(config, ftp_announced=_address(value))
            case _, int() if key in _NUMBERS and not isinstance(value, bool):
                lowest, highest = _NUMBERS[key]
                if not lowest <= value <= highest:
                    raise ConfigError(f"drop.{key} must be a whole number from {lowest} to {highest}")
                config = replace(config, **_one(key, value))
            case _:
                raise ConfigError(f"drop.{key} is not a key of the portal, or not of its type; see {_EXAMPLE}")
    if config.ftp_listen is not None and config.directory is None:
        raise ConfigError('drop.ftp_listen needs drop.directory: name the folder that uploads go to, "/srv/drop"')
    return config


def read_ftp_password(config: DropConfig, environment: Mapping[str, str]) -> str:
    """The password of the FTP account: the file's first line, else of the environment. Raises ConfigError."""
    path = config.ftp_password_file
    if path is None:
        password = environment.get(PASSWORD_VARIABLE, "")
    else:
        try:
            password = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the file {path} of drop.ftp_password_file cannot be read ({error})") from error
    if not password:
        raise ConfigError(f"the FTP account needs a password: set {PASSWORD_VARIABLE}, or drop.ftp_password_file")
    return password


_EXAMPLE: Final = "deploy/portal.example.toml"


def _one(key: str, value: object) -> dict[str, Any]:
    return {key: value}


def _ports(text: str) -> tuple[int, int]:
    found = _PORTS.fullmatch(text)
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1_024 <= first <= last <= 65_535:
        raise ConfigError('drop.ftp_ports must be "FIRST-LAST" within 1024 to 65535, for example "50000-50099"')
    return first, last


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError as error:
        raise ConfigError(f"drop.ftp_announced is {text!r}; write the IPv4 address that clients reach") from error
