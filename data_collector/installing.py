"""The collector as a systemd service of this machine: which files, which commands, in which order.

1. Everything that can be wrong is found before the first change: configuration, secrets, claim, program, folder.
2. Every step is idempotent, and says what it did; a second install with the same words changes nothing.
3. Under another root (an image, a test) only files are written, and no service manager is spoken to.
"""

import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data_collector.config import CLAIM_ENV, CollectorConfig, ConfigError, parse_config
from data_collector.core.environment_file import environment_of, with_variables
from data_collector.core.unit import SYSUSERS, UNIT_NAME, USER, UnitError, UnitPlan, unit_text
from data_collector.steps import Step, gone, ids, owned, read, written
from data_collector.systemd import Place, ServiceError, run, systemctl

CONFIG: Final = "/etc/inkwire/collector.toml"
ENVIRONMENT: Final = "/etc/inkwire/collector.env"
UNIT: Final = f"/etc/systemd/system/{UNIT_NAME}"
SYSUSERS_FILE: Final = "/etc/sysusers.d/inkwire-collector.conf"
RUNTIME: Final = "/run/inkwire-collector"
_PING_GROUPS: Final = Path("/proc/sys/net/ipv4/ping_group_range")
_ENROLLED_FILE: Final = "portal-ca.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What will be installed. unit: the text of the unit file. state: the collector's folder."""

    unit: str
    state: str
    steps: tuple[Step, ...]


def program() -> tuple[str, ...]:
    """The words that start this very inkwire."""
    script = Path(sys.executable).with_name("inkwire")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "inkwire")


def plan_install(place: Place, source: Path, claim: str | None, environment: Mapping[str, str]) -> Installation:
    """What an install would do; changes nothing.

    environment: of whoever installs: what the configuration takes from it (`*_env`) is kept in the service's own file.
    Raises ConfigError, ServiceError, UnitError.
    """
    text = _config_text(source)
    kept = read(place.on(ENVIRONMENT))
    named = {name: environment[name] for name in _named(text, "_env") if environment.get(name)}
    if claim:
        named[CLAIM_ENV] = claim
    variables = with_variables(kept, named)
    try:
        config = parse_config(text, environment_of(variables), str(source))
    except ConfigError as error:
        raise ConfigError(
            f"{error}\n(the service has only what is in {ENVIRONMENT}, or set while you install)"
        ) from error
    if config.claim is None and not place.on(f"{config.directory}/{_ENROLLED_FILE}").exists():
        raise ServiceError(
            f"this collector is not enrolled: make a claim code in the portal and give it by --claim or {CLAIM_ENV}"
        )
    plan = UnitPlan(
        program=program(),
        config=CONFIG,
        environment=ENVIRONMENT,
        state=str(config.directory),
        trap_port=config.trap_listen[1] if config.trap_listen else None,
        raw_ping=place.root is None and any(one.icmp for one in config.profiles) and not _anyone_may_ping(),
    )
    unit = unit_text(plan)
    _require_visible(plan.program)
    steps = [
        written(place, SYSUSERS_FILE, SYSUSERS, 0o644),
        Step(told=f"the system has a user {USER}", act=lambda: _sysusers(place)),
        written(place, CONFIG, text, 0o640, group=True, kept_before=True),
        *([written(place, ENVIRONMENT, variables, 0o600)] if variables else []),
        *(owned(place, path) for path in _named(text, "_file")),
        written(place, UNIT, unit, 0o644),
    ]
    return Installation(unit=unit, state=str(config.directory), steps=tuple(steps))


def plan_remove(place: Place, state: str | None) -> tuple[Step, ...]:
    """What a removal would do. state: the folder to delete with the configuration; None: both are kept."""

    def stop() -> bool:
        if not place.on(UNIT).exists():
            return False
        words = () if place.root is None else (f"--root={place.root}",)
        systemctl(*words, "disable", "--quiet", *(() if words else ("--now",)), UNIT_NAME)
        return True

    steps = [
        Step(told=f"{UNIT_NAME} does not run and does not start", act=stop),
        gone(place, UNIT),
        gone(place, SYSUSERS_FILE),
        gone(place, RUNTIME),
    ]
    if state is not None:
        steps += [gone(place, one) for one in (state, CONFIG, f"{CONFIG}.old", ENVIRONMENT)]
        if place.root is None:
            steps.append(Step(told=f"the user {USER} is removed", act=_user_gone))
    return tuple(steps)


def installed_config(place: Place) -> CollectorConfig | None:
    """What is installed; None when there is none, or it is not for this user to read."""
    try:
        text = place.on(CONFIG).read_text(encoding="utf-8")
        return parse_config(text, environment_of(read(place.on(ENVIRONMENT))), CONFIG)
    except (OSError, UnicodeDecodeError, ConfigError):
        return None


def _config_text(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{source} cannot be read ({error.strerror}): check the path and its permissions") from error


def _named(text: str, ending: str) -> tuple[str, ...]:
    """The values of all keys of the configuration that end so, in their order."""

    def walk(value: object) -> list[str]:
        if isinstance(value, list):
            return [one for each in value for one in walk(each)]
        if not isinstance(value, dict):
            return []
        own = [one for key, one in value.items() if key.endswith(ending) and isinstance(one, str)]
        return own + [one for each in value.values() for one in walk(each)]

    try:
        return tuple(dict.fromkeys(walk(tomllib.loads(text))))
    except tomllib.TOMLDecodeError:
        return ()  # the reader of the configuration says where


def _user_gone() -> bool:
    if ids(Place()) == (0, 0):
        return False
    run(["userdel", USER])
    return True


def _require_visible(words: tuple[str, ...]) -> None:
    """Raises UnitError when another user could not reach the program."""
    program_file = Path(words[0])
    for folder in (*program_file.parents, *program_file.resolve().parents, *Path(sys.prefix).parents):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            raise UnitError(f"{words[0]} lies under {folder}, which no other user may enter: install inkwire elsewhere")


def _anyone_may_ping() -> bool:
    try:
        first, last = (int(one) for one in _PING_GROUPS.read_text().split())
    except (OSError, ValueError):
        return True
    return first == 0 and last >= 65_535


def _sysusers(place: Place) -> bool:
    if ids(place) != (0, 0):
        return False
    root = () if place.root is None else (f"--root={place.root}",)
    run(["systemd-sysusers", *root, Path(SYSUSERS_FILE).name])
    return True


__all__ = ["ConfigError", "Installation", "Place", "ServiceError", "Step", "UnitError", "plan_install", "plan_remove"]
