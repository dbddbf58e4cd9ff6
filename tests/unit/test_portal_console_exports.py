"""Files for spreadsheets and programs: nothing in them runs, nothing in them is rounded."""

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.console.exports import csv_piece, instant, json_piece, safe_text, thousandth


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "  =1",
        "\t=1",
        "\x00=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\tx",
        "\rx",
        "\nx",
        " \u3000=1",
    ],
)
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["plan 1", "a=b", "", "5 - 3", "'=1", "ä"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_a_negative_number_is_no_formula() -> None:
    assert csv_piece([(-5, Decimal("-0.250"))]) == b"-5,-0.250\r\n"


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(st.characters(codec="utf-8"))), min_size=1, max_size=6))
def test_a_row_reads_back_cell_by_cell(row: list[str | int | None]) -> None:
    text = csv_piece([row]).decode()

    (back,) = csv.reader(io.StringIO(text, newline=""))

    assert back == ["" if cell is None else safe_text(cell) if isinstance(cell, str) else str(cell) for cell in row]


def test_json_pieces_join_to_one_array_with_numbers_as_numbers() -> None:
    columns = ("name", "area_m2")

    text = b"[" + json_piece(columns, [("=1", Decimal("1.250"))], first=True)
    text += json_piece(columns, [(None, None)], first=False) + b"]"

    assert json.loads(text) == [{"name": "=1", "area_m2": 1.25}, {"name": None, "area_m2": None}]


def test_times_are_iso_in_utc_and_thousandths_keep_their_places() -> None:
    assert instant(1_795_352_708_000) == "2026-11-22T13:05:08Z"
    assert instant(None) is None
    assert str(thousandth(190)) == "0.190"
