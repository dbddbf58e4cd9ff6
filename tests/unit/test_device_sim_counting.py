"""Documents are counted for what they are, and nothing in them misleads."""

import zlib

import pytest

from device_sim.core.documents.counted import FACES_MAX, RUNS_MAX, ColorUse, Faces, Tally
from device_sim.core.documents.inflate import PIECE_BYTES, Inflater
from device_sim.core.documents.sense import sense
from tests.support.device_sim_documents import JPEG_8X8, UEL, counted, pcl_xl, pdf, pwg_raster, tiff

PLOT = b"IN;SP1;PS30000,20000;PA0,0;PD1000,1000;PU;PG;"


def test_a_pdf_has_its_faces_sizes_and_colors() -> None:
    plain, red, grey = pdf(7), pdf(2, drawn=b"1 0 0 rg 0 0 9 9 re f"), pdf(1, drawn=b"0.5 0.5 0.5 rg 0 0 9 9 re f")

    assert counted(plain).faces == (Faces(count=7, width_mm=210, length_mm=297, color=ColorUse.MONOCHROME),)
    assert counted(red).faces == (Faces(count=2, width_mm=210, length_mm=297, color=ColorUse.COLOR),)
    assert counted(grey).faces[0].color is ColorUse.MONOCHROME


def test_what_imposition_puts_into_forms_is_still_in_color() -> None:
    assert counted(pdf(1, drawn=b"1 0 0 rg 0 0 9 9 re f", formed=2)).faces[0].color is ColorUse.COLOR
    assert counted(pdf(1, formed=2)).faces[0].color is ColorUse.MONOCHROME


def test_a_turned_face_is_as_wide_as_it_was_long() -> None:
    (face,) = counted(pdf(1, size_pt=(2384, 3370), rotate=90)).faces

    assert (face.width_mm, face.length_mm) == (1189, 841)


def test_raster_faces_are_found_by_walking_over_their_rows() -> None:
    document = counted(pwg_raster(3, color=True))

    assert document.media_type == "image/pwg-raster"
    assert document.faces == (Faces(count=3, width_mm=210, length_mm=297, color=ColorUse.COLOR),)


def test_each_directory_of_a_tiff_is_a_face() -> None:
    faces = counted(tiff(4)).faces

    assert faces == (Faces(count=4, width_mm=210, length_mm=297, color=ColorUse.MONOCHROME, images=True),)


def test_a_tiff_whose_directories_go_round_in_a_circle_ends() -> None:
    octets = bytearray(tiff(2))
    octets[-12:-8] = (8).to_bytes(4, "little")

    assert counted(bytes(octets)).count == 2


def test_a_picture_is_one_face() -> None:
    assert counted(JPEG_8X8).faces == (Faces(width_mm=2, length_mm=2, color=ColorUse.COLOR, images=True),)


def test_octets_embedded_in_pcl_xl_are_no_operators() -> None:
    document = counted(pcl_xl(5, copies=3, duplex=True))

    assert (document.count, document.copies, document.duplex) == (5, 3, True)
    assert document.faces[0].width_mm == 210


def test_form_feeds_inside_of_pcl_data_eject_nothing() -> None:
    document = counted(b"\x1bE\x1b&l2x1s26AOne\x0cTwo\x1b*b4W\x0c\x0c\x0c\x0c\x1b(s3W\x0c\x0c\x0c\x0c\x1bE")

    assert (document.count, document.copies, document.duplex) == (2, 2, True)
    assert document.faces[0].length_mm == 297


def test_an_empty_pcl_face_is_not_printed() -> None:
    assert counted(b"\x1bE\x0c \r\n\x0cSomething\x0c\x1bE").count == 1


def test_hpgl_counts_plots_replots_and_their_size() -> None:
    document = counted(PLOT + b"SP3;PD5,5;RP2;")

    assert document.media_type == "application/vnd.hp-hpgl"
    assert document.faces == (
        Faces(count=1, width_mm=500, length_mm=750, color=ColorUse.MONOCHROME),
        Faces(count=3, width_mm=500, length_mm=750, color=ColorUse.COLOR),
    )


def test_words_in_hpgl_labels_and_comments_are_no_instructions() -> None:
    assert counted(b'IN;SP1;LBPG;PG;PG;\x03CO"PG;PD;PG;";PEPG#PG;PU;PG;').count == 1


def test_hpgl_inside_of_pcl_is_a_picture_on_the_face() -> None:
    assert counted(b"\x1bE\x1b%0BIN;PD1,1;PG;\x1b%0A\x0c\x1b%0BPD2,2;\x1b%0A\x1bE").count == 2


