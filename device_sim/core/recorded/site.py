"""The web server of a recording, alive: each document as it was recorded, with each printer's own identity and counts.

1. What tells who the printer is, is each one's own, wherever it stands; counts grow as `growth` has it, and LEDM's
   consumables are used up as `levels` has it.
2. In XML a count is the whole text of an element. In HTML it is a number in the text between tags, with or without
   separators between its thousands.
3. All else is as it was recorded, links to what was not recorded included. Entity tags follow the octets.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from device_sim.core.recorded.growth import Growth
from device_sim.core.recorded.identity import Namesakes, Spot, Template, Word, woven
from device_sim.core.recorded.levels import Levels
from device_sim.core.recorder.recording import Document
from device_sim.core.resources import Resource, resource_of
from device_sim.core.state import LivePrinter

_ELEMENT: Final = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>\s*(\d{1,15})\s*</")
_CONSUMABLE: Final = re.compile(rb"<((?:[\w.-]+:)?Consumable(?:Info)?)(?:\s[^<>]*)?>.*?</\1>", re.DOTALL)
_COLOR: Final = re.compile(rb"(?:ConsumableLabelCode|MarkerColor)(?:\s[^<>]*)?>\s*([^<>]*?)\s*<")
_LEFT: Final = re.compile(rb"PercentageLevelRemaining(?:\s[^<>]*)?>\s*(\d{1,3})\s*<")
_PRINTS_LEFT: Final = re.compile(rb"EstimatedPagesRemaining(?:\s[^<>]*)?>\s*(\d{1,9})\s*<")
_BETWEEN_TAGS: Final = re.compile(rb">([^<>]+)<")
_NUMBER: Final = re.compile(rb"(?<![\w.,'-])\d{1,3}(?:(?P<by>[,.' ])\d{3}(?:(?P=by)\d{3})*|\d*)(?![\w'-]|[.,]\d)")


class RecordedSite:
    """What the web servers of all printers that replay one recording have."""

    def __init__(self, documents: Iterable[Document], namesakes: Namesakes, growth: Growth, levels: Levels) -> None:
        self._namesakes, self._growth, self._levels = namesakes, growth, levels
        self._found: Final = {document.path: self._alive(document) for document in documents}

    def resource(self, printer: LivePrinter, path: str) -> Resource | None:
        """The document at a path as this printer has it, or None (404)."""
        found = self._found.get(path)
        if found is None or isinstance(found, Resource):
            return found
        document, template = found
        return resource_of(document.kind, template.render(printer), charset=document.charset)

    def _alive(self, document: Document) -> Resource | tuple[Document, Template]:
        body = document.body
        is_xml = "xml" in document.kind and "html" not in document.kind
        numbers = [*self._consumables(body), *self._elements(body)] if is_xml else self._texts(body)
        template = woven(body, [*self._namesakes.spots(body), *numbers])
        if template is None:
            return resource_of(document.kind, body, charset=document.charset)
        return document, template

    def _elements(self, body: bytes) -> Iterator[Spot]:
        for found in _ELEMENT.finditer(body):
            number = int(found[2])
            if self._growth.of_number(number, found[1].decode("latin-1")):
                yield found.start(2), found.end(2), self._count(number, b"")

    def _consumables(self, body: bytes) -> Iterator[Spot]:
        for block in _CONSUMABLE.finditer(body):
            begin, end = block.span()
            color = _COLOR.search(body, begin, end)
            said = color[1].decode("latin-1") if color else ""
            place = None
            for left in _LEFT.finditer(body, begin, end):
                place = self._levels.of_color(said, int(left[1]))
                if place is not None:
                    yield left.start(1), left.end(1), self._levels.percent(place)
            if place is not None and (prints := _PRINTS_LEFT.search(body, begin, end)):
                yield prints.start(1), prints.end(1), self._levels.share(int(prints[1]), place)

    def _texts(self, body: bytes) -> Iterator[Spot]:
        for text in _BETWEEN_TAGS.finditer(body):
            for found in _NUMBER.finditer(body, text.start(1), text.end(1)):
                by = found["by"] or b""
                number = int(found[0].replace(by, b"") if by else found[0])
                if self._growth.of_number(number):
                    yield found.start(), found.end(), self._count(number, by)

    def _count(self, recorded: int, by: bytes) -> Word:
        growth = self._growth

        def word(printer: LivePrinter) -> bytes:
            number = growth.now(recorded, printer)
            return f"{number:,}".encode().replace(b",", by) if by else b"%d" % number

        return word
