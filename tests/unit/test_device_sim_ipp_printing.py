"""Printing over IPP: what is asked for is what is counted. Source: RFC 8011, 4.2 to 4.3; PWG 5100.11."""

from collections.abc import Mapping

import pytest

from device_sim.core import ipp
from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces
from device_sim.core.ipp_operations import IppPrinter, Wanted
from device_sim.core.print_desk import INCOMING_S_MAX, Counted, PrintDesk
from device_sim.core.printer import Printer
from device_sim.core.state import FinishedJob
from device_sim.population import Population
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, changed, printer
from tests.support.device_sim_ipp import IppAnswer, ipp_request, read_ipp_answer
from wire_format.records import Outcome

URI = "ipp://127.1.0.1:631/ipp/print"
QUIET = {"workload": {"jobs_per_day": 0}, "trouble": {"impressions_per_jam": 0, "covers_opened_per_day_percent": 0}}
OFFICE = changed("color-laserjet-m479", **QUIET)
PLOTTER = changed("designjet-t1600", **QUIET)
A4_COLOR = Faces(count=7, width_mm=210, length_mm=297, color=ColorUse.COLOR)


def document(*faces: Faces, copies: int | None = None, duplex: bool | None = None) -> CountedDocument:
    return CountedDocument(media_type="application/pdf", faces=faces or (A4_COLOR,), copies=copies, duplex=duplex)


class Site:
    """One printer with its desk, and a client before it."""

    def __init__(self, one: Printer) -> None:
        self.printer, self.desk = one, PrintDesk()
        self.clock = StandingClock(MONDAY_7)
        self.population = Population([one], self.clock)
        self.population.listen(self.desk.note)
        self.real_s = 0.0

    def ask(
        self,
        operation: int,
        more: Mapping[str, ipp.Values] | None = None,
        job: Mapping[str, ipp.Values] | None = None,
        *,
        send: CountedDocument | None = None,
        room: bool = True,
    ) -> IppAnswer:
        def act(one: Printer) -> bytes:
            front = IppPrinter(one, self.desk, URI, self.real_s, room=room)
            said = front.answer(ipp_request(operation, more, job))
            if isinstance(said, Wanted):
                said = front.complete(said, None if send is None else Counted(document=send, size_bytes=5000))
            return said

        return read_ipp_answer(self.population.act_on(self.printer.state.identity.index, act))

    def about(self, operation: int, number: int, **more: ipp.Values) -> IppAnswer:
        return self.ask(operation, {"job-id": ipp.integers(number), **more})

    def live(self, hours: float) -> None:
        self.clock.move(self.clock.now_s() + hours * HOUR_S)
        self.population.at_address(self.printer.state.identity.address)

    def ended(self, number: int) -> FinishedJob:
        self.live(2)
        (job,) = [job for job in self.printer.state.finished if job.number == number]
        return job


@pytest.fixture
def office() -> Site:
    return Site(printer(OFFICE))


@pytest.fixture
def plotter() -> Site:
    return Site(printer(PLOTTER))


def number_of(answer: IppAnswer) -> int:
    (number,) = answer.only(ipp.JOB_GROUP)["job-id"]
    assert isinstance(number, int)
    return number


def printed(
    site: Site, job: Mapping[str, ipp.Values] | None = None, send: CountedDocument | None = None
) -> FinishedJob:
    answer = site.ask(ipp.PRINT_JOB, {"job-name": ipp.names("Offer")}, job, send=send or document())
    assert answer.status == ipp.OK
    return site.ended(number_of(answer))


def test_a_document_becomes_impressions_copies_and_sheets(office: Site) -> None:
    job = printed(office, {"copies": ipp.integers(3), "sides": ipp.keywords("two-sided-long-edge")})

    assert (job.record.name, job.record.submitted_by) == ("Offer", "network")
    assert (job.record.impressions, job.record.copies, job.record.sheets) == (21, 3, 12)
    assert (job.record.color_mode, job.record.outcome) == ("color", Outcome.COMPLETED)


@pytest.mark.parametrize(
    ("job", "impressions"),
    [
        ({"number-up": ipp.integers(2)}, 4),
        ({"page-ranges": ipp.ranges((2, 3), (7, 99))}, 3),
        ({"page-ranges": ipp.ranges((1, 4)), "number-up": ipp.integers(4), "copies": ipp.integers(5)}, 5),
        ({}, 7),
    ],
    ids=["number-up", "ranges", "all", "plain"],
)
def test_what_chooses_faces_changes_what_is_counted(
    office: Site, job: Mapping[str, ipp.Values], impressions: int
) -> None:
    assert printed(office, job).record.impressions == impressions


