"""The portal's configuration: one frozen record, defaults here and nowhere else.

Read from a TOML file (deploy/portal.example.toml shows every key); options of the command line win over it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from portal.drop.config import DropConfig, read_drop
from portal.errors import ConfigError
from portal.listen import parse_listen


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """argon2id parameters. memory_kib: 19 MiB by default."""

    time: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalConfig:
    """How one portal runs. state_dir holds the CA, keys and certificates, mode 0600.

    database: a URL; None is portal.sqlite3 in the state directory. names: further host names and addresses for
    the certificate. group_max: batches in one commit. queue_max: batches waiting for a commit; beyond it, and
    on a full disk, a sender is told to come again after retry_after_s. claim_life_s counts record time.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    database: str | None = None
    state_dir: Path = Path(".inkwire/portal")
    names: tuple[str, ...] = ()
    group_max: int = 100
    queue_max: int = 1_000
    retry_after_s: int = 15
    session_idle_s: int = 2 * 3600
    session_life_s: int = 12 * 3600
    claim_life_s: int = 72 * 3600
    claim_tries_max: int = 5
    password_cost: PasswordCost = field(default_factory=PasswordCost)
    drop: DropConfig = field(default_factory=DropConfig)

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database or f"sqlite://{(self.state_dir / 'portal.sqlite3').absolute()}"


_INTEGERS: Final = {
    "ingest": {"group_max": (1, 10_000), "queue_max": (1, 100_000), "retry_after_s": (1, 3600)},
    "sessions": {"idle_s": (60, 86_400), "life_s": (60, 30 * 86_400)},
    "claims": {"life_s": (60, 30 * 86_400), "tries_max": (1, 100)},
    "passwords": {"time": (1, 20), "memory_kib": (8, 4_194_304), "lanes": (1, 16)},
}
_FIELD_PREFIX: Final = {"ingest": "", "sessions": "session_", "claims": "claim_"}


def load_config(path: Path) -> PortalConfig:
    """The configuration in a TOML file; relative paths in it start at its folder. Raises ConfigError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the configuration {path} cannot be read ({error.strerror}); give a file like deploy/portal.example.toml"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration {path} is not UTF-8 text: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the configuration {path} is not TOML: {error}; correct that line") from error
    try:
        return _config_of(document, path.absolute().parent)
    except ConfigError as error:
        raise ConfigError(f"the configuration {path}: {error}") from error


def _config_of(document: Mapping[str, Any], folder: Path) -> PortalConfig:
    config = PortalConfig()
    for key, value in document.items():
        match key, value:
            case "listen", str():
                host, port = parse_listen(value)
                config = replace(config, host=host, port=port)
            case "database", str():
                config = replace(config, database=_absolute_url(value, folder))
            case "state_dir", str():
                config = replace(config, state_dir=folder / value)
            case "names", list() if all(isinstance(name, str) for name in value):
                config = replace(config, names=tuple(value))
            case "drop", dict():
                config = replace(config, drop=read_drop(value, folder))
            case (("listen" | "database" | "state_dir" | "names"), _):
                raise ConfigError(f"{key} has the wrong type; see deploy/portal.example.toml")
            case _, dict() if key in _INTEGERS:
                config = _with_section(config, key, value)
            case _:
                raise ConfigError(f"{key} is not a key of the portal; see deploy/portal.example.toml")
    return config


def _absolute_url(url: str, folder: Path) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{folder / rest}" if scheme == "sqlite" and rest else url


def _with_section(config: PortalConfig, section: str, values: Mapping[str, object]) -> PortalConfig:
    numbers: dict[str, int] = {}
    for key, value in values.items():
        bounds = _INTEGERS[section].get(key)
        if bounds is None:
            raise ConfigError(f"{section}.{key} is not a key of the portal; see deploy/portal.example.toml")
        if isinstance(value, bool) or not isinstance(value, int) or not bounds[0] <= value <= bounds[1]:
            raise ConfigError(f"{section}.{key} must be a whole number from {bounds[0]} to {bounds[1]}")
        numbers[key] = value
    if section == "passwords":
        return replace(config, password_cost=replace(config.password_cost, **numbers))
    named: dict[str, Any] = {_FIELD_PREFIX[section] + key: value for key, value in numbers.items()}
    return replace(config, **named)
