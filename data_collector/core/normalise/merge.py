"""Several voices of one printer become one report.

1. Field by field, the first voice that knows it is heard: SNMP, then LEDM, then IPP. The order is
   fixed, so a value does not wander from one source to another between two scans.
2. A meter has one value under one name: that of the source it was read from before, while that is told, else the first
   voice's. Another that differs becomes a finding.
3. Supplies are the first voice's rows; the others fill in percentages and particulars that it lacks.
4. Jobs are those of one list, never of two: here the first voice's that has any. The collector's memory may stay with
   another one (`core/known_jobs.py`). What kind a job was may come from another voice that knows the same job.
5. Of two states the one with more to say counts; of alerts, the first voice that has any.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Final, TypeVar

from data_collector.core.gathered import JobList
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.meters import NOT_READ_BEFORE, one_value_each, rivals
from data_collector.core.normalise.supply_records import complete
from data_collector.core.normalise.voice import Voice
from wire_format.printer_mib import DETECTED_ERRORS, PrinterState
from wire_format.records import Config, Device, Service, Status, Supply

Parts = TypeVar("Parts", Device, Config)

Heard = Callable[[Device], Mapping[str, str]]
"""Of a device, the source of each meter in its last reading, by the meter's name; empty for a new one."""

_NAMES: Final = {kind: tuple(each.name for each in fields(kind)) for kind in (Device, Config)}
SAYS_LITTLE: Final = (None, PrinterState.UNKNOWN)


def merge(voices: Sequence[Voice], findings: Findings, heard: Heard) -> Voice:
    """One voice made of all, in the order of trust. heard: asked only where sources compete."""
    uptime_ms = next((voice.uptime_ms for voice in voices if voice.uptime_ms is not None), None)
    device = _device([voice.device for voice in voices], findings)
    meters = tuple(chain.from_iterable(voice.meters for voice in voices))
    spare = tuple(chain.from_iterable(voice.spare_meters for voice in voices))
    before = heard(device) if rivals(meters, spare) else NOT_READ_BEFORE
    return Voice(
        device=device,
        config=_first_known(Config(), [voice.config for voice in voices]),
        status=_status([voice.status for voice in voices]),
        uptime_ms=uptime_ms,
        meters=one_value_each(meters, findings, spare=spare, heard=before),
        supplies=_supplies([voice.supplies for voice in voices]),
        alerts=next((voice.alerts for voice in voices if voice.alerts), ()),
        jobs=next((one.jobs for one in job_lists(voices) if one.jobs), ()),
    )


def _device(devices: Sequence[Device], findings: Findings) -> Device:
    device = _first_known(Device(), devices)
    for other in devices:
        if other.serial is not None and other.serial != device.serial:
            findings.add(
                "device.serial", "another protocol", other.serial, f"differs from {device.serial}, which is used"
            )
    return device


def _first_known(nothing: Parts, parts: Sequence[Parts]) -> Parts:
    known = {
        name: value
        for part in reversed(parts)
        if part != nothing
        for name in _NAMES[type(part)]
        if (value := getattr(part, name)) is not None
    }
    return replace(nothing, **known) if known else nothing


def _status(told: Sequence[Status]) -> Status:
    states = [status.state for status in told]
    errors = {error for status in told for error in status.detected_errors}
    return Status(
        state=next((state for state in states if state not in SAYS_LITTLE), PrinterState.UNKNOWN),
        detected_errors=tuple(label for label in DETECTED_ERRORS if label in errors),
        console_text=next((status.console_text for status in told if status.console_text), None),
    )


def job_lists(voices: Sequence[Voice]) -> tuple[JobList, ...]:
    """The list of each source that was read, best first; what kind a job was may come from another that knows it."""
    services = {
        job.job_id: job.service
        for voice in reversed(voices)
        for job in voice.jobs
        if job.service is not Service.UNKNOWN
    }
    return tuple(
        JobList(
            source=voice.jobs_of,
            jobs=tuple(replace(job, service=services.get(job.job_id, job.service)) for job in voice.jobs),
        )
        for voice in voices
        if voice.jobs_of is not None
    )


def _supplies(told: Sequence[tuple[Supply, ...]]) -> tuple[Supply, ...]:
    heard = [supplies for supplies in told if supplies]
    if not heard:
        return ()
    supplies = heard[0]
    for better in heard[1:]:
        known = {supply.index for supply in supplies}
        supplies = tuple(supply for supply in complete(supplies, better) if supply.index in known)
    return supplies
