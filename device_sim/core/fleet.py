"""Which printers a fleet has: from a FLEET.toml, or from a count, to one placement a printer.

1. Printer `index` stands at first_address + index, whatever group it is of.
2. Groups are laid out in their order; within a group all printers are alike but for seed and index.
"""

import ipaddress
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, overload

from device_sim.core.errors import ConfigError
from device_sim.core.fault_table import NO_TABLE, FaultTable
from device_sim.core.faults import FaultSetting
from device_sim.core.fleet_snmp import CommunitySpec, TrapSinkSpec, UserSpec, ViewSpec
from device_sim.core.profile import Profile
from device_sim.core.scenario import KEY as SCENARIO
from device_sim.core.scenario import Step, read_steps
from device_sim.core.typed_table import TableError, read_table

PRINTERS_MAX = 1_048_576
TCP_PORTS = ("http_port", "https_port", "ipp_port", "ipps_port", "raw_port")
LOAD_MAX = 200.0
Path = Literal["direct", "none"]
Hours = Literal["office", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Printers that are alike. path: whether they push by themselves. profile: a name, or a file.

    faults: what is wrong with them, or with a share of them. time_zone: where they stand; None: where the fleet does.
    """

    profile: str
    count: int = 1
    path: Path = "none"
    faults: FaultTable = NO_TABLE
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """A fleet as an operator writes it. Ports are the same on every address; 0 leaves a protocol out.

    communities, users, views, trap_sinks: who may ask by SNMP, and who is told, see `fleet_snmp`. hours: when people
    print; None leaves it to the command line. load: how much more they print than the profile says. time_zone: of the
    clock that office hours go by.
    """

    groups: tuple[Group, ...]
    seed: int = 1
    communities: tuple[str | CommunitySpec, ...] = ("public",)
    users: tuple[UserSpec, ...] = ()
    views: tuple[ViewSpec, ...] = ()
    trap_sinks: tuple[TrapSinkSpec, ...] = ()
    hours: Hours | None = None
    load: float = 1.0
    time_zone: str = "UTC"
    first_address: str = "127.1.0.1"
    snmp_port: int = 1161
    http_port: int = 8080
    https_port: int = 0
    ipp_port: int = 8631
    ipps_port: int = 0
    raw_port: int = 0
    scenario: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One printer of a fleet, before it lives. time_zone: a name of the IANA database."""

    index: int
    profile: str
    address: str
    path: Path
    faults: tuple[FaultSetting, ...] = ()
    time_zone: str = "UTC"


def parse_fleet(text: str, where: str) -> FleetSpec:
    """The fleet in a TOML text. where: its file, for messages. Raises ConfigError."""
    try:
        table = tomllib.loads(text)
        steps = table.pop(SCENARIO, [])
        if not isinstance(steps, list):
            raise TableError(SCENARIO, f"must be a list of [[{SCENARIO}]] tables")
        return replace(read_table(FleetSpec, table), scenario=read_steps(steps, where))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, "", f"is not TOML: {error}; correct that line") from error
    except TableError as error:
        raise ConfigError(where, error.key, error.remedy) from error


class Places(Sequence[Placement]):
    """The placements of a fleet, each made when it is asked for: a million of them are cheap to have."""

    __slots__ = ("_first", "_groups", "_time_zone", "indices")

    def __init__(self, groups: Sequence[Group], first_address: int, indices: range, time_zone: str = "UTC") -> None:
        """groups: of each printer of the fleet. first_address: of printer 0. indices: which of them are meant.

        time_zone: of the groups that name none.
        """
        self._time_zone: Final = time_zone
        self._groups: Final = groups
        self._first: Final = first_address
        self.indices: Final = indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, at: int) -> Placement: ...

    @overload
    def __getitem__(self, at: slice) -> "Places": ...

    def __getitem__(self, at: int | slice) -> "Placement | Places":
        if isinstance(at, slice):
            return Places(self._groups, self._first, self.indices[at], self._time_zone)
        index = self.indices[at]
        group = self._groups[index]
        return Placement(
            index=index,
            profile=group.profile,
            address=self.address_of(index),
            path=group.path,
            faults=group.faults.settings,
            time_zone=group.time_zone or self._time_zone,
        )

    def address_of(self, index: int) -> str:
        """Where the fleet puts the printer of that index, whether it is meant here or not."""
        return str(ipaddress.IPv4Address(self._first + index))

    @property
    def whole_count(self) -> int:
        """How many printers the fleet has of which these are some."""
        return len(self._groups)

    def groups(self) -> Iterator[Group]:
        """The group of each printer here, in order."""
        return (self._groups[index] for index in self.indices)

    @property
    def in_order(self) -> bool:
        """Whether the addresses here follow one another."""
        return self.indices.step == 1

    @property
    def first_number(self) -> int:
        """The IPv4 address of the first one here."""
        return self._first + self.indices.start

    def of_index(self, index: int) -> int | None:
        """Where here the printer `index` stands, or None."""
        return self.indices.index(index) if index in self.indices else None

    def of_address(self, number: int) -> int | None:
        """Where here the printer stands that the fleet puts at that IPv4 address, or None."""
        return self.of_index(number - self._first)