@pytest.mark.parametrize(
    ("octets", "count"),
    [
        (b"%!PS-Adobe-3.0\n%%Pages: (atend)\n%%Page: 1 1\nx\n%%Page: 2 2\n%%Trailer\n%%Pages: 2\n", 2),
        (b"%!PS-Adobe-3.0\r%%Pages: 9\r%%EndComments\rshowpage\r", 9),
        (b"%!PS\n(showpage) pop showpage % showpage\nshowpage", 3),
        (b"%!PS-Adobe-3.0\n%%Page: 1 1\n%%BeginDocument: x\n%%Page: 1 1\n%%Page: 2 2\n%%EndDocument\n", 1),
        (b"%!PS-Adobe-3.0\n%%Page: 1 1\n%%BeginData: 2 Binary Lines\n%%Page: 9 9\nx\n%%EndData\n", 1),
    ],
    ids=["at end", "header only", "no comments", "embedded", "data"],
)
def test_postscript_is_counted_by_its_comments(octets: bytes, count: int) -> None:
    assert counted(octets).count == count


def test_postscript_says_how_it_wants_to_be_printed() -> None:
    document = counted(
        b"%!PS-Adobe-3.0\n%%DocumentProcessColors: Black\n%%EndComments\n<< /NumCopies 3 /Duplex true "
        b"/PageSize [842 1191] >> setpagedevice\n%%Page: 1 1\nshowpage\n"
    )

    assert (document.copies, document.duplex) == (3, True)
    assert document.faces == (Faces(width_mm=297, length_mm=420, color=ColorUse.MONOCHROME),)


@pytest.mark.parametrize(
    ("octets", "count"),
    [(b"x\n" * 66, 1), (b"x\n" * 67, 2), (b"a\fb\fc", 3), (b"a\f", 1), (b"a\n\n\n\f\f", 1), (b"x" * 9000, 1)],
)
def test_text_is_sixty_six_lines_a_face(octets: bytes, count: int) -> None:
    assert counted(octets).count == count


def test_pjl_around_a_document_is_heeded_and_not_printed() -> None:
    wrapped = (
        UEL + b'@PJL JOB NAME="a"\r\n@PJL SET COPIES = 3\r\n@PJL SET DUPLEX=ON\r\n@PJL ENTER LANGUAGE = PDF\r\n'
        + pdf(4) + UEL + b"@PJL EOJ\r\n" + UEL
    )  # fmt: skip

    document = counted(wrapped)

    assert (document.media_type, document.count, document.copies, document.duplex) == ("application/pdf", 4, 3, True)


def test_documents_of_two_languages_in_one_job_add_up() -> None:
    stream = (
        UEL + b"@PJL ENTER LANGUAGE=PCL\n" + b"A\x0cB\x1bE" + UEL + b"@PJL ENTER LANGUAGE=POSTSCRIPT\n"
        + b"%!PS-Adobe-3.0\n%%Page: 1 1\n%%Page: 2 2\n%%Page: 3 3\n" + UEL
    )  # fmt: skip

    assert counted(stream).count == 5


def test_what_nobody_can_read_is_one_face_and_says_so() -> None:
    document = counted(bytes(range(256)) * 20)

    assert document.count == 1
    assert document.guess == "its format is not known"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"%PDF-1.4", "application/pdf"), (b"\r\n%PDF-1.4", "application/pdf"), (b"\x04%!PS", "application/postscript"),
        (UEL + b"@PJL", "application/vnd.hp-pjl"), (b"\x1bE\x1b&l0O", "application/vnd.hp-pcl"),
        (b"\x1b%0BIN;", "application/vnd.hp-hpgl"), (b"IN;SP1;", "application/vnd.hp-hpgl"), (b"In the", "text/plain"),
        (b"Gr\xfc\xdfe aus K\xf6ln, es regnet", "text/plain"), (b"\x00\x01\x02", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_first_octets_say_the_language(head: bytes, media_type: str) -> None:
    assert sense(head) == media_type


def test_a_tally_has_its_limits() -> None:
    tally = Tally()
    for width in range(1, RUNS_MAX * 2):
        tally.add(Faces(width_mm=width))
    tally.add(Faces(count=FACES_MAX))

    document = tally.document("text/plain")

    assert len(document.faces) <= RUNS_MAX
    assert document.count == FACES_MAX


def test_a_bomb_is_opened_in_small_pieces() -> None:
    squeeze = zlib.compressobj(9, wbits=31)
    bomb = squeeze.compress(bytes(50 * 1024 * 1024)) + squeeze.flush()

    sizes = [len(piece) for piece in Inflater("gzip").feed(bomb)]

    assert max(sizes) <= PIECE_BYTES
    assert sum(sizes) == 50 * 1024 * 1024
