"""A document on its way in: sensed, taken out of its PJL, counted, and gone.

1. What the sender calls the format is believed, unless it says "anything" or the first octets are PJL.
2. Several documents in one stream, as PJL can have, are counted as one.
3. Formats that need the whole file are the caller's: `open_whole` makes their counters.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from device_sim.core.documents import hpgl, images, pcl, pclxl, postscript, raster, text, tiff
from device_sim.core.documents.counted import COPIES_MAX, PDF_MEDIA_TYPE, CountedDocument, FaceCounter, Tally, guessed
from device_sim.core.documents.pjl import Command, Data, Exit, PjlStream
from device_sim.core.documents.sense import AUTO, PJL, SENSE_BYTES, sense

STREAMED: Final[dict[str, Callable[[], FaceCounter]]] = {
    text.MEDIA_TYPE: text.TextCounter,
    postscript.MEDIA_TYPE: postscript.PostScriptCounter,
    pcl.MEDIA_TYPE: pcl.PclCounter,
    pclxl.MEDIA_TYPE: pclxl.PclXlCounter,
    hpgl.MEDIA_TYPE: lambda: pcl.PclCounter(hpgl.MEDIA_TYPE, plotter=True),
    raster.PWG: lambda: raster.RasterCounter(raster.PWG),
    raster.URF: lambda: raster.RasterCounter(raster.URF),
    images.JPEG: lambda: images.PictureCounter(images.JPEG),
    images.PNG: lambda: images.PictureCounter(images.PNG),
}
WHOLE: Final = (PDF_MEDIA_TYPE, tiff.MEDIA_TYPE)
_LANGUAGES: Final = {
    "PCL": pcl.MEDIA_TYPE, "PCL5C": pcl.MEDIA_TYPE, "PCLXL": pclxl.MEDIA_TYPE, "POSTSCRIPT": postscript.MEDIA_TYPE,
    "PS": postscript.MEDIA_TYPE, "PDF": PDF_MEDIA_TYPE, "HPGL2": hpgl.MEDIA_TYPE, "HPGL": hpgl.MEDIA_TYPE,
    "TIFF": tiff.MEDIA_TYPE, "JPEG": images.JPEG, "URF": raster.URF, "PWGRASTER": raster.PWG,
}  # fmt: skip
"""@PJL ENTER LANGUAGE to what it means; another name is sensed."""
_SETTING: Final = re.compile(
    r"(?:SET|DEFAULT)\s+(COPIES|QTY|DUPLEX|RENDERMODE|PRINTQUALITY)\s*=\s*(\S+)", re.IGNORECASE
)
_ENTER: Final = re.compile(r"ENTER\s+LANGUAGE\s*=\s*(\S+)", re.IGNORECASE)

OpenWhole = Callable[[str], FaceCounter]
"""A counter for a format of WHOLE."""


class Intake:
    """One print stream as one document. media_type: what the sender calls it, AUTO for anything."""

    def __init__(self, media_type: str, open_whole: OpenWhole) -> None:
        self._hint = media_type
        self._open_whole = open_whole
        self._stream: PjlStream | None = None
        self._head: bytearray | None = bytearray()
        self._part: FaceCounter | None = None
        self._part_head = bytearray()
        self._language = media_type
        self._ended: list[CountedDocument] = []
        self._copies: int | None = None
        self._duplex: bool | None = None
        self._gray = False
        self.size_bytes = 0

    @property
    def gray(self) -> bool:
        """Whether PJL asked for a grey rendering."""
        return self._gray

    def feed(self, chunk: bytes) -> None:
        """Take the next octets. Raises what the counter of a whole file raises."""
        self.size_bytes += len(chunk)
        if self._head is None:
            self._pass(chunk)
            return
        self._head += chunk
        if len(self._head) >= SENSE_BYTES:
            self._begin()

    def finish(self) -> CountedDocument:
        """The document. Raises what the counter of a whole file raises."""
        if self._head is not None:
            self._begin()
        if self._stream is not None:
            for piece in self._stream.finish():
                self._piece(piece)
        self._end_part()
        return self._joined()

    def _begin(self) -> None:
        head, self._head = bytes(self._head or b""), None
        if sense(head) == PJL:
            self._stream = PjlStream()
            self._language = AUTO
        self._pass(head)

    def _pass(self, chunk: bytes) -> None:
        if self._stream is None:
            self._data(chunk)
            return
        for piece in self._stream.feed(chunk):
            self._piece(piece)

    def _piece(self, piece: Data | Command | Exit) -> None:
        match piece:
            case Data(octets):
                self._data(octets)
            case Command(said):
                self.command(said)
            case Exit():
                self._end_part()
                self._language = AUTO

    def command(self, said: str) -> None:
        """Heed a PJL command that says how to print."""
        if entered := _ENTER.match(said):
            self._language = _LANGUAGES.get(entered[1].upper().strip('"'), AUTO)
        elif setting := _SETTING.match(said):
            name, value = setting[1].upper(), setting[2].upper().strip('"')
            if name in ("COPIES", "QTY") and value.isascii() and value.isdigit():
                self._copies = max(1, min(int(value[:6]), COPIES_MAX))
            elif name == "DUPLEX":
                self._duplex = value == "ON"
            elif name == "RENDERMODE":
                self._gray = value == "GRAYSCALE"

    def _data(self, octets: bytes) -> None:
        if self._part is not None:
            self._part.feed(octets)
            return
        self._part_head += octets
        if len(self._part_head) >= SENSE_BYTES:
            self._open_part()

    def _open_part(self) -> None:
        head = bytes(self._part_head)
        self._part_head.clear()
        media_type = self._language
        if media_type not in STREAMED and media_type not in WHOLE:
            media_type = sense(head)
        if media_type in WHOLE:
            self._part = self._open_whole(media_type)
        elif media_type in STREAMED:
            self._part = STREAMED[media_type]()
        else:
            self._part = _Unknown(self._hint)
        self._part.feed(head)

    def _end_part(self) -> None:
        if self._part is None and self._part_head.strip(b"\x00\x04 \t\r\n"):
            self._open_part()
        self._part_head.clear()
        if self._part is not None:
            part, self._part = self._part, None
            self._ended.append(part.finish())

    def _joined(self) -> CountedDocument:
        if not self._ended:
            return guessed(self._hint, "it shows nothing that is printed")
        first, tally = self._ended[0], Tally()
        for document in self._ended:
            for faces in document.faces:
                tally.add(faces)
        whole = replace(first, faces=tally.document(first.media_type).faces)
        return replace(
            whole,
            copies=whole.copies if self._copies is None else self._copies,
            duplex=whole.duplex if self._duplex is None else self._duplex,
            guess=next((document.guess for document in self._ended if document.guess), None),
        )


class _Unknown:
    """Octets nobody can read: one face, and that is a guess."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type

    def feed(self, chunk: bytes) -> None:
        """Nothing is learned from them."""

    def finish(self) -> CountedDocument:
        """One face."""
        return guessed(self._media_type, "its format is not known")
