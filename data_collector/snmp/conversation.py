"""A conversation with one agent: large questions cut to what it can answer, tables walked under guard.

1. One GET holds at most `_chunk` objects. One that is refused as a whole (tooBig, genErr) is halved, and the next ones
   start smaller. Where the library does not tell a refusal, a GET also asks for an object that the agent answered
   before: when not even that one comes back, it was refused.
2. SNMP v1 refuses a GET for one missing object: halving finds and drops it (RFC 1157, 4.1.2).
3. A walk asks for no more rows at once than it may keep, and one that shows its end. One that the agent answers not
   at all, or unreadably, is tried with fewer rows at once, down to GETNEXT.
4. Several tables are asked for by one GETBULK (core/bundles.py). An agent that refuses that, answers it oddly or not at
   all, or shows nothing of a table of which it answered an object before, is asked for each table by itself.
5. An agent that stays silent `_SILENCES_MAX` times is left alone: the rest of the conversation is empty. So it is when
   the budget of the visit is used up.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from data_collector.core.budget import ROW_OCTETS, VisitBudget
from data_collector.core.bundles import Bundle, Column, bundles, columns_in
from data_collector.core.evidence import Oid, SnmpValue, Varbind
from data_collector.core.reading import Walk
from data_collector.core.walk_guard import WalkGuard, WalkLimits, WalkStop
from data_collector.snmp.port import SilentError, SnmpError, SnmpSession, UnreadableError, Version

CHUNK_MAX: Final = 40
CHUNK_MIN: Final = 2
REFUSED_MAX: Final = 16
REPETITIONS: Final[tuple[int, ...]] = (20, 5, 1)
_SILENCES_MAX: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The rows of one walk and why it ended."""

    rows: tuple[Varbind, ...]
    stop: WalkStop


