"""What happens in a fleet, one line an event: `inkwire sim run --log events`, for a pipe or a file."""

from collections.abc import Iterator
from typing import TextIO

from device_sim.clock import at_utc
from device_sim.core.clockwork import Happening
from device_sim.core.events import AlertCleared, AlertRaised, Event, JobFinished, JobStarted
from device_sim.core.glance import alert_words


class EventLog:
    """Writes the events of a fleet as they are told: moment (virtual UTC), address, serial, what happened."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def note(self, happening: Happening) -> None:
        """Write what happened to one printer. Raises BrokenPipeError when nobody reads any more."""
        identity = happening.printer.state.identity
        lines = [
            f"{at_utc(event.at_s):%Y-%m-%dT%H:%M:%SZ} {identity.address} {identity.serial} {words}\n"
            for event in happening.events
            for words in _words(event)
        ]
        if lines:
            self._out.write("".join(lines))
            self._out.flush()


def _words(event: Event) -> Iterator[str]:
    match event:
        case JobStarted(number=number):
            yield f"job {number} started"
        case JobFinished(job=job):
            yield f"job {job.number} {job.record.outcome}: {job.record.impressions} impressions"
        case AlertRaised(alert=alert):
            yield f"alert raised: {alert_words(alert)}"
        case AlertCleared(alert=alert):
            yield f"alert cleared: {alert_words(alert)}"
        case _:
            return
