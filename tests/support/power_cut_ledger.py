"""What a spool owes after a power cut, kept by the one who plays the portal."""

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from direct_connect.core.batching import Lane
from direct_connect.spool import SqliteSpoolFile
from tests.support.power_cut_writer import AT, PLACE, SENDERS, Content, Told, content_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What one sender's spool holds after a restart."""

    jobs: tuple[str, ...]
    impressions: int
    alerts: tuple[str, ...]
    memo: str
    next_key: tuple[str, str, int]
    aside: frozenset[tuple[str, str, int]]
    batches: tuple[Content, ...]
    gap: bool

    @classmethod
    def read(cls, file: SqliteSpoolFile, sender: str) -> Self:
        """Everything of a sender. Empties its lanes: for a copy."""
        spool = file.of(sender)
        events, numbering, gap = spool.events(), spool.numbering(), spool.tally().gap
        batches = []
        for lane in Lane:
            while (batch := spool.oldest(lane)) is not None:
                batches.append(content_of(batch))
                spool.ack(batch.stream, batch.sequence, AT)
        return cls(
            jobs=tuple(waiting.job.job_id for waiting in events.jobs),
            impressions=events.impressions,
            alerts=tuple(known.alert.alert_id for known in events.alerts),
            memo=spool.recall("memo") or "",
            next_key=(sender, numbering.stream, numbering.next_sequence),
            aside=frozenset((sender, each.stream, each.sequence) for each in spool.aside()),
            batches=tuple(batches),
            gap=gap is not None,
        )


def what_is_left(copy: Path) -> dict[str, Left]:
    """What a copy of the spool's folder holds, opened as after a restart."""
    path = copy / Path(PLACE).name
    if not path.exists():
        return {}
    with SqliteSpoolFile.open(path) as file:
        return {sender: Left.read(file, sender) for sender in file.senders()}


@dataclass(slots=True)
class Harm:
    """What a cut did that it must not, in words."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    offered_again: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.lost, self.twice, self.reused, self.offered_again, self.other))


@dataclass(slots=True)
class Owed:
    """One sender's calls so far: those that had returned, and those that were under way when the power went."""

    jobs: set[str] = field(default_factory=set)
    jobs_begun: list[str] = field(default_factory=list)
    impressions: int = 0
    impressions_begun: int = 0
    alerts: set[str] = field(default_factory=set)
    memo: str = ""
    memos_begun: set[str] = field(default_factory=set)
    given: dict[tuple[str, str, int], Content] = field(default_factory=dict)
    acked: set[tuple[str, str, int]] = field(default_factory=set)
    aside: set[tuple[str, str, int]] = field(default_factory=set)


class Ledger:
    """Takes what the writer tells, and judges what is left."""

    def __init__(self) -> None:
        self._owed = {sender: Owed() for sender in SENDERS}
        self._block: dict[int, list[Told]] = {}
        self.calls = 0
        self.damaged = False  # somebody flipped a byte: gaps are in order

    def take(self, told: Told) -> None:
        """One line of the writer."""
        if told.kind == "block":
            for call in self._block.pop(told.thread, []):
                self.take(replace(call, done=True, block=0))
        elif told.sender:
            self.calls += told.done
            if told.block:
                self._block.setdefault(told.thread, []).append(told)
            self._enter(self._owed[told.sender], told)

    def _enter(self, owed: Owed, told: Told) -> None:
        match told.kind:
            case "job" if told.done:
                owed.jobs.add(told.name)
            case "job":
                owed.jobs_begun.append(told.name)
            case "impressions" if told.done:
                owed.impressions += told.count
            case "impressions":
                owed.impressions_begun += told.count
            case "alert" if told.done:
                owed.alerts.add(told.name)
            case "memo" if told.done:
                owed.memo = told.name
            case "memo":
                owed.memos_begun.add(told.name)
            case "give" if told.batch is not None:
                owed.given.setdefault(told.batch.key, told.batch)
                if owed.given[told.batch.key] != told.batch:
                    raise AssertionError(f"the portal was given two batches under {told.batch.key}")
                if told.batch.key in owed.acked | owed.aside:
                    raise AssertionError(f"{told.batch.key} was offered after it was acked or set aside")
            case "ack" if told.done and told.batch is not None:
                owed.acked.add(told.batch.key)
            case "aside" if told.done and told.batch is not None:
                owed.aside.add(told.batch.key)

    def check(self, left: dict[str, Left], forgiven: Set[str] = frozenset()) -> Harm:
        """Compare, and take what is there as the state from which to go on. forgiven: jobs whose row was damaged."""
        harm = Harm()
        for sender, owed in self._owed.items():
            if sender in left:
                self._check_one(owed, left[sender], harm, forgiven)
            elif owed.jobs or owed.impressions or owed.alerts or owed.memo or owed.given:
                harm.lost.append(f"everything of {sender[0]}")
        self._check_blocks(left, harm)
        self._block.clear()
        return harm

    def _check_one(self, owed: Owed, left: Left, harm: Harm, forgiven: Set[str]) -> None:
        batches = dict(owed.given)
        for batch in left.batches:
            known = batches.setdefault(batch.key, batch)
            if known.sha256 != batch.sha256:
                harm.reused.append(f"{batch.key}")
            if batch.key in owed.acked | owed.aside:
                harm.offered_again.append(f"{batch.key}")
        if left.next_key in batches:
            harm.reused.append(f"next would be {left.next_key}")
        billed = Counter(job for batch in batches.values() for job in batch.jobs) + Counter(left.jobs)
        harm.lost += sorted(owed.jobs - billed.keys() - forgiven)
        harm.twice += sorted(job for job, count in billed.items() if count > 1)
        harm.other += [f"unknown {job}" for job in billed.keys() - owed.jobs - set(owed.jobs_begun)]
        made = left.impressions + sum(batch.impressions for batch in batches.values())
        most = owed.impressions + owed.impressions_begun
        if made < owed.impressions:
            harm.lost.append(f"{owed.impressions - made} impressions")
        if made > most:
            harm.twice.append(f"{made - most} impressions")
        told = {alert for batch in batches.values() for alert in batch.alerts}
        harm.lost += sorted(owed.alerts - told - set(left.alerts))
        if left.memo < owed.memo:
            harm.lost.append(f"memo {owed.memo}")
        if left.memo not in owed.memos_begun | {owed.memo}:
            harm.other.append(f"memo {left.memo!r} was never written")
        harm.lost += [f"set aside {key}" for key in owed.aside - left.aside]
        if left.gap and not self.damaged:
            harm.other.append("a gap is told")
        owed.jobs, owed.jobs_begun = set(billed), []
        owed.impressions, owed.impressions_begun = made, 0
        owed.memo, owed.memos_begun = left.memo, set()
        owed.acked -= {batch.key for batch in left.batches}
        owed.aside |= left.aside

    def _check_blocks(self, left: dict[str, Left], harm: Harm) -> None:
        for calls in self._block.values():
            there = [
                call.name in set(left[call.sender].jobs if call.sender in left else ())
                for call in calls
                if call.kind == "job"
            ]
            if there != sorted(there, reverse=True):
                harm.other.append(f"a block is there in part, but not its first calls: {there}")
