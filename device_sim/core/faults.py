"""How a printer misbehaves on purpose: one named field for each fault, each off by default.

1. What is described beside a field is all there is to know of it: `KNOBS`.
2. A printer's faults are a pure function of (settings, seed, index); a setting's share says which part of the
   printers has it, decided for each setting by itself.
3. Equal faults are one object, and a printer without any has `NO_FAULTS` itself: asking for that is `is`.
4. A fault changes what a printer says, never what it did: the truth stays true.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from device_sim.core.dice import Dice
from device_sim.core.errors import DeviceSimError
from device_sim.core.faulty.http_knobs import HttpFaults
from device_sim.core.faulty.knob import DESCRIPTION, Described, Setting

TEXT_CHARACTERS_MAX: Final = 255
_SHARE: Final = re.compile(r"(?P<rest>.*)@(?P<share>\d+(?:\.\d+)?)%", re.DOTALL)
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5})?", re.IGNORECASE)
_DATE: Final = re.compile(r"(?:19[7-9]\d|20\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)(?:T[0-2]\d:[0-5]\d:[0-5]\dZ)?")
_HEADER: Final = re.compile(r"[\x20-\x7e]+")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class FaultError(DeviceSimError):
    """A fault that does not exist, or cannot be set to that. The message is one sentence with a remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults(HttpFaults):
    """Everything that is wrong with one printer. Without arguments: nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One fault as the registry lists it. kind: bool, int, float or str; default: what "no fault" is."""

    name: str
    kind: type[Setting]
    default: Setting | None
    described: Described

    @property
    def range(self) -> str:
        """The values it takes, for a person."""
        described = self.described
        if self.kind is bool:
            return "true or false"
        if described.words:
            return ", ".join(described.words)
        if self.kind is str:
            return f"a text of at most {TEXT_CHARACTERS_MAX} characters"
        return f"{described.low:,} to {described.high:,} {described.unit}".strip()

    @property
    def argument(self) -> str:
        """What stands behind `--fault` to try it."""
        example = self.described.example
        return self.name if example is True else f"{self.name}={example}"

    @property
    def command(self) -> str:
        """The command that runs printers with it."""
        return f"inkwire sim run --fault {self.argument}"


def _kind(annotation: object) -> type[Setting]:
    words = str(annotation)
    return next(kind for kind in (bool, int, float, str) if kind.__name__ in words)


KNOBS: Final[Mapping[str, Knob]] = MappingProxyType(
    {
        item.name: Knob(
            name=item.name,
            kind=_kind(item.type),
            default=item.default if isinstance(item.default, bool | int | float | str) else None,
            described=item.metadata[DESCRIPTION],
        )
        for item in fields(Faults)
    }
)
"""Every fault by name, in the order of the fields."""

