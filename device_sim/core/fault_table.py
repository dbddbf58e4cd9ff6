"""The faults of a group of printers, as a table of FLEET.toml.

NAME = VALUE for all printers of the group, NAME = { value = VALUE, share_percent = 25 } for a part of them.
"""

from dataclasses import dataclass
from typing import Final

from device_sim.core.faults import FaultError, FaultSetting, checked, knob_of
from device_sim.core.typed_table import ReadsItself, TableError

_KEYS = {"value", "share_percent"}


@dataclass(frozen=True, slots=True)
class FaultTable(ReadsItself):
    """What is wrong with the printers of a group, in the order written."""

    settings: tuple[FaultSetting, ...] = ()

    @classmethod
    def read(cls, raw: object, at: str) -> "FaultTable":
        if not isinstance(raw, dict):
            raise TableError(at, "must be a table of faults, such as [groups.faults] with serial_zeros = true")
        return cls(tuple(_setting(name, value, f"{at}.{name}") for name, value in raw.items()))


NO_TABLE: Final = FaultTable()


def _setting(name: str, raw: object, at: str) -> FaultSetting:
    share: object = 100.0
    if isinstance(raw, dict):
        table: dict[str, object] = raw
        if "value" not in table or not table.keys() <= _KEYS:
            raise TableError(at, "must be a value, or a table such as { value = true, share_percent = 25 }")
        raw, share = table["value"], table.get("share_percent", share)
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise TableError(f"{at}.share_percent", "must be a number above 0 and at most 100")
    if not isinstance(raw, bool | int | float | str):
        raise TableError(at, "must be true, a number or a text in quotes")
    try:
        known = knob_of(name).name
        return checked(FaultSetting(name=known, value=raw, share_percent=float(share)))
    except FaultError as error:
        raise TableError(at, str(error).removeprefix(f"{name}: ")) from error
