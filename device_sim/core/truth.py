"""What the fleet really did, told apart from every agent: each job, each meter's last value, each alert, and each
effect: what befell a printer beside its work.

JSON Lines as `inkwire verify` reads them: a `fleet` line first, `end` last, a printer before what it did.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from device_sim.core.clockwork import Happening
from device_sim.core.events import Acted, AlertCleared, AlertRaised, ImpressionsMade, JobFinished
from device_sim.core.printer import Printer
from device_sim.core.state import ActiveAlert
from wire_format.codec import encode_record, format_instant
from wire_format.printer_mib import ALERT_SEVERITIES

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Told:
    alert: ActiveAlert
    cleared_s: float | None = None


class Truth:
    """The ground truth of one fleet since it was born."""

    def __init__(self, printers: Sequence[Printer], seed: int, speed: float) -> None:
        self._printers = tuple(printers)
        self._seed, self._speed = seed, speed
        self._jobs: list[str] = []
        self._effects: list[str] = []
        self._former_serials: dict[int, list[str]] = {}
        self._alerts: dict[tuple[int, str], _Told] = {}
        self._values = {p.state.identity.index: list(p.state.meters) for p in printers}
        self._changed_s = {p.state.identity.index: [p.state.now_s] * len(p.state.meters) for p in printers}
        self.jobs_count = 0
        self.impressions_count = 0

    def note(self, happening: Happening) -> None:
        """Remember what happened to a printer."""
        state = happening.printer.state
        index, last_s = state.identity.index, state.now_s
        for event in happening.events:
            match event:
                case JobFinished(job=job):
                    self.jobs_count += 1
                    self._jobs.append(_line("job", printer=index, **encode_record(job.record)))
                case AlertRaised(alert=alert):
                    self._alerts[index, alert.alert_id] = _Told(alert)
                case AlertCleared(alert=alert):
                    self._alerts[index, alert.alert_id] = _Told(alert, event.at_s)
                case ImpressionsMade(count=count):
                    self.impressions_count += count
                    last_s = event.at_s
                case Acted():
                    self._note_effect(index, event)
        self._compare(index, state.meters, last_s)

    def lines(self, at_s: float, senders: Mapping[int, str], direct: frozenset[int]) -> Iterator[str]:
        """The truth file as of at_s. senders: key thumbprint by printer; direct: printers that push."""
        yield _line("fleet", version=VERSION, seed=self._seed, written_at=_at(at_s), speed=self._speed)
        for printer in self._printers:
            identity, profile = printer.state.identity, printer.state.profile
            yield _line(
                "printer",
                printer=identity.index,
                serial=identity.serial,
                model=profile.model,
                address=identity.address,
                path="direct" if identity.index in direct else "none",
                job_log=profile.job_log_max,
                sender=senders.get(identity.index),
                former_serials=self._former_serials.get(identity.index, []),
            )
        yield from self._effects
        yield from self._jobs
        for printer in self._printers:
            index = printer.state.identity.index
            self._compare(index, printer.state.meters, printer.state.now_s)
            for place, spec in enumerate(printer.state.profile.meters):
                value, changed_s = self._values[index][place], self._changed_s[index][place]
                yield _line("meter", printer=index, name=spec.name, unit=spec.unit, value=value, at=_at(changed_s))
        for (index, alert_id), told in self._alerts.items():
            yield _line(
                "alert",
                printer=index,
                alert_id=alert_id,
                code=told.alert.code,
                severity=ALERT_SEVERITIES[told.alert.severity],
                onset_at=_at(told.alert.onset_s),
                cleared_at=None if told.cleared_s is None else _at(told.cleared_s),
            )
        yield _line("end")

    def _note_effect(self, index: int, event: Acted) -> None:
        told = dict(event.told)
        before = told.get("serial_before")
        if isinstance(before, str) and before != told["serial"]:
            self._former_serials.setdefault(index, []).append(before)
        self._effects.append(_line("effect", printer=index, effect=event.effect, at=_at(event.at_s), **told))

    def _compare(self, index: int, meters: Sequence[int], at_s: float) -> None:
        known = self._values[index]
        for place, value in enumerate(meters):
            if value != known[place]:
                known[place] = value
                self._changed_s[index][place] = at_s


def _line(kind: str, **fields: object) -> str:
    return json.dumps({"kind": kind, **fields}, ensure_ascii=False, separators=(",", ":"))


def _at(at_s: float) -> str:
    return format_instant(datetime.fromtimestamp(at_s, UTC))
