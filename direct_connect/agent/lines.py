"""Bytes into lines, however they arrive, and never more of them in memory than one line may hold.

1. A line ends with LF; a CR before it is not part of it.
2. A line longer than the limit is one entry, `TOO_LONG`, when its end has come; its bytes are not kept.
3. What stands after the last LF when the stream ends is no line: nobody knows whether it is whole.
"""

import enum
from typing import Final

LINE_BYTES_MAX: Final = 64 * 1024
"""Without the line's end."""


class TooLong(enum.Enum):
    """Stands where a line was that is longer than a line may be."""

    TOO_LONG = enum.auto()


Line = bytes | TooLong


class LineCutter:
    """Cuts one stream."""

    def __init__(self, bytes_max: int = LINE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._begun = bytearray()
        self._skipping = False

    @property
    def unfinished(self) -> bool:
        """Whether something stands after the last line's end."""
        return bool(self._begun) or self._skipping

    def feed(self, received: bytes) -> list[Line]:
        """The lines that end in what was received, in order."""
        lines: list[Line] = []
        *ended, rest = received.split(b"\n")
        for part in ended:
            lines.append(self._end(part))
        self._keep(rest)
        return lines

    def _end(self, part: bytes) -> Line:
        self._keep(part)
        begun, self._begun = bytes(self._begun), bytearray()
        skipped, self._skipping = self._skipping, False
        line = begun.removesuffix(b"\r")
        return TooLong.TOO_LONG if skipped or len(line) > self._bytes_max else line

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        self._begun += part
        if len(self._begun) > self._bytes_max + 1:  # one more, in case it is the CR
            self._begun.clear()
            self._skipping = True
