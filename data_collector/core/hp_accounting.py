"""The accounting page of HP's large-format printers (DesignJet, PageWide XL, Latex): numbers out of a page of names.

1. The page cannot be had without the names of documents and users, so it is fetched only where a site asks for it, and
   nothing of it is kept but numbers and words of our own: no text of the page leaves this module.
2. A job is a row of class treeTableTopLevel; its first cell is the document and is never looked at. The other columns
   differ from model to model and their heads are translated, so a cell is known by its unit: an area, a length, a
   volume, a date with a time. Rows of class contentsRow below it tell each ink: a cell of its code, one of its volume.
3. There is no job number. A job is the second in which it ended, read so that the order of day and month does not
   matter: who changes the language of the page does not make its jobs anew.
4. Times have no zone, so no moment is told.

Source: how three public programs read the page of a Latex 330, a Latex 365 and a PageWide XL; HP's guides for the
meaning of the columns. No page of a real printer was at hand, and CSV export wants a password.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final

ACCOUNTING_PAGE: Final = "/hp/device/webAccess/index.htm?content=accounting"
MARK: Final = b"treeTableTopLevel"
JOBS_MAX: Final = 256
CELLS_MAX: Final = 40
CELL_CHARS_MAX: Final = 1_000
AMOUNT_MAX: Final = 2**40
"""A square kilometre, in mm²: no job is larger."""
OUTCOME_PLACES: Final = 5
"""How it ended stands among the first cells; later ones may be a user's name."""
TEXT_CHARS_MAX: Final = 64
"""A longer text is neither a number nor a word of ours."""
_ROW: Final = re.compile(r"(?i)<tr\b")
_CELL: Final = re.compile(r"(?i)<t[dh]\b")
_TAG: Final = re.compile(r"<[^<>]{0,300}>")
_NUMBER: Final = r"(\d[\d., \u00a0]{0,15})\s*"
_AREA: Final = re.compile(_NUMBER + r"(m²|m2|м²|ft²|ft2)\.?")
_LENGTH: Final = re.compile(_NUMBER + r"(m|м|mm|ft)\.?")
_VOLUME: Final = re.compile(_NUMBER + r"(ml|мл)\.?")
_WHEN: Final = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\.?,? +(\d{1,2}):(\d\d)(?::(\d\d))? ?([AaPp])?(?:\.?[Mm]\.?)?"
)
_SCALES: Final = {
    "m²": 1_000_000.0, "m2": 1_000_000.0, "м²": 1_000_000.0, "ft²": 92_903.04, "ft2": 92_903.04,
    "m": 1_000.0, "м": 1_000.0, "mm": 1.0, "ft": 304.8, "ml": 1_000.0, "мл": 1_000.0,
}  # fmt: skip
"""Into mm², mm and µl."""
_ENDS: Final = (
    (re.compile(r"(?i)cancel|annul|abgebrochen|storniert|отмен|取消|キャンセル"), "canceled"),
    (re.compile(r"(?i)^(printed|impress[oa]|imprimid[oa]|imprimé|gedruckt|stampat[oa]|отпечатано|напечатано)$"),
     "completed"),
)  # fmt: skip
INKS: Final = {
    "K": "black", "C": "cyan", "M": "magenta", "Y": "yellow", "LC": "light cyan", "LM": "light magenta",
    "PK": "photo black", "MK": "matte black", "G": "gray", "LG": "light gray", "OP": "optimizer",
}  # fmt: skip


@dataclass(slots=True)
class AccountedJob:
    """A row of the page. ended: the second of its end, as one word; outcome: canceled, completed, "" for other words.

    inks: microlitres by the code of the ink.
    """

    ended: str = ""
    outcome: str = ""
    area_mm2: int | None = None
    length_mm: int | None = None
    inks: dict[str, int] = field(default_factory=dict)


def read_accounting(page: bytes) -> tuple[AccountedJob, ...]:
    """The jobs of the page in its order, those that tell when they ended. Never raises for what a page says."""
    jobs: list[AccountedJob] = []
    for row in _ROW.split(page.decode("utf-8", "replace"))[1:]:
        attributes, _, inside = row.partition(">")
        if "treeTableTopLevel" in attributes:
            if len(jobs) == JOBS_MAX:
                break
            jobs.append(_job(_cells(inside)[1:]))
        elif "contentsRow" in attributes and jobs:
            _add_ink(jobs[-1].inks, _cells(inside))
    return tuple(job for job in jobs if job.ended)


def _cells(row: str) -> list[str]:
    """The texts of a row's cells, "" for one too long to be a number or a word."""
    return [_text(cell) for cell in _CELL.split(row)[1 : CELLS_MAX + 1]]


def _text(cell: str) -> str:
    inside = cell.partition(">")[2][:CELL_CHARS_MAX]
    told = " ".join(unescape(_TAG.sub(" ", inside[: _end(inside)])).split())
    return told if len(told) <= TEXT_CHARS_MAX else ""


def _end(inside: str) -> int:
    at = inside.lower().find("</td")
    return at if at >= 0 else len(inside)


def _job(cells: list[str]) -> AccountedJob:
    job = AccountedJob()
    for place, told in enumerate(cells):
        if job.area_mm2 is None and (found := _AREA.fullmatch(told)):
            job.area_mm2 = _amount(found)
        elif job.length_mm is None and (found := _LENGTH.fullmatch(told)):
            job.length_mm = _amount(found)
        elif not job.ended and (found := _WHEN.fullmatch(told)):
            job.ended = _second(found)
        elif not job.outcome and place < OUTCOME_PLACES:
            job.outcome = next((outcome for words, outcome in _ENDS if words.search(told)), "")
    return job


def _add_ink(inks: dict[str, int], cells: list[str]) -> None:
    code = next((told for told in cells if told in INKS), None)
    volume = next((found for told in cells if (found := _VOLUME.fullmatch(told))), None)
    if code is not None and code not in inks and volume is not None and (amount := _amount(volume)) is not None:
        inks[code] = amount


def _amount(found: re.Match[str]) -> int | None:
    """The last sign is the decimal one: this page tells decimals always, and thousands hardly ever."""
    digits = re.sub(r"[ \u00a0]", "", found[1])
    last = max(digits.rfind("."), digits.rfind(","))
    whole, part = (digits, "") if last < 0 else (digits[:last], digits[last + 1 :])
    try:
        amount = round(float(f"{re.sub('[.,]', '', whole)}.{part}") * _SCALES[found[2]])
    except ValueError:
        return None
    return amount if amount <= AMOUNT_MAX else None


def _second(found: re.Match[str]) -> str:
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    if half := (found[7] or "").lower():
        hour = hour % 12 + (12 if half == "p" else 0)
    day = "-".join(str(one) for one in sorted(int(found[place]) for place in (1, 2, 3)))
    return f"{day} {hour:02}:{minute:02}:{second:02}"
