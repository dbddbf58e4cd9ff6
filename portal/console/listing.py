"""A list's filter is its URL: what was asked for, how to change it, where the next rows start."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

ROWS_MAX: Final = 50
_VALUE_MAX: Final = 200
_OUTSIDE_FILTER: Final = ("after", "sort")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One key=value of the filter, and the URL without it."""

    key: str
    value: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list's path and the pairs of its URL that mean something, in the list's own order."""

    path: str
    pairs: Mapping[str, str]

    def get(self, key: str) -> str | None:
        """The value asked for, or None."""
        return self.pairs.get(key)

    def choice(self, key: str, among: Sequence[str]) -> str | None:
        """One of the listed values, or None. Raises HTTPBadRequest for another, so that a typo never widens a list."""
        value = self.pairs.get(key)
        if value is not None and value not in among:
            raise web.HTTPBadRequest(text=f"{key}={value} is not one of {', '.join(among)}.")
        return value

    def number(self, key: str) -> int | None:
        """A whole number, or None. Raises HTTPBadRequest for anything else."""
        value = self.pairs.get(key)
        if value is None:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise web.HTTPBadRequest(text=f"{key}={value} is not a number.")
        return int(value)

    def url(self, **changes: str | None) -> str:
        """This list with some pairs changed or removed; it starts at its first row again."""
        pairs = {key: value for key, value in self.pairs.items() if key != "after"}
        for key, value in changes.items():
            if value is None:
                pairs.pop(key, None)
            else:
                pairs[key] = value
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def here(self) -> str:
        """The URL that says this filter, without the place in it."""
        return self.url()

    def export(self, form: str) -> str:
        """Exactly this filter as a file."""
        pairs = {key: value for key, value in self.pairs.items() if key not in _OUTSIDE_FILTER}
        return f"{self.path}.{form}?{urlencode(pairs)}" if pairs else f"{self.path}.{form}"

    def filtered(self) -> dict[str, str]:
        """The pairs that narrow the list."""
        return {key: value for key, value in self.pairs.items() if key not in _OUTSIDE_FILTER}

    def chips(self, words: Mapping[str, str] | None = None, hidden: Sequence[str] = ()) -> list[Chip]:
        """One chip a narrowing pair. words: what to show in place of a value (a serial for a number)."""
        shown = words or {}
        return [
            Chip(key=key, value=shown.get(key, value), without=self.url(**{key: None}))
            for key, value in self.filtered().items()
            if key not in hidden
        ]


def asked(request: web.Request, path: str, keys: Sequence[str]) -> Asked:
    """What the URL asks of the list at path: the known keys, trimmed, empty ones left out."""
    pairs = {}
    for key in (*keys, *_OUTSIDE_FILTER):
        value = request.query.get(key, "").strip()
        if len(value) > (_VALUE_MAX if key != "after" else 2_000):
            raise web.HTTPBadRequest(text=f"{key} is longer than {_VALUE_MAX} characters.")
        if value:
            pairs[key] = value
    return Asked(path=path, pairs=pairs)


def cursor(*parts: str | int) -> str:
    """Where the next rows start, as one opaque word for a URL."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def cursor_parts(text: str | None, kinds: Sequence[type]) -> list[str | int] | None:
    """The parts of a cursor; None for none. Raises HTTPBadRequest for one that this list did not make."""
    if text is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise web.HTTPBadRequest(text="The place in the list is not readable. Start at the first row.")
    return parts
