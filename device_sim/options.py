"""From command line and FLEET.toml to one checked description of a run."""

import argparse
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from device_sim.clock import ClockSpec, ScaledClock, started_now
from device_sim.core.agenda import Scenario
from device_sim.core.errors import ConfigError
from device_sim.core.faults import FaultError, FaultSetting, acts_on_the_wire, read_setting
from device_sim.core.fleet import FleetSpec, Places, at_work, counted_fleet, parse_fleet, placements, with_overrides
from device_sim.core.fleet_snmp import SnmpAccess, UserSpec, parse_sink, parse_user, snmp_access
from device_sim.core.netns_plan import Network, is_host
from device_sim.core.profile import Profile
from device_sim.core.recorded.printer import RecordedPrinter
from device_sim.course import ControlPlan, born_at, control_plan, moment_s, part_of, planned_scenario, text_of
from device_sim.profiles_shelf import load_profile, profile_names
from device_sim.snmp_recording import open_recording

SPOOL_DEFAULT = Path(".inkwire") / "sim-spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectPlan:
    """Which portal the direct printers push to. claims: one-time codes, in order of the printers."""

    url: str
    claims: tuple[str, ...]
    spool: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """A run, ready to start. until_s: virtual end of intake. recording: what replaces the profiles.

    faults: of the command line, for every printer; they win over those of the fleet's groups. zones: the time zones
    of the fleet, by name.
    """

    fleet: FleetSpec
    places: Places
    profiles: dict[str, Profile]
    zones: Mapping[str, tzinfo]
    clock: ScaledClock
    truth: Path | None
    ready_file: Path | None
    until_s: float | None
    recording: RecordedPrinter | None
    direct: DirectPlan | None
    snmp: SnmpAccess
    born_s: float
    faults: tuple[FaultSetting, ...] = ()
    scenario: Scenario | None = None
    jump_s: float | None = None
    control: ControlPlan | None = None


def run_plan(arguments: argparse.Namespace, network: Network | None = None) -> RunPlan:
    """What `sim run` was asked to do. network: of the namespace the fleet lives in. Raises ConfigError."""
    clock = ScaledClock(_clock_spec(arguments))
    direct = _direct_plan(arguments)
    fleet, where = _fleet(arguments, direct)
    keeps_hours = arguments.clock or arguments.time_zone
    hours = arguments.hours or fleet.hours or ("office" if keeps_hours else "always")
    fleet = replace(fleet, hours=hours, load=arguments.load or fleet.load)
    if network is not None:
        fleet = _on_network(fleet, network, arguments)
    recording = open_recording(arguments.recording) if arguments.recording else None
    if recording is not None:
        fleet = _of_recording(fleet, recording)
    born_s = born_at(clock)
    places = part_of(placements(fleet, where), arguments.shard, arguments.only)
    users = (*fleet.users, *read_users(arguments.user or []))
    sinks = (*fleet.trap_sinks, *(parse_sink(word, "--trap-to") for word in arguments.trap_to or []))
    snmp = snmp_access(fleet.communities, users, fleet.views, where, sinks)
    check_addresses(places, network)
    names = dict.fromkeys(group.profile for group in places.groups())
    known = recording.profiles() if recording else {}
    profiles = {n: at_work(known.get(n) or _profile(n, where), hours, fleet.load) for n in names}
    _check_direct(places, direct, arguments.recording)
    check_ready_file(arguments.ready_file)
    return RunPlan(
        fleet=fleet,
        places=places,
        profiles=profiles,
        clock=clock,
        truth=arguments.truth,
        ready_file=arguments.ready_file,
        until_s=moment_s(arguments.until, "--until"),
        recording=recording,
        direct=direct,
        snmp=snmp,
        faults=read_faults(arguments.fault or [], arguments.recording),
        zones=_zones(fleet, "--time-zone" if arguments.time_zone else where),
        born_s=born_s,
        scenario=planned_scenario(arguments, fleet, places, profiles, born_s, where),
        jump_s=moment_s(arguments.jump, "--jump"),
        control=control_plan(arguments),
    )


