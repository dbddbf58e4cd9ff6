"""Field declarations: what each value on the wire may be, stated once, beside the field.

A record is a frozen dataclass whose fields are made with the functions below. The codec
reads the shapes; nothing else describes the format in code.
"""

import enum
import re
from dataclasses import dataclass, field
from typing import Any, Final

INTEGER_MAX: Final = 2**53 - 1
"""Largest integer that every JSON implementation keeps exactly (RFC 8259, section 6)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most length_max characters; pattern: must match as a whole."""

    length_max: int
    pattern: re.Pattern[str] | None = None
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from lowest to highest, both included."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Truth:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Instant:
    """An aware UTC datetime, on the wire 2026-11-22T00:00:00.000Z."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a closed list."""

    words: tuple[str, ...]
    kind: type[enum.StrEnum] | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """An object described by another record."""

    record: type[Any]


@dataclass(frozen=True, slots=True)
class ListOf:
    """At most count_max items of one shape; a tuple in Python."""

    item: "Shape"
    count_max: int


Shape = Text | Integer | Truth | Instant | Choice | Nested | ListOf


@dataclass(frozen=True, slots=True)
class Declared:
    """What the codec reads from a dataclass field's metadata."""

    shape: Shape
    required: bool


def _declare(shape: Shape, *, required: bool, default: Any) -> Any:
    metadata = {"wire": Declared(shape, required)}
    if required:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def text(length_max: int, *, required: bool = False, pattern: str | None = None, wanted: str = "") -> Any:
    """Declare a string field. wanted: the pattern in words, for the error message."""
    compiled = re.compile(pattern) if pattern else None
    return _declare(Text(length_max, compiled, wanted), required=required, default=None)


def integer(lowest: int = 0, highest: int = INTEGER_MAX, *, required: bool = False) -> Any:
    """Declare a whole-number field."""
    return _declare(Integer(lowest, highest), required=required, default=None)


def truth() -> Any:
    """Declare an optional boolean field."""
    return _declare(Truth(), required=False, default=None)


def instant(*, required: bool = False) -> Any:
    """Declare a point in time."""
    return _declare(Instant(), required=required, default=None)


def choice(words: tuple[str, ...] | type[enum.StrEnum], *, required: bool = False) -> Any:
    """Declare a field that holds one word of a closed list or of an enum."""
    if isinstance(words, tuple):
        return _declare(Choice(words), required=required, default=None)
    return _declare(Choice(tuple(word.value for word in words), words), required=required, default=None)


def nested(record: type[Any], *, required: bool = False) -> Any:
    """Declare a field that holds another record."""
    return _declare(Nested(record), required=required, default=None)


def list_of(item: Shape | type[Any], count_max: int, *, required: bool = False) -> Any:
    """Declare a list field: a tuple in Python, empty when absent. item: a shape or a record class."""
    shape: Shape = Nested(item) if isinstance(item, type) else item
    return _declare(ListOf(shape, count_max), required=required, default=())
