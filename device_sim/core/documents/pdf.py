"""PDF, by pypdf: needs the whole file. A hostile file may cost what its caller allows it, so callers bound it.

1. Faces are the leaves of the page tree. Size: CropBox within MediaBox, turned by Rotate, times UserUnit.
2. Colour is looked for in what a face draws: colour operators with unequal parts, and colour pictures. It is a
   good guess, not a rendering: forms are followed FORMS_DEEP_MAX deep, patterns and blend modes are not.
3. A file pypdf cannot read is scanned for page objects; what such a scan finds is a guess.
Source: ISO 32000-2, 7.7.3, 8.6, 14.11.2.
"""

import re
from typing import Any, BinaryIO, Final

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from device_sim.core.documents.counted import (
    FACES_MAX,
    PDF_MEDIA_TYPE,
    ColorUse,
    CountedDocument,
    Faces,
    Tally,
    guessed,
    millimetres,
)

MEDIA_TYPE: Final = PDF_MEDIA_TYPE
LOOKED_AT_BYTES_MAX: Final = 32 * 1024 * 1024
"""So much of what faces draw is looked at for colour; later faces are taken to be like the ones before."""
RESOURCES_MAX: Final = 64
FORMS_DEEP_MAX: Final = 4
_POINTS: Final = 72.0
_SCAN_BYTES: Final = 1024 * 1024
_SCAN_OVERLAP: Final = 64
_LEAF: Final = re.compile(rb"/Type\s{0,8}/Page(?![A-Za-z])")
_N: Final = rb"([-+]?[0-9]*\.?[0-9]+)"
_RGB: Final = re.compile(rb"%s\s+%s\s+%s\s+(?:rg|RG|sc|SC|scn|SCN)\b" % (_N, _N, _N))
_CMYK: Final = re.compile(rb"%s\s+%s\s+%s\s+%s\s+(?:k|K|sc|SC|scn|SCN)\b" % (_N, _N, _N, _N))
_GRAY_SPACES: Final = frozenset(("/DeviceGray", "/CalGray", "/G"))


def count_pdf(file: BinaryIO) -> CountedDocument:
    """The faces of a PDF. file: readable and seekable, at any position.

    Raises whatever pypdf raises for a broken or encrypted file, also RecursionError and MemoryError.
    """
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted:
        reader.decrypt("")  # files that only forbid something open with no password
    tally, looked_bytes = Tally(), 0
    color, images = ColorUse.UNKNOWN, False
    for leaf in reader.pages:
        if tally.count >= FACES_MAX:
            break
        width_mm, length_mm = _size_mm(leaf)
        if looked_bytes < LOOKED_AT_BYTES_MAX:
            try:
                forms, pictures = _objects(leaf)
                drawn = _drawn([leaf.get("/Contents"), *forms], LOOKED_AT_BYTES_MAX - looked_bytes)
                looked_bytes += len(drawn) + 1
                color, images = _colors(pictures, drawn)
            except (MemoryError, RecursionError):
                raise
            except Exception:  # of one face only its colour is lost, whatever pypdf stumbles over
                color, images = ColorUse.UNKNOWN, False
        tally.add(Faces(width_mm=width_mm, length_mm=length_mm, color=color, images=images))
    return tally.document(MEDIA_TYPE)


def scan_pdf(file: BinaryIO) -> CountedDocument:
    """The faces as far as they can be seen without reading the file's structure; always a guess."""
    file.seek(0)
    count, held = 0, b""
    while block := file.read(_SCAN_BYTES):
        data = held + block
        keep = max(0, len(data) - _SCAN_OVERLAP)
        found = [match.start() for match in _LEAF.finditer(data)]
        count += sum(start < keep for start in found)
        held = data[keep:]
    count += len(_LEAF.findall(held))
    return guessed(MEDIA_TYPE, "the file's structure cannot be read", count)


def _size_mm(leaf: Any) -> tuple[int | None, int | None]:
    try:
        media, crop = leaf.mediabox, leaf.cropbox
        width = min(float(crop.right), float(media.right)) - max(float(crop.left), float(media.left))
        length = min(float(crop.top), float(media.top)) - max(float(crop.bottom), float(media.bottom))
        unit = float(leaf.get("/UserUnit", 1.0))
        turned = int(leaf.rotation) % 180 == 90
    except Exception:  # boxes may be anything at all; the face counts without a size
        return None, None
    size = millimetres(width * unit, _POINTS), millimetres(length * unit, _POINTS)
    return (size[1], size[0]) if turned else size


def _drawn(contents: list[Any], bytes_max: int) -> bytes:
    """What a face and its forms draw, decompressed."""
    drawn = b""
    for part in contents:
        found = None if part is None else part.get_object()
        for stream in found if isinstance(found, ArrayObject) else [found]:
            stream = None if stream is None else stream.get_object()
            if isinstance(stream, StreamObject) and len(drawn) < bytes_max:
                drawn += b"\n" + stream.get_data()
    return drawn[:bytes_max]


def _colors(pictures: list[DictionaryObject], drawn: bytes) -> tuple[ColorUse, bool]:
    colored = (
        any(_picture_has_color(item) for item in pictures)
        or any(len({float(part) for part in found.groups()}) > 1 for found in _RGB.finditer(drawn))
        or any(any(float(part) for part in found.groups()[:3]) for found in _CMYK.finditer(drawn))
    )
    return ColorUse.COLOR if colored else ColorUse.MONOCHROME, bool(pictures) or b" BI" in drawn


def _objects(leaf: Any) -> tuple[list[DictionaryObject], list[DictionaryObject]]:
    """The forms and the pictures a face may draw; what imposition makes of a page is a form in a form."""
    forms: list[DictionaryObject] = []
    pictures: list[DictionaryObject] = []
    waiting: list[tuple[Any, int]] = [(leaf.get("/Resources"), 0)]
    while waiting and len(forms) + len(pictures) < RESOURCES_MAX:
        resources, depth = waiting.pop()
        resources = None if resources is None else resources.get_object()
        objects = resources.get("/XObject") if isinstance(resources, DictionaryObject) else None
        objects = None if objects is None else objects.get_object()
        if not isinstance(objects, DictionaryObject):
            continue
        for value in list(objects.values())[:RESOURCES_MAX]:
            item = value.get_object()
            if not isinstance(item, DictionaryObject):
                continue
            if item.get("/Subtype") == "/Image":
                pictures.append(item)
            elif item.get("/Subtype") == "/Form" and depth < FORMS_DEEP_MAX:
                forms.append(item)
                waiting.append((item.get("/Resources"), depth + 1))
    return forms, pictures


def _picture_has_color(item: DictionaryObject) -> bool:
    space = item.get("/ColorSpace")
    space = None if space is None else space.get_object()
    if space is None or item.get("/ImageMask"):
        return False
    if isinstance(space, ArrayObject) and space:
        kind = str(space[0])
        if kind == "/ICCBased" and len(space) > 1:
            profile = space[1].get_object()
            return not (isinstance(profile, DictionaryObject) and profile.get("/N") == 1)
        if kind == "/Indexed" and len(space) > 1:
            return str(space[1].get_object()) not in _GRAY_SPACES
        return kind not in _GRAY_SPACES
    return str(space) not in _GRAY_SPACES
