"""Rules 4 to 8 of `compare`: the jobs of one printer."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from inkwire.verify.effects import away_between, emptied_at
from inkwire.verify.facts import MadeBy, MadeJob, Route, ShownJob, ShownReading
from inkwire.verify.limits import Frame, span
from inkwire.verify.verdict import NOTHING, Fault, Pass, Tally, Thing, many
from wire_format.codec import declared_fields, format_instant
from wire_format.records import Job, Media, Outcome, Service

# The name follows the tenant's policy at the sender (clear, keyed hash, off); the id is what jobs are matched by.
_NOT_COMPARED: Final = frozenset({"job_id", "name", "media", "inks"})

# What a collector writes where the printer's job table does not say.
_UNTOLD: Final = frozenset({Outcome.UNKNOWN, Service.UNKNOWN})

_Value = str | int | datetime


def judge_jobs(
    made: MadeBy, shown: Sequence[ShownJob], readings: Sequence[ShownReading], frame: Frame, tally: Tally
) -> None:
    """Enter every job of one printer, and every job the portal shows for it, in the tally."""
    copies: dict[str, list[ShownJob]] = {}
    ids = {job.job.job_id for job in made.jobs}
    for row in shown:
        copies.setdefault(_made_id(made, row, ids), []).append(row)
    observed = sorted(reading.observed_at for reading in readings)
    absent = _absent_direct if made.printer.route is Route.DIRECT else _absent_scanned
    missing: list[MadeJob] = []
    for job in made.jobs:
        rows = copies.pop(job.job.job_id, None)
        if rows is None:
            missing.append(job)
            continue
        tally.note(Thing.JOB, Pass.FOUND)
        _judge_found(made, job, rows, observed, frame, tally)
    absent(made, missing, observed, frame, tally)
    _judge_unknown(made, copies, frame, tally)


def _made_id(made: MadeBy, row: ShownJob, ids: Collection[str]) -> str:
    """The printer's id of a job. A collector writes more behind it, since a printer may use a number again."""
    told = row.job.job_id
    if made.printer.route is Route.NONE and told not in ids:
        number = told.partition("-")[0]
        return number if number in ids else told
    return told


def _judge_found(
    made: MadeBy, job: MadeJob, rows: Sequence[ShownJob], observed: Sequence[datetime], frame: Frame, tally: Tally
) -> None:
    direct = made.printer.route is Route.DIRECT
    job_id = job.job.job_id
    if len(rows) > 1:
        tally.differ(Fault.TWICE, Thing.JOB, made.printer, job_id, wanted="it once", found=f"it {len(rows)} times")
    for row in rows:
        unlike = (
            _unlike(job.job, row.job, timedelta(0)) if direct else _unlike_where_both(job.job, row.job, frame.margin)
        )
        if unlike:
            tally.differ(
                Fault.ALTERED,
                Thing.JOB,
                made.printer,
                job_id,
                wanted=", ".join(f"{name} {_told(wanted)}" for name, wanted, _ in unlike),
                found=", ".join(f"{name} {_told(found)}" for name, _, found in unlike),
            )
            break
    # A collector that came later than the job cannot have brought it earlier than its own first reading.
    since = job.completed_at if direct or not observed else max(job.completed_at, observed[0])
    arrived_at = min(row.received_at for row in rows)
    took = arrived_at - since
    if took - away_between(made, since, arrived_at) > frame.late_after:
        tally.differ(
            Fault.LATE,
            Thing.JOB,
            made.printer,
            job_id,
            wanted=f"it {span(frame.late_after)} after {format_instant(since)} at the latest",
            found=f"it after {span(took)}",
        )


def _absent_direct(
    made: MadeBy, missing: Sequence[MadeJob], observed: Sequence[datetime], frame: Frame, tally: Tally
) -> None:
    gone = {id(job) for job in missing}
    arrived = max((job.completed_at for job in made.jobs if id(job) not in gone), default=None)
    for job in missing:
        overtaken = arrived is not None and job.completed_at < arrived
        if frame.may_be_held(made, job.completed_at) and not overtaken:
            _pass_over(job, Pass.PENDING, tally)
        else:
            _lose(made, job, f"{NOTHING}, though a later job of this printer arrived" if overtaken else NOTHING, tally)


def _absent_scanned(
    made: MadeBy, missing: Sequence[MadeJob], observed: Sequence[datetime], frame: Frame, tally: Tally
) -> None:
    if not missing:
        return
    judged = [at for at in observed if at <= frame.written_at]
    visible = visible_at(made.jobs, made.printer.job_log, judged, frame.margin, emptied_at(made))
    for job in missing:
        seen_at = visible.get(job.job.job_id)
        if seen_at is not None:
            _lose(made, job, f"{NOTHING}, though the reading of {format_instant(seen_at)} could see it", tally)
        elif (
            _read_since(job, judged, frame) or not frame.may_be_held(made, job.completed_at) or not made.printer.job_log
        ):
            _pass_over(job, Pass.UNSEEN, tally)
        else:
            _pass_over(job, Pass.PENDING, tally)


