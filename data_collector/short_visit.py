"""A short visit: what the rules of core/short_reading.py want asked of one agent, asked.

Whatever is not as it should be ends it with None; then the printer is read whole, in the same visit.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture, Varbind
from data_collector.core.known_readings import KnownReading
from data_collector.core.short_reading import Verdict, judge_short, moved_on, moving_questions, same_rows
from data_collector.core.vendors import Definition, Definitions
from data_collector.core.walk_guard import WalkStop
from data_collector.snmp.conversation import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRead:
    """The picture of now. unchanged: nothing but the clocks moved."""

    picture: Picture
    unchanged: bool


async def read_short(
    talk: Conversation,
    known: KnownReading,
    answers: Sequence[Varbind] | None,
    at: datetime,
    definitions: Definitions,
) -> ShortRead | None:
    """Read what may have changed. answers: to the short question, when the sweep has asked it already.

    Raises NotAllowedError. None: read it whole.
    """
    try:
        before = known.picture()
    except ValueError:
        return None
    told = dict(await talk.get(known.question.gets) if answers is None else answers)
    verdict = judge_short(known.question, before, known.uptime_ticks, told, at - known.read_at)
    if verdict is Verdict.UNSURE:
        return None
    for column in known.question.walks if verdict is Verdict.UNCHANGED else ():
        rows = before.column(column)
        walked = await talk.walk(column, len(rows) + 1, len(rows))
        if walked.stop is not WalkStop.END:
            return None
        if walked.rows != tuple(((*column, *suffix), value) for suffix, value in rows):
            verdict = Verdict.CHANGED
    if verdict is Verdict.UNCHANGED:
        return ShortRead(picture=moved_on(before, told.items(), (), at - known.since), unchanged=True)
    return await _read_moving(talk, known, before, told, definitions.find(before), at)


async def _read_moving(
    talk: Conversation,
    known: KnownReading,
    before: Picture,
    told: dict[Oid, int | bytes | Oid],
    definition: Definition,
    at: datetime,
) -> ShortRead | None:
    asked = moving_questions(known.question, before, definition, told)
    rows: dict[Oid, int | bytes | Oid] = dict(await talk.get(asked.gets))
    if not all(one in rows for one in asked.gets):
        return None
    sizes = {one.root: len(before.column(one.root)) for one in asked.walks}
    async with aclosing(talk.walks(asked.walks, sizes)) as arriving:
        async for _, walked in arriving:
            if walked.stop is not WalkStop.END:
                return None
            rows.update(walked.rows)
    if talk.lost or talk.refused:
        return None
    now = moved_on(before, {**told, **rows}.items(), (one.root for one in asked.walks), at - known.since)
    if not same_rows(before, now, mib.PRT_SUPPLY_LEVEL):
        return None
    return ShortRead(picture=now, unchanged=False)
