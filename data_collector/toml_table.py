"""One table of a TOML file: reads typed values, and knows which keys nobody asked for."""

from collections.abc import Mapping
from difflib import get_close_matches


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names file, key and remedy."""


class Table:
    """One table of the file. name: the file, for messages; key: where the table stands in it."""

    def __init__(self, name: str, key: str, values: Mapping[str, object]) -> None:
        self._name, self._key, self._values = name, key, values
        self._asked: set[str] = set()

    def error(self, key: str, remedy: str) -> ConfigError:
        """An error at this key: what is wrong, and the remedy."""
        return ConfigError(f"{self._name}: {self._key}{key} {remedy}")

    def holds(self, key: str) -> bool:
        """Whether the file names this key."""
        return key in self._values

    def table(self, key: str) -> "Table":
        """The table under this key; an empty one when there is none."""
        self._asked.add(key)
        values = self._values.get(key, {})
        if not isinstance(values, dict):
            raise self.error(key, f"must be a table: write [{key}]")
        return Table(self._name, f"{self._key}{key}.", values)

    def tables(self, key: str) -> "list[Table]":
        """The list of tables under this key."""
        self._asked.add(key)
        values = self._values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
            raise self.error(key, f"must be a list of tables: write [[{key}]]")
        return [Table(self._name, f"{self._key}{key}[{place}].", one) for place, one in enumerate(values)]

    def text(self, key: str, default: str) -> str:
        """A text of at most 1,000 characters."""
        value = self._take(key, default)
        if not isinstance(value, str) or len(value) > 1_000:
            raise self.error(key, "must be a text in quotes")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise self.error(key, "must be a list of texts in quotes")
        return tuple(str(one) for one in value)

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """One of these words; the first is the default."""
        value = self.text(key, words[0])
        if value not in words:
            near = get_close_matches(value, words, n=1)
            meant = f'; did you mean "{near[0]}"?' if near else ""
            raise self.error(key, f"must be one of {', '.join(words)}{meant}")
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def number(self, key: str, default: float, lowest: float, highest: float) -> float:
        """A number from lowest to highest."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise self.error(key, f"must be a number from {lowest:g} to {highest:g}")
        return float(value)

    def whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        """A whole number from lowest to highest."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise self.error(key, f"must be a whole number from {lowest} to {highest}")
        return value

    def finish(self) -> None:
        """Raises ConfigError for the first key that means nothing, with the one that may have been meant."""
        for key in self._values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, n=1)
                meant = f'did you mean "{near[0]}"? ' if near else ""
                raise self.error(key, f"is not known; {meant}known here: {', '.join(sorted(self._asked))}")

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        return self._values.get(key, default)
