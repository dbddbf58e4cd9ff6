"""Which numbers of a recording grow with what is printed: the same ones, whatever protocol tells them.

1. An object grows that is prtMarkerLifeCount, equals it, is a counter of the maker or one of `known.LIFE_INTEGERS`.
2. A number of a document or of an IPP answer grows where an object with that number grows, or where its name says
   that it counts what was printed and no object with that number stands still.
3. All keep their share of prtMarkerLifeCount, so what was a sum stays one but for rounding.
"""

import re
from collections.abc import Iterator
from typing import Final

from device_sim.core.recorded import known
from device_sim.core.recorded.identity import Spot, Word
from device_sim.core.recorded.model import RecordedModel
from device_sim.core.recorded.rows import COUNTING, Rows, number_of
from device_sim.core.state import LivePrinter
from snmp_format.ber import GAUGE32, INTEGER, Oid

TELLING_COUNT_MIN: Final = 100
"""A life count below this equals too many other numbers by chance."""
TELLING_NUMBER_MIN: Final = 1000
"""Other counts than the life count, where nothing but the number itself tells what it is."""
RECORD_HEAD: Final = b"\x01\x04"
RECORD_OCTETS, RECORDS_END = 7, 0xFF
_COUNTED_WORDS: Final = re.compile(r"(?:Impressions|Sheets|Images|-completed)$")
_MARKER_COUNTS: Final = ((*known.MARKER, 4), (*known.MARKER, 5))


class Growth:
    """What grows in all that one recorded printer said."""

    def __init__(self, rows: Rows, model: RecordedModel) -> None:
        self._life: Final = model.life[1] if model.life is not None else 0
        numbers = {oid: number_of(tlv) for oid, tlv in rows.values.items()}
        growing = {number for oid, number in numbers.items() if number and self.of_object(oid, rows.values[oid])}
        still = {number for oid, number in numbers.items() if number and oid[: len(known.IF_ENTRY)] != known.IF_ENTRY}
        self._growing: Final = frozenset(growing)
        self._still: Final = frozenset(number for number in still - growing if number >= TELLING_NUMBER_MIN)

    def of_object(self, oid: Oid, tlv: bytes) -> bool:
        """Whether that object grows with what is printed."""
        tag, count = tlv[0], number_of(tlv)
        if count is None or count <= 0 or not self._life:
            return False
        if any(oid[: len(group)] == group for group in known.IF_COUNTERS):
            return False
        if tag in COUNTING and (oid[: len(known.ENTERPRISES)] == known.ENTERPRISES or oid[:-2] in _MARKER_COUNTS):
            return True
        if tag not in (INTEGER, GAUGE32, *COUNTING):
            return False
        of_maker = tag not in COUNTING and any(oid[: len(root)] == root for root in known.LIFE_INTEGERS)
        return of_maker or count == self._life >= TELLING_COUNT_MIN

    def of_number(self, number: int, name: str = "") -> bool:
        """Whether a number grows that stands in a document. name: of its element or attribute, where it has one."""
        if not self._life or number <= 0:
            return False
        if number == self._life >= TELLING_COUNT_MIN:
            return True
        if _COUNTED_WORDS.search(name):
            return number not in self._still
        return number in self._growing and number >= TELLING_NUMBER_MIN

    def of_records(self, content: bytes) -> Iterator[Spot]:
        """The counts in an octet string of records of seven octets (see `known.COUNT_RECORDS`)."""
        for at in range(0, len(content) - RECORD_OCTETS + 1, RECORD_OCTETS):
            if content[at] == RECORDS_END or content[at + 1 : at + 3] != RECORD_HEAD:
                return
            count = int.from_bytes(content[at + 3 : at + 7], "big")
            if count and self._life:
                yield at + 3, at + 7, self._four_octets(count)

    def _four_octets(self, count: int) -> Word:
        return lambda printer: (self.now(count, printer) & 0xFFFFFFFF).to_bytes(4, "big")

    def now(self, count: int, printer: LivePrinter) -> int:
        """What that recorded count is at this printer now."""
        return count * printer.marker_life_count() // self._life
