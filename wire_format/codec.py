"""Records to JSON and back, with exact errors.

1. Decoding is closed: an unknown name is refused, except names that start with "x-", which are skipped.
2. Encoding leaves out what is unknown (None) and lists that are empty; key order is the record's.
3. encode(decode(x)) of what this module wrote gives the same bytes, so a hash of them is an identity.
4. Every error names the place (JSON pointer) and says what was wanted.
"""

import dataclasses
import enum
import re
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from wire_format.errors import DecodeError
from wire_format.records import JOBS_MAX, Batch, Report
from wire_format.shapes import Choice, Declared, Instant, Integer, ListOf, Nested, Shape, Text, Truth
from wire_format.strict_json import JsonValue, compact_json, parse_json, pointer_to

_Record = TypeVar("_Record")

_FIELDS: Final[dict[type[Any], dict[str, Declared]]] = {}
_INSTANT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z")
_PRIVATE: Final = re.compile(r"user|owner|account|content|host$|document|login", re.IGNORECASE)


def format_instant(at: datetime) -> str:
    """2026-11-22T00:00:00.000Z. at: aware; finer than a millisecond is cut. Raises ValueError if naive."""
    if at.tzinfo is None:
        raise ValueError("a time on the wire must know its zone")
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z" if utc.year >= 1000 else _early(utc)


def _early(utc: datetime) -> str:
    # strftime pads the year on some platforms only.
    return f"{utc.year:04d}{utc:-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_instant(text: str, pointer: str = "") -> datetime:
    """An aware UTC datetime. Raises DecodeError for anything but RFC 3339 in UTC with a Z."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise DecodeError(pointer, "a time looks like 2026-11-22T00:00:00.000Z")
    year, month, day, hour, minute, second, fraction = match.groups()
    try:
        return datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second),
            int((fraction or "0").ljust(6, "0")), tzinfo=UTC,
        )  # fmt: skip
    except ValueError as error:
        raise DecodeError(pointer, f"no such time: {error}") from error


def declared_fields(record: type[Any]) -> dict[str, Declared]:
    """The wire fields of a record class, in order: name to shape and whether it must be there."""
    found = _FIELDS.get(record)
    if found is None:
        fields = dataclasses.fields(record)
        found = {field.name: field.metadata["wire"] for field in fields if "wire" in field.metadata}
        _FIELDS[record] = found
    return found


def encode_record(record: Any) -> dict[str, JsonValue]:
    """A record as JSON-able values; None and empty lists are left out.

    Raises ValueError for a naive datetime. Limits are not checked here but on decoding.
    """
    encoded: dict[str, JsonValue] = {}
    for name, declared in declared_fields(type(record)).items():
        value = getattr(record, name)
        if value is None or (value == () and not declared.required):
            continue
        encoded[name] = _encode_value(value)
    return encoded


def _encode_value(value: Any) -> JsonValue:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, tuple):
        return [_encode_value(item) for item in value]
    if isinstance(value, enum.StrEnum):
        return value.value
    if dataclasses.is_dataclass(value):
        return encode_record(value)
    assert isinstance(value, str | int)
    return value


def decode_record(record: type[_Record], value: object, pointer: str = "") -> _Record:
    """A record from parsed JSON. Raises DecodeError with the pointer of the first fault."""
    if not isinstance(value, dict):
        raise DecodeError(pointer, "an object is wanted here")
    declared = declared_fields(record)
    arguments: dict[str, Any] = {}
    for name, item in value.items():
        field = declared.get(name)
        if field is None:
            if isinstance(name, str) and name.startswith("x-"):
                continue
            raise DecodeError(pointer_to(pointer, name), _unknown_name(str(name)))
        if item is None:
            if field.required:
                raise DecodeError(pointer_to(pointer, name), "must not be null")
            continue
        arguments[name] = _decode_value(field.shape, item, pointer_to(pointer, name))
    for name, field in declared.items():
        if field.required and name not in arguments:
            raise DecodeError(pointer_to(pointer, name), "is missing")
    return record(**arguments)


def _unknown_name(name: str) -> str:
    if _PRIVATE.search(name):
        return "has no place on the wire: a job's content, user, owner, host or account never travels"
    return "unknown name; extensions start with x-"


def _decode_value(shape: Shape, value: object, pointer: str) -> Any:
    match shape:
        case Text():
            if not isinstance(value, str):
                raise DecodeError(pointer, "a string is wanted here")
            if len(value) > shape.length_max:
                raise DecodeError(pointer, f"longer than {shape.length_max} characters")
            if shape.pattern is not None and shape.pattern.fullmatch(value) is None:
                raise DecodeError(pointer, f"wanted: {shape.wanted}")
            return value
        case Integer():
            if isinstance(value, bool) or not isinstance(value, int):
                raise DecodeError(pointer, "a whole number is wanted here")
            if not shape.lowest <= value <= shape.highest:
                raise DecodeError(pointer, f"must be from {shape.lowest} to {shape.highest}")
            return value
        case Truth():
            if not isinstance(value, bool):
                raise DecodeError(pointer, "true or false is wanted here")
            return value
        case Instant():
            if not isinstance(value, str):
                raise DecodeError(pointer, "a time as a string is wanted here")
            return parse_instant(value, pointer)
        case Choice():
            if not isinstance(value, str) or value not in shape.words:
                raise DecodeError(pointer, f"must be one of {', '.join(shape.words)}")
            return shape.kind(value) if shape.kind is not None else value
        case Nested():
            return decode_record(shape.record, value, pointer)
        case ListOf():
            if not isinstance(value, list):
                raise DecodeError(pointer, "a list is wanted here")
            if len(value) > shape.count_max:
                raise DecodeError(pointer, f"more than {shape.count_max} items")
            return tuple(
                _decode_value(shape.item, item, pointer_to(pointer, position)) for position, item in enumerate(value)
            )


def encode_batch(batch: Batch) -> bytes:
    """A batch as canonical bytes: compact UTF-8 JSON in field order. Their SHA-256 is part of its identity."""
    return compact_json(encode_record(batch)).encode("utf-8")


def decode_batch(document: bytes) -> Batch:
    """The batch in a document. Raises DecodeError with JSON pointer and reason.

    Besides each field's own shape, a batch holds at most 10,000 jobs over all its reports.
    """
    batch = decode_record(Batch, parse_json(document))
    jobs = 0
    for position, report in enumerate(batch.reports):
        jobs += len(report.jobs)
        if jobs > JOBS_MAX:
            raise DecodeError(f"/reports/{position}/jobs", f"more than {JOBS_MAX} jobs in one batch")
    return batch


def encode_report(report: Report) -> str:
    """One report as one line of JSON."""
    return compact_json(encode_record(report))


def decode_report(document: bytes | str) -> Report:
    """The report in one line of JSON. Raises DecodeError."""
    return decode_record(Report, parse_json(document))
