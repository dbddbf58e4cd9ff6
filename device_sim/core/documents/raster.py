"""PWG Raster and Apple Raster (URF): headers are read, rows are walked over to find the next header.

1. Both compress rows alike: a repeat count, then runs of pixels; nothing is decompressed into memory.
2. A file that ends within a face counts that face: its header asked for it.
Source: PWG 5102.4, sections 4.3 and 4.4; AirPrint's UNIRAST as CUPS and Ghostscript write it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, millimetres

PWG: Final = "image/pwg-raster"
URF: Final = "image/urf"
PWG_SYNC: Final = b"RaS2"
URF_SYNC: Final = b"UNIRAST\x00"
_PWG_HEADER, _URF_HEADER = 1796, 32
_COLUMNS_MAX, _ROWS_MAX, _PIXEL_BYTES_MAX = 1 << 20, 1 << 22, 32
_PWG_GRAY: Final = frozenset((0, 3, 18))
_URF_GRAY: Final = frozenset((0, 4))
_REST_BLANK: Final = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What a header says. pixel_bytes: of the unit that runs repeat, an octet for 1-bit pixels; columns: such units."""

    face: Faces
    columns: int
    rows: int
    pixel_bytes: int
    copies: int | None
    duplex: bool | None


class RasterCounter:
    """Walks headers and rows. A header that makes no sense ends the reading."""

    __slots__ = ("_column", "_copies", "_duplex", "_held", "_media_type", "_read_header", "_row", "_sheet", "_skip",
                 "_stop", "_tally", "_wanted")  # fmt: skip

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._wanted = _PWG_HEADER if media_type == PWG else _URF_HEADER
        self._read_header: Callable[[bytes], _Sheet | None] = _pwg_header if media_type == PWG else _urf_header
        self._skip = len(PWG_SYNC) if media_type == PWG else len(URF_SYNC) + 4
        self._held = b""
        self._sheet: _Sheet | None = None
        self._row, self._column = 0, -1
        self._copies: int | None = None
        self._duplex: bool | None = None
        self._stop = False
        self._tally = Tally()

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        data, at = self._held + chunk, 0
        while at < len(data) and not self._stop:
            if self._skip:
                taken = min(self._skip, len(data) - at)
                self._skip -= taken
                at += taken
            elif self._sheet is None:
                if len(data) - at < self._wanted:
                    break
                self._begin(self._read_header(data[at : at + self._wanted]))
                at += self._wanted
            else:
                at = self._rows(data, at, self._sheet)
        self._held = b"" if self._stop else data[at:]

    def finish(self) -> CountedDocument:
        """The faces whose headers were read."""
        return self._tally.document(self._media_type, copies=self._copies, duplex=self._duplex)

    def _begin(self, sheet: _Sheet | None) -> None:
        if sheet is None:
            self._stop = True
            return
        self._tally.add(sheet.face)
        self._copies, self._duplex = sheet.copies or self._copies, sheet.duplex
        self._sheet = sheet
        self._row, self._column = 0, -1

    def _rows(self, data: bytes, at: int, sheet: _Sheet) -> int:
        """Walk over runs; where it stopped: at the end of the data, of the face, or before pixels to be skipped."""
        row, column, size = self._row, self._column, len(data)
        columns, rows, pixel_bytes = sheet.columns, sheet.rows, sheet.pixel_bytes
        while at < size and (row < rows or column >= 0):
            code = data[at]
            at += 1
            if column < 0:  # how often the row that follows is repeated
                row += code + 1
                column = 0
                continue
            if code == _REST_BLANK:
                column = columns
            elif code < _REST_BLANK:
                column += code + 1
                at += pixel_bytes
            else:
                column += 257 - code
                at += (257 - code) * pixel_bytes
            if column >= columns:
                column = -1
        self._skip = max(0, at - size)
        self._row, self._column = row, column
        if row >= rows and column < 0:
            self._sheet = None
        return min(at, size)


def _word(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")


def _sheet(face: Faces, columns: int, rows: int, bits: int, copies: int | None, duplex: bool | None) -> _Sheet | None:
    if not (0 < columns <= _COLUMNS_MAX and 0 < rows <= _ROWS_MAX and 0 < bits <= 8 * _PIXEL_BYTES_MAX):
        return None
    pixel_bytes = max(1, bits // 8)
    units = columns if bits >= 8 else -(-columns * bits // 8)
    return _Sheet(face=face, columns=units, rows=rows, pixel_bytes=pixel_bytes, copies=copies, duplex=duplex)


def _pwg_header(header: bytes) -> _Sheet | None:
    across, down = _word(header, 276), _word(header, 280)
    columns, rows, bits, space = _word(header, 372), _word(header, 376), _word(header, 388), _word(header, 400)
    face = Faces(
        width_mm=millimetres(columns, across),
        length_mm=millimetres(rows, down),
        color=ColorUse.MONOCHROME if space in _PWG_GRAY else ColorUse.COLOR,
    )
    return _sheet(face, columns, rows, bits, _word(header, 340) or None, bool(_word(header, 272)))


def _urf_header(header: bytes) -> _Sheet | None:
    columns, rows, dpi = _word(header, 12), _word(header, 16), _word(header, 20)
    face = Faces(
        width_mm=millimetres(columns, dpi),
        length_mm=millimetres(rows, dpi),
        color=ColorUse.MONOCHROME if header[1] in _URF_GRAY else ColorUse.COLOR,
    )
    return _sheet(face, columns, rows, header[0], None, header[2] in (2, 3))
