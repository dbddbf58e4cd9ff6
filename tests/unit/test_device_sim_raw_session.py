"""Print streams of port 9100 are taken apart into jobs, and questions are answered."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from device_sim.core.documents.counted import CountedDocument
from device_sim.core.documents.intake import Intake
from device_sim.core.documents.sense import AUTO
from device_sim.core.raw_session import Begin, End, Feed, Question, RawSession, pjl_answer
from tests.support.device_sim import printer
from tests.support.device_sim_documents import UEL, in_memory, pdf
from wire_format.printer_mib import PrinterState

Job = tuple[str, CountedDocument]
PDF = UEL + b"@PJL ENTER LANGUAGE=PDF\r\n" + pdf(3)


def taken(stream: bytes, size: int = 1 << 20) -> tuple[list[Job], list[str]]:
    """The jobs of a connection, each with its name, and the questions."""
    session, jobs, questions = RawSession(), list[Job](), list[str]()
    name, intake = "", Intake(AUTO, in_memory)
    acts = [act for at in range(0, len(stream), size) for act in session.feed(stream[at : at + size])]
    for act in [*acts, *session.finish()]:
        match act:
            case Begin(name):
                intake = Intake(AUTO, in_memory)
            case Feed(octets):
                intake.feed(octets)
            case End():
                jobs.append((name, intake.finish()))
            case Question(text):
                questions.append(text)
    return jobs, questions


def test_a_bare_document_is_a_job() -> None:
    ((name, document),), _ = taken(pdf(2))

    assert (name, document.count) == ("", 2)


def test_several_jobs_of_one_connection_have_their_own_names_and_settings() -> None:
    stream = (
        UEL + b'@PJL JOB NAME = "one" DISPLAY="x"\r\n@PJL SET COPIES=3\r\n@PJL SET DUPLEX=ON\r\n' + PDF
        + UEL + b"@PJL EOJ\r\n" + UEL + b'@PJL JOB NAME="two"\r\n' + PDF + UEL + b"@PJL EOJ\r\n" + UEL + PDF
    )  # fmt: skip

    jobs, _ = taken(stream)

    assert [(name, job.count, job.copies, job.duplex) for name, job in jobs] == [
        ("one", 3, 3, True), ("two", 3, None, None), ("", 3, None, None),
    ]  # fmt: skip


def test_documents_between_job_and_eoj_are_one_job() -> None:
    jobs, _ = taken(UEL + b"@PJL JOB\r\n" + b"@PJL ENTER LANGUAGE=PCL\r\n" + b"a\x0cb" + PDF + UEL + b"@PJL EOJ\r\n")

    assert [job.count for _, job in jobs] == [5]


def test_documents_without_a_job_end_at_the_universal_exit() -> None:
    jobs, _ = taken(PDF + UEL + UEL + PDF + UEL)

    assert [job.count for _, job in jobs] == [3, 3]


def test_a_setting_goes_with_its_job_and_a_default_stays() -> None:
    jobs, _ = taken(UEL + b"@PJL DEFAULT COPIES=2\n@PJL SET RENDERMODE=GRAYSCALE\n" + PDF + UEL + PDF)

    assert [job.copies for _, job in jobs] == [2, 2]


def test_questions_and_exits_alone_are_no_job() -> None:
    jobs, questions = taken(UEL + b"\r\n@PJL INFO ID\r\n@PJL ECHO hello\r\n" + UEL + b"\r\n\x00")

    assert (jobs, questions) == ([], ["INFO ID", "ECHO hello"])


PARTS = st.sampled_from(
    [UEL, b"@PJL JOB NAME=\"x\"\n", b"@PJL EOJ\n", b"@PJL SET COPIES=2\n", b"@PJL ENTER LANGUAGE=PCL\n", b"text\x0c",
     b"\x1bE", b"@PJL INFO STATUS\r\n", b"\r\n", b"%!PS\n%%Page: 1 1\n", b"@PJL DEFAULT DUPLEX=ON\n"]
)  # fmt: skip


@given(parts=st.lists(st.one_of(PARTS, st.binary(max_size=6)), max_size=25), size=st.integers(1, 30))
@example(parts=[b"\x00!"], size=1)
def test_a_connection_is_read_alike_however_it_is_cut(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts).replace(b"%PDF", b"%PDQ")

    assert taken(stream, size) == taken(stream)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("INFO ID", b'@PJL INFO ID\r\n"HP Color LaserJet MFP M479fdw"\r\n\x0c'),
        ("INFO STATUS", b'@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY="Ready"\r\nONLINE=TRUE\r\n\x0c'),
        ("INFO PAGECOUNT", b"@PJL INFO PAGECOUNT\r\nPAGECOUNT=4711\r\n\x0c"),
        ("ECHO  ping 7", b"@PJL ECHO ping 7\r\n\x0c"),
        ("INQUIRE COPIES", b"@PJL INQUIRE COPIES\r\n1\r\n\x0c"),
        ("INQUIRE NONSENSE", b'@PJL INQUIRE NONSENSE\r\n"?"\r\n\x0c'),
        ("USTATUS DEVICE = ON", b'@PJL USTATUS DEVICE\r\nCODE=10001\r\nDISPLAY="Ready"\r\nONLINE=TRUE\r\n\x0c'),
        ("USTATUS DEVICE = OFF", b""),
    ],
)
def test_questions_are_answered_from_the_printer_s_state(question: str, answer: bytes) -> None:
    state = printer("color-laserjet-m479").state
    state.meters[0] = 4711

    assert pjl_answer(state, question) == answer


def test_a_working_printer_says_so() -> None:
    state = printer("color-laserjet-m479").state
    state.status, state.console_text = PrinterState.PRINTING, "Printing"

    assert b"CODE=10023\r\n" in pjl_answer(state, "INFO STATUS")
