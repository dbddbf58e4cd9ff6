"""Where a connection stands, told: as one JSON object, and as figures."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from wire_format.codec import format_instant
from wire_format.strict_json import JsonValue


def as_document(told: Any) -> dict[str, JsonValue]:
    """A flat dataclass of plain values, words and times, such as `ConnectionStatus`, as JSON-able values."""
    return {each.name: _as_json(getattr(told, each.name)) for each in fields(told)}


def _as_json(value: object) -> JsonValue:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return format_instant(value)
        case Mapping():
            return {str(name): _as_json(item) for name, item in value.items()}
        case tuple() | list() | frozenset():
            return [_as_json(item) for item in value]
    return as_document(value)
