"""JSON from a stranger: strict where the standard library is lenient.

The stdlib parser accepts duplicate keys, NaN and integers of any length, and it says
nothing of where it found them. Here such values become marks in the tree; `check_marks`
and the record decoder then refuse them with their JSON pointer. Source: RFC 8259, RFC 7493 (I-JSON).
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from wire_format.errors import DecodeError

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

DIGITS_MAX: Final = 16
DEPTH_MAX: Final = 16
_CONTAINERS: Final = (dict, list)


@dataclass(frozen=True, slots=True)
class BadNumber:
    """Stands in the tree where a number was that JSON peers do not keep alike."""

    reason: str


class DuplicateKeys(dict[str, JsonValue]):
    """Stands in the tree for an object that named a key twice."""

    key: str = ""


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    built = dict(pairs)
    if len(built) == len(pairs):
        return built
    doubled = DuplicateKeys(built)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            doubled.key = key
            break
        seen.add(key)
    return doubled


def _integer(digits: str) -> int | BadNumber:
    if len(digits.lstrip("-")) > DIGITS_MAX:
        return BadNumber("the number is too large; the largest integer is 9007199254740991")
    return int(digits)


def _float(literal: str) -> float | BadNumber:
    number = float(literal)
    return number if math.isfinite(number) else BadNumber("the number is too large")


def _constant(name: str) -> BadNumber:
    return BadNumber(f"{name} is not JSON")


def pointer_to(pointer: str, step: str | int) -> str:
    """The JSON pointer one step deeper (RFC 6901: ~ and / are escaped)."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _is_halved(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def check_marks(value: object, pointer: str = "", depth: int = 0) -> None:
    """Refuse duplicate keys, impossible numbers, lone surrogates and deep nesting, wherever they stand.

    Raises DecodeError with the pointer of the first one.
    """
    if depth > DEPTH_MAX:
        raise DecodeError(pointer, f"nested deeper than {DEPTH_MAX} levels")
    if isinstance(value, str):
        if _is_halved(value):
            raise DecodeError(pointer, "the string holds half of a surrogate pair")
    elif isinstance(value, BadNumber):
        raise DecodeError(pointer, value.reason)
    elif isinstance(value, dict):
        if isinstance(value, DuplicateKeys):
            raise DecodeError(pointer_to(pointer, value.key), "the key stands twice in its object")
        for key, item in value.items():
            if _is_halved(key):
                raise DecodeError(pointer, "a key holds half of a surrogate pair")
            check_marks(item, pointer_to(pointer, key), depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            check_marks(item, pointer_to(pointer, position), depth + 1)


def _is_deep(value: JsonValue) -> bool:
    """Whether anything is nested deeper than DEPTH_MAX, found level by level, without pointers."""
    level: list[JsonValue] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH_MAX + 1):
        if not level:
            return False
        inner: list[JsonValue] = []
        for each in level:
            items = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            inner += [item for item in items if isinstance(item, _CONTAINERS)]
        level = inner
    return bool(level)


def parse_json(document: bytes | str) -> JsonValue:
    """A whole JSON text as Python values.

    Raises DecodeError for what is not UTF-8 or not JSON, for duplicate keys, NaN, infinities,
    integers of more than 16 digits, lone surrogates, and nesting deeper than DEPTH_MAX.
    """
    try:
        text = document if isinstance(document, str) else document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("", f"not UTF-8 at byte {error.start}") from error
    try:
        # A good document is read once. Only one with a fault, or that looks as if it had one, is read again with
        # marks in place of the faults, so that the first can be named.
        value: JsonValue = _SWIFT.decode(text)
        if _SUSPECT.search(text) is None and not _is_deep(value):
            return value
    except _SuspectError:
        pass
    except (ValueError, RecursionError):
        pass  # also for an integer of thousands of digits, which Python will not convert
    return _parse_marking(text)


def _parse_marking(text: str) -> JsonValue:
    try:
        value: JsonValue = _MARKING.decode(text)
    except json.JSONDecodeError as error:
        raise DecodeError("", f"not JSON at character {error.pos}: {error.msg.lower()}") from error
    except RecursionError as error:
        raise DecodeError("", f"nested deeper than {DEPTH_MAX} levels") from error
    check_marks(value)
    return value


def compact_json(value: object) -> str:
    """JSON without spaces, keys in the order given, UTF-8 left as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_no_default)


def _no_default(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} has no JSON form")


class _SuspectError(Exception):
    """The swift reading met something that must be named."""


def _swift_object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise _SuspectError
    return built


def _swift_float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise _SuspectError
    return number


def _swift_constant(_name: str) -> NoReturn:
    raise _SuspectError


_SUSPECT: Final = re.compile(r"\\u|[0-9]{17}|[\ud800-\udfff]")
"""An escape may hide half a surrogate pair, a str may hold one; so many digits may be an integer that peers read
differently."""
_SWIFT: Final = json.JSONDecoder(
    object_pairs_hook=_swift_object,
    parse_float=_swift_float,
    parse_constant=_swift_constant,
)
_MARKING: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
