"""The counters of documents against any octets, cut anywhere."""

import io
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, Tally
from device_sim.core.documents.inflate import CompressionError, Inflater
from device_sim.core.documents.intake import STREAMED
from device_sim.core.documents.pjl import Command, Data, Piece, PjlStream
from device_sim.core.documents.tiff import count_tiff
from tests.support.device_sim_documents import UEL, counted, pcl_xl, pwg_raster, tiff

SNIPPETS = st.sampled_from(
    [
        b"\x1bE", b"\x1b&l2X", b"\x1b&l1s26A", b"\x1b*b5W", b"\x0c", b"\r\n", b"\x1b%0B", b"\x1b%0A",
        b"IN;SP2;", b"PD1,2,3;",
        b"LBHi\x03", b"PG;", b"RP3;", b'CO"PG;"', b"PE\x40\x41;", b"DT!;", UEL, b"@PJL SET COPIES=3\n", b"@PJL EOJ\n",
        b"@PJL ENTER LANGUAGE=PCL\r\n", b"@PJL ENTER LANGUAGE=PDF\n", b"%!PS-Adobe-3.0\n",
        b"%%Page: 1 1\n", b"%%Pages: 4\n",
        b"%%BeginData: 4\n", b"%%EndData\n", b"showpage\n", b"%PDF-1.7\n", b"\x43", b"\x44", b"\xc1",
        b"\xf8\x25", b"\xfb\x03",
        b"RaS2", b"UNIRAST\x00", b"text ", b"\x1b", b"\x00",
    ]
)  # fmt: skip
STREAMS = st.lists(st.one_of(SNIPPETS, st.binary(max_size=12)), max_size=40).map(b"".join)
CUTS = st.lists(st.integers(0, 5000), max_size=12)
WHOLE_DOCUMENTS = [pwg_raster(3, columns=300, rows=520), pcl_xl(4, copies=2), tiff(2)]


def fed(media_type: str, octets: bytes, cuts: list[int]) -> CountedDocument:
    counter = STREAMED[media_type]()
    at = 0
    for cut in [*sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]:
        counter.feed(octets[at:cut])
        at = cut
    return counter.finish()


@pytest.mark.parametrize("media_type", sorted(STREAMED))
@given(octets=STREAMS, cuts=CUTS)
def test_no_octets_upset_a_counter_and_where_they_are_cut_makes_no_difference(
    media_type: str, octets: bytes, cuts: list[int]
) -> None:
    whole = fed(media_type, octets, [])

    assert whole.count >= 1
    assert fed(media_type, octets, cuts) == whole
    assert fed(media_type, octets, list(range(len(octets)))) == whole


@pytest.mark.parametrize("octets", WHOLE_DOCUMENTS, ids=["pwg", "pclxl", "tiff"])
@given(cuts=CUTS, place=st.integers(0, 9000), octet=st.integers(0, 255))
def test_an_altered_octet_in_a_document_upsets_nobody(octets: bytes, cuts: list[int], place: int, octet: int) -> None:
    altered = bytearray(octets)
    altered[place % len(altered)] = octet

    assert counted(bytes(altered), cuts=cuts) == counted(bytes(altered))


@given(octets=STREAMS, cuts=CUTS)
def test_a_print_stream_is_counted_alike_however_it_arrives(octets: bytes, cuts: list[int]) -> None:
    stream = UEL + b"@PJL ENTER LANGUAGE=PCL\n" + octets.replace(b"%PDF", b"%PDQ").replace(b"=PDF", b"=PCL")

    assert counted(stream, cuts=cuts) == counted(stream)


@given(octets=st.binary(max_size=400))
def test_any_octets_after_a_tiff_head_are_counted(octets: bytes) -> None:
    for head in (b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08", b"II+\x00\x08\x00\x00\x00\x10" + bytes(7)):
        assert count_tiff(io.BytesIO(head + octets)).count >= 1


@given(octets=STREAMS, cuts=CUTS)
def test_pjl_is_taken_apart_alike_however_it_is_cut(octets: bytes, cuts: list[int]) -> None:
    def pieces(parts: list[bytes]) -> list[Piece]:
        stream, found = PjlStream(), list[Piece]()
        for part in parts:
            found += stream.feed(part)
        found += stream.finish()
        joined: list[Piece] = []
        for piece in found:
            last = joined[-1] if joined else None
            if isinstance(piece, Data) and isinstance(last, Data):
                joined[-1] = Data(last.octets + piece.octets)
            else:
                joined.append(piece)
        return joined

    places = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    cut_up = [octets[start:stop] for start, stop in itertools.pairwise(places)]

    assert pieces(cut_up) == pieces([octets])
    assert not any(isinstance(piece, Command) and "\n" in piece.text for piece in pieces([octets]))


@given(octets=st.binary(max_size=3000), cuts=CUTS, kind=st.sampled_from(["gzip", "deflate", "zlib", "none"]))
def test_compressed_octets_come_out_as_they_went_in(octets: bytes, cuts: list[int], kind: str) -> None:
    squeeze = zlib.compressobj(wbits={"gzip": 31, "deflate": -15}.get(kind, 15))
    sent = octets if kind == "none" else squeeze.compress(octets) + squeeze.flush()
    inflater = Inflater("deflate" if kind == "zlib" else kind)
    places = [0, *sorted(cut % (len(sent) + 1) for cut in cuts), len(sent)]

    came = b"".join(
        piece
        for start, stop in itertools.pairwise(places)
        for piece in inflater.feed(sent[start:stop])
    )  # fmt: skip
    inflater.finish()

    assert came == octets


@given(octets=st.binary(min_size=1, max_size=200))
def test_octets_that_are_not_compressed_are_refused_or_opened_but_never_upset(octets: bytes) -> None:
    for kind in ("gzip", "deflate"):
        inflater = Inflater(kind)
        try:
            list(inflater.feed(octets))
            inflater.finish()
        except CompressionError:
            continue


RUNS = st.lists(st.tuples(st.integers(1, 5), st.sampled_from([None, 210, 297])), max_size=12)


@given(runs=RUNS, ranges=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=5))
def test_ranges_choose_faces_by_their_number(runs: list[tuple[int, int | None]], ranges: list[tuple[int, int]]) -> None:
    tally = Tally()
    for count, width in runs:
        tally.add(Faces(count=count, width_mm=width, color=ColorUse.COLOR))
    document = tally.document("application/pdf")
    flat = [width for run in document.faces for width in [run.width_mm] * run.count]
    wanted = [width for number, width in enumerate(flat, 1) if not ranges or any(a <= number <= b for a, b in ranges)]

    chosen = document.within(tuple(ranges))

    assert [width for run in chosen for width in [run.width_mm] * run.count] == wanted
