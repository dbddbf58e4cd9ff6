"""Compressed document data, opened piece by piece: what it would grow to never stands in memory.

IPP's "deflate" is the bare format of RFC 1951 and "gzip" that of RFC 1952; senders also wrap deflate in zlib
(RFC 1950), so the first octets decide. Source: RFC 8011, 5.4.32.
"""

import zlib
from collections.abc import Iterator
from typing import Final

from device_sim.core.errors import DeviceSimError

PIECE_BYTES: Final = 256 * 1024
COMPRESSIONS: Final = ("none", "deflate", "gzip")
_GZIP, _ZLIB, _RAW = 31, 15, -15


class CompressionError(DeviceSimError):
    """Octets that are not compressed as their sender said."""


class Inflater:
    """compression: a word of COMPRESSIONS."""

    def __init__(self, compression: str) -> None:
        self._plain = compression == "none"
        self._head = b""
        self._open: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The octets in these, in pieces of at most PIECE_BYTES. Raises CompressionError. Read all of them."""
        if self._plain:
            for at in range(0, len(chunk), PIECE_BYTES):
                yield chunk[at : at + PIECE_BYTES]
            return
        if self._open is None:
            self._head += chunk
            if len(self._head) < 2:
                return
            chunk, self._head = self._head, b""
            self._open = zlib.decompressobj(_window(chunk))
        try:
            while chunk and not self._open.eof:
                yield self._open.decompress(chunk, PIECE_BYTES)
                chunk = self._open.unconsumed_tail
        except zlib.error as error:
            raise CompressionError("the document data cannot be decompressed") from error

    def finish(self) -> None:
        """Raises CompressionError when the compressed data ended early."""
        if not self._plain and (self._open is None or not self._open.eof):
            raise CompressionError("the compressed document data ends early")


def _window(head: bytes) -> int:
    if head.startswith(b"\x1f\x8b"):
        return _GZIP
    return _ZLIB if head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0 else _RAW
