"""Scenario files: what will befall which printers, and when.

1. A scenario is a list of steps; a step is an act with its parameters, the printers it befalls and its moments.
2. A time of day is the first such moment after the start; "+5m" is so long after the start; both in UTC.
3. What is wrong in a file is said with the step's number, the key and a remedy.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from device_sim.core.acts.act import Act, span_ms
from device_sim.core.acts.registry import act_of
from device_sim.core.errors import ConfigError
from device_sim.core.typed_table import TableError, read_table
from wire_format.codec import parse_instant
from wire_format.errors import DecodeError

DAY_MS: Final = 86_400_000
EVERY_MS_MIN: Final = 1000
KEY: Final = "scenario"
_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_WHEN: Final = 'write 2026-11-16T10:05:00Z, "10:05" or "+5m"'
_WHO: Final = 'write 3, "all", "1-20", "3,7,9-12" or "10%"'


@dataclass(frozen=True, slots=True)
class When:
    """A moment as it was written: "absolute" Unix, "of-day" since midnight UTC, or "after" the start; in ms."""

    kind: str
    ms: int

    def at_ms(self, start_ms: int) -> int:
        """The moment of a run that starts then."""
        match self.kind:
            case "absolute":
                return self.ms
            case "after":
                return start_ms + self.ms
        return start_ms + (self.ms - start_ms) % DAY_MS


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which printers. ranges: by number, both ends included; share: each of all with that chance, thrown anew."""

    ranges: tuple[tuple[int, int], ...] = ()
    share: float | None = None

    def holds(self, index: int) -> bool:
        """Whether a printer may be one of them."""
        return self.share is not None or any(first <= index <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of a scenario. every_ms: again after so long, until `until` (None: for ever)."""

    at: When
    chosen: Chosen
    act: Act
    every_ms: int | None = None
    until: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    at: str
    act: str
    printers: str = "all"
    every: str = ""
    until: str = ""


def parse_scenario(text: str, where: str) -> tuple[Step, ...]:
    """The steps of a scenario file. where: its name, for messages. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, "", f"is not TOML: {error}; correct that line") from error
    strange = next((key for key in tables if key != KEY), None)
    entries = tables.get(KEY)
    if strange is not None or not isinstance(entries, list):
        raise ConfigError(where, strange or KEY, f"a scenario is a list of [[{KEY}]] tables and nothing else")
    return read_steps(entries, where)


def read_steps(entries: Sequence[object], where: str) -> tuple[Step, ...]:
    """The steps of `[[scenario]]` tables. Raises ConfigError."""
    steps = []
    for number, entry in enumerate(entries, 1):
        try:
            if not isinstance(entry, dict):
                raise TableError("", f"must be a [[{KEY}]] table")
            steps.append(_step(entry))
        except TableError as error:
            key = f"{KEY}[{number}].{error.key}" if error.key else f"{KEY}[{number}]"
            raise ConfigError(where, key, error.remedy) from error
    return tuple(steps)


def _step(entry: Mapping[str, object]) -> Step:
    own = {key: entry[key] for key in _Written.__dataclass_fields__ if key in entry}
    if type(own.get("printers")) is int:
        own["printers"] = str(own["printers"])
    for key in ("at", "until"):
        if not isinstance(own.get(key, ""), str):
            raise TableError(key, f"must be a text in quotes; {_WHEN}")
    written = read_table(_Written, own)
    every_ms = span_ms(written.every, "every") if written.every else None
    if every_ms is not None and every_ms < EVERY_MS_MIN:
        raise TableError("every", "must be at least 1s")
    if written.until and every_ms is None:
        raise TableError("until", "needs `every`: without it a step happens once")
    return Step(
        at=_when(written.at, "at"),
        chosen=chosen_of(written.printers, "printers"),
        act=act_of(written.act, {key: value for key, value in entry.items() if key not in own}),
        every_ms=every_ms,
        until=_when(written.until, "until") if written.until else None,
    )


def _when(text: str, key: str) -> When:
    if text.startswith("+"):
        return When("after", span_ms(text[1:], key))
    if match := _OF_DAY.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return When("of-day", ((hours * 60 + minutes) * 60 + seconds) * 1000)
    try:
        return When("absolute", int(parse_instant(text).timestamp() * 1000))
    except DecodeError as error:
        raise TableError(key, f"{text!r} is no moment; {_WHEN}") from error


def chosen_of(text: str, key: str) -> Chosen:
    """The printers that a text such as "3", "all", "1-20" or "10%" names. Raises TableError."""
    if text == "all":
        return Chosen(ranges=((0, 1 << 32),))
    if share := re.fullmatch(r"(\d+(?:\.\d+)?)%", text):
        percent = float(share[1])
        if not 0 < percent <= 100:
            raise TableError(key, "a share must be above 0% and at most 100%")
        return Chosen(share=percent / 100)
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,7})(?:-(\d{1,7}))?\s*", part)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            raise TableError(key, f"{text!r} names no printers; {_WHO}")
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return Chosen(ranges=tuple(ranges))
