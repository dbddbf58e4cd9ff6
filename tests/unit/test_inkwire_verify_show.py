"""How the verdict is told."""

import json
from dataclasses import replace

from inkwire.verify.compare import compare
from inkwire.verify.show import as_json, printable, table
from inkwire.verify.verdict import Verdict
from tests.support.verify import PLOTTER, WRITTEN, fleet, shown

URL = "https://127.0.0.1:8443"


def verdict_without(jobs: int) -> Verdict:
    export = shown(fleet())
    return compare(fleet(), replace(export, jobs=export.jobs[jobs:]))


def told(verdict: Verdict, *, list_max: int = 50, colour: bool = False) -> str:
    return table(verdict, fleet(), URL, list_max=list_max, colour=colour)


def test_a_clean_verdict_is_one_sentence_with_what_was_counted() -> None:
    assert verdict_without(0).sentence() == "Nothing lost, nothing twice: 18 jobs, 78 impressions, 4 printers."


def test_a_clean_verdict_says_what_may_still_be_on_its_way_and_what_was_not_compared() -> None:
    export = shown(fleet())
    young = tuple(row for row in export.jobs if row.job.job_id != "108")
    ghost = replace(export.jobs[0], job=replace(export.jobs[0].job, job_id="109", completed_at=WRITTEN))

    assert (
        compare(fleet(), replace(export, jobs=(*young, ghost)))
        .sentence()
        .endswith(" 4 printers. Still on the way: 1 record. Newer than the truth, not compared: 1 record.")
    )


def test_one_is_singular_and_thousands_are_parted() -> None:
    verdict = verdict_without(1)
    assert verdict.sentence() == "1 difference: 1 lost."

    many = replace(verdict, differences=verdict.differences * 1234)
    assert many.sentence() == "1,234 differences: 1,234 lost."


def test_every_line_of_the_counts_is_as_wide_as_its_head() -> None:
    counts = told(verdict_without(3)).split("\n\n")[1].splitlines()

    assert len({len(line) for line in counts}) == 1
    assert [line.split()[0] for line in counts[1:]] == ["devices", "meters", "jobs", "alerts"]
    assert counts[3].split() == ["jobs", "18", "15", "3", "·", "·", "·", "4"]


def test_each_difference_is_named_up_to_the_limit() -> None:
    verdict = verdict_without(3)

    assert told(verdict).count("lost: job 10") == 3
    assert f"lost: job 101 of {PLOTTER} (printer 0): wanted print, completed" in told(verdict)
    shortened = told(verdict, list_max=1)
    assert shortened.count("lost: job") == 1
    assert "... and 2 more; --list-max 3 names them all" in shortened


def test_colour_changes_nothing_but_colour() -> None:
    for jobs in (0, 3):
        plain, painted = told(verdict_without(jobs)), told(verdict_without(jobs), colour=True)
        assert "\x1b" not in plain
        assert "\x1b[" in painted
        for code in ("\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"):
            painted = painted.replace(code, "")
        assert painted == plain


def test_what_a_stranger_named_can_not_command_the_terminal() -> None:
    export = shown(fleet())
    row = export.jobs[0]
    evil = replace(row, job=replace(row.job, job_id="\x1b]0;owned\x07\u202e", completed_at=None))

    text = told(compare(fleet(), replace(export, jobs=(*export.jobs, evil))))

    assert "invented: job \\u001b]0;owned\\u0007\\u202e" in text
    assert printable("Größe 3 ~ ok") == "Größe 3 ~ ok"


def test_json_gives_the_same_as_the_table() -> None:
    verdict = verdict_without(3)

    whole = json.loads(json.dumps(as_json(verdict, fleet(), URL, list_max=None)))

    assert (whole["same"], whole["sentence"]) == (False, "3 differences: 3 lost.")
    assert whole["counts"]["jobs"] == {
        "expected": 18,
        "found": 15,
        "lost": 3,
        "twice": 0,
        "invented": 0,
        "altered": 0,
        "late": 0,
        "pending": 0,
        "unseen": 4,
        "newer": 0,
    }
    assert whole["impressions"]["jobs"] == {"truth": 94, "portal": 66, "unseen": 16}
    assert whole["truth"] == {"seed": 7, "printers": 4, "written_at": "2026-11-16T18:00:00.000Z", "speed": 600.0}
    assert [each["item"] for each in whole["differences"]] == ["101", "102", "103"]
    assert whole["differences"][0]["fault"] == "lost"
    shortened = as_json(verdict, fleet(), URL, list_max=1)
    assert shortened["differences"] == whole["differences"][:1]
    assert shortened["differences_total"] == 3
