"""Records to JSON and back, with exact errors.

1. Decoding is closed: an unknown name is refused, except names that start with "x-", which are skipped.
2. Encoding leaves out what is unknown (None) and lists that are empty; key order is the record's.
3. encode(decode(x)) of what this module wrote gives the same bytes, so a hash of them is an identity.
4. Every error names the place (JSON pointer) and says what was wanted.
"""

import dataclasses
import enum
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

from wire_format.errors import DecodeError
from wire_format.records import JOBS_MAX, Batch, Report
from wire_format.shapes import Choice, Declared, Instant, Integer, ListOf, Nested, Shape, Text, Truth
from wire_format.strict_json import JsonValue, compact_json, parse_json

_Record = TypeVar("_Record")

_Reader = Callable[[object], Any]
_PLANS: Final[dict[type[Any], "_Plan"]] = {}
_INSTANT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
_PRIVATE: Final = re.compile(r"user|owner|account|content|host$|document|login", re.IGNORECASE)


def format_instant(at: datetime) -> str:
    """2026-11-22T00:00:00.000Z. at: aware; finer than a millisecond is cut. Raises ValueError if naive."""
    if at.tzinfo is None:
        raise ValueError("a time on the wire must know its zone")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


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
    fields = dataclasses.fields(record)
    return {field.name: field.metadata["wire"] for field in fields if "wire" in field.metadata}


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """How one record class is read: a reader for each name, and the names that must be there."""

    readers: dict[str, _Reader]
    required: tuple[str, ...]


def _plan(record: type[Any]) -> _Plan:
    plan = _PLANS.get(record)
    if plan is None:
        declared = declared_fields(record)
        plan = _PLANS[record] = _Plan(
            {name: _reader(each.shape) for name, each in declared.items()},
            tuple(name for name, each in declared.items() if each.required),
        )
    return plan


def encode_record(record: Any, kind: type[Any] | None = None) -> dict[str, JsonValue]:
    """A record as JSON-able values; None and empty lists are left out.

    kind: the record class whose fields are written; None: its own. What a subclass adds then stays behind.
    Raises ValueError for a naive datetime. Limits are not checked here but on decoding.
    """
    encoded: dict[str, JsonValue] = {}
    plan = _plan(kind or type(record))
    for name in plan.readers:
        value = getattr(record, name)
        if value is None or (value == () and name not in plan.required):
            continue
        encoded[name] = _encode_value(value)
    return encoded


def _encode_value(value: Any) -> JsonValue:
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        plain: JsonValue = value
        return plain
    if kind is tuple:
        return [_encode_value(item) for item in value]
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, enum.StrEnum):
        return value.value
    if isinstance(value, str | int):
        return value
    return encode_record(value)


def decode_record(record: type[_Record], value: object, pointer: str = "") -> _Record:
    """A record from parsed JSON. Raises DecodeError with the pointer of the first fault.

    pointer: where the value stands in its document.
    """
    try:
        return _decode_record(record, value)
    except DecodeError as error:
        raise (DecodeError(pointer + error.pointer, error.reason) if pointer else error) from None


# Pointers are built on the way out of a fault, one level at a time: a good document costs none.


def _decode_record(record: type[_Record], value: object) -> _Record:
    if not isinstance(value, dict):
        raise DecodeError("", "an object is wanted here")
    plan = _plan(record)
    arguments: dict[str, Any] = {}
    for name, item in value.items():
        reader = plan.readers.get(name)
        if reader is None:
            if isinstance(name, str) and name.startswith("x-"):
                continue
            raise DecodeError("", _unknown_name(str(name))).within(name)
        if item is None:
            if name in plan.required:
                raise DecodeError("", "must not be null").within(name)
            continue
        try:
            arguments[name] = reader(item)
        except DecodeError as error:
            raise error.within(name) from None
    for name in plan.required:
        if name not in arguments:
            raise DecodeError("", "is missing").within(name)
    return record(**arguments)


def _unknown_name(name: str) -> str:
    if _PRIVATE.search(name):
        return "has no place on the wire: a job's content, user, owner, host or account never travels"
    return "unknown name; extensions start with x-"


def _reader(shape: Shape) -> _Reader:
    """A function that takes one parsed JSON value and returns what it means, or raises DecodeError."""
    match shape:
        case Text():
            return _text_reader(shape)
        case Integer():
            return _integer_reader(shape)
        case Truth():
            return _read_truth
        case Instant():
            return _read_instant
        case Choice():
            return _choice_reader(shape)
        case Nested():
            return partial(_decode_record, shape.record)
        case ListOf():
            return _list_reader(shape, _reader(shape.item))


def _text_reader(shape: Text) -> _Reader:
    length_max, pattern, wanted = shape.length_max, shape.pattern, shape.wanted

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise DecodeError("", "a string is wanted here")
        if len(value) > length_max:
            raise DecodeError("", f"longer than {length_max} characters")
        if pattern is not None and pattern.fullmatch(value) is None:
            raise DecodeError("", f"wanted: {wanted}")
        return value

    return read


def _integer_reader(shape: Integer) -> _Reader:
    lowest, highest = shape.lowest, shape.highest

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise DecodeError("", "a whole number is wanted here")
        if not lowest <= value <= highest:
            raise DecodeError("", f"must be from {lowest} to {highest}")
        return value

    return read


def _read_truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise DecodeError("", "true or false is wanted here")
    return value


def _read_instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise DecodeError("", "a time as a string is wanted here")
    return parse_instant(value)


def _choice_reader(shape: Choice) -> _Reader:
    words: dict[object, str] = {word: shape.kind(word) if shape.kind is not None else word for word in shape.words}

    def read(value: object) -> str:
        found = words.get(value) if isinstance(value, str) else None
        if found is None:
            raise DecodeError("", f"must be one of {', '.join(shape.words)}")
        return found

    return read


def _list_reader(shape: ListOf, read_item: _Reader) -> _Reader:
    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise DecodeError("", "a list is wanted here")
        if len(value) > shape.count_max:
            raise DecodeError("", f"more than {shape.count_max} items")
        items = []
        for position, item in enumerate(value):
            try:
                items.append(read_item(item))
            except DecodeError as error:
                raise error.within(position) from None
        return tuple(items)

    return read


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
    return compact_json(encode_record(report, Report))


def decode_report(document: bytes | str) -> Report:
    """The report in one line of JSON. Raises DecodeError."""
    return decode_record(Report, parse_json(document))
