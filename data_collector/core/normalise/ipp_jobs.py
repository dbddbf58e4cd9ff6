"""Finished jobs from a reply to IPP Get-Jobs.

1. Only what was asked for is read (`core/ipp_jobs.py`): a printer that tells names unasked is not heard on them.
2. time-at-completed counts the seconds of job-printer-up-time, so it says when whatever the printer's clock shows. A
   printer that was restarted since has no such moment for the job (0, negative, or later than now): then its clock
   is believed, unless it was never set.
3. A job is its number, its job-uuid and the moment of its end: numbers begin again after a restart, and firmware makes
   a uuid of the number. Counts are no part of it, for some firmware corrects them afterwards. The moment may wander by
   seconds from answer to answer: `core/known_jobs.py` allows for it.
4. job-state says whether a job ended. job-state-reasons are not asked for: CUPS leaves processing-to-stop-point on jobs
   that were printed long ago.
5. What a job asked for is no proof of what was printed, but for monochrome.

Source: RFC 8011, 4.2.6 and 5.3; PWG 5100.3, 5100.7 and 5100.8 for media-col and the attributes ending in -actual.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from data_collector.core.gathered import JobSource
from data_collector.core.ipp import STATUS_ERROR, Attributes, Collection, IppDecodeError, decode_reply
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.job_mib_jobs import YEAR_MIN
from data_collector.core.normalise.printer_clock import read_date
from data_collector.core.normalise.voice import Voice
from data_collector.core.text import shorten
from wire_format.records import Job, Media, Outcome, Service

LISTED_MAX: Final = 256
SOURCE: Final = "ipp:Get-Jobs"
YEAR_MAX: Final = 2100
OUTCOMES: Final = {7: Outcome.CANCELED, 8: Outcome.ABORTED, 9: Outcome.COMPLETED}
"""job-state of a job that ended (RFC 8011, 5.3.7)."""
QUALITIES: Final = {3: "draft", 4: "normal", 5: "high"}
MONOCHROME: Final = frozenset({"monochrome", "auto-monochrome", "bi-level", "process-monochrome", "process-bi-level"})
COLORFUL: Final = frozenset({"color", "highlight"})
_MEDIA_NAME: Final = re.compile(r"_(\d{1,5}(?:\.\d{1,4})?)x(\d{1,5}(?:\.\d{1,4})?)(mm|in)$")
"""The end of a self-describing media name: iso_a4_210x297mm, na_letter_8.5x11in. Source: PWG 5101.1."""
_MM_PER_INCH: Final = 25.4
_HUNDREDTHS_PER_MM: Final = 100
_INT_MAX: Final = 2**31 - 1


def ipp_jobs_voice(raw: bytes | None, observed_at: dt.datetime, findings: Findings) -> Voice:
    """The voice of a reply to Get-Jobs; an empty one when there is none. A torn list is read up to the tear."""
    if raw is None:
        return Voice()
    try:
        reply = decode_reply(raw)
    except IppDecodeError as error:
        findings.add("jobs", SOURCE, None, str(error))
        return Voice()
    if reply.status >= STATUS_ERROR:
        findings.add("jobs", SOURCE, f"{reply.status:#06x}", "refused: the printer does not tell its jobs")
        return Voice()
    if reply.doubt is not None:
        findings.add("jobs", SOURCE, None, f"{reply.doubt}; jobs before it are read")
    return Voice(jobs=ended_jobs(reply.groups, observed_at), jobs_of=JobSource.IPP)


def ended_jobs(groups: tuple[Attributes, ...], observed_at: dt.datetime) -> tuple[Job, ...]:
    """The ended jobs of a reply, oldest first, each once; printers list the newest first.

    groups: the reply's, one for each job. observed_at: when the reply was had, aware UTC.
    """
    jobs: dict[str, Job] = {}
    for group in groups:
        if "job-id" in group and (job := _job(_Told(group), observed_at)) is not None:
            jobs.setdefault(job.job_id, job)
        if len(jobs) >= LISTED_MAX:
            break
    newest_first = tuple(reversed(jobs.values()))
    return tuple(sorted(newest_first, key=lambda job: job.completed_at or observed_at))


@dataclass(frozen=True, slots=True)
class _Told:
    attributes: Attributes

    def number(self, *names: str) -> int | None:
        """The first number of the first of these that is told and not negative."""
        numbers = (value for name in names for value in self.attributes.get(name, ()) if type(value) is int)
        return next((value for value in numbers if 0 <= value <= _INT_MAX), None)

    def word(self, *names: str) -> str | None:
        return next(iter(self.words(*names)), None)

    def words(self, *names: str) -> Iterator[str]:
        return (value for name in names for value in self.attributes.get(name, ()) if isinstance(value, str) and value)

    def collection(self, *names: str) -> Collection | None:
        values = (value for name in names for value in self.attributes.get(name, ()))
        return next((value for value in values if isinstance(value, Collection)), None)

    def moment(self, event: str, observed_at: dt.datetime) -> dt.datetime | None:
        """When the event was, by how long ago it was, else by the printer's clock (rule 2)."""
        up_s, at_s = self.number("job-printer-up-time"), self.number(f"time-at-{event}")
        if up_s is not None and at_s is not None and 0 < at_s <= up_s:
            try:
                return observed_at - dt.timedelta(seconds=up_s - at_s)
            except OverflowError:
                return None
        return self.clock(event)

    def clock(self, event: str) -> dt.datetime | None:
        """What the printer's clock showed at the event; None when it was never set."""
        told = next((read_date(value) for value in self.attributes.get(f"date-time-at-{event}", ())
                     if isinstance(value, bytes)), None)  # fmt: skip
        if told is None or not told[1] or not YEAR_MIN <= told[0].year <= YEAR_MAX:
            return None
        return told[0].astimezone(dt.UTC)