NO_FAULTS: Final = Faults()
"""An honest printer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSetting:
    """One fault of a fleet or group. share_percent: which part of the printers has it."""

    name: str
    value: Setting
    share_percent: float = 100.0


def read_setting(word: str) -> FaultSetting:
    """The setting in NAME[=VALUE][@SHARE%], as it stands on a command line. Raises FaultError."""
    matched = _SHARE.fullmatch(word)
    rest, share = (matched["rest"], float(matched["share"])) if matched else (word, 100.0)
    name, equals, written = rest.partition("=")
    knob = knob_of(name.strip())
    value = _parsed(knob, written) if equals else _by_itself(knob)
    return checked(FaultSetting(name=knob.name, value=value, share_percent=share))


def checked(setting: FaultSetting) -> FaultSetting:
    """The setting itself. Raises FaultError when the value or share cannot be."""
    checked_value(setting.name, setting.value)
    if not 0 < setting.share_percent <= 100:
        raise FaultError(f"{setting.name}: the share must be above 0 and at most 100 percent, such as @25%")
    return setting


def checked_value(name: str, value: object) -> Setting:
    """The value, when the fault of that name can be set to it. Raises FaultError."""
    knob = knob_of(name)
    described = knob.described
    if knob.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, knob.kind) or (isinstance(value, bool) and knob.kind is not bool):
        raise FaultError(f"{name}: must be {knob.range}; try {knob.argument}")
    if isinstance(value, str):
        if described.words and value not in described.words:
            raise FaultError(f"{name}: must be one of {knob.range}; try {knob.argument}")
        shape = _SHAPES.get(name)
        if len(value) > TEXT_CHARACTERS_MAX or (shape and not shape.fullmatch(value)):
            raise FaultError(f"{name}: {value[:40]!r} is none; try {knob.argument}")
    elif knob.kind is not bool and not described.low <= value <= described.high:
        raise FaultError(f"{name}: must be {knob.range}; try {knob.argument}")
    return value


_SHAPES: Final = {
    "mac_says": _MAC,
    "clock_at_boot": _DATE,
    "http_redirect": _HEADER,
    "http_content_type": _HEADER,
    "http_server_header": _HEADER,
}


def knob_of(name: str) -> Knob:
    """The fault of that name; hyphens are taken for underscores. Raises FaultError."""
    knob = KNOBS.get(name.replace("-", "_"))
    if knob is None:
        near = [known for known in KNOBS if name and name.split("_")[0] == known.split("_")[0]]
        hint = f"; did you mean one of {', '.join(near)}" if near else ""
        raise FaultError(f"{name!r} is no fault{hint}; `inkwire sim faults` lists them")
    return knob


def acts_on_the_wire(name: str) -> bool:
    """Whether a fault breaks the talking, not what is told: a printer that replays a recording can have it too."""
    return name in _ON_THE_WIRE


_ON_THE_WIRE: Final = {
    name for name, knob in KNOBS.items() if knob.described.subject in ("snmp", "http", "ipp")
} - {"http_old_pages"} | {"community"}  # fmt: skip


def with_fault(faults: Faults, name: str, value: Setting | None) -> Faults:
    """The faults with one set otherwise; None: as if it had never been set. Raises FaultError."""
    knob = knob_of(name)
    new: Setting | None = knob.default if value is None else checked_value(knob.name, value)
    changed: dict[str, Any] = {knob.name: new}
    return _interned(replace(faults, **changed))


def faults_of(settings: Iterable[FaultSetting], seed: int, index: int) -> Faults:
    """What is wrong with printer `index` of a fleet with that seed; a later setting of one name wins."""
    chosen = []
    for place, setting in enumerate(settings):
        dice = Dice(seed, index, "fault", setting.name, place)
        if setting.share_percent >= 100 or dice.unit() * 100 < setting.share_percent:
            chosen.append((setting.name, setting.value))
    return _made(tuple(chosen)) if chosen else NO_FAULTS


@lru_cache(maxsize=4096)
def _made(chosen: tuple[tuple[str, Setting], ...]) -> Faults:
    faults = NO_FAULTS
    for name, value in chosen:
        faults = with_fault(faults, name, value)
    return faults


def set_faults(faults: Faults) -> dict[str, Setting]:
    """The faults that are on, by name."""
    on = {}
    for knob in KNOBS.values():
        value: Setting | None = getattr(faults, knob.name)
        if value is not None and value != knob.default:
            on[knob.name] = value
    return on


@lru_cache(maxsize=4096)
def _interned(faults: Faults) -> Faults:
    return NO_FAULTS if faults == NO_FAULTS else faults


def _by_itself(knob: Knob) -> Setting:
    """The value of a name without one: a switch is on, anything else takes its example."""
    return True if knob.kind is bool else knob.described.example


def _parsed(knob: Knob, written: str) -> Setting:
    if knob.kind is str:
        return written
    if knob.kind is bool and written.lower() in _TRUE + _FALSE:
        return written.lower() in _TRUE
    try:
        return float(written) if knob.kind is float else int(written.replace("_", ""))
    except ValueError as error:
        raise FaultError(f"{knob.name}: {written[:40]!r} must be {knob.range}; try {knob.argument}") from error
