"""The result of a comparison: counts by class, and every difference by name."""

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from inkwire.verify.facts import Printer


class Thing(enum.StrEnum):
    """What is counted."""

    DEVICE = "device"
    METER = "meter"
    JOB = "job"
    ALERT = "alert"


class Fault(enum.StrEnum):
    """What can be wrong with one thing. INVENTED: the portal shows it, no printer made it."""

    LOST = "lost"
    TWICE = "twice"
    INVENTED = "invented"
    ALTERED = "altered"
    LATE = "late"


class Pass(enum.StrEnum):
    """What is no fault. FOUND: shown, whatever else is said of it. PENDING: may rightly still be on its way.

    UNSEEN: no reading could show it. NEWER: made after the truth was written, so nothing can be said of it.
    """

    FOUND = "found"
    PENDING = "pending"
    UNSEEN = "unseen"
    NEWER = "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was made. printer: its number in the truth, None for a stranger.

    item: which one (a job id, a meter's name, an alert id), "" for the device itself.
    """

    fault: Fault
    thing: Thing
    serial: str
    printer: int | None
    item: str
    wanted: str
    found: str

    def __str__(self) -> str:
        subject = f"{self.thing} {self.item}" if self.item else str(self.thing)
        owner = self.serial or "a device without serial"
        number = "" if self.printer is None else f" (printer {self.printer})"
        return f"{self.fault}: {subject} of {owner}{number}: wanted {self.wanted}, found {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How the things of one class fared. expected: what had to be shown, or may rightly still be on its way."""

    expected: int = 0
    found: int = 0
    lost: int = 0
    twice: int = 0
    invented: int = 0
    altered: int = 0
    late: int = 0
    pending: int = 0
    unseen: int = 0
    newer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Impressions:
    """Impressions on both sides. jobs_unseen: in jobs that are pending or that no reading could show.

    meters: the sum of total.impressions over the printers whose portal reading shows it.
    """

    jobs_made: int = 0
    jobs_shown: int = 0
    jobs_unseen: int = 0
    meters_made: int = 0
    meters_shown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that a comparison found."""

    counts: dict[Thing, Count]
    differences: tuple[Difference, ...]
    impressions: Impressions

    @property
    def same(self) -> bool:
        """Whether nothing was lost, twice, invented, altered or late."""
        return not self.differences

    def sentence(self) -> str:
        """The verdict in one sentence."""
        printers, jobs = self.counts[Thing.DEVICE], self.counts[Thing.JOB]
        if self.same:
            told = (
                f"Nothing lost, nothing twice: {many(jobs.found, 'job')}, "
                f"{many(self.impressions.jobs_shown, 'impression')}, {many(printers.found, 'printer')}."
            )
            pending = sum(count.pending for count in self.counts.values())
            newer = sum(count.newer for count in self.counts.values())
            told += f" Still on the way: {many(pending, 'record')}." if pending else ""
            return told + (f" Newer than the truth, not compared: {many(newer, 'record')}." if newer else "")
        faults = Counter(difference.fault for difference in self.differences)
        told = ", ".join(f"{faults[fault]:,} {fault}" for fault in Fault if faults[fault])
        return f"{many(len(self.differences), 'difference')}: {told}."


def many(count: int, noun: str) -> str:
    """1 job, 1,234 jobs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@dataclass(slots=True)
class Tally:
    """Collects outcomes while a comparison runs."""

    _marks: dict[Thing, Counter[str]] = field(default_factory=lambda: {thing: Counter() for thing in Thing})
    _differences: list[Difference] = field(default_factory=list)
    impressions_unseen: int = 0

    def note(self, thing: Thing, outcome: Pass) -> None:
        """One thing that is as it should be, or that nothing can be said of."""
        self._marks[thing][outcome] += 1
        if outcome in (Pass.FOUND, Pass.PENDING):
            self._marks[thing]["expected"] += 1

    def differ(
        self,
        fault: Fault,
        thing: Thing,
        printer: Printer | None,
        item: str,
        *,
        wanted: str,
        found: str,
        serial: str = "",
    ) -> None:
        """One difference. serial: of a stranger, where no printer is given."""
        self._marks[thing][fault] += 1
        if fault is Fault.LOST:
            self._marks[thing]["expected"] += 1
        self._differences.append(
            Difference(
                fault=fault,
                thing=thing,
                serial=printer.serial if printer else serial,
                printer=printer.number if printer else None,
                item=item,
                wanted=wanted,
                found=found,
            )
        )

    def verdict(self, impressions: Impressions) -> Verdict:
        """What was collected so far."""
        return Verdict(
            counts={thing: Count(**marks) for thing, marks in self._marks.items()},
            differences=tuple(self._differences),
            impressions=impressions,
        )


NOTHING: Final = "nothing"
"""How an absent value is told in a difference."""
