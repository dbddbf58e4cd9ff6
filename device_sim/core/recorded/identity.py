"""Who a printer that replays a recording is: the first of a fleet is the recorded one, the others are like it.

A text that tells who the printer is becomes a Template, in which each printer's own words stand where the recorded ones
stood. The recorded words are looked for in every spelling they are met in: serial and names as they are, a station
address as six octets and in hexadecimal with and without separators, an IPv4 address as text, a UUID in small and
capital letters.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from device_sim.core.ipp_printer import printer_uuid
from device_sim.core.recorded.model import RecordedModel
from device_sim.core.state import LivePrinter

SERIAL_CHARACTERS_MIN: Final = 5
NAME_CHARACTERS_MIN: Final = 3

Word = Callable[[LivePrinter], bytes]
Spot = tuple[int, int, Word]
"""Where in some octets a word stands, begin and end, and what each printer has there."""


@dataclass(frozen=True, slots=True)
class Template:
    """Octets in which some parts are each printer's own."""

    parts: tuple[bytes | Word, ...]

    def render(self, printer: LivePrinter) -> bytes:
        """The octets as this printer has them."""
        return b"".join(part if isinstance(part, bytes) else part(printer) for part in self.parts)


def woven(octets: bytes, spots: Iterable[Spot]) -> Template | None:
    """The octets with these spots each printer's own, of two that overlap the earlier; None where there are none."""
    parts: list[bytes | Word] = []
    at = 0
    for begin, end, word in sorted(spots, key=lambda spot: spot[:2]):
        if begin >= at:
            parts += [octets[at:begin], word]
            at = end
    return Template((*parts, octets[at:])) if parts else None


class Namesakes:
    """Finds what tells who one recorded printer is."""

    def __init__(self, model: RecordedModel, address: str = "", uuid: str = "") -> None:
        """address: the recorded printer's IPv4 address; uuid: as printer-uuid has it; empty where it is not known."""
        words: dict[bytes, Word] = {}
        if len(model.serial) >= SERIAL_CHARACTERS_MIN:
            words[model.serial.encode()] = _own(model.serial.encode(), lambda printer: printer.identity.serial.encode())
        if model.mac:
            words |= _station(model.mac)
        if len(model.hostname) >= NAME_CHARACTERS_MIN and model.hostname not in model.profile.model:
            words[model.hostname.encode()] = _own(
                model.hostname.encode(), lambda printer: printer.identity.hostname.encode()
            )
        if address:
            words[address.encode()] = lambda printer: printer.identity.address.encode()
        for spelt in (uuid.lower(), uuid.upper()) if uuid else ():
            words[spelt.encode()] = _own(spelt.encode(), _uuid(upper=spelt.isupper()))
        self._words: Final[Mapping[bytes, Word]] = words
        # The longest first: a serial may hold a name.
        found = b"|".join(_bounded(word) for word in sorted(words, key=len, reverse=True))
        self._pattern: Final = re.compile(found) if found else None

    def spots(self, octets: bytes) -> Iterable[Spot]:
        """Where in the octets something tells who the printer is."""
        found = () if self._pattern is None else self._pattern.finditer(octets)
        return ((word.start(), word.end(), self._words[word[0]]) for word in found)

    def template(self, octets: bytes) -> Template | None:
        """The octets as a template, or None where nothing in them tells who the printer is."""
        return woven(octets, self.spots(octets))


def _bounded(word: bytes) -> bytes:
    """A word of letters stands alone; six octets stand anywhere."""
    pattern = re.escape(word)
    return rb"(?<![0-9A-Za-z])" + pattern + rb"(?![0-9A-Za-z])" if word.isascii() and word.isalnum() else pattern


def _own(recorded: bytes, others: Word) -> Word:
    return lambda printer: recorded if printer.identity.index == 0 else others(printer)


def _uuid(*, upper: bool) -> Word:
    def word(printer: LivePrinter) -> bytes:
        own = str(printer_uuid(printer.identity))
        return (own.upper() if upper else own).encode()

    return word


def _station(mac: bytes) -> dict[bytes, Word]:
    def spelt(how: Callable[[str], str]) -> tuple[bytes, Word]:
        recorded = how(mac.hex()).encode()
        return recorded, _own(recorded, lambda printer: how(printer.identity.mac.replace(":", "")).encode())

    def parted(by: str) -> Callable[[str], str]:
        return lambda digits: by.join(digits[at : at + 2] for at in range(0, 12, 2))

    raw = {mac: _own(mac, lambda printer: bytes.fromhex(printer.identity.mac.replace(":", "")))}
    spellings = [parted(":"), parted("-"), parted(" "), lambda digits: digits]
    spellings.append(lambda digits: ":".join(f"{octet:x}" for octet in bytes.fromhex(digits)))
    upper = [lambda digits, how=how: how(digits).upper() for how in spellings]
    return raw | dict(map(spelt, [*spellings, *upper]))