def test_a_client_s_word_is_stronger_than_the_document_s(office: Site) -> None:
    asked = {
        "copies": ipp.integers(1),
        "sides": ipp.keywords("one-sided"),
        "print-color-mode": ipp.keywords("monochrome"),
    }

    theirs = printed(office, {}, document(copies=2, duplex=True)).record
    ours = printed(office, asked, document(copies=2, duplex=True)).record

    assert (theirs.impressions, theirs.sheets) == (14, 8)
    assert (ours.impressions, ours.sheets, ours.color_mode) == (7, 7, "monochrome")


def test_a_monochrome_document_is_not_billed_as_color(office: Site) -> None:
    plain = document(Faces(count=2, color=ColorUse.MONOCHROME))

    assert printed(office, {"print-color-mode": ipp.keywords("color")}, plain).record.color_mode == "monochrome"
    assert printed(office, {}, document(Faces(count=2))).record.color_mode == "color"


def test_quality_and_media_are_on_the_record(office: Site) -> None:
    job = printed(office, {"print-quality": ipp.enums(5), "media": ipp.keywords("na_letter_8.5x11in")})

    assert job.record.quality == "high"
    assert job.record.media is not None
    assert (job.record.media.width_mm, job.record.media.length_mm) == (216, 279)


def test_media_col_wins_over_media(office: Site) -> None:
    size = ipp.collection({"x-dimension": ipp.integers(14800), "y-dimension": ipp.integers(21000)})
    job = printed(
        office, {"media": ipp.keywords("iso_a4_210x297mm"), "media-col": ipp.collection({"media-size": size})}
    )

    assert job.record.media is not None
    assert (job.record.media.width_mm, job.record.media.length_mm) == (148, 210)


def test_a_plotter_uses_the_length_and_area_of_the_faces(plotter: Site) -> None:
    before = {name: plotter.printer.state.meter(name) or 0 for name in ("print.area", "media.length")}
    plot = document(Faces(count=2, width_mm=841, length_mm=1189, color=ColorUse.COLOR))

    record = printed(plotter, {}, plot).record

    assert record.media is not None
    assert (record.media.length_mm, record.media.area_mm2) == (2 * 1189, 2 * 841 * 1189)
    assert record.category == "color-lines"
    assert sum(ink.volume_ul for ink in record.inks) > 0
    assert (plotter.printer.state.meter("media.length") or 0) - before["media.length"] == 2 * 1189
    assert (plotter.printer.state.meter("print.area") or 0) - before["print.area"] == 2 * 841 * 1189


@pytest.mark.parametrize(
    ("faces", "quality", "category", "color"),
    [
        (Faces(color=ColorUse.MONOCHROME), 4, "mono-lines", "monochrome"),
        (Faces(color=ColorUse.COLOR), 4, "color-lines", "color"),
        (Faces(color=ColorUse.COLOR, images=True), 4, "full-color", "color"),
        (Faces(color=ColorUse.COLOR, images=True), 5, "premium", "color"),
        (Faces(), 4, "low-density", "color"),
    ],
)
def test_a_plot_is_accounted_by_its_color_and_pictures(
    plotter: Site, faces: Faces, quality: int, category: str, color: str
) -> None:
    record = printed(plotter, {"print-quality": ipp.enums(quality)}, document(faces)).record

    assert (record.category, record.color_mode) == (category, color)


def test_a_plot_too_wide_is_turned_or_shrunk(plotter: Site) -> None:
    turned = printed(plotter, {}, document(Faces(width_mm=1189, length_mm=841))).record.media
    shrunk = printed(plotter, {}, document(Faces(width_mm=1828, length_mm=2000))).record.media

    assert turned is not None and turned.length_mm == 1189
    assert shrunk is not None and shrunk.length_mm == 1000


def test_faces_of_several_sizes_keep_length_and_area_of_the_whole(plotter: Site) -> None:
    mixed = document(Faces(count=3, width_mm=841, length_mm=1189), Faces(count=1, width_mm=420, length_mm=594))

    media = printed(plotter, {}, mixed).record.media

    assert media is not None and media.area_mm2 is not None and media.length_mm is not None
    assert abs(media.length_mm - (3 * 1189 + 594)) <= 4
    assert abs(media.area_mm2 - (3 * 841 * 1189 + 420 * 594)) < 0.01 * media.area_mm2


def test_what_a_printer_has_not_comes_back_and_the_job_is_printed(office: Site) -> None:
    asked = {"finishings": ipp.enums(4), "job-secret": ipp.keywords("x"), "copies": ipp.integers(2)}

    answer = office.ask(ipp.PRINT_JOB, {}, asked, send=document())

    back = answer.only(ipp.UNSUPPORTED_GROUP)
    assert answer.status == ipp.OK_SUBSTITUTED
    assert back == {"finishings": [4], "job-secret": [""]}
    assert office.ended(number_of(answer)).record.copies == 2