def _zones(fleet: FleetSpec, where: str) -> dict[str, tzinfo]:
    """The time zones that a fleet names. Raises ConfigError for a name that this machine does not know."""
    wanted = {fleet.time_zone: "time_zone"}
    for number, group in enumerate(fleet.groups, 1):
        if group.time_zone is not None:
            wanted.setdefault(group.time_zone, f"groups[{number}].time_zone")
    zones: dict[str, tzinfo] = {}
    for name, key in wanted.items():
        try:
            zones[name] = UTC if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            key = "" if where.startswith("--") else key
            remedy = f"{name!r} is no time zone that this machine knows; write for example Europe/Berlin"
            raise ConfigError(where, key, remedy) from error
    return zones


def read_faults(words: list[str], recording: Path | None) -> tuple[FaultSetting, ...]:
    """The faults of `--fault`: NAME[=VALUE][@SHARE%]. Raises ConfigError, also for one that a recording cannot have."""
    try:
        settings = tuple(read_setting(word) for word in words)
    except FaultError as error:
        raise ConfigError("--fault", "", str(error)) from error
    if recording and (names := [setting.name for setting in settings if not acts_on_the_wire(setting.name)]):
        what = f"{', '.join(dict.fromkeys(names))}: changes what a simulated printer tells"
        remedy = "with --recording only faults of the wire can be had (snmp_..., http_..., xml_..., ledm_..., ipp_...)"
        raise ConfigError("--fault", "", f"{what}; {remedy}")
    return settings


def read_users(words: list[str]) -> tuple[UserSpec, ...]:
    """Users of `--user`: NAME:AUTH:PASSWORD:PRIV:PASSWORD, or @FILE with one a line. Raises ConfigError."""
    users: list[UserSpec] = []
    for word in words:
        if not word.startswith("@"):
            users.append(parse_user(word, "--user"))
            continue
        path = Path(word[1:])
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("--user", "", f"{path} cannot be read; give @FILE with one user a line") from error
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                users.append(parse_user(line.strip(), f"{path}, line {number}"))
    return tuple(users)


def _of_recording(fleet: FleetSpec, recording: RecordedPrinter) -> FleetSpec:
    """The fleet, all of that recording, with the ports it has something to say on. Raises ConfigError without any."""
    fleet = replace(recording.fleet(fleet), raw_port=0)
    if recording.site is None:
        fleet = replace(fleet, http_port=0, https_port=0)
    if recording.ipp is None:
        fleet = replace(fleet, ipp_port=0, ipps_port=0)
    if not (fleet.snmp_port or fleet.http_port or fleet.https_port or fleet.ipp_port or fleet.ipps_port):
        raise ConfigError("--snmp-port", "", "must not be 0 here: the recording has nothing to say on another port")
    return fleet


def read_claims(words: list[str]) -> tuple[str, ...]:
    """Claim codes of `--claim`: CODE, CODE,CODE or @FILE with one a line. Raises ConfigError."""
    claims: list[str] = []
    for word in words:
        if word.startswith("@"):
            path = Path(word[1:])
            try:
                lines = path.read_text(encoding="utf-8").split()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError("--claim", "", f"{path} cannot be read; give @FILE with one code a line") from error
            claims += lines
        else:
            claims += [code.strip() for code in word.split(",") if code.strip()]
    if len(set(claims)) != len(claims):
        raise ConfigError("--claim", "", "a code stands there twice; each code opens the portal for one printer only")
    return tuple(claims)


def check_addresses(places: Places, network: Network | None = None) -> None:
    """Raises ConfigError when the first or last address is none of this machine's, or of that network."""
    for place in (places[0], places[-1]):
        if network is not None:
            if not is_host(place.address, network):
                remedy = f"{place.address} is not in {network}; start lower, or make a namespace with a larger network"
                raise ConfigError("--first-address", "", remedy)
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((place.address, 0))
            except OSError as error:
                remedy = (
                    f"{place.address} is no address of this machine; use 127.x.y.z, which always is, "
                    "or make a network with real addresses (inkwire sim netns add NAME) and give --netns NAME"
                )
                raise ConfigError("--first-address", "", remedy) from error


