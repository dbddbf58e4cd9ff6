"""The configuration of the service: one TOML file, secrets from elsewhere, every fault told at the start.

Defaults stand here and in config_profiles, nowhere else. An unknown key is an error: a typo must not become a silent
default.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from data_collector.config_profiles import (
    INTERVAL_MIN_S,
    INTERVAL_S,
    RANGE_S,
    ScanProfile,
    intervals,
    read_profiles,
)
from data_collector.core.known_readings import WHOLE_AFTER, WHOLE_EVERY, WholeEvery
from data_collector.core.local_queues import Scheduler, parse_scheduler
from data_collector.core.masking import Masking
from data_collector.core.portal_settings import INTERVAL_S_MAX, INTERVAL_S_MIN, Bounds
from data_collector.sending import SendVia, read_send
from data_collector.toml_table import ConfigError, Table

CLAIM_ENV: Final = "INKWIRE_CLAIM"
LIBRARIES: Final = ("native", "gufo", "pysnmp")
FORGET_DAYS: Final = 30
HOLD_UNCHANGED_S: Final = 3 * 3600.0
HOLD_MAX_S: Final = 12 * 3600.0
"""So that each day has a reading, and none shows "no data"."""
WHOLE_INTERVAL_MAX_S: Final = 30 * 86_400.0
__all__ = ["CLAIM_ENV", "INTERVAL_S", "RANGE_S", "CollectorConfig", "ConfigError", "ScanProfile", "load_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorConfig:
    """All settings of the service. claim: a one-time code, needed until the collector is enrolled.

    hold_unchanged_s: how long a reading that says nothing new may stay here; 0: not at all.
    trap_listen: where printers may call; status_listen: where the local page is; None for nowhere.
    portal_bounds: what the portal may set of the reading interval, where the site wrote none; None: nothing.
    whole_every: how often a printer is read whole although it says that nothing changed.
    local_cups: the print scheduler of this machine, asked for printers on its own ports; None: nobody is.
    send: another way for batches than HTTPS to the portal.
    """

    portal_url: str
    directory: Path
    profiles: tuple[ScanProfile, ...]
    masking: Masking = field(default_factory=Masking)
    forget_days: int = FORGET_DAYS
    hold_unchanged_s: float = HOLD_UNCHANGED_S
    whole_every: WholeEvery = field(default_factory=WholeEvery)
    snmp_library: str = "native"
    trap_listen: tuple[str, int] | None = None
    status_listen: tuple[str, int] | None = None
    local_cups: Scheduler | None = None
    portal_bounds: Bounds | None = field(default_factory=Bounds)
    send: SendVia | None = None
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
        raise ConfigError(f"{name} is not TOML: {error}; texts stand in quotes, a key stands once") from error
    top = Table(name, "", document)
    portal, collector = top.table("portal"), top.table("collector")
    traps, status, local = top.table("traps"), top.table("status"), top.table("local")
    send = top.table("send")
    rhythm = intervals(collector, INTERVAL_S, RANGE_S)
    config = CollectorConfig(
        portal_url=_url(portal),
        directory=Path(collector.text("directory", "/var/lib/inkwire/collector")),
        masking=Masking(
            addresses=collector.truth("mask_addresses", default=False),
            phone_numbers=collector.truth("mask_phone_numbers", default=True),
        ),
        forget_days=collector.whole("forget_days", FORGET_DAYS, 1, 3_650),
        hold_unchanged_s=collector.number("hold_unchanged_s", HOLD_UNCHANGED_S, 0.0, HOLD_MAX_S),
        whole_every=WholeEvery(
            readings=collector.whole("whole_every", WHOLE_EVERY, 1, 1_000),
            after=timedelta(
                seconds=collector.number("whole_interval_s", WHOLE_AFTER.total_seconds(), 60.0, WHOLE_INTERVAL_MAX_S)
            ),
        ),
        snmp_library=collector.choice("snmp_library", LIBRARIES),
        claim=environment.get(CLAIM_ENV) or None,
        trap_listen=_listen(traps),
        status_listen=_loopback(status),
        local_cups=_scheduler(local),
        profiles=read_profiles(
            top.tables("profile"), environment, rhythm, interval_open=not collector.holds("interval_s")
        ),
        portal_bounds=_bounds(portal),
        send=read_send(send, environment),
    )
    for table in (top, portal, collector, traps, status, local, send):
        table.finish()
    if not config.profiles:
        raise ConfigError(
            f'{name}: no [[profile]]: add one with targets, for example targets = ["192.168.1.0/24"], '
            "or without targets for the networks of this machine"
        )
    return config


def _scheduler(local: Table) -> Scheduler | None:
    text = local.text("cups", "")
    try:
        return parse_scheduler(text) if text else None
    except ValueError as error:
        raise local.error("cups", str(error)) from error


def _loopback(table: Table) -> tuple[str, int] | None:
    listen = _listen(table)
    if listen is not None and not IPv4Address(listen[0]).is_loopback:
        raise table.error(
            "listen", 'must be a loopback address, for example "127.0.0.1:8631": the page is for this machine'
        )
    return listen


def _listen(table: Table) -> tuple[str, int] | None:
    """listen = "ADDRESS:PORT" or ":PORT" for all addresses; None when it is empty."""
    text = table.text("listen", "")
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not colon or not 1 <= number <= 65_535:
        raise table.error("listen", 'must be "ADDRESS:PORT" or ":PORT", for example ":162"')
    try:
        return str(IPv4Address(host or "0.0.0.0")), number
    except ValueError as error:
        raise table.error("listen", f'names "{host}", which is no IPv4 address of this machine') from error


def _bounds(portal: Table) -> Bounds | None:
    least_s = portal.number("interval_min_s", INTERVAL_S_MIN, INTERVAL_MIN_S, INTERVAL_S_MAX)
    most_s = portal.number("interval_max_s", max(INTERVAL_S_MAX, least_s), INTERVAL_MIN_S, INTERVAL_S_MAX)
    if most_s < least_s:
        raise portal.error("interval_max_s", f"must not be below interval_min_s ({least_s:g})")
    return Bounds(least_s=least_s, most_s=most_s) if portal.truth("settings", default=True) else None


def _url(portal: Table) -> str:
    url = portal.text("url", "")
    if not url.startswith("https://") or len(url) < len("https://x"):
        raise portal.error("url", "must be the portal's address and begin with https://")
    return url.rstrip("/")
