"""docs/howto/verify.md and docs/glossary.md say what the code does."""

import json
import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

from inkwire.verify.cli import parser
from inkwire.verify.compare import compare
from inkwire.verify.facts import Truth
from inkwire.verify.show import as_json, table
from inkwire.verify.verdict import Count, Fault, Verdict
from tests.support.verify import PLOTTER, SCANNED_OFFICE, fleet, shown

DOCS = Path(__file__).parents[2] / "docs"
HOWTO = (DOCS / "howto" / "verify.md").read_text(encoding="utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
URL = "https://127.0.0.1:8443"


def example() -> tuple[Verdict, Truth]:
    """The day of the how-to: a job lost, a meter too high, an alert late."""
    export = shown(fleet())
    jobs = tuple(row for row in export.jobs if row.job.job_id != "103")
    total = next(row for row in export.meters if (row.serial, row.name) == (SCANNED_OFFICE, "total.impressions"))
    meters = tuple(replace(row, value=row.value + 12) if row is total else row for row in export.meters)
    jam = next(row for row in export.alerts if (row.serial, row.alert_id) == (PLOTTER, "1-1"))
    late = replace(jam, received_at=jam.received_at + timedelta(hours=1))
    alerts = tuple(late if row is jam else row for row in export.alerts)
    return compare(fleet(), replace(export, jobs=jobs, meters=meters, alerts=alerts)), fleet()


def test_the_example_of_the_how_to_is_what_verify_prints() -> None:
    verdict, truth = example()

    assert table(verdict, truth, URL, list_max=50, colour=False) in HOWTO


def test_the_json_example_of_the_how_to_is_what_verify_prints() -> None:
    verdict, truth = example()
    (written,) = re.findall(r"```json\n(.*?)```", HOWTO, re.DOTALL)

    told = as_json(verdict, truth, URL, list_max=1)

    assert json.loads(written) == json.loads(json.dumps(told))


def test_every_option_and_every_column_is_explained() -> None:
    options = [word for action in parser()._actions for word in action.option_strings if word.startswith("--")]

    for word in options:
        assert f"`{word}" in HOWTO or word == "--help", word
    for column in fields(Count):
        assert f"| **{column.name}** |" in HOWTO, column.name
    for fault in Fault:
        assert f"**{fault}**" in HOWTO


def test_every_word_of_the_house_is_in_the_glossary_once() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", GLOSSARY, re.MULTILINE)
    wanted = """ack, alert, alert code, alert onset, alert severity, batch, device, envelope, export run, impression,
        job, job record, ledger entry, marker, meter, meter read, payload, probe, scan profile, sheet, side, sighting,
        spool, supply, target, task, wire format"""

    assert len(words) == len(set(words))
    assert {word.strip() for word in wanted.split(",")} <= set(words)
    assert words == sorted(words, key=str.casefold)
