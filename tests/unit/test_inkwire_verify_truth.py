"""The reader of the truth: what is read, and what is refused rather than compared."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inkwire.verify.errors import TruthError
from inkwire.verify.truth import decode_truth, read_truth
from tests.support.verify import PLOTTER, fleet, truth_file

Lines = list[dict[str, object]]


def lines() -> Lines:
    return [json.loads(line) for line in truth_file(fleet()).splitlines()]


def refused(changed: Lines) -> str:
    with pytest.raises(TruthError) as caught:
        decode_truth([json.dumps(line).encode() for line in changed], "the file")
    return str(caught.value)


def test_what_a_fleet_wrote_is_read_back_whole() -> None:
    assert decode_truth(truth_file(fleet()).splitlines(keepends=True)) == fleet()


def test_names_and_kinds_that_verify_does_not_know_are_passed_over() -> None:
    more = lines()
    more.insert(2, {"kind": "supply", "printer": 0, "level": 3})
    more[1]["profile"] = "designjet"

    assert decode_truth([json.dumps(line).encode() for line in more]) == fleet()


def test_a_truth_that_was_cut_short_is_refused_at_every_line() -> None:
    whole = lines()
    for count in range(1, len(whole)):
        assert "cut short" in refused(whole[:count]), count
    assert "cut short" in refused([])


def test_a_line_cut_in_half_is_refused_with_its_number() -> None:
    whole = truth_file(fleet()).splitlines()

    with pytest.raises(TruthError, match=r"line 4: .*not JSON"):
        decode_truth([*whole[:3], whole[3][:20]])


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("line 1: /kind", lambda told: told.pop(0)),
        ("line 2: /kind", lambda told: told.insert(1, dict(told[0]))),
        ("more after the `end`", lambda told: told.append({"kind": "job"})),
        ("line 1: /version", lambda told: told[0].update(version=2)),
        ("line 1: /speed", lambda told: told[0].update(speed=0)),
        ("line 1: /written_at", lambda told: told[0].update(written_at="yesterday")),
        ("line 2: /path", lambda told: told[1].update(path="post")),
        ("line 2: /serial: is missing", lambda told: told[1].update(serial=None)),
        ("line 2: /printer", lambda told: told[1].update(printer=-1)),
        ("line 3: /printer: printer 0 is told twice", lambda told: told.insert(2, dict(told[1]))),
        (f"the serial {PLOTTER}", lambda told: told.insert(2, dict(told[1], printer=9))),
        ("no line before tells of printer 8", lambda told: told[2].update(printer=8)),
        ("/completed_at: is missing", lambda told: told[2].pop("completed_at")),
        ("/impressions", lambda told: told[2].update(impressions="many")),
        ("job 101 is told twice", lambda told: told.insert(3, dict(told[2]))),
        ("is told twice", lambda told: told.insert(-1, dict(told[-2]))),
        ("/value", lambda told: next(t for t in told if t["kind"] == "meter").update(value=True)),
        ("/unit", lambda told: next(t for t in told if t["kind"] == "meter").update(unit="pages")),
        ("/onset_at", lambda told: next(t for t in told if t["kind"] == "alert").pop("onset_at")),
    ],
)
def test_a_line_that_can_not_be_is_refused_with_its_place(said: str, change: Callable[[Lines], object]) -> None:
    changed = lines()
    change(changed)

    assert said in refused(changed)


def test_a_truth_without_printers_is_no_proof_of_anything() -> None:
    with pytest.raises(TruthError, match="no printer"):
        decode_truth(truth_file(replace(fleet(), printers=())).splitlines())


def test_a_truth_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"nowhere\.jsonl cannot be read: No such file.*--truth FILE"):
        read_truth(tmp_path / "nowhere.jsonl")
