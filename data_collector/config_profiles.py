"""The scan profiles of the configuration: which addresses, how often, and by which names and passwords.

Secrets are read by `config_secrets`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_collector.config_secrets import communities_of, user_of
from data_collector.core.schedule import Rhythm
from data_collector.core.targets import TargetError, Targets, parse_targets
from data_collector.scan import CONCURRENCY
from data_collector.snmp.one_socket import RATE
from data_collector.toml_table import ConfigError, Table
from data_collector.visit import Dialling

INTERVAL_S: Final = 3 * 3600.0
RANGE_S: Final = 86_400.0
INTERVAL_MIN_S: Final = 60.0
INTERVAL_MAX_S: Final = 7 * 86_400.0
RANGE_MAX_S: Final = 31 * 86_400.0
TIMEOUT_MAX_S: Final = 60.0
RATE_MIN, RATE_DEFAULT, RATE_MAX = 10, int(RATE), 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProfile:
    """One set of addresses and how to reach the printers there. targets: None for the machine's own networks.

    announced: ask for printers that announce themselves. rate: packets a second, of all protocols.
    interval_open: the site wrote no interval for it, so that its portal may set one.
    excluded: what is never asked; the targets have it too, it is apart for a profile without targets.
    """

    name: str
    targets: Targets | None
    dialling: Dialling
    rhythm: Rhythm
    excluded: Targets | None = None
    concurrency: int = CONCURRENCY
    icmp: bool = True
    announced: bool = False
    rate: int = RATE_DEFAULT
    interval_open: bool = False


def intervals(table: Table, focus_s: float, range_s: float) -> Rhythm:
    """interval_s and range_interval_s of a table; the range is never asked more often than the known printers."""
    focus_s = table.number("interval_s", focus_s, INTERVAL_MIN_S, INTERVAL_MAX_S)
    range_s = table.number("range_interval_s", max(range_s, focus_s), INTERVAL_MIN_S, RANGE_MAX_S)
    if range_s < focus_s:
        raise table.error(
            "range_interval_s", f"must not be shorter than interval_s ({focus_s:g}): the range is asked more rarely"
        )
    return Rhythm(focus_s=focus_s, range_s=range_s)


def read_profiles(
    tables: Sequence[Table], environment: Mapping[str, str], rhythm: Rhythm, *, interval_open: bool
) -> tuple[ScanProfile, ...]:
    """Every [[profile]]; rhythm: where a profile names no interval of its own. Raises ConfigError.

    interval_open: the site wrote no interval for all of them either.
    """
    profiles: dict[str, ScanProfile] = {}
    for place, table in enumerate(tables):
        usual = "default" if len(tables) == 1 else f"profile {place + 1}"
        profile = _profile(table, environment, rhythm, usual, interval_open=interval_open)
        if profile.name in profiles:
            raise table.error("name", f'"{profile.name}" is the name of another profile too: give each its own')
        profiles[profile.name] = profile
    return tuple(profiles.values())


def _profile(
    table: Table, environment: Mapping[str, str], rhythm: Rhythm, usual: str, *, interval_open: bool
) -> ScanProfile:
    wanted, excluded = table.texts("targets", ()), table.texts("exclude", ())
    try:
        targets = parse_targets(wanted, excluded) if wanted else None
        left_out = parse_targets(excluded, addresses_max=2**32) if excluded else None
    except TargetError as error:
        raise table.error("targets", f"{error}") from error
    users = tuple(user_of(one, environment) for one in table.tables("user"))
    profile = ScanProfile(
        name=table.text("name", usual),
        targets=targets,
        excluded=left_out,
        rhythm=intervals(table, rhythm.focus_s, rhythm.range_s),
        concurrency=table.whole("concurrency", CONCURRENCY, 1, 65_536),
        icmp=table.truth("icmp", default=True),
        announced=table.truth("announced", default=False),
        interval_open=interval_open and not table.holds("interval_s"),
        rate=table.whole("rate", RATE_DEFAULT, RATE_MIN, RATE_MAX),
        dialling=Dialling(
            snmp_port=table.whole("snmp_port", 161, 1, 65_535),
            http_port=table.whole("http_port", 80, 1, 65_535),
            https_port=table.whole("https_port", 443, 1, 65_535),
            ipp_port=table.whole("ipp_port", 631, 1, 65_535),
            communities=communities_of(table, environment, with_users=bool(users)),
            users=users,
            timeout_s=table.number("timeout_s", 1.0, 0.05, TIMEOUT_MAX_S),
            jobs=table.truth("jobs", default=False),
            job_pages=table.truth("job_pages", default=False),
        ),
    )
    table.finish()
    return profile


__all__ = ["INTERVAL_S", "RANGE_S", "ConfigError", "ScanProfile", "intervals", "read_profiles"]