def test_with_fidelity_such_a_job_is_refused_and_leaves_nothing(office: Site) -> None:
    asked = {"ipp-attribute-fidelity": ipp.boolean(True)}

    answer = office.ask(ipp.PRINT_JOB, asked, {"finishings": ipp.enums(4)}, send=document())
    office.live(1)

    assert answer.status == ipp.NOT_SUPPORTED_VALUES
    assert not office.printer.state.finished and not office.desk.tickets(office.printer.state)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"document-format": ipp.words(ipp.MIME, "application/zip")}, ipp.FORMAT_NOT_SUPPORTED),
        ({"compression": ipp.keywords("lzma")}, ipp.COMPRESSION_NOT_SUPPORTED),
    ],
)
def test_documents_of_other_kinds_are_refused(office: Site, more: Mapping[str, ipp.Values], status: int) -> None:
    for operation in (ipp.PRINT_JOB, ipp.VALIDATE_JOB):
        assert office.ask(operation, more, send=document()).status == status


def test_a_job_without_a_document_is_refused(office: Site) -> None:
    assert office.ask(ipp.PRINT_JOB).status == ipp.BAD_REQUEST


def test_a_job_may_come_in_parts_and_has_its_number_from_the_first(office: Site) -> None:
    number = number_of(office.ask(ipp.CREATE_JOB, {"job-name": ipp.names("Parts")}, {"copies": ipp.integers(2)}))
    coming = office.about(ipp.GET_JOB_ATTRIBUTES, number).only(ipp.JOB_GROUP)

    sent = office.ask(
        ipp.SEND_DOCUMENT, {"job-id": ipp.integers(number), "last-document": ipp.boolean(True)}, send=document()
    )

    assert (coming["job-state"], coming["job-state-reasons"]) == ([4], ["job-incoming"])
    assert coming["copies"] == [2]
    assert sent.status == ipp.OK
    assert office.ended(number).record.impressions == 14


def test_one_document_a_job_and_an_empty_last_one_closes_it(office: Site) -> None:
    number = number_of(office.ask(ipp.CREATE_JOB))
    first = {"job-id": ipp.integers(number), "last-document": ipp.boolean(False)}

    assert office.ask(ipp.SEND_DOCUMENT, first, send=document()).status == ipp.OK
    assert office.ask(ipp.SEND_DOCUMENT, first, send=document()).status == ipp.MULTIPLE_DOCUMENTS_NOT_SUPPORTED
    last = office.ask(ipp.SEND_DOCUMENT, {**first, "last-document": ipp.boolean(True)})

    assert last.status == ipp.OK
    assert office.ended(number).record.impressions == 7


def test_closing_a_job_prints_it_and_one_without_a_document_is_aborted(office: Site) -> None:
    full, empty = number_of(office.ask(ipp.CREATE_JOB)), number_of(office.ask(ipp.CREATE_JOB))
    office.ask(ipp.SEND_DOCUMENT, {"job-id": ipp.integers(full), "last-document": ipp.boolean(False)}, send=document())

    assert office.about(ipp.CLOSE_JOB, full).status == office.about(ipp.CLOSE_JOB, empty).status == ipp.OK
    assert office.ended(full).record.outcome is Outcome.COMPLETED
    assert (office.ended(empty).record.outcome, office.ended(empty).record.impressions) == (Outcome.ABORTED, 0)


def test_a_client_that_went_away_has_its_job_aborted(office: Site) -> None:
    number = number_of(office.ask(ipp.CREATE_JOB))

    office.real_s = INCOMING_S_MAX + 1.0
    answer = office.about(ipp.GET_JOB_ATTRIBUTES, number).only(ipp.JOB_GROUP)

    assert (answer["job-state"], answer["job-state-reasons"]) == ([8], ["aborted-by-system"])


def test_a_held_job_is_printed_when_it_is_released(office: Site) -> None:
    number = number_of(office.ask(ipp.PRINT_JOB, {}, {"job-hold-until": ipp.keywords("indefinite")}, send=document()))
    office.live(3)
    held = office.about(ipp.GET_JOB_ATTRIBUTES, number).only(ipp.JOB_GROUP)

    assert held["job-state"] == [4]
    assert office.about(ipp.RELEASE_JOB, number).status == ipp.OK
    assert office.ended(number).record.impressions == 7
    assert office.about(ipp.RELEASE_JOB, number).status == ipp.NOT_POSSIBLE


def test_a_waiting_job_can_be_held(office: Site) -> None:
    office.ask(ipp.PRINT_JOB, {}, {"copies": ipp.integers(50)}, send=document())
    number = number_of(office.ask(ipp.PRINT_JOB, send=document()))

    assert office.about(ipp.HOLD_JOB, number).status == ipp.OK
    office.live(4)
    assert office.about(ipp.GET_JOB_ATTRIBUTES, number).only(ipp.JOB_GROUP)["job-state"] == [4]
    assert office.about(ipp.RELEASE_JOB, number).status == ipp.OK
    assert office.ended(number).record.impressions == 7


