"""What every act is: a value with named parameters, applied to a printer that lives at its now.

1. The dataclass is the description: its name in the registry, its docstring and its fields are what scenario files,
   control API and command line know of it.
2. An act refuses before it changes anything.
3. Parts are numbered from 1, like the rows of the MIB.
"""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, Final

from device_sim.core.errors import ActError
from device_sim.core.printer import Printer
from device_sim.core.typed_table import TableError

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Act:
    """Something that may be done to a printer, or befall it."""

    __slots__ = ()

    def apply(self, printer: Printer) -> int | None:
        """Do it now. Returns the number of the job it made, if it made one. Raises ActError where it cannot be."""
        raise NotImplementedError


def param(says: str, default: Any = dataclasses.MISSING) -> Any:
    """A parameter of an act and what it says of itself; without a default it must be given."""
    return dataclasses.field(default=default, metadata={"says": says})


def span_ms(text: str, key: str) -> int:
    """A span of time such as 90s, 10m or 1h30m in milliseconds. Raises TableError."""
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise TableError(key, f"{text!r} is no span of time; write it as 90s, 10m, 1h30m or 2d")
    return round(sum(float(number) * _MS[unit] for number, unit in parts))


def lasting_ms(lasts: str) -> int | None:
    """The parameter `lasts` in milliseconds; None where it is not given."""
    return span_ms(lasts, "lasts") if lasts else None


def place_of(parts: Sequence[object], number: int, key: str, plural: str) -> int:
    """The place of a part by its number from 1. Raises ActError where the printer has no such part."""
    if not 1 <= number <= len(parts):
        remedy = f"must be from 1 to {len(parts)}, the {plural} it has" if parts else f"this printer has no {plural}"
        raise ActError(key, remedy)
    return number - 1
