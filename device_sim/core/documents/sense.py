"""Which language a document is written in, by its first octets."""

import re
from typing import Final

from device_sim.core.documents import hpgl, images, pcl, pclxl, postscript, raster, text, tiff
from device_sim.core.documents.counted import PDF_MEDIA_TYPE

SENSE_BYTES: Final = 1024
"""So many octets are enough to tell."""
AUTO: Final = "application/octet-stream"
UNIVERSAL_EXIT: Final = b"\x1b%-12345X"
PJL: Final = "application/vnd.hp-pjl"
_PDF: Final = b"%PDF-"
_HPGL: Final = re.compile(
    rb"(?:\x1b\.[^:]{0,16}:?)*\s*(?:\x1b%-?\d{1,2}B)?\s*(?:IN|BP|DF|PS|RO|SP|PU|PA|IP|CO|NP|TR)(?:;|-?\d|\")"
)
_PLOTTER_PCL: Final = re.compile(rb"(?:\x1bE)?\s*\x1b%-?[0-3]B")
_XL: Final = re.compile(rb"[('\)] HP-PCL XL;")
_CONTROLS: Final = frozenset(range(0x20)) - frozenset(b"\t\n\f\r\b\x1b")


def sense(head: bytes) -> str:
    """The MIME type of a document that begins like this; AUTO where nothing is recognised.

    head: the first SENSE_BYTES octets, or all of a shorter document.
    """
    bare = head.lstrip(b"\x00\x04 \t\r\n")
    for start, media_type in (
        (UNIVERSAL_EXIT, PJL),
        (b"@PJL", PJL),
        (b"%!", postscript.MEDIA_TYPE),
        (raster.PWG_SYNC, raster.PWG),
        (raster.URF_SYNC, raster.URF),
        (b"\xff\xd8\xff", images.JPEG),
        (b"\x89PNG\r\n\x1a\n", images.PNG),
        (b"II*\x00", tiff.MEDIA_TYPE),
        (b"MM\x00*", tiff.MEDIA_TYPE),
        (b"II+\x00", tiff.MEDIA_TYPE),
        (b"MM\x00+", tiff.MEDIA_TYPE),
    ):
        if bare.startswith(start) or head.startswith(start):
            return media_type
    if _PDF in head:
        return PDF_MEDIA_TYPE
    if _XL.match(bare):
        return pclxl.MEDIA_TYPE
    if _PLOTTER_PCL.match(bare) or _HPGL.match(bare):
        return hpgl.MEDIA_TYPE
    if bare.startswith(b"\x1b"):
        return pcl.MEDIA_TYPE
    return text.MEDIA_TYPE if _is_text(head) else AUTO


def _is_text(head: bytes) -> bool:
    if not head or any(octet in _CONTROLS for octet in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut at the end; Latin letters of other code pages are few.
        return error.start >= len(head) - 3 or sum(octet >= 0x80 for octet in head) * 4 < len(head)
    return True
