"""From a TOML table to a frozen dataclass, with errors that name the key.

1. The dataclass is the description: field names are keys, annotations are types, defaults make a key optional.
2. An unknown key is an error: a misspelt setting must not be ignored in silence.
3. Numbers are not taken from strings, and a bool is not an integer.
4. A type whose table no dataclass describes reads it itself: `ReadsItself`.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from typing import Any, Self, TypeVar, Union, cast

T = TypeVar("T")


class TableError(Exception):
    """A table that does not say what it should. key: dotted, with [n] for the n-th entry of a list."""

    def __init__(self, key: str, remedy: str) -> None:
        super().__init__(f"{key}: {remedy}" if key else remedy)
        self.key = key
        self.remedy = remedy


class ReadsItself:
    """A type with a table of its own making."""

    @classmethod
    def read(cls, raw: object, at: str) -> Self:
        """The value of what stands at that key. Raises TableError."""
        raise NotImplementedError


def read_table(kind: type[T], table: Mapping[str, object], at: str = "") -> T:
    """The table as a value of kind, a dataclass. Raises TableError."""
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(cast(Any, kind))}
    for key in table:
        if key not in fields:
            raise TableError(_join(at, key), f"is no setting; known here: {', '.join(sorted(fields))}")
    values: dict[str, object] = {}
    for name, item in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], _join(at, name))
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            raise TableError(_join(at, name), f"is missing; add it as {_wanted(hints[name])}")
    return kind(**values)


def one_of(key: str, word: str, words: tuple[str, ...]) -> None:
    """Raises TableError where a text is none of the words."""
    _word(words, word, key)


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _value(hint: Any, raw: object, at: str) -> object:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        fitting = [kind for kind in kinds if dataclasses.is_dataclass(kind) == isinstance(raw, dict)]
        return _value((fitting or kinds)[0], raw, at)
    if origin is typing.Literal:
        return _word(typing.get_args(hint), raw, at)
    if origin is tuple:
        if not isinstance(raw, list):
            raise TableError(at, f"must be {_wanted(hint)}")
        item = typing.get_args(hint)[0]
        return tuple(_value(item, entry, f"{at}[{number}]") for number, entry in enumerate(raw, 1))
    if isinstance(hint, type) and issubclass(hint, ReadsItself):
        return hint.read(raw, at)
    if dataclasses.is_dataclass(hint):
        if not isinstance(raw, dict):
            raise TableError(at, f"must be {_wanted(hint)}")
        return read_table(cast(type[object], hint), raw, at)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return hint(_word(tuple(word.value for word in hint), raw, at))
    if hint is float and isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    if type(raw) is not hint:
        raise TableError(at, f"must be {_wanted(hint)}")
    return raw


def _word(words: tuple[str, ...], raw: object, at: str) -> str:
    if not isinstance(raw, str) or raw not in words:
        raise TableError(at, f"must be one of: {', '.join(words)}")
    return raw


def _wanted(hint: Any) -> str:
    plain = {str: "a text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
    if hint in plain:
        return plain[hint]
    origin = typing.get_origin(hint)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        return "a list of tables" if dataclasses.is_dataclass(item) else "a list"
    if origin is typing.Literal:
        return f"one of: {', '.join(typing.get_args(hint))}"
    if origin in (Union, types.UnionType):
        return _wanted(typing.get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return f"one of: {', '.join(word.value for word in hint)}"
    return "a table"