def counted_fleet(profiles: Sequence[str], count: int, direct: int) -> FleetSpec:
    """A fleet of count printers that takes the profiles in turn; the first `direct` printers push."""
    pushing = [Group(profile=profile, path="direct") for profile in profiles]
    others = [Group(profile=profile) for profile in profiles]
    kinds = len(profiles)
    return FleetSpec(
        groups=tuple((pushing if index < direct else others)[index % kinds] for index in range(count)),
    )


def placements(spec: FleetSpec, where: str) -> Places:
    """Every printer with its address. Raises ConfigError."""
    _check(spec, where)
    first = int(ipaddress.IPv4Address(spec.first_address))
    lined_up = tuple(group for group in spec.groups for _ in range(group.count))
    return Places(lined_up, first, range(len(lined_up)), spec.time_zone)


def _check(spec: FleetSpec, where: str) -> None:
    for number, group in enumerate(spec.groups, 1):
        if group.count < 1:
            raise ConfigError(where, f"groups[{number}].count", "must be at least 1")
    if not 0 < spec.load <= LOAD_MAX:
        raise ConfigError(where, "load", f"must be above 0 and at most {LOAD_MAX:g}")
    count = sum(group.count for group in spec.groups)
    if not 1 <= count <= PRINTERS_MAX:
        raise ConfigError(where, "", f"a fleet has 1 to {PRINTERS_MAX} printers, not {count}")
    for key in ("snmp_port", *TCP_PORTS):
        if not 0 <= getattr(spec, key) <= 65535:
            raise ConfigError(where, key, "must be a port from 1 to 65535, or 0 to leave this protocol out")
    _check_ports(spec, where)
    try:
        first = ipaddress.IPv4Address(spec.first_address)
        last = first + (count - 1)
    except ValueError as error:
        raise ConfigError(where, "first_address", "must be an IPv4 address such as 127.1.0.1") from error
    if first.is_multicast or first.is_unspecified:
        raise ConfigError(where, "first_address", f"{first} is no printer's address; give one such as 127.1.0.1")
    if first.is_loopback and not last.is_loopback:
        raise ConfigError(where, "first_address", f"{count} printers from {first} leave 127.0.0.0/8; start lower")


def _check_ports(spec: FleetSpec, where: str) -> None:
    taken: dict[int, str] = {}
    for key in TCP_PORTS:
        port: int = getattr(spec, key)
        if port and port in taken:
            raise ConfigError(where, key, f"is the {taken[port]} too; both are TCP, so choose another one")
        taken[port] = key
    if spec.ipps_port and not spec.ipp_port:
        raise ConfigError(where, "ipps_port", "is the TLS side of ipp_port, which is 0; give that one too")
    if not any(taken) and not spec.snmp_port:
        raise ConfigError(
            where, "snmp_port", "is 0 like http_port and ipp_port, so nothing is served; give one of them"
        )


def at_work(profile: Profile, hours: Hours, load: float) -> Profile:
    """The profile with its workload at these hours. "always": as busy as in office hours, day and night."""
    work = profile.workload
    if hours == "always":
        per_day = work.jobs_per_day * 24 / (work.day_ends_h - work.day_starts_h)
        work = replace(
            work, day_starts_h=0, day_ends_h=24, weekend_percent=100, jobs_per_day=round(per_day), rhythm="even"
        )
    return replace(profile, workload=replace(work, jobs_per_day=max(1, round(work.jobs_per_day * load))))


def with_overrides(
    spec: FleetSpec,
    *,
    seed: int | None = None,
    first_address: str | None = None,
    snmp_port: int | None = None,
    http_port: int | None = None,
    https_port: int | None = None,
    ipp_port: int | None = None,
    ipps_port: int | None = None,
    raw_port: int | None = None,
    time_zone: str | None = None,
) -> FleetSpec:
    """The fleet with what the command line says instead of the file; None keeps the file's value."""
    return replace(
        spec,
        seed=spec.seed if seed is None else seed,
        first_address=spec.first_address if first_address is None else first_address,
        snmp_port=spec.snmp_port if snmp_port is None else snmp_port,
        http_port=spec.http_port if http_port is None else http_port,
        https_port=spec.https_port if https_port is None else https_port,
        ipp_port=spec.ipp_port if ipp_port is None else ipp_port,
        ipps_port=spec.ipps_port if ipps_port is None else ipps_port,
        raw_port=spec.raw_port if raw_port is None else raw_port,
        time_zone=spec.time_zone if time_zone is None else time_zone,
    )
