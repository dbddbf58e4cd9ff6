"""One line of JSON as typed values: shared by the readers of the truth and of the export.

1. A line that is not an object, or a field that is missing or of the wrong kind, is a DecodeError with its pointer.
2. Names that verify does not compare are passed over: a newer simulator or portal may say more.
"""

from datetime import datetime
from typing import TypeVar

from wire_format.codec import declared_fields, decode_record, parse_instant
from wire_format.errors import DecodeError
from wire_format.records import Job, Unit
from wire_format.strict_json import JsonValue, parse_json

_Kind = TypeVar("_Kind")


class Row:
    """A JSON object whose fields are taken out one by one, each with its type."""

    def __init__(self, line: bytes | str) -> None:
        value = parse_json(line)
        if not isinstance(value, dict):
            raise DecodeError("", "an object is wanted here")
        self._fields: dict[str, JsonValue] = value

    def text(self, name: str) -> str:
        """A string that must be there."""
        return self._required(name, str, "a string is wanted here")

    def text_or_none(self, name: str) -> str | None:
        """A string, or None where it is null or absent."""
        return self.text(name) if self._fields.get(name) is not None else None

    def label(self, name: str) -> str:
        """A name that must be there, whether written as a string or as a whole number."""
        value = self._fields.get(name)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(name)

    def count(self, name: str, default: int | None = None) -> int:
        """A whole number, never negative. default: for null or absent; without one it must be there."""
        if default is not None and self._fields.get(name) is None:
            return default
        value = self._required(name, int, "a whole number is wanted here")
        if isinstance(value, bool) or value < 0:
            raise DecodeError(f"/{name}", "a whole number from 0 is wanted here")
        return value

    def number(self, name: str) -> float:
        """A number above zero."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise DecodeError(f"/{name}", "a number above 0 is wanted here")
        return float(value)

    def instant(self, name: str) -> datetime:
        """A time that must be there."""
        return parse_instant(self.text(name), f"/{name}")

    def instant_or_none(self, name: str) -> datetime | None:
        """A time, or None where it is null or absent."""
        return self.instant(name) if self._fields.get(name) is not None else None

    def unit(self, name: str) -> Unit:
        """The unit of a meter."""
        word = self.text(name)
        try:
            return Unit(word)
        except ValueError as error:
            raise DecodeError(f"/{name}", f"must be one of {', '.join(Unit)}") from error

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty where it is null or absent."""
        value = self._fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise DecodeError(f"/{name}", "a list is wanted here")
        texts = tuple(item for item in value if isinstance(item, str))
        if len(texts) != len(value):
            raise DecodeError(f"/{name}", "a list of strings is wanted here")
        return texts

    def job(self) -> Job:
        """The fields of a wire job that stand among the others."""
        declared = declared_fields(Job)
        return decode_record(Job, {name: value for name, value in self._fields.items() if name in declared})

    def _required(self, name: str, kind: type[_Kind], wanted: str) -> _Kind:
        value = self._fields.get(name)
        if value is None:
            raise DecodeError(f"/{name}", "is missing")
        if not isinstance(value, kind):
            raise DecodeError(f"/{name}", wanted)
        return value