def _job(told: _Told, observed_at: dt.datetime) -> Job | None:
    number, outcome = told.number("job-id"), OUTCOMES.get(told.number("job-state") or 0)
    if number is None or outcome is None:
        return None
    impressions, sheets = told.number("job-impressions-completed"), told.number("job-media-sheets-completed")
    if outcome is Outcome.COMPLETED and not impressions and not sheets:
        impressions = sheets = None  # nobody counted
    completed_at = told.moment("completed", observed_at)
    return Job(
        job_id=_job_id(number, told.word("job-uuid") or "", told.clock("completed") or completed_at),
        service=Service.PRINT,
        submitted_at=told.moment("creation", observed_at),
        started_at=told.moment("processing", observed_at),
        completed_at=completed_at,
        outcome=outcome,
        quality=QUALITIES.get(told.number("print-quality-actual", "print-quality") or 0),
        color_mode=_color_mode(told),
        copies=told.number("copies-actual", "copies"),
        impressions=impressions,
        sheets=sheets,
        media=_media(told),
    )


def _job_id(number: int, uuid: str, ended_at: dt.datetime | None) -> str:
    """Rule 3. The clock's moment before the one that was counted back, for it stands still."""
    digest = hashlib.sha256(uuid.encode()).hexdigest()
    return f"{number}-ipp{digest[:12]}-{0 if ended_at is None else int(ended_at.timestamp())}"


def _color_mode(told: _Told) -> str | None:
    counted = told.collection("job-impressions-completed-col")
    if counted is not None:
        made = _Told(counted.members)
        if any(made.number(name) for name in ("full-color", "full-color-two-sided", "highlight-color")):
            return "color"
        if any(made.number(name) for name in ("monochrome", "monochrome-two-sided")):
            return "monochrome"
    actual = told.word("print-color-mode-actual")
    if actual in COLORFUL:
        return "color"
    return "monochrome" if (actual or told.word("print-color-mode")) in MONOCHROME else None


def _media(told: _Told) -> Media | None:
    column = told.collection("media-col-actual", "media-col")
    inside = _Told(column.members if column is not None else {})
    size = inside.collection("media-size")
    width, length = (None, None) if size is None else _size(_Told(size.members))
    if width is None or length is None:
        width, length = _size_in(told.word("media-actual", "media") or "")
    kind, source = inside.word("media-type"), inside.word("media-source")
    if width is None and kind is None and source is None:
        return None
    return Media(
        type=None if kind is None else shorten(kind, 128) or None,
        width_mm=width,
        length_mm=length,
        source=None if source is None else shorten(source, 64) or None,
    )


def _size(told: _Told) -> tuple[int | None, int | None]:
    """Whole millimetres of hundredths."""
    x, y = told.number("x-dimension"), told.number("y-dimension")
    if not x or not y:
        return None, None
    return round(x / _HUNDREDTHS_PER_MM), round(y / _HUNDREDTHS_PER_MM)


def _size_in(name: str) -> tuple[int | None, int | None]:
    found = _MEDIA_NAME.search(name)
    if found is None:
        return None, None
    factor = _MM_PER_INCH if found[3] == "in" else 1.0
    return round(float(found[1]) * factor), round(float(found[2]) * factor)
