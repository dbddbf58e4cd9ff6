"""From the text of a profile file to a `Profile` that hangs together."""

import tomllib
from collections.abc import Iterator

from device_sim.core.agent_rules import agent_contradictions
from device_sim.core.errors import ConfigError
from device_sim.core.mib import printer_book
from device_sim.core.profile import Family, Profile
from device_sim.core.state import LIFE_COUNTS
from device_sim.core.typed_table import TableError, read_table
from wire_format.printer_mib import SUPPLY_KINDS, SUPPLY_UNITS

SERVICES = ("print", "copy", "scan")
DIALECTS = ("hp", "standard")


def parse_profile(text: str, where: str) -> Profile:
    """The profile in a TOML text. where: its file, for messages. Raises ConfigError."""
    try:
        profile = read_table(Profile, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, "", f"is not TOML: {error}; correct that line") from error
    except TableError as error:
        raise ConfigError(where, error.key, error.remedy) from error
    for key, remedy in _contradictions(profile):
        raise ConfigError(where, key, remedy)
    try:
        printer_book(profile)
    except ValueError as error:
        raise ConfigError(where, "vendor_objects", f"{error}, a module of mibs and a line here; keep one") from error
    return profile


def _contradictions(profile: Profile) -> Iterator[tuple[str, str]]:
    yield from _wrong_parts(profile)
    work = profile.workload
    if not set(profile.services) <= set(SERVICES) or "print" not in profile.services:
        yield "services", f'must hold "print" and may hold: {", ".join(SERVICES)}'
    if profile.dialect not in DIALECTS:
        yield "dialect", f"must be one of: {', '.join(DIALECTS)}"
    if profile.counter_unit not in LIFE_COUNTS:
        yield "counter_unit", f"must be one of: {', '.join(LIFE_COUNTS)}"
    if profile.counter_unit == "meters" and profile.family is Family.OFFICE:
        yield "counter_unit", 'an office printer counts "impressions" or "sheets"'
    if profile.family is Family.LARGE_FORMAT:
        if profile.pace.m2_per_hour <= 0:
            yield "pace.m2_per_hour", "must be above 0 for a large format printer"
        if not work.categories:
            yield "workload.categories", "needs at least one entry for a large format printer"
        if not all(part.is_roll for part in profile.inputs):
            yield "inputs", "a large format printer has rolls: leave out length_mm"
    elif profile.pace.impressions_per_minute <= 0:
        yield "pace.impressions_per_minute", "must be above 0 for an office printer"
    for number, band in enumerate(work.sizes, 1):
        if not 1 <= band.impressions_min <= band.impressions_max:
            yield f"workload.sizes[{number}]", "needs 1 <= impressions_min <= impressions_max"
    for key in ("sizes", "formats"):
        if sum(entry.weight for entry in getattr(work, key)) <= 0:
            yield f"workload.{key}", "needs at least one entry with a weight above 0"
    for key in ("copy", "scan", "color", "duplex", "canceled", "aborted", "weekend"):
        if not 0 <= getattr(work, f"{key}_percent") <= 100:
            yield f"workload.{key}_percent", "must be from 0 to 100"
    if work.copy_percent + work.scan_percent > 100:
        yield "workload.copy_percent", "copies and scans together cannot pass 100 percent"
    if not 0 <= work.day_starts_h < work.day_ends_h <= 24:
        yield "workload.day_starts_h", "must be before day_ends_h, both from 0 to 24"
    if not 0 <= work.jobs_per_day <= 5000:
        yield "workload.jobs_per_day", "must be from 0 to 5000"
    if not 0 <= profile.life.impressions_min <= profile.life.impressions_max:
        yield "life.impressions_min", "must not be above life.impressions_max"
    if not profile.serial_pattern.count("#") >= 4:
        yield "serial_pattern", "needs at least four #, each stands for a digit or letter"
    yield from agent_contradictions(profile)


def _wrong_parts(profile: Profile) -> Iterator[tuple[str, str]]:
    kinds, units = set(SUPPLY_KINDS.values()), set(SUPPLY_UNITS.values())
    for number, supply in enumerate(profile.supplies, 1):
        at = f"supplies[{number}]"
        if supply.kind not in kinds:
            yield f"{at}.kind", "must be a PrtMarkerSuppliesTypeTC label, such as tonerCartridge or ink"
        if supply.unit not in units:
            yield f"{at}.unit", "must be a PrtMarkerSuppliesSupplyUnitTC label, such as percent"
        if supply.capacity <= 0 or supply.amount_max <= 0:
            yield f"{at}.capacity", "capacity and amount_max must be above 0"
        if not 0 <= supply.low_percent < 100:
            yield f"{at}.low_percent", "must be from 0 to 99"
        if supply.amount_max < 100_000:
            yield f"{at}.amount_max", "must be at least 100000 (100 ml in microlitres, or 100 impressions)"
    longest_mm = max((entry.length_mm for entry in profile.workload.formats), default=0)
    for number, part in enumerate(profile.inputs, 1):
        at = f"inputs[{number}]"
        if part.amount_max < (longest_mm if part.is_roll else 10):
            yield f"{at}.amount_max", "must hold at least the longest format in mm, or 10 sheets"
        if part.capacity <= 0 or part.amount_max <= 0:
            yield f"{at}.capacity", "capacity and amount_max must be above 0"
        if part.unit not in units:
            yield f"{at}.unit", "must be a unit label, such as sheets or meters"
    for key in ("supplies", "inputs", "outputs", "covers"):
        if not getattr(profile, key):
            yield key, "needs at least one entry"
