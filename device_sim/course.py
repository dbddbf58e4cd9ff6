"""The course of a run: which part of a fleet, born when, what befalls it, and who may lead it."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from device_sim.clock import ScaledClock
from device_sim.core.agenda import Scenario, is_accident_prone
from device_sim.core.errors import ConfigError
from device_sim.core.fleet import FleetSpec, Places
from device_sim.core.profile import Profile
from device_sim.core.scenario import parse_scenario
from wire_format.codec import parse_instant
from wire_format.errors import DecodeError

TOKEN_DEFAULT = Path(".inkwire") / "sim-control-token"
CATCH_UP_S_MAX = 2 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlan:
    """Where a run is led from outside. port: on 127.0.0.1, 0 for any free one. token_file: who may read it may lead."""

    port: int
    token_file: Path


def part_of(places: Places, shard: str | None, only: str | None) -> Places:
    """The printers that `--shard I/N` or `--only NUMBERS` means; each keeps its number, address and life."""
    if shard is not None and only is not None:
        raise ConfigError("--only", "", "and --shard both choose printers; give one of them")
    if shard is not None:
        match = re.fullmatch(r"(\d{1,7})/(\d{1,7})", shard)
        number, parts = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= parts <= len(places):
            raise ConfigError("--shard", "", f"is I/N, such as 1/4: part I of N, at most {len(places)} parts")
        return places[(number - 1) * len(places) // parts : number * len(places) // parts]
    if only is not None:
        match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", only)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < len(places):
            raise ConfigError("--only", "", f"is a printer's number or a range such as 3-9, up to {len(places) - 1}")
        return places[first : last + 1]
    return places


def planned_scenario(
    arguments: argparse.Namespace,
    fleet: FleetSpec,
    places: Places,
    profiles: dict[str, Profile],
    born_s: float,
    where: str,
) -> Scenario | None:
    """What befalls the fleet: the steps of its own file, then those of --scenario. Raises ConfigError."""
    steps = fleet.scenario
    if (path := arguments.scenario) is not None:
        where = str(path)
        steps += parse_scenario(text_of(path, "a scenario file"), where)
        if arguments.recording:
            raise ConfigError("--scenario", "", "cannot befall a recording, which does nothing; leave out --recording")
    if not steps and not any(map(is_accident_prone, profiles.values())):
        return None
    addresses = [places.address_of(index) for index in range(places.whole_count)]
    return Scenario(steps, seed=fleet.seed, start_s=born_s, addresses=addresses, where=where)


def born_at(clock: ScaledClock) -> float:
    """When the fleet's life starts: at the clock's epoch, so that the same seed and clock give the same lives.

    An epoch that is still to come is waited for; one too long ago to live through is replaced by now.
    """
    now_s = clock.now_s()
    epoch_s = clock.spec.epoch_s
    return epoch_s if now_s - epoch_s <= CATCH_UP_S_MAX else now_s


def control_plan(arguments: argparse.Namespace) -> ControlPlan | None:
    """Whether and where the run is led. Raises ConfigError."""
    if arguments.control is None:
        if arguments.control_token_file is not None:
            raise ConfigError("--control-token-file", "", "needs --control PORT")
        return None
    if not 0 <= arguments.control <= 65535:
        raise ConfigError("--control", "", "must be a port from 1 to 65535, or 0 for any free one")
    return ControlPlan(port=arguments.control, token_file=arguments.control_token_file or TOKEN_DEFAULT)


def text_of(path: Path, what: str) -> str:
    """What a file of an operator says. what: it should be. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(str(path), "", f"cannot be read ({reason}); give the path of {what}") from error


def moment_s(text: str | None, option: str) -> float | None:
    """A moment of an option as Unix seconds. Raises ConfigError."""
    if text is None:
        return None
    try:
        return parse_instant(text).timestamp()
    except DecodeError as error:
        raise ConfigError(option, "", "is a virtual time in UTC such as 2026-11-16T18:00:00Z") from error