def _pass_over(job: MadeJob, outcome: Pass, tally: Tally) -> None:
    tally.note(Thing.JOB, outcome)
    tally.impressions_unseen += job.job.impressions or 0


def _read_since(job: MadeJob, observed: Sequence[datetime], frame: Frame) -> bool:
    return bool(observed) and observed[-1] > job.completed_at + frame.margin


def visible_at(
    jobs: Sequence[MadeJob],
    job_log: int,
    observed: Sequence[datetime],
    margin: timedelta,
    emptied: Sequence[datetime] = (),
) -> Mapping[str, datetime]:
    """Jobs that some reading certainly could see, with the first such reading.

    A reading at t sees the last job_log jobs that were finished at t. Since the printer's and the reader's t
    differ by up to margin, a job is certain only if it was finished before t - margin and would still be among
    the last job_log with all that were finished until t + margin. emptied: when the log lost all it held.
    """
    ordered = sorted(jobs, key=lambda job: job.completed_at)
    finished = [job.completed_at for job in ordered]
    seen: dict[str, datetime] = {}
    for at in observed:
        first = max(0, bisect_right(finished, at + margin) - job_log)
        lost_at = max((moment for moment in emptied if moment <= at + margin), default=None)
        if lost_at is not None:
            first = max(first, bisect_right(finished, lost_at))
        for job in ordered[first : bisect_left(finished, at - margin)]:
            seen.setdefault(job.job.job_id, at)
    return seen


def _judge_unknown(made: MadeBy, copies: Mapping[str, Sequence[ShownJob]], frame: Frame, tally: Tally) -> None:
    marks = {_mark(job.job): job.job.job_id for job in made.jobs}
    for job_id, rows in copies.items():
        job = rows[0].job
        if frame.is_newer(job.completed_at) or (job.completed_at is None and frame.is_newer(rows[0].received_at)):
            tally.note(Thing.JOB, Pass.NEWER)
        elif job.completed_at is not None and (again := marks.get(_mark(job))) is not None:
            tally.differ(
                Fault.TWICE, Thing.JOB, made.printer, job_id, wanted=f"job {again} once", found="it again under this id"
            )
        else:
            tally.differ(Fault.INVENTED, Thing.JOB, made.printer, job_id, wanted=NOTHING, found=tell_job(job))


def _lose(made: MadeBy, job: MadeJob, found: str, tally: Tally) -> None:
    tally.differ(Fault.LOST, Thing.JOB, made.printer, job.job.job_id, wanted=tell_job(job.job), found=found)


def tell_job(job: Job) -> str:
    """A job in a few words: what it was, how much, and when."""
    told = [str(job.service), str(job.outcome)]
    if job.impressions is not None:
        told.append(many(job.impressions, "impression"))
    if job.completed_at is not None:
        told.append(format_instant(job.completed_at))
    return ", ".join(told)


def _mark(job: Job) -> tuple[object, ...]:
    return job.service, job.outcome, job.impressions, job.completed_at, job.started_at


def _leaves(job: Job) -> dict[str, _Value]:
    leaves: dict[str, _Value] = {}
    for name in declared_fields(Job):
        if name not in _NOT_COMPARED and (value := getattr(job, name)) is not None:
            leaves[name] = value
    if job.media is not None:
        for name in declared_fields(Media):
            if (value := getattr(job.media, name)) is not None:
                leaves[f"media.{name}"] = value
    for ink in job.inks:
        before = leaves.get(f"inks.{ink.colorant}", 0)
        assert isinstance(before, int)
        leaves[f"inks.{ink.colorant}"] = before + ink.volume_ul
    return leaves


def _unlike(made: Job, shown: Job, apart_max: timedelta) -> list[tuple[str, _Value | None, _Value | None]]:
    wanted, found = _leaves(made), _leaves(shown)
    names = [*wanted, *(name for name in found if name not in wanted)]
    return [
        (name, wanted.get(name), found.get(name))
        for name in names
        if not _alike(wanted.get(name), found.get(name), apart_max)
    ]


def _unlike_where_both(made: Job, shown: Job, apart_max: timedelta) -> list[tuple[str, _Value | None, _Value | None]]:
    return [
        (name, wanted, found)
        for name, wanted, found in _unlike(made, shown, apart_max)
        if wanted is not None and found is not None and found not in _UNTOLD
    ]


def _alike(wanted: _Value | None, found: _Value | None, apart_max: timedelta) -> bool:
    if isinstance(wanted, datetime) and isinstance(found, datetime):
        return abs(wanted - found) <= apart_max
    return wanted == found


def _told(value: _Value | None) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, int):
        return f"{value:,}"
    return NOTHING if value is None else str(value)
