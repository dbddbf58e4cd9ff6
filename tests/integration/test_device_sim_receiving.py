"""Documents are received, counted by others' standards, and leave nothing behind."""

import os
import resource
import tempfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from device_sim.core.documents.counted import ColorUse, CountedDocument
from device_sim.core.documents.inflate import CompressionError
from device_sim.core.documents.sense import AUTO
from device_sim.document_process import count_apart
from device_sim.receiving import DocumentTooLargeError, Receiver, ReceiverBusyError, ReceivingLimits
from tests.support.device_sim_documents import ghostscript, pdf, pwg_raster, tiff

RED = b"1 0 0 rg 0 0 99 99 re f"
SMALL = ReceivingLimits(
    receptions_max=2, document_bytes_max=1_000_000, spooled_bytes_max=100_000, spooled_all_max=150_000
)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    opened = Receiver(SMALL)
    yield opened
    await opened.close()


async def received(
    receiver: Receiver, octets: bytes, media_type: str = AUTO, compression: str = "none"
) -> CountedDocument:
    reception = receiver.begin(media_type, compression)
    try:
        for at in range(0, len(octets), 50_000):
            await reception.feed(octets[at : at + 50_000])
        return await reception.finish()
    finally:
        reception.close()


@pytest.mark.parametrize(
    "device",
    [
        "pwgraster",
        "urf",
        "pxlmono",
        "pxlcolor",
        "ljet4",
        "ljet4d",
        "ljet4pjl",
        "ps2write",
        "tiffg4",
        "pclm",
        "pdfwrite",
    ],
)
async def test_what_ghostscript_makes_for_a_printer_is_counted_right(device: str, tmp_path: Path) -> None:
    made = await ghostscript(device, pdf(7, drawn=RED), tmp_path)
    receiver = Receiver()

    document = await received(receiver, made)
    await receiver.close()

    assert document.count == 7
    assert document.guess is None
    assert all((run.width_mm, run.length_mm) == (210, 297) for run in document.faces)
    if device in ("pxlcolor", "pclm", "pdfwrite"):
        assert document.faces[0].color is ColorUse.COLOR


async def test_a_pdf_and_a_tiff_are_counted_in_a_process_of_their_own(receiver: Receiver) -> None:
    assert (await received(receiver, pdf(5, drawn=RED))).faces[0].color is ColorUse.COLOR
    assert (await received(receiver, tiff(3))).count == 3


async def test_compressed_documents_are_counted_as_what_they_are(receiver: Receiver) -> None:
    octets = pwg_raster(2)

    assert (await received(receiver, zlib.compress(octets, wbits=31), "image/pwg-raster", "gzip")).count == 2
    assert (await received(receiver, zlib.compress(octets, wbits=-15), "image/pwg-raster", "deflate")).count == 2


async def test_a_bomb_is_refused_and_its_room_given_back(receiver: Receiver) -> None:
    bomb = zlib.compress(bytes(60_000_000), wbits=31)

    for _ in range(3):
        with pytest.raises(DocumentTooLargeError):
            await received(receiver, bomb, "text/plain", "gzip")


async def test_compressed_data_that_ends_early_is_refused(receiver: Receiver) -> None:
    with pytest.raises(CompressionError):
        await received(receiver, zlib.compress(pdf(1), wbits=31)[:-9], "application/pdf", "gzip")


async def test_what_must_be_spooled_has_limits_for_one_and_for_all(receiver: Receiver) -> None:
    with pytest.raises(DocumentTooLargeError):
        await received(receiver, b"%PDF-1.7\n" + bytes(100_001))

    first, second = receiver.begin("application/pdf"), receiver.begin("application/pdf")
    await first.feed(bytes(90_000))
    with pytest.raises(ReceiverBusyError):
        await second.feed(bytes(90_000))
    with pytest.raises(ReceiverBusyError):
        receiver.begin("text/plain")
    first.close()
    second.close()

    assert (await received(receiver, pdf(2))).count == 2


@pytest.mark.parametrize(
    "octets",
    [
        b"%PDF-1.7\n" + os.urandom(2000),
        pdf(9)[:900],
        b"%PDF-1.7\n1 0 obj<</Type/Pages/Kids[1 0 R 1 0 R]/Count 99999999>>endobj trailer<</Root 2 0 R>> 2 0 obj"
        b"<</Type/Catalog/Pages 1 0 R>>endobj\nstartxref\n0\n%%EOF",
        b"II*\x00\xff\xff\xff\xff",
    ],
    ids=["noise", "torn", "circle", "tiff"],
)  # fmt: skip
async def test_a_broken_file_is_a_guess_of_at_least_one_face(receiver: Receiver, octets: bytes) -> None:
    document = await received(receiver, octets)

    assert document.count >= 1
    assert document.guess


def test_a_pdf_that_wants_endless_memory_costs_a_guess_and_nothing_else() -> None:
    wide = b" ".join(b"%d 0 R" % number for number in range(3, 200_000))
    body = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9/Kids["
        + wide
        + b"]>>endobj\n"
    )
    squeezed = zlib.compress(bytes(300_000_000), 9)
    body += (
        b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n4 0 obj<</Filter/FlateDecode/Length %d>>stream\n"
        % len(squeezed)
    )
    body += squeezed + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with tempfile.TemporaryFile() as file:
        file.write(body)
        document = count_apart("application/pdf", file)

    assert document.count >= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


async def test_a_long_document_is_counted_as_it_passes_and_needs_no_memory() -> None:
    receiver = Receiver()
    block = (b"x" * 79 + b"\n") * 6600
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    reception = receiver.begin("text/plain")
    for _ in range(200):
        await reception.feed(block)
    document = await reception.finish()
    await receiver.close()

    assert document.count == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


async def test_no_file_of_a_document_has_a_name(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reception = receiver.begin("application/pdf")
    await reception.feed(pdf(1))

    seen = list(tmp_path.iterdir())
    reception.close()

    assert seen == []
