"""HP-GL/2: the language of plotters, instruction by instruction.

1. A plot is a face once something is drawn on it; PG, RP, AF, AH, BP and the end of the data end a plot.
2. RP n draws the plot n times more.
3. PS says how large it is, in plotter units of 0.025 mm; without it the size is what the coordinates of PA reach.
4. Colour is a pen other than 0 and 1, as palettes have black there.
Source: HP, PCL 5 Printer Language Technical Reference Manual, part II; HP-GL/2 and HP RTL Reference Guide.
"""

import re
from typing import Final

from device_sim.core.documents.counted import ColorUse, Faces, Tally, millimetres

MEDIA_TYPE: Final = "application/vnd.hp-hpgl"
UNITS_PER_INCH: Final = 1016.0
PARAMETER_BYTES_MAX: Final = 4096
_NAME: Final = re.compile(rb"[A-Za-z]{2}")
_STOP: Final = re.compile(rb'[A-Za-z;"]')
_NUMBER: Final = re.compile(rb"-?\d{1,9}(?:\.\d{0,9})?")
_DRAWS: Final = frozenset((b"PD", b"PE", b"LB", b"AA", b"AR", b"AT", b"CI", b"RA", b"RR", b"EA", b"ER", b"EW", b"WG",
                           b"FP", b"EP", b"BZ", b"BR", b"RT"))  # fmt: skip
_ENDS: Final = frozenset((b"PG", b"AF", b"AH", b"BP"))
_PLACES: Final = frozenset((b"PA", b"PU", b"PD", b"EA", b"RA"))
_LABEL_END: Final = b"\x03"


class Plot:
    """The plot that is being drawn, and those before it: a file of plots, or what PCL switches to with ESC % B."""

    __slots__ = ("_colored", "_drawn", "_held", "_name", "_parameters", "_quoted", "_reach", "_size", "_tally",
                 "_terminator", "_until")  # fmt: skip

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._held = self._name = self._until = b""
        self._parameters = bytearray()
        self._terminator = _LABEL_END
        self._quoted = self._drawn = self._colored = False
        self._size: tuple[int | None, int | None] = (None, None)
        self._reach = (0.0, 0.0)

    def draw(self) -> None:
        """Something else than HP-GL/2, a picture, stands on this plot."""
        self._drawn = True

    def leave(self) -> bool:
        """HP-GL/2 is left for another language: the instruction ends. Whether anything is drawn by now."""
        if self._name:
            self._perform()
        self._held = self._until = b""
        return self._drawn

    def color(self) -> None:
        """Something else than a pen brought colour."""
        self._colored = True

    def feed(self, chunk: bytes) -> None:
        """Take the next octets, which are all HP-GL/2."""
        data, at = self._held + chunk, 0
        self._held = b""
        while at < len(data):
            if self._until:
                stop = data.find(self._until, at)
                if stop < 0:
                    return
                at, self._until = stop + 1, b""
            elif self._name:
                at = self._parameter(data, at)
            else:
                found = _NAME.search(data, at)
                if found is None:
                    self._held = data[-1:] if data[-1:].isalpha() else b""
                    return
                at = found.end()
                self._begin(found.group().upper())

    def finish(self) -> None:
        """End the instruction and the plot that were begun."""
        self.leave()
        self.end()

    def end(self, count: int = 1) -> None:
        """Count the plot, if anything is drawn, and begin an empty one of the same size."""
        if self._drawn:
            width, length = self._size
            if width is None or length is None:
                width, length = (millimetres(reach, UNITS_PER_INCH) for reach in self._reach)
            color = ColorUse.COLOR if self._colored else ColorUse.MONOCHROME
            self._tally.add(Faces(count=count, width_mm=width, length_mm=length, color=color))
        self._drawn = self._colored = False
        self._reach = (0.0, 0.0)

    def _begin(self, name: bytes) -> None:
        self._drawn = self._drawn or name in _DRAWS
        if name == b"LB":
            self._until = self._terminator
        elif name == b"PE":
            self._until = b";"
        else:
            self._name = name

    def _parameter(self, data: bytes, at: int) -> int:
        """Take parameters of the instruction up to its end, or all there are; where to read on."""
        if self._name == b"DT" and not self._parameters:
            # The octet itself is the parameter, a letter too; none, or a semicolon, restores ETX.
            self._terminator = _LABEL_END if data[at : at + 1] == b";" else data[at : at + 1]
            self._name = b""
            return at + 1
        if self._quoted:
            stop = data.find(b'"', at)
            self._quoted = stop < 0
            return len(data) if stop < 0 else stop + 1
        found = _STOP.search(data, at)
        stop = len(data) if found is None else found.start()
        self._parameters += data[at : min(stop, at + PARAMETER_BYTES_MAX - len(self._parameters))]
        if found is None:
            return stop
        if found.group() == b'"':
            self._quoted = True
            return stop + 1
        self._perform()
        return stop + (found.group() == b";")

    def _perform(self) -> None:
        name, self._name = self._name, b""
        numbers = [float(number) for number in _NUMBER.findall(self._parameters)]
        self._parameters.clear()
        self._quoted = False
        if name == b"RP":
            self.end(1 + (max(0, int(numbers[0])) if numbers else 1))
        elif name in _ENDS:
            self.end()
        elif name == b"PS" and numbers:
            # The first is the length along the roll, the second the width across it.
            self._size = (
                millimetres(numbers[1], UNITS_PER_INCH) if len(numbers) > 1 else None,
                millimetres(numbers[0], UNITS_PER_INCH),
            )
        elif name == b"SP" and numbers and numbers[0] > 1:
            self._colored = True
        elif name in _PLACES:
            across, along = self._reach
            for x, y in zip(numbers[::2], numbers[1::2], strict=False):
                across, along = max(across, y), max(along, x)
            self._reach = across, along
