"""Reads the fleet's ground truth: JSON Lines, written by the simulator.

1. The first line is `fleet`, the last is `end`; a file without both is not whole and is refused.
2. A `printer` line stands before the lines that name its number.
3. A line kind that is not known here is passed over, like an unknown name: verify compares what it knows.
4. Two printers with one serial, or one job, meter or alert told twice, cannot be compared and are refused.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from inkwire.verify.errors import TruthError
from inkwire.verify.facts import MadeAlert, MadeBy, MadeEffect, MadeJob, MadeMeter, Printer, Route, Truth
from inkwire.verify.rows import Row
from wire_format.errors import DecodeError

VERSION: Final = 1


def read_truth(path: Path) -> Truth:
    """What the fleet made, from its file. Raises TruthError with the line and the remedy."""
    try:
        with path.open("rb") as lines:
            return decode_truth(lines, str(path))
    except OSError as error:
        raise TruthError(
            f"the truth {path} cannot be read: {error.strerror or error}; "
            "give the file that `inkwire sim run --truth FILE` writes"
        ) from error


def decode_truth(lines: Iterable[bytes], name: str = "the truth") -> Truth:
    """What the fleet made, from the lines of a truth file. name: of the file, for messages."""
    reader = _TruthReader()
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            reader.take(Row(line))
        except DecodeError as error:
            raise TruthError(
                f"{name}, line {number}: {error}; this is not a whole truth file of `inkwire sim run --truth`"
            ) from error
    if not reader.ended:
        raise TruthError(
            f"{name} ends after line {number} without its `end` line: it was cut short; "
            "take the file again from the simulator that writes it"
        )
    truth = reader.truth()
    if not truth.printers:
        raise TruthError(f"{name} names no printer, so there is nothing to compare; give the truth of a fleet")
    return truth


class _TruthReader:
    def __init__(self) -> None:
        self.ended = False
        self._fleet: Row | None = None
        self._printers: dict[int, Printer] = {}
        self._serials: set[str] = set()
        self._jobs: dict[int, dict[str, MadeJob]] = {}
        self._meters: dict[int, dict[str, MadeMeter]] = {}
        self._alerts: dict[int, dict[str, MadeAlert]] = {}
        self._effects: dict[int, list[MadeEffect]] = {}

    def take(self, row: Row) -> None:
        """Add one line. Raises DecodeError when it cannot stand here."""
        kind = row.text("kind")
        if self.ended:
            raise DecodeError("", "there is more after the `end` line")
        if (kind == "fleet") != (self._fleet is None):
            raise DecodeError("/kind", "the first line, and no other, is `fleet`")
        match kind:
            case "fleet":
                self._start(row)
            case "printer":
                self._add_printer(row)
            case "job":
                self._add_job(row)
            case "meter":
                self._add_meter(row)
            case "alert":
                self._add_alert(row)
            case "effect":
                self._add_effect(row)
            case "end":
                self.ended = True

    def truth(self) -> Truth:
        assert self._fleet is not None, "an end line is only taken after a fleet line"
        return Truth(
            seed=self._fleet.count("seed", default=0),
            written_at=self._fleet.instant("written_at"),
            speed=self._fleet.number("speed"),
            printers=tuple(
                MadeBy(
                    printer=printer,
                    jobs=tuple(self._jobs[number].values()),
                    meters=tuple(self._meters[number].values()),
                    alerts=tuple(self._alerts[number].values()),
                    effects=tuple(self._effects[number]),
                )
                for number, printer in self._printers.items()
            ),
        )

    def _start(self, row: Row) -> None:
        if row.count("version") != VERSION:
            raise DecodeError("/version", f"this verify reads version {VERSION}; use the inkwire that wrote the file")
        row.instant("written_at")
        row.number("speed")
        self._fleet = row

    def _add_printer(self, row: Row) -> None:
        number = row.count("printer")
        serial = row.text("serial")
        if number in self._printers:
            raise DecodeError("/printer", f"printer {number} is told twice")
        former = row.texts("former_serials")
        if not self._serials.isdisjoint((serial, *former)):
            raise DecodeError("/serial", f"two printers have the serial {serial}, which is how verify tells them apart")
        try:
            route = Route(row.text("path"))
        except ValueError as error:
            raise DecodeError("/path", f"must be one of {', '.join(Route)}") from error
        self._serials.update((serial, *former))
        self._effects[number] = []
        self._jobs[number], self._meters[number], self._alerts[number] = {}, {}, {}
        self._printers[number] = Printer(
            number=number,
            serial=serial,
            model=row.text_or_none("model"),
            address=row.text_or_none("address"),
            route=route,
            job_log=row.count("job_log", default=0),
            sender=row.text_or_none("sender"),
            former_serials=former,
        )

    def _add_effect(self, row: Row) -> None:
        self._effects[self._printer_of(row)].append(
            MadeEffect(
                effect=row.text("effect"),
                at=row.instant("at"),
                meter=row.text_or_none("meter"),
                zeroed=row.text_or_none("meters") == "zero",
            )
        )

    def _add_job(self, row: Row) -> None:
        jobs = self._jobs[self._printer_of(row)]
        job = row.job()
        if job.completed_at is None:
            raise DecodeError("/completed_at", "is missing")
        if job.job_id in jobs:
            raise DecodeError("/job_id", f"job {job.job_id} is told twice")
        jobs[job.job_id] = MadeJob(job=job, completed_at=job.completed_at)

    def _add_meter(self, row: Row) -> None:
        meters = self._meters[self._printer_of(row)]
        name = row.text("name")
        if name in meters:
            raise DecodeError("/name", f"meter {name} is told twice")
        meters[name] = MadeMeter(
            name=name, unit=row.unit("unit"), value=row.count("value"), changed_at=row.instant_or_none("at")
        )

    def _add_alert(self, row: Row) -> None:
        alerts = self._alerts[self._printer_of(row)]
        alert_id = row.text("alert_id")
        if alert_id in alerts:
            raise DecodeError("/alert_id", f"alert {alert_id} is told twice")
        alerts[alert_id] = MadeAlert(
            alert_id=alert_id,
            code=row.count("code"),
            severity=row.text("severity"),
            onset_at=row.instant("onset_at"),
            cleared_at=row.instant_or_none("cleared_at"),
        )

    def _printer_of(self, row: Row) -> int:
        number = row.count("printer")
        if number not in self._printers:
            raise DecodeError("/printer", f"no line before tells of printer {number}")
        return number