def test_a_job_is_cancelled_wherever_it_is(office: Site) -> None:
    running = number_of(office.ask(ipp.PRINT_JOB, {}, {"copies": ipp.integers(500)}, send=document()))
    waiting = number_of(office.ask(ipp.PRINT_JOB, send=document()))
    held = number_of(office.ask(ipp.PRINT_JOB, {}, {"job-hold-until": ipp.keywords("indefinite")}, send=document()))
    coming = number_of(office.ask(ipp.CREATE_JOB))
    office.live(0.05)

    for number in (running, waiting, held, coming):
        assert office.about(ipp.CANCEL_JOB, number).status == ipp.OK
    office.live(1)

    ended = {job.number: job.record for job in office.printer.state.finished}
    assert {ended[number].outcome for number in (running, waiting, held, coming)} == {Outcome.CANCELED}
    assert 0 < (ended[running].impressions or 0) < 3500
    assert [ended[number].impressions for number in (waiting, held, coming)] == [0, 0, 0]
    assert office.about(ipp.CANCEL_JOB, running).status == ipp.NOT_POSSIBLE
    assert office.about(ipp.CANCEL_JOB, 999_999_999).status == ipp.NOT_FOUND


def test_jobs_are_cancelled_by_their_numbers_all_or_none(office: Site) -> None:
    numbers = [number_of(office.ask(ipp.CREATE_JOB)) for _ in range(3)]

    refused = office.ask(ipp.CANCEL_MY_JOBS, {"my-job-ids": ipp.integers(numbers[0], 999_999_999)})
    taken = office.ask(ipp.CANCEL_MY_JOBS, {"my-job-ids": ipp.integers(*numbers[:2])})

    assert (refused.status, taken.status) == (ipp.NOT_POSSIBLE, ipp.OK)
    left = office.ask(ipp.GET_JOBS)
    assert [group["job-id"] for tag, group in left.groups if tag == ipp.JOB_GROUP] == [[numbers[2]]]


def test_a_stopped_printer_keeps_jobs_waiting_and_says_so(office: Site) -> None:
    state = office.printer.state
    for place in range(len(state.input_amounts)):
        state.input_amounts[place] = 0
    first = number_of(office.ask(ipp.PRINT_JOB, send=document()))
    second = number_of(office.ask(ipp.PRINT_JOB, send=document()))
    office.clock.move(MONDAY_7 + 20)

    stopped = office.about(ipp.GET_JOB_ATTRIBUTES, first).only(ipp.JOB_GROUP)
    waiting = office.about(ipp.GET_JOB_ATTRIBUTES, second).only(ipp.JOB_GROUP)

    assert (stopped["job-state"], stopped["job-state-reasons"]) == ([6], ["printer-stopped"])
    assert (waiting["job-state"], waiting["job-state-reasons"]) == ([3], ["printer-stopped"])
    assert waiting["number-of-intervening-jobs"] == [1]
    assert office.ended(second).record.impressions == 7


def test_after_the_end_of_intake_no_job_is_taken(office: Site) -> None:
    office.printer.end_intake(MONDAY_7)

    told = office.ask(ipp.GET_PRINTER_ATTRIBUTES).only(ipp.PRINTER_GROUP)

    assert told["printer-is-accepting-jobs"] == [False]
    for operation in (ipp.PRINT_JOB, ipp.CREATE_JOB, ipp.VALIDATE_JOB):
        assert office.ask(operation, send=document()).status == ipp.NOT_ACCEPTING_JOBS


def test_a_receiver_without_room_says_busy_and_keeps_the_job(office: Site) -> None:
    number = number_of(office.ask(ipp.CREATE_JOB))
    more = {"job-id": ipp.integers(number), "last-document": ipp.boolean(True)}

    assert office.ask(ipp.PRINT_JOB, send=document(), room=False).status == ipp.BUSY
    assert office.ask(ipp.SEND_DOCUMENT, more, send=document(), room=False).status == ipp.BUSY
    assert office.ask(ipp.SEND_DOCUMENT, more, send=document()).status == ipp.OK


def test_a_finished_job_is_found_also_where_the_model_keeps_no_log() -> None:
    site = Site(printer(changed("ecosys-p3155", **QUIET)))
    number = number_of(site.ask(ipp.PRINT_JOB, send=document()))
    site.live(2)

    told = site.about(ipp.GET_JOB_ATTRIBUTES, number).only(ipp.JOB_GROUP)

    assert (told["job-state"], told["job-impressions-completed"]) == ([9], [7])
