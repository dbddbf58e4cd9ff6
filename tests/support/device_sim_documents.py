"""Documents for tests, made from nothing: no file of anybody's is kept in the repository."""

import asyncio
import io
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from device_sim.core.documents.counted import CountedDocument, FaceCounter
from device_sim.core.documents.intake import Intake
from device_sim.core.documents.pdf import count_pdf
from device_sim.core.documents.sense import AUTO
from device_sim.core.documents.tiff import count_tiff

A4_PT = (595.0, 842.0)
UEL = b"\x1b%-12345X"
JPEG_8X8 = bytes.fromhex(
    "ffd8ffe000104a46494600010101006000600000ffc00011080008000803011100021101031101ffda000c03010002110311003f00ffd9"
)
"""The frame of an 8 x 8 picture in colour at 96 dpi; its pixels are nonsense, which no counter reads."""


class InMemory:
    """Stands in for the file and the process that whole files are given to."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._octets = io.BytesIO()

    def feed(self, chunk: bytes) -> None:
        self._octets.write(chunk)

    def finish(self) -> CountedDocument:
        return count_pdf(self._octets) if self._media_type == "application/pdf" else count_tiff(self._octets)


def in_memory(media_type: str) -> FaceCounter:
    return InMemory(media_type)


def counted(octets: bytes, media_type: str = AUTO, cuts: Iterable[int] = ()) -> CountedDocument:
    """What the simulator counts in a document, cut at these places."""
    intake = Intake(media_type, in_memory)
    at = 0
    for cut in [*sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]:
        intake.feed(octets[at:cut])
        at = cut
    return intake.finish()


def pdf(
    count: int = 1, size_pt: tuple[float, float] = A4_PT, drawn: bytes = b"", rotate: int = 0, formed: int = 0
) -> bytes:
    """A PDF of so many equal faces. drawn: content operators besides a line of text; formed: in forms so deep."""
    writer = PdfWriter()
    for number in range(count):
        leaf = writer.add_blank_page(*size_pt)
        stream = DecodedStreamObject()
        stream.set_data(b"BT /F1 12 Tf 72 72 Td (Face %d) Tj ET\n" % (number + 1) + drawn)
        objects = DictionaryObject()
        for _ in range(formed):
            stream.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
            stream[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
            objects = DictionaryObject({NameObject("/X1"): writer._add_object(stream)})
            stream = DecodedStreamObject()
            stream.set_data(b"q /X1 Do Q")
        leaf[NameObject("/Contents")] = writer._add_object(stream)
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        fonts = DictionaryObject(
            {NameObject("/F1"): DictionaryObject({NameObject(key): NameObject(word) for key, word in font.items()})}
        )
        leaf[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts, NameObject("/XObject"): objects})
        if rotate:
            leaf.rotate(rotate)
    octets = io.BytesIO()
    writer.write(octets)
    return octets.getvalue()


def pwg_raster(count: int, *, columns: int = 1240, rows: int = 1754, dpi: int = 150, color: bool = False) -> bytes:
    """White faces; each row is one run of a pixel and a row count."""
    header = bytearray(1796)
    header[:10] = b"PwgRaster\x00"
    for at, number in (
        (276, dpi), (280, dpi), (340, 1), (372, columns), (376, rows), (384, 8), (388, 24 if color else 8),
        (392, columns * (3 if color else 1)), (400, 19 if color else 18), (420, 3 if color else 1), (452, count),
    ):  # fmt: skip
        header[at : at + 4] = number.to_bytes(4, "big")
    pixel = b"\xff" * (3 if color else 1)
    whole, rest = divmod(columns, 128)
    runs = (b"\x7f" + pixel) * whole + (bytes((rest - 1,)) + pixel if rest else b"")
    full, left = divmod(rows, 256)
    lines = (b"\xff" + runs) * full + (bytes((left - 1,)) + runs if left else b"")
    return b"RaS2" + (bytes(header) + lines) * count


def tiff(count: int, *, columns: int = 1240, rows: int = 1754, dpi: int = 150) -> bytes:
    """Little-endian, with empty strips."""
    octets = bytearray(b"II*\x00" + (8).to_bytes(4, "little"))
    for number in range(count):
        at = len(octets)
        entries = [(256, 4, columns), (257, 4, rows), (262, 3, 1), (282, 5, at + 78), (283, 5, at + 78), (296, 3, 2)]
        octets += len(entries).to_bytes(2, "little")
        for tag, kind, value in entries:
            octets += b"".join(
                part.to_bytes(size, "little") for part, size in ((tag, 2), (kind, 2), (1, 4), (value, 4))
            )
        octets += (at + 86 if number < count - 1 else 0).to_bytes(4, "little")
        octets += dpi.to_bytes(4, "little") + (1).to_bytes(4, "little")
    return bytes(octets)


def pcl_xl(count: int, *, media: int = 2, copies: int = 1, duplex: bool = False) -> bytes:
    """Little-endian PCL XL with a picture's worth of embedded data that looks like operators."""
    head = b") HP-PCL XL;2;0;Comment made for a test\n" + b"\xc0\x00\xf8\x86\x41"
    begin = b"\xc0" + bytes((media,)) + b"\xf8\x25" + (b"\xc0\x00\xf8\x35" if duplex else b"\xc0\x00\xf8\x34") + b"\x43"
    data = b"\xfb\x06\x44\x44\x44\x43\x43\x43" + b"\xc8\xc1\x03\x00\x44\x44\x44\xf8\x01"
    end = b"\xc1" + copies.to_bytes(2, "little") + b"\xf8\x31\x44"
    return head + (begin + data + end) * count + b"\x42"


async def ghostscript(device: str, source: bytes, place: Path) -> bytes:
    """A document as Ghostscript writes it for a kind of printer. Skips where it is not installed."""
    path = shutil.which("gs")
    if path is None:
        pytest.skip("SKIPPED LOUDLY: gs is not installed (Debian package ghostscript)")
    made, given = place / f"made.{device}", place / "given.pdf"
    given.write_bytes(source)
    process = await asyncio.create_subprocess_exec(
        path, "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-r72", f"-sDEVICE={device}", "-o", str(made), str(given),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if not made.exists() or not made.stat().st_size:
        pytest.skip(f"SKIPPED LOUDLY: this gs does not make {device}: {said.decode(errors='replace')[:200]}")
    return made.read_bytes()
