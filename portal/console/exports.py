"""A list as a file: CSV or JSON, streamed, exactly what is filtered.

1. Column names are stable and carry their unit; times are ISO 8601 in UTC, decimals have a dot, unknown is empty.
2. A text that a spreadsheet would run as a formula gets an apostrophe before it. Numbers are numbers and stay so.
3. Rows come in small pieces by keyset: a long export holds neither a transaction nor the memory nor the loop.
"""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from aiohttp import web

from portal.clocks import from_ms

PIECE_ROWS: Final = 500
_FORMULA: Final = re.compile(r"[\s\x00]*[=+\-@＝＋－＠]|[\t\r\n]")

Cell = str | int | Decimal | None
Rows = AsyncIterator[Sequence[Sequence[Cell]]]
"""Rows in pieces."""


def safe_text(text: str) -> str:
    """The text as a cell that no spreadsheet runs (security.md 13)."""
    if not text or text[0].isalnum():  # most are: the pattern costs more
        return text
    return f"'{text}" if _FORMULA.match(text) else text


def instant(at_ms: int | None) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC."""
    return None if at_ms is None else f"{from_ms(at_ms).isoformat(timespec='seconds')[:19]}Z"


def thousandth(value: int | None) -> Decimal | None:
    """A whole number of thousandths as a decimal with its three places."""
    return None if value is None else Decimal(value).scaleb(-3)


def csv_piece(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Rows as CSV after RFC 4180, in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([safe_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def json_piece(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, first: bool) -> bytes:
    """Rows as objects of one JSON array, without its brackets. Decimals are written as numbers."""
    parts = []
    for row in rows:
        pairs = zip(columns, row, strict=True)
        parts.append("{" + ", ".join(f"{json.dumps(key)}: {_json_cell(cell)}" for key, cell in pairs) + "}")
    return ((("" if first else ",\n") + ",\n".join(parts)) if parts else "").encode()


def _json_cell(cell: Cell) -> str:
    return str(cell) if isinstance(cell, Decimal) else json.dumps(cell, ensure_ascii=False)


async def send(
    request: web.Request, name: str, form: str, columns: Sequence[str], pieces: Rows, now: datetime
) -> web.StreamResponse:
    """Stream the rows to the browser as a file named after the list and the time it was made."""
    kind = {"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}[form]
    response = web.StreamResponse(
        headers={
            "Content-Type": kind,
            "Content-Disposition": f'attachment; filename="inkwire-{name}-{now:%Y%m%dT%H%M%SZ}.{form}"',
            "Cache-Control": "no-store",
        }
    )
    response.enable_compression()
    await response.prepare(request)
    await response.write(csv_piece([columns]) if form == "csv" else b"[\n")
    first = True
    async for rows in pieces:
        if not rows:
            continue
        await response.write(csv_piece(rows) if form == "csv" else json_piece(columns, rows, first=first))
        first = False
    if form == "json":
        await response.write(b"\n]\n")
    await response.write_eof()
    return response