class Conversation:
    """Everything that is asked of one agent, one question after the other. now_s: a monotonic clock.

    budget: of the visit, which is spent; without one, this conversation has its own.
    """

    def __init__(
        self, session: SnmpSession, version: Version, now_s: Callable[[], float], budget: VisitBudget | None = None
    ) -> None:
        self._session, self._version, self._now_s = session, version, now_s
        self._budget = budget or VisitBudget()
        self._known: Oid | None = None
        self._chunk = CHUNK_MAX
        self._repetitions = REPETITIONS
        self._silences = 0
        self._refused: list[Oid] = []
        self._unanswered: set[Oid] = set()
        self._answered: list[Oid] = []
        self.together = True
        """Whether the agent may be asked for several tables at once; to be remembered with it."""

    @property
    def refused(self) -> tuple[Oid, ...]:
        """Objects that version 2c met with an error instead of saying that there is none. At most `REFUSED_MAX`."""
        return tuple(self._refused)

    @property
    def unanswered(self) -> frozenset[Oid]:
        """Objects asked for that the agent may have all the same: refused, met with silence, or asked no more."""
        return frozenset(self._unanswered)

    @property
    def lost(self) -> bool:
        """Whether the agent went silent in the middle, so that more is missing than it lacks."""
        return self._silences > 0

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """What the agent has of these objects. Never raises for what it does."""
        found: list[Varbind] = []
        waiting = list(oids)
        while waiting and self._silences < _SILENCES_MAX:
            part, waiting = waiting[: self._chunk], waiting[self._chunk :]
            found.extend(await self._get(part))
        self._unanswered.update(waiting)
        self._answered += [name for name, _ in found]
        return tuple(found)

    async def _get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        tells = self._session.refused is not None
        probe = (self._known,) if not tells and self._known is not None and self._known not in oids else ()
        if self._budget.over:
            self._unanswered.update(oids)
            return ()
        self._budget.asked()
        unreadable = False
        try:
            answered = dict(await self._session.get([*oids, *probe]))
        except SilentError:
            self._silences += 1
            self._unanswered.update(oids)
            return ()
        except UnreadableError:
            answered, unreadable = {}, True
            tells = False  # it may have been too much at once
        if answered:
            self._budget.received(sum(map(_octets, answered.values())), len(answered))
            if self._known is None and self._version is Version.V2C:
                self._known = next(iter(answered))
            return tuple((one, answered[one]) for one in oids if one in answered)
        if len(oids) == 1 or (tells and not self._session.refused):
            refused = bool(self._session.refused if tells else probe) and self._version is Version.V2C
            if refused:
                self._refused = [*self._refused, oids[0]][:REFUSED_MAX]
            if refused or unreadable:
                self._unanswered.update(oids)
            return ()
        half = len(oids) // 2
        if probe or tells:
            self._chunk = max(CHUNK_MIN, min(self._chunk, half))
        return (*await self._get(oids[:half]), *await self._get(oids[half:]))

    async def walks(
        self, wanted: Sequence[Walk], known: Mapping[Oid, int]
    ) -> AsyncGenerator[tuple[Walk, Walked], None]:
        """Each walk with what it brought, in the order in which they end. Never raises for what the agent does.

        known: how many rows a table had that was walked to its end the last time, by its root.
        """
        waiting = list(wanted)
        if self._version is not Version.V1 and self.together and self._silences == 0:
            waiting = [walk for walk in wanted if walk.in_turn]
            for bundle in bundles([walk for walk in wanted if not walk.in_turn], known):
                ask = self.together and not self._budget.over
                columns = await self._bundle(bundle) if ask else None
                if columns is None:
                    self.together = self.together and not ask
                    waiting = [*bundle.walks, *waiting]
                    continue
                for walk, column in zip(bundle.walks, columns, strict=True):
                    yield walk, await self._walked_on(walk, column, known.get(walk.root))
        for walk in waiting:
            yield walk, await self.walk(walk.root, walk.rows_max, known.get(walk.root))

    async def _bundle(self, bundle: Bundle) -> tuple[Column, ...] | None:
        empty, tables = [walk.root for walk in bundle.empty], [walk.root for walk in bundle.tables]
        self._budget.asked()
        try:
            answer = await self._session.bulk(empty, tables, bundle.rows)
        except SnmpError:
            return None
        texts = sum([len(value) for _, value in answer or () if isinstance(value, bytes)])
        self._budget.received(texts + ROW_OCTETS * len(answer or ()), len(answer or ()))
        columns = None if answer is None else columns_in(bundle, answer)
        for walk, column in zip(bundle.walks, columns or (), strict=False):
            length = len(walk.root)
            if column.ended and not column.rows and any(one[:length] == walk.root for one in self._answered):
                return None
        return columns

    async def _walked_on(self, walk: Walk, column: Column, rows_hint: int | None) -> Walked:
        root, rows, rows_max = walk.root, column.rows, walk.rows_max
        if column.ended:
            return Walked(rows=rows, stop=WalkStop.END)
        if len(rows) > rows_max:
            return Walked(rows=rows[:rows_max], stop=WalkStop.ROWS)
        if rows and self._silences < _SILENCES_MAX:
            least = rows_hint + 1 - len(rows) if rows_hint is not None and rows_hint >= len(rows) else rows_max
            asked = min(self._repetitions[0], rows_max + 1 - len(rows), least)
            walked = await self._walk(root, rows_max, asked, rows)
            if walked.stop is not WalkStop.SILENT:
                return walked
        return await self.walk(root, rows_max)

    async def walk(self, root: Oid, rows_max: int, rows_hint: int | None = None) -> Walked:
        """The rows under root, at most rows_max. Never raises for what the agent does.

        rows_hint: so many were there the last time. Then just those and one that shows the end are asked for, and the
        whole again should there be more.
        """
        if self._budget.over:
            return Walked(rows=(), stop=WalkStop.BUDGET)
        if rows_hint is not None and rows_hint < min(self._repetitions[0], rows_max) and self._silences == 0:
            walked = await self._walk(root, rows_hint, rows_hint + 1)
            if walked.stop is WalkStop.END:
                return walked
        walked = Walked(rows=(), stop=WalkStop.SILENT)
        while self._silences < _SILENCES_MAX:
            walked = await self._walk(root, rows_max, min(self._repetitions[0], rows_max + 1))
            if walked.stop is not WalkStop.SILENT or walked.rows:
                break
            if len(self._repetitions) == 1 or self._version is Version.V1:
                self._silences += 1
                break
            self._repetitions = self._repetitions[1:]
        return walked

    async def _walk(self, root: Oid, rows_max: int, asked: int, before: Sequence[Varbind] = ()) -> Walked:
        """before: the rows that are known already, in their order."""
        began_s = self._now_s()
        guard = WalkGuard(root, WalkLimits(rows_max=rows_max), began_s)
        rows = list(before)
        for identifier, _ in before:
            guard.judge(identifier, answer=-1, asked=len(before), now_s=began_s)
        budget, answer = self._budget, 0
        budget.asked()
        try:
            async with aclosing(self._session.walk(before[-1][0] if before else root, asked)) as arriving:
                async for row in arriving:
                    stop = guard.judge(row.identifier, answer=row.answer, asked=asked, now_s=self._now_s())
                    if row.answer != answer:
                        answer = row.answer
                        budget.asked()  # the request that comes next, unless this answer shows the end
                        if stop is None and budget.over:
                            stop = WalkStop.BUDGET
                    budget.received(_octets(row.value), 1)
                    if stop is not None:
                        return Walked(rows=tuple(rows), stop=stop)
                    if row.value is not None:
                        rows.append((row.identifier, row.value))
        except SnmpError:
            return Walked(rows=tuple(rows), stop=WalkStop.SILENT)
        return Walked(rows=tuple(rows), stop=WalkStop.END)

    def close(self) -> None:
        """Give the socket back. Idempotent."""
        self._session.close()


def _octets(value: SnmpValue | None) -> int:
    """About what an object took in the answer."""
    return ROW_OCTETS + (len(value) if isinstance(value, bytes | tuple) else 0)
