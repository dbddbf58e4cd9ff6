"""Octets cut into lines, wherever the pieces are cut."""

from collections.abc import Iterator
from typing import Final

LINE_BYTES_MAX: Final = 4096
"""Of a longer line only the beginning is kept."""


class Lines:
    """Lines ended by CR, LF or CR LF."""

    __slots__ = ("_after_cr", "_held")

    def __init__(self) -> None:
        self._held = bytearray()
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that end in this piece, without their ends. Read all of them."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        *ended, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in ended:
            self._hold(line)
            yield bytes(self._held)
            self._held.clear()
        self._hold(rest)

    def rest(self) -> bytes:
        """The last line, where nothing ended it."""
        return bytes(self._held)

    def _hold(self, part: bytes) -> None:
        self._held += part[: max(0, LINE_BYTES_MAX - len(self._held))]
