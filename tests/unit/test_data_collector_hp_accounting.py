"""HP's accounting page: numbers are read whatever its language, and not one word of it goes anywhere.

Synthetic, in the shape that public programs read: a row of class treeTableTopLevel for a job, contentsRow for each ink.
"""

from dataclasses import replace

import pytest

from data_collector.core.explain import explain
from data_collector.core.gathered import JobSource
from data_collector.core.hp_accounting import JOBS_MAX, read_accounting
from data_collector.core.normalise import report
from tests.support.data_collector_core import DEFINITIONS, evidence
from wire_format.records import InkUse, Job, Media, Outcome

DOCUMENT, USER = "Plan of 12 m² for Smith.pdf", "Biegler"


def row(*cells: str) -> str:
    inside = "".join(f"<td nowrap>{cell}</td>" for cell in cells)
    return f'<tr class="treeTableTitleRowClosed treeTableTopLevel">{inside}</tr>'


def ink(code: str, volume: str) -> str:
    return f'<tr class="contentsRow"><td></td><td><b>{code}</b></td><td>&nbsp;</td><td>{volume}</td></tr>'


def page(*rows: str) -> bytes:
    return f'<html><table class="dataTable"><tr><th>Document</th></tr>{"".join(rows)}</table></html>'.encode()


RUSSIAN = row(DOCUMENT, "Печать", "HP SmartStream", "Укладчик", "отменено пользователем", "0", "", "Всего", "", "0",
              "Обычная бумага (&lt; 90 г/кв.м)", "1,0710 м²", "1,2700&nbsp;м", "", "1,54 мл.", USER,
              "18.07.2024 16:08:11", "Линии/быстро")  # fmt: skip
ENGLISH = row(DOCUMENT, "Print", "Network", "Stacker", "printed", "1", "", "Total", "", "0", "Plain paper",
              "11.5281 ft²", "4.1667 ft", "", "1.54 ml", USER, "07/18/2024 04:08:11 PM", "Lines/Fast")  # fmt: skip


def jobs_of(*rows: str) -> tuple[Job, ...]:
    return report(replace(evidence(), job_page=page(*rows)), DEFINITIONS).jobs


def test_a_job_is_told_in_our_units_whatever_those_of_the_page() -> None:
    (russian,), (english,) = jobs_of(RUSSIAN), jobs_of(ENGLISH)

    assert russian.media == Media(area_mm2=1_071_000, length_mm=1_270)
    assert english.media == Media(area_mm2=1_070_996, length_mm=1_270)
    assert (russian.outcome, english.outcome) == (Outcome.CANCELED, Outcome.COMPLETED)
    assert russian.completed_at is None, "nobody knows the zone of its time"


def test_a_job_keeps_its_id_when_somebody_changes_the_language_of_the_page() -> None:
    assert jobs_of(RUSSIAN)[0].job_id == jobs_of(ENGLISH)[0].job_id
    assert jobs_of(RUSSIAN)[0].job_id != jobs_of(RUSSIAN.replace("16:08:11", "16:08:12"))[0].job_id


def test_two_jobs_of_one_second_stay_two_and_keep_their_ids_when_a_third_comes() -> None:
    two = [job.job_id for job in jobs_of(RUSSIAN, RUSSIAN)]

    assert len(set(two)) == 2
    assert [job.job_id for job in jobs_of(RUSSIAN, RUSSIAN, RUSSIAN)][:2] == two


def test_each_ink_is_told_below_its_job() -> None:
    newest = row("b.pdf", "Print", "", "printed", "01/04/2026 17:38:53")
    first, second = jobs_of(newest, ink("LM", "0,68 ml"), ink("OP", "Ink changed"), RUSSIAN, ink("K", "12,00 ml"))

    assert first.inks == (InkUse(colorant="black", volume_ul=12_000),)
    assert second.inks == (InkUse(colorant="light magenta", volume_ul=680),)


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        ("6,5451 m²", 6_545_100),
        ("1.071,5 m2", 1_071_500_000),
        ("12 m²", 12_000_000),
        ("99999999999 m²", None),
        (", m²", None),
        ("m²", None),
    ],
)
def test_decimals_are_never_taken_for_thousands(cell: str, area: int | None) -> None:
    (job,) = read_accounting(page(row("x", cell, "18.07.2024 16:08:11")))

    assert job.area_mm2 == area


def test_not_a_word_of_the_page_leaves_its_reader() -> None:
    seen = replace(evidence(), job_page=page(RUSSIAN, ENGLISH, ink("K", "1 ml")))
    made = report(seen, DEFINITIONS)
    everything = repr(made) + repr(explain(made, seen)) + repr(seen)

    assert [one.source for one in made.job_lists] == [JobSource.HP_PAGE]
    assert not [word for word in (DOCUMENT, "Smith", USER, "Plain paper", "SmartStream", "Lines") if word in everything]


def test_a_document_whose_name_looks_like_an_area_is_not_one() -> None:
    (job,) = read_accounting(page(row("99 m²", "Print", "2 m²", "18.07.2024 16:08:11")))

    assert job.area_mm2 == 2_000_000


@pytest.mark.parametrize(
    "noise",
    [b"<tr" * 1000, b"<tr class=treeTableTopLevel><td>x<td>" + b"<" * 1000, b"\xff" * 1000, b"<tr class=contentsRow>"],
)
def test_what_is_no_such_page_has_no_jobs(noise: bytes) -> None:
    assert read_accounting(noise) == ()


def test_a_page_without_end_is_read_up_to_a_limit() -> None:
    rows = [row("x", f"18.07.2024 16:{number // 60:02}:{number % 60:02}") for number in range(JOBS_MAX + 5)]

    assert len(jobs_of(*rows)) == JOBS_MAX
