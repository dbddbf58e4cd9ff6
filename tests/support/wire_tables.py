"""The field tables of docs/wire.md, written from the shapes: `python -m tests.support.wire_tables` writes them anew."""

import re
from pathlib import Path
from typing import Any, Final

from wire_format.answers import Ack, PushAnswer, Refusal
from wire_format.codec import declared_fields
from wire_format.enrolment import EnrolReply, EnrolRequest
from wire_format.receipts import Receipt
from wire_format.records import (
    Alert,
    Batch,
    Config,
    Device,
    Finding,
    Gap,
    InkUse,
    Job,
    Media,
    Meter,
    Report,
    SenderState,
    Status,
    Supply,
)
from wire_format.settings import Desired, Settings
from wire_format.shapes import Choice, Instant, Integer, ListOf, Nested, Shape, Text, Truth

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "wire.md"
BATCH_RECORDS: Final = (
    Batch, SenderState, Gap, Report, Device, Config, Status, Meter, Supply, Alert, Job, Media, InkUse, Finding,
)  # fmt: skip
CALL_RECORDS: Final = (EnrolRequest, EnrolReply, PushAnswer, Ack, Desired, Settings, Refusal, Receipt)


def _words(shape: Shape) -> str:
    match shape:
        case Text():
            pattern = f", `{shape.pattern.pattern}`".replace("|", "\\|") if shape.pattern else ""
            return f"string, at most {shape.length_max}{pattern}"
        case Integer():
            return f"integer, {shape.lowest} to {shape.highest}"
        case Truth():
            return "true or false"
        case Instant():
            return "time"
        case Choice():
            return "one of " + ", ".join(f"`{word}`" for word in shape.words)
        case Nested():
            return f"object [{shape.record.__name__}](#{shape.record.__name__.lower()})"
        case ListOf():
            return f"list of at most {shape.count_max}: {_words(shape.item)}"


def table(record: type[Any]) -> str:
    """One record as a Markdown section."""
    rows = [
        f"| `{name}` | {'MUST' if declared.required else ''} | {_words(declared.shape)} |"
        for name, declared in declared_fields(record).items()
    ]
    return "\n".join([f"#### {record.__name__}", "", "| name | | value |", "|---|---|---|", *rows])


def with_tables(document: str) -> str:
    """The document with the text between its table marks replaced."""
    for mark, records in (("batch", BATCH_RECORDS), ("call", CALL_RECORDS)):
        tables = "\n\n".join(table(record) for record in records)
        begin, end = (
            f"<!-- {mark} tables: written by tests/support/wire_tables.py -->",
            f"<!-- end of {mark} tables -->",
        )
        document = re.sub(
            f"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _, text=f"{begin}\n\n{tables}\n\n{end}": text,  # type: ignore[misc]
            document,
            flags=re.DOTALL,
        )
    return document


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
