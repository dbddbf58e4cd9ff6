"""PCL 5 and RTL, with HP-GL/2 inside or around them: escape sequences are followed, nothing is drawn.

1. A face ends with a form feed, ESC E, ESC &l0H or the end of the data, and counts if anything stands on it.
2. Octets a sequence announces (rasters, fonts, transparent text) are passed over: a form feed in them is no form feed.
3. In HP-GL/2 only ESC % leads back, so ESC in a label does no harm.
Source: HP, PCL 5 Printer Language Technical Reference Manual, chapters 2 to 6.
"""

import re
from typing import Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, millimetres
from device_sim.core.documents.hpgl import Plot

MEDIA_TYPE: Final = "application/vnd.hp-pcl"
_ESCAPE: Final = b"\x1b"
_EVENT: Final = re.compile(rb"[\x1b\f]")
_SEQUENCE: Final = re.compile(rb"\x1b([!-/])([`-~]?)")
_VALUE: Final = re.compile(rb"([-+0-9. ]{0,24})([@-~])")
_VALUE_BYTES_MAX: Final = 25
_NUMBER: Final = re.compile(rb"[-+]?\d{1,10}")
_BLANK: Final = bytes(range(0x21)) + b"\x7f"
_SIZES_MM: Final = {
    1: (184, 267), 2: (216, 279), 3: (216, 356), 6: (279, 432), 25: (148, 210), 26: (210, 297), 27: (297, 420),
    45: (182, 257), 46: (257, 364), 81: (98, 191), 90: (110, 220), 91: (162, 229),
}  # fmt: skip
"""ESC &l#A to millimetres."""


class PclCounter:
    """A document in PCL 5. plotter: it begins in HP-GL/2, as files for plotters do."""

    __slots__ = ("_chain", "_color", "_copies", "_dpi", "_duplex", "_held", "_marked", "_media_type", "_pen", "_pixels",
                 "_plot", "_plotter", "_size", "_skip", "_tally")  # fmt: skip

    def __init__(self, media_type: str = MEDIA_TYPE, *, plotter: bool = False) -> None:
        self._media_type, self._plotter = media_type, plotter
        self._tally = Tally()
        # Inside of PCL a plot is a picture on the face, and PG is no instruction there: only a plotter counts plots.
        self._plot = Plot(self._tally if plotter else Tally())
        self._held = self._chain = b""
        self._skip = 0
        self._pen = plotter
        self._marked = self._color = False
        self._copies: int | None = None
        self._duplex: bool | None = None
        self._size: tuple[int | None, int | None] = (None, None)
        self._dpi = 75.0
        self._pixels = [0, 0]

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        data, at = self._held + chunk, 0
        self._held = b""
        while at < len(data):
            if self._skip:
                taken = min(self._skip, len(data) - at)
                self._skip -= taken
                at += taken
            elif self._chain:
                at = self._value(data, at)
            elif self._pen:
                at = self._plotting(data, at)
            else:
                at = self._text(data, at)

    def finish(self) -> CountedDocument:
        """The faces; one that was begun counts too."""
        self._drawn()
        self._eject()
        return self._tally.document(self._media_type, copies=self._copies, duplex=self._duplex)

    def _plotting(self, data: bytes, at: int) -> int:
        stop = data.find(b"\x1b%", at)
        if stop < 0:
            whole = len(data) - data.endswith(_ESCAPE)
            self._plot.feed(data[at:whole])
            self._held = data[whole:]
            return len(data)
        self._plot.feed(data[at:stop])
        self._drawn()
        self._pen = False
        return stop

    def _text(self, data: bytes, at: int) -> int:
        found = _EVENT.search(data, at)
        stop = len(data) if found is None else found.start()
        self._marked = self._marked or bool(data[at:stop].strip(_BLANK))
        if found is None:
            return stop
        if found.group() == b"\f":
            self._eject()
            return stop + 1
        if stop + 3 > len(data) and data[stop + 1 : stop + 2] != b"E":
            self._held = data[stop:]
            return len(data)
        sequence = _SEQUENCE.match(data, stop)
        if sequence is None:
            if data[stop + 1 : stop + 2] == b"E":
                self._eject()
            return stop + 2
        self._chain = sequence[1] + sequence[2]
        return sequence.end()

    def _value(self, data: bytes, at: int) -> int:
        found = _VALUE.match(data, at)
        if found is None:
            if len(data) - at < _VALUE_BYTES_MAX:
                self._held = data[at:]
                return len(data)
            self._chain = b""  # no sequence that anybody defined
            return at
        chain = self._chain
        if found[2] < b"`":
            self._chain = b""
        number = _NUMBER.search(found[1])
        self._perform(chain + found[2].upper(), int(number[0]) if number else 0)
        return found.end()

    def _perform(self, what: bytes, value: int) -> None:
        match what:
            case b"%B":
                self._pen = True
            case b"%A":
                self._pen = False
            case b"%X":
                self._eject()
            case b"&lX":
                self._copies = value
            case b"&lS":
                self._duplex = value in (1, 2)
            case b"&lA" if value in _SIZES_MM:
                self._size = _SIZES_MM[value]
            case b"&lH" if value == 0:
                self._eject()
            case b"*rU":
                self._color = self._color or abs(value) > 1
            case b"*tR" if value > 0:
                self._dpi = float(value)
            case b"*rS":
                self._pixels[0] = value
            case b"*rT":
                self._pixels[1] = value
            case b"*cP":
                self._marked = True
            case b"*bW" | b"*bV" | b"&pX":
                self._skip = max(0, value)
                self._mark(value > 0)
            case b"*vW":
                # Configure Image Data: only colour needs it.
                self._skip = max(0, value)
                self._color = True
            case _ if what.endswith(b"W"):
                self._skip = max(0, value)

    def _drawn(self) -> None:
        if self._plot.leave():
            self._marked = True

    def _mark(self, marked: bool) -> None:
        self._marked = self._marked or marked
        if self._plotter and marked:
            self._plot.draw()

    def _eject(self) -> None:
        if not self._plotter and self._marked:
            width, length = self._size
            if width is None:
                width, length = (millimetres(pixels, self._dpi) for pixels in self._pixels)
            color = ColorUse.COLOR if self._color else ColorUse.MONOCHROME
            self._tally.add(Faces(width_mm=width, length_mm=length, color=color))
        if self._color:
            self._plot.color()
        self._plot.end()
        self._marked = False
