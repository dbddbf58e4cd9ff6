"""What a scan by hand shows against what was known before: who is new, who is gone, who moved.

One scan proves no absence: "gone" means here that a known printer's address was asked and the printer did not answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from data_collector.core.known_printers import KnownPrinters, Seen, Sighting
from wire_format.records import Report

_ONE_PROFILE: Final = "scan"
_NEVER: Final = timedelta(days=365_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Since what was known. moved: (before, now)."""

    new: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    moved: tuple[tuple[Sighting, Sighting], ...] = ()


class Since:
    """Compares one scan with a memory."""

    def __init__(self, known: Iterable[Sighting]) -> None:
        self._printers = KnownPrinters(replace(one, profile=_ONE_PROFILE, missed=0) for one in known)
        self._new: list[Report] = []

    @classmethod
    def of_reports(cls, reports: Iterable[Report]) -> "Since":
        """The memory of an earlier scan's reports. One without an address is known nowhere, and left out."""
        earlier = KnownPrinters()
        for report in reports:
            if report.device.ip:
                earlier.see(report, report.device.ip, _ONE_PROFILE)
        return cls(earlier.all())

    def see(self, report: Report) -> None:
        """A printer answered in this scan. A report without an address (a local printer) is compared with nothing."""
        if report.device.ip and self._printers.see(report, report.device.ip, _ONE_PROFILE) is Seen.NEW:
            self._new.append(report)

    def close(self, asked: Callable[[str], bool], at: datetime) -> Changes:
        """The scan ended. asked: whether this address was among its targets."""
        addresses = [one.address for one in self._printers.all() if asked(one.address)]
        closed = self._printers.close(_ONE_PROFILE, frozenset(addresses), at, _NEVER)
        answering = {one.key for one in self._printers.all() if not one.missed}
        new = [next(one for one in self._printers.at(report.device.ip or "")) for report in self._new]
        return Changes(
            new=tuple(new),
            gone=tuple(one for one in closed.missed if one.key not in answering),
            moved=closed.moved,
        )


def change_lines(changes: Changes, shown: Callable[[str | None], str]) -> Sequence[str]:
    """One line for each printer that changed. shown: makes a device's words fit for a terminal."""

    def who(one: Sighting) -> str:
        named = (one.device.model or one.device.manufacturer, one.device.serial or one.device.mac)
        return f"{one.address}  " + ", ".join(shown(each) for each in named if each)

    lines = [f"new    {who(one)}" for one in changes.new]
    lines += [f"gone   {who(one)}, last read {one.seen_at:%Y-%m-%d %H:%M} UTC" for one in changes.gone]
    lines += [f"moved  {who(now)}, was at {before.address}" for before, now in changes.moved]
    return lines
