"""Which printers a fleet has: from a FLEET.toml, or from a count, to one placement a printer.

1. Printer `index` stands at first_address + index, whatever group it is of.
2. Groups are laid out in their order; within a group all printers are alike but for seed and index.
"""

import ipaddress
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from device_sim.core.errors import ConfigError
from device_sim.core.typed_table import TableError, read_table

PRINTERS_MAX = 65_536
Path = Literal["direct", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Printers that are alike. path: whether they push by themselves. profile: a name, or a file."""

    profile: str
    count: int = 1
    path: Path = "none"
    community: str = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """A fleet as an operator writes it. Ports are the same on every address."""

    groups: tuple[Group, ...]
    seed: int = 1
    first_address: str = "127.1.0.1"
    snmp_port: int = 1161
    http_port: int = 8080
    ipp_port: int = 8631


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One printer of a fleet, before it lives."""

    index: int
    profile: str
    address: str
    path: Path
    community: str


def parse_fleet(text: str, where: str) -> FleetSpec:
    """The fleet in a TOML text. where: its file, for messages. Raises ConfigError."""
    try:
        return read_table(FleetSpec, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, "", f"is not TOML: {error}; correct that line") from error
    except TableError as error:
        raise ConfigError(where, error.key, error.remedy) from error


def counted_fleet(profiles: Sequence[str], count: int, direct: int) -> FleetSpec:
    """A fleet of count printers that takes the profiles in turn; the first `direct` printers push."""
    return FleetSpec(
        groups=tuple(
            Group(profile=profiles[index % len(profiles)], path="direct" if index < direct else "none")
            for index in range(count)
        )
    )


def placements(spec: FleetSpec, where: str) -> tuple[Placement, ...]:
    """Every printer with its address. Raises ConfigError."""
    _check(spec, where)
    first = int(ipaddress.IPv4Address(spec.first_address))
    lined_up = [group for group in spec.groups for _ in range(group.count)]
    return tuple(
        Placement(
            index=index,
            profile=group.profile,
            address=str(ipaddress.IPv4Address(first + index)),
            path=group.path,
            community=group.community,
        )
        for index, group in enumerate(lined_up)
    )


def _check(spec: FleetSpec, where: str) -> None:
    for number, group in enumerate(spec.groups, 1):
        if group.count < 1:
            raise ConfigError(where, f"groups[{number}].count", "must be at least 1")
        if not 1 <= len(group.community) <= 255 or not group.community.isascii():
            raise ConfigError(where, f"groups[{number}].community", "must be 1 to 255 ASCII characters")
    count = sum(group.count for group in spec.groups)
    if not 1 <= count <= PRINTERS_MAX:
        raise ConfigError(where, "", f"a fleet has 1 to {PRINTERS_MAX} printers, not {count}")
    for key in ("snmp_port", "http_port", "ipp_port"):
        if not 0 <= getattr(spec, key) <= 65535:
            raise ConfigError(where, key, "must be a port from 1 to 65535, or 0 to leave this protocol out")
    try:
        first = ipaddress.IPv4Address(spec.first_address)
        last = first + (count - 1)
    except ValueError as error:
        raise ConfigError(where, "first_address", "must be an IPv4 address such as 127.1.0.1") from error
    if first.is_loopback and not last.is_loopback:
        raise ConfigError(where, "first_address", f"{count} printers from {first} leave 127.0.0.0/8; start lower")


def with_overrides(
    spec: FleetSpec,
    *,
    seed: int | None = None,
    first_address: str | None = None,
    snmp_port: int | None = None,
    http_port: int | None = None,
    ipp_port: int | None = None,
) -> FleetSpec:
    """The fleet with what the command line says instead of the file; None keeps the file's value."""
    return replace(
        spec,
        seed=spec.seed if seed is None else seed,
        first_address=spec.first_address if first_address is None else first_address,
        snmp_port=spec.snmp_port if snmp_port is None else snmp_port,
        http_port=spec.http_port if http_port is None else http_port,
        ipp_port=spec.ipp_port if ipp_port is None else ipp_port,
    )