def check_ready_file(path: Path | None) -> None:
    """Raises ConfigError when the ready file could not be made later."""
    if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK)):
        raise ConfigError("--ready-file", "", f"{path} cannot be written; name a file in a folder that is writable")


def _on_network(fleet: FleetSpec, network: Network, arguments: argparse.Namespace) -> FleetSpec:
    """Addresses of the network where loopback ones stood; the protocols' own ports, unless somebody chose others."""
    counted = arguments.fleet is None
    return replace(
        fleet,
        first_address=str(network[1]) if fleet.first_address.startswith("127.") else fleet.first_address,
        snmp_port=161 if counted and arguments.snmp_port is None else fleet.snmp_port,
        http_port=80 if counted and arguments.http_port is None else fleet.http_port,
        https_port=443 if counted and arguments.https_port is None else fleet.https_port,
        ipp_port=631 if counted and arguments.ipp_port is None else fleet.ipp_port,
        raw_port=9100 if counted and arguments.raw_port is None else fleet.raw_port,
    )


def _profile(name: str, where: str) -> Profile:
    try:
        return load_profile(name)
    except ConfigError as error:
        if error.where != name:
            raise
        raise ConfigError(where, "profile", str(error)) from error


def _clock_spec(arguments: argparse.Namespace) -> ClockSpec:
    if arguments.clock is None:
        return started_now(1.0 if arguments.speed is None else arguments.speed)
    if arguments.speed is not None:
        raise ConfigError("--speed", "", "is already in --clock; give only one of them")
    return ClockSpec.parse(arguments.clock)


def _fleet(arguments: argparse.Namespace, direct: DirectPlan | None) -> tuple[FleetSpec, str]:
    if arguments.fleet is None:
        where = "the command line"
        names = [arguments.profile] if arguments.profile else list(profile_names())
        count = arguments.count
        if count is None:
            count = 1 if arguments.recording else len(names)
        if count < 1:
            raise ConfigError("--count", "", "must be at least 1")
        fleet = counted_fleet(names, count, min(count, len(direct.claims)) if direct else 0)
        if direct and len(direct.claims) > count:
            remedy = f"{len(direct.claims)} claim codes for {count} printers; raise --count or give fewer codes"
            raise ConfigError("--claim", "", remedy)
    else:
        where = str(arguments.fleet)
        if arguments.count is not None or arguments.profile is not None:
            raise ConfigError("--count", "", "and --profile describe a fleet, and so does FLEET.toml; give one of them")
        fleet = parse_fleet(text_of(arguments.fleet, "a FLEET.toml"), where)
    said = with_overrides(
        fleet,
        seed=arguments.seed,
        first_address=arguments.first_address,
        snmp_port=arguments.snmp_port,
        http_port=arguments.http_port,
        https_port=arguments.https_port,
        ipp_port=arguments.ipp_port,
        ipps_port=arguments.ipps_port,
        raw_port=arguments.raw_port,
        time_zone=arguments.time_zone,
    )
    return said, where


def _direct_plan(arguments: argparse.Namespace) -> DirectPlan | None:
    claims = read_claims(arguments.claim or [])
    if arguments.direct is None:
        if claims:
            raise ConfigError("--claim", "", "needs --direct URL, the portal that made the codes")
        return None
    if not arguments.direct.startswith("https://") or not arguments.direct.strip("/").removeprefix("https:").strip("/"):
        raise ConfigError("--direct", "", "must be the address of a portal, such as https://127.0.0.1:8443")
    return DirectPlan(url=arguments.direct.rstrip("/"), claims=claims, spool=arguments.spool or SPOOL_DEFAULT)


def _check_direct(places: Places, direct: DirectPlan | None, recording: Path | None) -> None:
    pushing = sum(group.path == "direct" for group in places.groups())
    if recording and (pushing or direct):
        raise ConfigError("--recording", "", "cannot push: a recording names no portal; leave out --direct")
    if pushing and direct is None:
        raise ConfigError("--direct", "", f'is missing: {pushing} printers of the fleet have path = "direct"')
    if direct and not pushing:
        raise ConfigError("--direct", "", 'is given, but no printer pushes; give claim codes or set path = "direct"')
