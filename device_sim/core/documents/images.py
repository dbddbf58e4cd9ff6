"""Pictures that are one face each: JPEG by its frame header, PNG by its IHDR.

Source: ITU-T T.81 Annex B; JFIF 1.02; PNG (W3C) 11.2.2 and 11.3.5.3.
"""

from typing import Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, guessed, millimetres

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
HEAD_BYTES_MAX: Final = 256 * 1024
"""A picture that hides its header behind more than this is counted, but its size stays unknown."""
_SCREEN_DPI: Final = 96.0
_FRAMES: Final = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_PNG_COLOR: Final = frozenset((2, 3, 6))


class PictureCounter:
    """One face. Keeps the head of the file until it is read; the pixels pass by."""

    __slots__ = ("_head", "_media_type", "_size_bytes")

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._head = bytearray()
        self._size_bytes = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next octets."""
        self._size_bytes += len(chunk)
        self._head += chunk[: max(0, HEAD_BYTES_MAX - len(self._head))]

    def finish(self) -> CountedDocument:
        """One face, with the picture's size where its head tells it."""
        head = bytes(self._head)
        face = _jpeg_face(head) if self._media_type == JPEG else _png_face(head)
        if face is None:
            return guessed(self._media_type, "the head of the picture cannot be read")
        tally = Tally()
        tally.add(face)
        return tally.document(self._media_type)


def _jpeg_face(head: bytes) -> Faces | None:
    at, across, down = 2, _SCREEN_DPI, _SCREEN_DPI
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:  # a fill octet before the marker
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without a segment
            at += 2
            continue
        size = int.from_bytes(head[at + 2 : at + 4], "big")
        segment = head[at + 4 : at + 2 + size]
        if size < 2 or marker in (0xD9, 0xDA):
            return None
        if marker == 0xE0 and segment[:5] == b"JFIF\x00" and len(segment) >= 12:
            unit = {1: 1.0, 2: 2.54}.get(segment[7], 0.0)
            if unit:
                across = int.from_bytes(segment[8:10], "big") * unit
                down = int.from_bytes(segment[10:12], "big") * unit
        if marker in _FRAMES and len(segment) >= 6:
            height, width = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
            color = ColorUse.MONOCHROME if segment[5] == 1 else ColorUse.COLOR
            return Faces(
                width_mm=millimetres(width, across), length_mm=millimetres(height, down), color=color, images=True
            )
        at += 2 + size
    return None


def _png_face(head: bytes) -> Faces | None:
    if head[12:16] != b"IHDR" or len(head) < 33:
        return None
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    color = ColorUse.COLOR if head[25] in _PNG_COLOR else ColorUse.MONOCHROME
    across = down = _SCREEN_DPI
    at = 33
    while at + 12 <= len(head) and head[at + 4 : at + 8] not in (b"IDAT", b"IEND"):
        size = int.from_bytes(head[at : at + 4], "big")
        if head[at + 4 : at + 8] == b"pHYs" and size == 9 and head[at + 16 : at + 17] == b"\x01":
            across = int.from_bytes(head[at + 8 : at + 12], "big") * 0.0254
            down = int.from_bytes(head[at + 12 : at + 16], "big") * 0.0254
        at += 12 + size
    return Faces(width_mm=millimetres(width, across), length_mm=millimetres(height, down), color=color, images=True)
