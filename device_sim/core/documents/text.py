"""Plain text: a face is 66 lines, or up to a form feed."""

import re
from typing import Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally

MEDIA_TYPE: Final = "text/plain"
LINES_A_FACE: Final = 66
_BREAKS: Final = re.compile(rb"[\n\f]")
_FACE: Final = Faces(color=ColorUse.MONOCHROME)


class TextCounter:
    """Counts lines and form feeds; nothing that is printed stands on a face that is only ended."""

    __slots__ = ("_lines", "_marked", "_tally")

    def __init__(self) -> None:
        self._tally = Tally()
        self._lines, self._marked = 0, False

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        at = 0
        for found in _BREAKS.finditer(chunk):
            self._mark(chunk[at : found.start()])
            at = found.end()
            if found.group() == b"\f":
                self._eject(empty=self._lines > 0)
            else:
                self._line()
        self._mark(chunk[at:])

    def finish(self) -> CountedDocument:
        """The count: what is begun is a face too."""
        self._eject(empty=False)
        return self._tally.document(MEDIA_TYPE)

    def _mark(self, part: bytes) -> None:
        if self._marked or not part:
            return
        self._marked = bool(part.strip(b" \t\r\x00"))

    def _line(self) -> None:
        self._lines += 1
        if self._lines >= LINES_A_FACE:
            self._eject(empty=True)

    def _eject(self, *, empty: bool) -> None:
        """empty: whether a face without a mark counts, as a form feed and 66 empty lines do between others."""
        if self._marked or (empty and self._tally.count):
            self._tally.add(_FACE)
        self._lines, self._marked = 0, False
