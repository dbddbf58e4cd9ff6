"""TIFF: each image file directory is a face. Needs the whole file, because the directories stand anywhere.

Source: TIFF 6.0 (Adobe), section 2; BigTIFF by its one difference, eight-octet offsets.
"""

from dataclasses import dataclass
from typing import BinaryIO, Final, Literal

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally, guessed, millimetres

MEDIA_TYPE: Final = "image/tiff"
DIRECTORIES_MAX: Final = 20_000
ENTRIES_MAX: Final = 4_096
_SIZES: Final = {1: 1, 3: 2, 4: 4, 16: 8}
_SUBFILE, _WIDTH, _LENGTH, _PHOTOMETRIC, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 254, 256, 257, 262, 282, 283, 296
_GRAY: Final = frozenset((0, 1, 4))
_REDUCED: Final = 1
_MASK: Final = 4
_SCREEN_DPI: Final = 96.0


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers and offsets stand in this file. wide: BigTIFF."""

    order: Literal["little", "big"]
    wide: bool

    def number(self, octets: bytes) -> int:
        return int.from_bytes(octets, self.order)


def count_tiff(file: BinaryIO) -> CountedDocument:
    """The faces of a TIFF. file: readable and seekable, at any position."""
    file.seek(0)
    head = file.read(16)
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    layout = _Layout(order, int.from_bytes(head[2:4], order) == 43)
    offset = layout.number(head[8:16]) if layout.wide else layout.number(head[4:8])
    tally, seen = Tally(), set[int]()
    while offset and offset not in seen and len(seen) < DIRECTORIES_MAX:
        seen.add(offset)
        read = _directory(file, offset, layout)
        if read is None:
            break
        face, offset = read
        if face is not None:
            tally.add(face)
    return tally.document(MEDIA_TYPE) if tally.count else guessed(MEDIA_TYPE, "no directory of the file can be read")


def _directory(file: BinaryIO, offset: int, layout: _Layout) -> tuple[Faces | None, int] | None:
    """The face a directory describes, None for a thumbnail or mask, and where the next directory stands."""
    count_size, entry_size, offset_size = (8, 20, 8) if layout.wide else (2, 12, 4)
    file.seek(min(offset, 1 << 62))
    octets = file.read(count_size)
    count = layout.number(octets)
    if len(octets) < count_size or not 0 < count <= ENTRIES_MAX:
        return None
    entries = file.read(count * entry_size + offset_size)
    if len(entries) < count * entry_size:
        return None
    tags: dict[int, int] = {}
    for at in range(0, count * entry_size, entry_size):
        entry = entries[at : at + entry_size]
        size = _SIZES.get(layout.number(entry[2:4]), offset_size)
        value = entry[entry_size - offset_size :][:size]
        tags[layout.number(entry[:2])] = layout.number(value)
    following = layout.number(entries[count * entry_size :])
    if tags.get(_SUBFILE, 0) & (_REDUCED | _MASK):
        return None, following
    unit = {2: 1.0, 3: 2.54}.get(tags.get(_UNIT, 2), 0.0)
    color = ColorUse.MONOCHROME if tags.get(_PHOTOMETRIC, 0) in _GRAY else ColorUse.COLOR
    face = Faces(
        width_mm=millimetres(tags.get(_WIDTH, 0), _ratio(file, tags.get(_X_RESOLUTION), layout) * unit or _SCREEN_DPI),
        length_mm=millimetres(
            tags.get(_LENGTH, 0), _ratio(file, tags.get(_Y_RESOLUTION), layout) * unit or _SCREEN_DPI
        ),
        color=color,
        images=True,
    )
    return face, following


def _ratio(file: BinaryIO, offset: int | None, layout: _Layout) -> float:
    if offset is None:
        return 0.0
    if layout.wide:  # the two numbers fit in the entry itself
        octets = offset.to_bytes(8, layout.order)
    else:
        file.seek(offset)
        octets = file.read(8)
    above, below = layout.number(octets[:4]), layout.number(octets[4:8])
    return above / below if below else 0.0
