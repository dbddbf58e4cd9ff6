"""PCL XL (PCL 6): the stream of operators, of which BeginPage and EndPage count.

1. A face is an EndPage; its PageCopies are the document's copies where all faces agree, and 1 where they do not.
2. Arrays and embedded data are passed over by their length. A tag that nobody defined ends the reading: what came
   before counts.
Source: HP, PCL XL Feature Reference Protocol Class 2.0, chapters 3 and 4, appendices.
"""

from typing import Final, Literal

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, millimetres

MEDIA_TYPE: Final = "application/vnd.hp-pclxl"
HEADER_BYTES_MAX: Final = 512
ATTRIBUTES_MAX: Final = 64
_BEGIN_PAGE, _END_PAGE, _SET_COLOR_SPACE, _BEGIN_IMAGE = 0x43, 0x44, 0x6A, 0xB0
_OPERATOR_LAST: Final = 0xBF
_SCALARS: Final = {0: 1, 1: 2, 2: 4, 3: 2, 4: 4, 5: 4}
_ATTRIBUTE_BYTE, _ATTRIBUTE_WORD, _DATA_LONG, _DATA_BYTE = 0xF8, 0xF9, 0xFA, 0xFB
_COLOR_SPACE, _MEDIA_SIZE, _CUSTOM_SIZE, _CUSTOM_UNIT = 3, 37, 47, 48
_PAGE_COPIES, _SIMPLEX, _DUPLEX = 49, 52, 53
_GRAY: Final = 1
_SIZES_MM: Final = {
    0: (216, 279), 1: (216, 356), 2: (210, 297), 3: (184, 267), 4: (279, 432), 5: (297, 420), 6: (105, 241),
    7: (98, 191), 8: (162, 229), 9: (110, 220), 10: (257, 364), 11: (182, 257), 14: (100, 148), 16: (148, 210),
    17: (105, 148),
}  # fmt: skip
_UNITS_PER_INCH: Final = {0: 1.0, 1: 25.4, 2: 254.0}


class PclXlCounter:
    """Reads tags one by one; `_skip` octets of data are ahead."""

    __slots__ = ("_attributes", "_color", "_copies", "_duplex", "_held", "_images", "_order", "_size", "_skip", "_stop",
                 "_tally", "_value")  # fmt: skip

    def __init__(self) -> None:
        self._held = b""
        self._order: Literal["little", "big"] | None = None
        self._skip = 0
        self._stop = False
        self._value: tuple[int, ...] = ()
        self._attributes: dict[int, tuple[int, ...]] = {}
        self._tally = Tally()
        self._copies: list[int] = []
        self._duplex: bool | None = None
        self._size: tuple[int | None, int | None] = (None, None)
        self._color = self._images = False

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        if self._stop:
            return
        data, at = self._held + chunk, 0
        if self._order is None:
            end = data.find(b"\n")
            if end < 0:
                self._held, self._stop = data, len(data) > HEADER_BYTES_MAX
                return
            self._order = "big" if data.lstrip()[:1] == b"(" else "little"
            at = end + 1
        while at < len(data) and not self._stop:
            if self._skip:
                taken = min(self._skip, len(data) - at)
                self._skip -= taken
                at += taken
                continue
            size = self._tag(data, at)
            if size == 0:
                break
            at += size
        self._held = data[at:]

    def finish(self) -> CountedDocument:
        """The faces. A face that was begun and never ended was never printed."""
        copies = self._copies[0] if len(self._copies) == 1 else None
        return self._tally.document(MEDIA_TYPE, copies=copies, duplex=self._duplex)

    def _tag(self, data: bytes, at: int) -> int:
        """Take one tag; how long it was, 0 when more octets are needed."""
        tag = data[at]
        if tag in (0x00, 0x20) or 0x09 <= tag <= 0x0D:
            return 1
        if 0x41 <= tag <= _OPERATOR_LAST:
            self._operator(tag)
            return 1
        if tag in (_ATTRIBUTE_BYTE, _ATTRIBUTE_WORD):
            size = 2 if tag == _ATTRIBUTE_BYTE else 3
            if at + size > len(data):
                return 0
            if len(self._attributes) < ATTRIBUTES_MAX:
                self._attributes[self._number(data[at + 1 : at + size])] = self._value
            return size
        if tag in (_DATA_LONG, _DATA_BYTE):
            size = 5 if tag == _DATA_LONG else 2
            if at + size > len(data):
                return 0
            self._skip = self._number(data[at + 1 : at + size])
            return size
        return self._data_type(data, at, tag)

    def _data_type(self, data: bytes, at: int, tag: int) -> int:
        shape, kind = tag >> 3, tag & 7
        width = _SCALARS.get(kind)
        if width is None or shape not in (0x18, 0x19, 0x1A, 0x1C):
            self._stop = True
            return 0
        if shape == 0x19:
            return self._array(data, at, width)
        count = {0x18: 1, 0x1A: 2, 0x1C: 4}[shape]
        size = 1 + width * count
        if at + size > len(data):
            return 0
        octets = data[at + 1 : at + size]
        self._value = tuple(self._number(octets[n * width : (n + 1) * width]) for n in range(count))
        return size

    def _array(self, data: bytes, at: int, width: int) -> int:
        """An array's length is itself a tagged number; its items are passed over, as none of them counts."""
        length = {0xC0: 1, 0xC1: 2, 0xC2: 4}.get(data[at + 1]) if at + 1 < len(data) else 0
        if length is None:
            self._stop = True
        if not length or at + 2 + length > len(data):
            return 0
        self._skip = width * self._number(data[at + 2 : at + 2 + length])
        self._value = ()
        return 2 + length

    def _number(self, octets: bytes) -> int:
        return int.from_bytes(octets, self._order or "little")

    def _operator(self, operator: int) -> None:
        said, self._attributes = self._attributes, {}
        if operator == _BEGIN_PAGE:
            self._color = self._images = False
            self._begin(said)
        elif operator == _END_PAGE:
            copies = max(1, (said.get(_PAGE_COPIES) or (1,))[0])
            if copies not in self._copies and len(self._copies) < 2:
                self._copies.append(copies)
            width, length = self._size
            color = ColorUse.COLOR if self._color else ColorUse.MONOCHROME
            self._tally.add(Faces(width_mm=width, length_mm=length, color=color, images=self._images))
        else:
            space = said.get(_COLOR_SPACE)
            if space and space[0] != _GRAY and operator in (_SET_COLOR_SPACE, _BEGIN_IMAGE):
                self._color = True
            self._images = self._images or operator == _BEGIN_IMAGE

    def _begin(self, said: dict[int, tuple[int, ...]]) -> None:
        if size := said.get(_MEDIA_SIZE):
            self._size = _SIZES_MM.get(size[0], (None, None))
        custom = said.get(_CUSTOM_SIZE, ())
        if len(custom) == 2 and (unit := said.get(_CUSTOM_UNIT)):
            per_inch = _UNITS_PER_INCH.get(unit[0], 0.0)
            self._size = millimetres(custom[0], per_inch), millimetres(custom[1], per_inch)
        if _DUPLEX in said:
            self._duplex = True
        elif _SIMPLEX in said and self._duplex is None:
            self._duplex = False
