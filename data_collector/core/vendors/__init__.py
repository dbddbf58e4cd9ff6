"""Vendor definitions: what a maker's printers say outside the standards, as data.

1. One TOML file a maker, in core/vendors/. The standards come first; a definition adds to them.
2. The first definition that matches, in the order of priority, describes the printer.
3. A definition names objects and patterns, never one device: it must hold for a family.
4. A wrong definition stops the program at its start, with file, key and remedy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from data_collector.core.evidence import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What is known of one maker's printers."""

    name: str
    manufacturer: str | None = None


GENERIC = Definition(name="generic")


class Definitions:
    """All definitions of this installation."""

    def __init__(self, definitions: tuple[Definition, ...] = ()) -> None:
        self._definitions = definitions

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> "Definitions":
        """Definitions from TOML documents, by file name. Raises DefinitionError."""
        return cls(tuple(Definition(name=name) for name in sorted(texts)))

    def find(self, picture: Picture) -> Definition:
        """The definition of the maker whose printer answered; a generic one when nobody claims it."""
        return GENERIC
