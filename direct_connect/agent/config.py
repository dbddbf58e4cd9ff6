"""The agent's settings: flags, over a TOML file, over defaults. An unknown key is an error: it may be a typo."""

import grp
import pwd
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from direct_connect.agent.listening import Admission
from direct_connect.core.address import check_portal_url
from direct_connect.core.privacy import JobNames
from direct_connect.core.settings import SPOOL_BYTES_DEFAULT
from direct_connect.errors import ConfigError

DIRECTORY: Final = Path("/var/lib/inkwire/agent")
MIB: Final = 1024 * 1024
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
METRICS_EVERY_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """portals: addresses, the preferred one first. socket: None: stdin and stdout. drain_s: after the end of stdin.

    metrics: the file for node_exporter's textfile collector; log_file: besides stderr.
    """

    portals: tuple[str, ...] = ()
    directory: Path = DIRECTORY
    socket: Path | None = None
    allow_uid: tuple[int, ...] = ()
    allow_gid: tuple[int, ...] = ()
    spool_bytes_max: int = SPOOL_BYTES_DEFAULT * 4
    job_names: JobNames = JobNames.OFF
    threads: int = 4
    metrics: Path | None = None
    log_file: Path | None = None
    log_level: str = "info"
    drain_s: float = 0.0

    @property
    def admission(self) -> Admission:
        """Who may speak to it."""
        return Admission(users=frozenset(self.allow_uid), groups=frozenset(self.allow_gid))


def load_config(path: Path | None, flags: Mapping[str, object]) -> AgentConfig:
    """The settings of a file, if there is one, with the flags that were given (not None) over them.

    Raises ConfigError that names file or flag, key and remedy.
    """
    config = AgentConfig()
    if path is not None:
        config = _with(config, _read(path), lambda key: f"{path}: {key}")
    given = {name: value for name, value in flags.items() if value is not None and value != []}
    config = _with(config, given, lambda key: f"--{key.replace('_', '-')}")
    if not config.portals:
        raise ConfigError('which portal? give --portal https://..., or portal = "https://..." in the file')
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}; correct that line") from error
    except OSError as error:
        raise ConfigError(f"{path} can not be read ({error.strerror}): check the path and its permissions") from error


def _with(config: AgentConfig, values: Mapping[str, object], place: Callable[[str], str]) -> AgentConfig:
    changes: dict[str, Any] = {}
    for key, value in values.items():
        reader = _READERS.get(key)
        if reader is None:
            raise ConfigError(f"{place(key)} is not known; known here: {', '.join(sorted(_READERS))}")
        field, read = reader
        try:
            changes[field] = read(value)
        except ConfigError as error:
            raise ConfigError(f"{place(key)}: {error}") from error
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{place(key)} {error.args[0]}") from error
    return replace(config, **changes)


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("must be a path in quotes")
    return Path(value)


def _portals(value: object) -> tuple[str, ...]:
    found = tuple(check_portal_url(each) for each in _many(value) if isinstance(each, str))
    if not found or len(found) != len(_many(value)):
        raise ValueError('must be an address, or a list of them, such as "https://portal.example:8443"')
    return found


def _ids(named: Callable[[str], int], kind: str) -> Callable[[object], tuple[int, ...]]:
    def read(value: object) -> tuple[int, ...]:
        found = []
        for each in _many(value):
            if isinstance(each, str) and not each.isdecimal():
                try:
                    found.append(named(each))
                except KeyError:
                    raise ValueError(f"names {each}, and there is no such {kind} here") from None
            elif isinstance(each, bool) or not isinstance(each, int | str) or not 0 <= int(each) < 2**32 - 1:
                raise ValueError(f"must be names or numbers of a {kind}")
            else:
                found.append(int(each))
        return tuple(found)

    return read


def _number(lowest: float, highest: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        wrong = isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest
        if wrong or not isinstance(value, int | float):
            raise ValueError(f"must be a number from {lowest:g} to {highest:g}")
        return value

    return read


def _whole(lowest: int, highest: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return value

    return read


def _word(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return read


_READERS: Final[Mapping[str, tuple[str, Callable[[object], object]]]] = {
    "portal": ("portals", _portals),
    "directory": ("directory", _path),
    "socket": ("socket", _path),
    "allow_uid": ("allow_uid", _ids(lambda name: pwd.getpwnam(name).pw_uid, "user")),
    "allow_gid": ("allow_gid", _ids(lambda name: grp.getgrnam(name).gr_gid, "group")),
    "spool_mib": ("spool_bytes_max", lambda value: _whole(1, 65_536)(value) * MIB),
    "job_names": ("job_names", lambda value: JobNames(_word(tuple(each.value for each in JobNames))(value))),
    "threads": ("threads", _whole(1, 64)),
    "metrics": ("metrics", _path),
    "log_file": ("log_file", _path),
    "log_level": ("log_level", _word(LOG_LEVELS)),
    "drain_s": ("drain_s", _number(0, 86_400)),
}
assert {field for field, _ in _READERS.values()} == {each.name for each in fields(AgentConfig)}
