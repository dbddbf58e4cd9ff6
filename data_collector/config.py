"""The configuration of the service: one TOML file, secrets from the environment, every fault told at the start.

Defaults stand here and nowhere else. An unknown key is an error: a typo must not become a silent default.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from data_collector.core.targets import TargetError, Targets, parse_targets
from data_collector.scan import CONCURRENCY
from data_collector.visit import Dialling

INTERVAL_S: Final = 3 * 3600.0
INTERVAL_MIN_S: Final = 60.0
INTERVAL_MAX_S: Final = 7 * 86_400.0
TIMEOUT_MAX_S: Final = 60.0
CLAIM_ENV: Final = "INKWIRE_CLAIM"
LIBRARIES: Final = ("native", "gufo", "pysnmp")


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names file, key and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProfile:
    """One set of addresses and how to reach the printers there."""

    name: str
    targets: Targets
    dialling: Dialling
    concurrency: int = CONCURRENCY
    icmp: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorConfig:
    """All settings of the service. claim: a one-time code, needed until the collector is enrolled."""

    portal_url: str
    directory: Path
    profiles: tuple[ScanProfile, ...]
    interval_s: float = INTERVAL_S
    mask_addresses: bool = False
    snmp_library: str = "native"
    claim: str | None = field(default=None, repr=False)


def load_config(path: Path, environment: Mapping[str, str]) -> CollectorConfig:
    """The configuration in this file. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{path} cannot be read ({reason}): check the path and its permissions") from error
    return parse_config(text, environment, str(path))


def parse_config(text: str, environment: Mapping[str, str], name: str = "configuration") -> CollectorConfig:
    """The configuration in this text. name: the file, for messages. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}") from error
    top = _Table(name, "", document)
    portal, collector = top.table("portal"), top.table("collector")
    config = CollectorConfig(
        portal_url=_url(portal),
        directory=Path(collector.text("directory", "/var/lib/inkwire/collector")),
        interval_s=collector.number("interval_s", INTERVAL_S, INTERVAL_MIN_S, INTERVAL_MAX_S),
        mask_addresses=collector.truth("mask_addresses", default=False),
        snmp_library=collector.choice("snmp_library", LIBRARIES),
        claim=environment.get(CLAIM_ENV) or None,
        profiles=tuple(_profile(one, environment) for one in top.tables("profile")),
    )
    for table in (top, portal, collector):
        table.finish()
    if not config.profiles:
        raise ConfigError(f'{name}: no [[profile]]: add one with targets, for example targets = ["192.168.1.0/24"]')
    return config


def _url(portal: "_Table") -> str:
    url = portal.text("url", "")
    if not url.startswith("https://") or len(url) < len("https://x"):
        raise portal.error("url", "must be the portal's address and begin with https://")
    return url.rstrip("/")


def _profile(table: "_Table", environment: Mapping[str, str]) -> ScanProfile:
    wanted, excluded = table.texts("targets", ()), table.texts("exclude", ())
    try:
        targets = parse_targets(wanted, excluded)
    except TargetError as error:
        raise table.error("targets", f"{error}") from error
    profile = ScanProfile(
        name=table.text("name", "default"),
        targets=targets,
        concurrency=table.whole("concurrency", CONCURRENCY, 1, 65_536),
        icmp=table.truth("icmp", default=True),
        dialling=Dialling(
            snmp_port=table.whole("snmp_port", 161, 1, 65_535),
            http_port=table.whole("http_port", 80, 1, 65_535),
            https_port=table.whole("https_port", 443, 1, 65_535),
            ipp_port=table.whole("ipp_port", 631, 1, 65_535),
            communities=_communities(table, environment),
            timeout_s=table.number("timeout_s", 1.0, 0.05, TIMEOUT_MAX_S),
        ),
    )
    table.finish()
    return profile


def _communities(table: "_Table", environment: Mapping[str, str]) -> tuple[str, ...]:
    """From the file, or from the environment variable that the file names."""
    variable = table.text("communities_env", "")
    named = table.texts("communities", ("public",))
    if variable:
        named = tuple(one for one in environment.get(variable, "").split(",") if one)
        if not named:
            raise table.error(
                "communities_env", f"names the variable {variable}, which is empty: set it, separated by commas"
            )
    if not named:
        raise table.error("communities", 'is empty: write for example ["public"]')
    return named


class _Table:
    """One table of the file; reads typed values and knows which keys nobody asked for."""

    def __init__(self, name: str, key: str, values: Mapping[str, object]) -> None:
        self._name, self._key, self._values = name, key, values
        self._asked: set[str] = set()

    def error(self, key: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self._name}: {self._key}{key} {remedy}")

    def table(self, key: str) -> "_Table":
        self._asked.add(key)
        values = self._values.get(key, {})
        if not isinstance(values, dict):
            raise self.error(key, f"must be a table: write [{key}]")
        return _Table(self._name, f"{self._key}{key}.", values)

    def tables(self, key: str) -> "list[_Table]":
        self._asked.add(key)
        values = self._values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
            raise self.error(key, f"must be a list of tables: write [[{key}]]")
        return [_Table(self._name, f"{key}[{place}].", one) for place, one in enumerate(values)]

    def text(self, key: str, default: str) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or len(value) > 1_000:
            raise self.error(key, "must be a text in quotes")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise self.error(key, "must be a list of texts in quotes")
        return tuple(str(one) for one in value)

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        value = self.text(key, words[0])
        if value not in words:
            raise self.error(key, f"must be one of {', '.join(words)}")
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def number(self, key: str, default: float, lowest: float, highest: float) -> float:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise self.error(key, f"must be a number from {lowest:g} to {highest:g}")
        return float(value)

    def whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise self.error(key, f"must be a whole number from {lowest} to {highest}")
        return value

    def finish(self) -> None:
        """Raises ConfigError for the first key that means nothing."""
        for key in self._values:
            if key not in self._asked:
                raise self.error(key, f"is not known; known here: {', '.join(sorted(self._asked))}")

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        return self._values.get(key, default)
