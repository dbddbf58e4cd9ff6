"""PostScript, by its document structuring comments; it is not interpreted.

1. Faces are the `%%Page:` comments outside of embedded documents, else `%%Pages:`, else each `showpage`: a guess.
2. Size: `/PageSize [w h]`, `%%DocumentMedia`, else `%%BoundingBox`, in points.
3. Colour: `%%DocumentProcessColors`; without it, unknown.
4. Copies and duplex: `%%Requirements`, `/NumCopies`, `/Duplex`.
Source: Adobe, PostScript Language Document Structuring Conventions 3.0 (TN 5001).
"""

import re
from typing import Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, guessed, millimetres
from device_sim.core.documents.lines import Lines

MEDIA_TYPE: Final = "application/postscript"
POINTS_PER_INCH: Final = 72.0
_PAGES: Final = re.compile(rb"%%Pages:\s*(\d{1,7})")
_DATA: Final = re.compile(rb"%%Begin(Binary|Data):")
_NUMBER: Final = rb"(-?\d{1,7}(?:\.\d{1,9})?)"
_BOX: Final = re.compile(rb"%%(?:HiRes)?BoundingBox:\s*" + rb"\s+".join([_NUMBER] * 4))
_MEDIA: Final = re.compile(rb"%%DocumentMedia:\s*\S+\s+" + _NUMBER + rb"\s+" + _NUMBER)
_SIZE: Final = re.compile(rb"/PageSize\s*\[\s*" + _NUMBER + rb"\s+" + _NUMBER)
_COPIES: Final = re.compile(rb"/NumCopies\s+(\d{1,5})|numcopies\s*\(\s*(\d{1,5})|/#copies\s+(\d{1,5})")
_DUPLEX: Final = re.compile(rb"/Duplex\s+(true|false)|%%Requirements:.*\bduplex\b(\(off\))?")
_SHOWPAGE: Final = re.compile(rb"(?<![/\w])showpage\b")


class PostScriptCounter:
    """Reads comments line by line; what stands between comments that announce data is passed over."""

    __slots__ = ("_color", "_copies", "_depth", "_duplex", "_lines", "_pages", "_shown", "_size", "_tally", "_until")

    def __init__(self) -> None:
        self._lines, self._tally = Lines(), Tally()
        self._depth = self._shown = 0
        self._until = b""
        self._pages: int | None = None
        self._copies: int | None = None
        self._duplex: bool | None = None
        self._size: tuple[int | None, int | None] = (None, None)
        self._color = ColorUse.UNKNOWN

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        for line in self._lines.feed(chunk):
            self._line(line)

    def finish(self) -> CountedDocument:
        """The count by the best that was found (rule 1)."""
        self._line(self._lines.rest())
        if not self._tally.count:
            if not self._pages:
                return guessed(MEDIA_TYPE, "it has no structuring comments", self._shown)
            self._tally.add(self._face(self._pages))
        return self._tally.document(MEDIA_TYPE, copies=self._copies, duplex=self._duplex)

    def _line(self, line: bytes) -> None:
        if self._until:
            if line.startswith(self._until):
                self._until = b""
            return
        if line.startswith(b"%%"):
            self._comment(line)
        elif not self._depth:
            self._shown += len(_SHOWPAGE.findall(line.partition(b"%")[0]))
        if b"/" in line or line.startswith(b"%%Requirements"):
            self._features(line)

    def _comment(self, line: bytes) -> None:
        if line.startswith(b"%%BeginDocument"):
            self._depth += 1
        elif line.startswith(b"%%EndDocument"):
            self._depth = max(0, self._depth - 1)
        elif found := _DATA.match(line):
            self._until = b"%%End" + found[1]
        elif self._depth:
            return
        elif line.startswith(b"%%Page:"):
            self._tally.add(self._face())
        elif found := _PAGES.match(line):
            self._pages = int(found[1])
        elif found := _BOX.match(line):
            if self._size == (None, None):
                left, bottom, right, top = (float(found[n]) for n in range(1, 5))
                self._resize(right - left if left < 0 else right, top - bottom if bottom < 0 else top)
        elif found := _MEDIA.match(line):
            self._resize(float(found[1]), float(found[2]))
        elif line.startswith(b"%%DocumentProcessColors:"):
            words = set(line.lower().split()[1:])
            if words & {b"cyan", b"magenta", b"yellow"}:
                self._color = ColorUse.COLOR
            elif b"black" in words:
                self._color = ColorUse.MONOCHROME

    def _features(self, line: bytes) -> None:
        if self._depth:
            return
        if found := _COPIES.search(line):
            self._copies = int(found[1] or found[2] or found[3])
        if found := _DUPLEX.search(line):
            self._duplex = found[2] is None if found[1] is None else found[1] == b"true"
        if found := _SIZE.search(line):
            self._resize(float(found[1]), float(found[2]))

    def _resize(self, width: float, length: float) -> None:
        self._size = millimetres(width, POINTS_PER_INCH), millimetres(length, POINTS_PER_INCH)

    def _face(self, count: int = 1) -> Faces:
        width_mm, length_mm = self._size
        return Faces(count=count, width_mm=width_mm, length_mm=length_mm, color=self._color)
