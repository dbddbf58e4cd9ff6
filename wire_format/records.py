"""The records of schema 1: what a batch says, as typed, frozen values.

1. Quantities are integers in the unit named; None is "unknown" and is left out on the wire.
2. Every meter is a lifetime count with its source; a meter never changes its source silently.
3. There is no field for content, user, owner, host or account, and no room for one.
4. A name, once written, is never used again for something else.
"""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wire_format.printer_mib import (
    ALERT_GROUPS,
    ALERT_SEVERITIES,
    DETECTED_ERRORS,
    SUPPLY_KINDS,
    PrinterState,
    SupplyState,
)
from wire_format.shapes import INTEGER_MAX, Choice, choice, instant, integer, list_of, nested, text, truth

SCHEMA_VERSION: Final = 1
JOBS_MAX: Final = 10_000
REPORTS_MAX: Final = 5_000
UUID7_PATTERN: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
THUMBPRINT_PATTERN: Final = r"[A-Za-z0-9_-]{43}"
STREAM_PATTERN: Final = r"[0-9a-f]{32}"
METER_NAME_PATTERN: Final = r"[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*){1,5}"
LEVEL_LOWEST: Final = -(2**31)


class Reason(enum.StrEnum):
    """Why a batch left when it did."""

    INTERVAL = "interval"
    JOBS = "jobs"
    IMPRESSIONS = "impressions"
    ALERT = "alert"
    BOOT = "boot"
    MANUAL = "manual"


class Clock(enum.StrEnum):
    """Whether the sender's wall clock was known good when the batch was formed."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"


class Unit(enum.StrEnum):
    """Unit of a meter. ul: microlitres."""

    IMPRESSIONS = "impressions"
    SHEETS = "sheets"
    IMAGES = "images"
    MM = "mm"
    MM2 = "mm2"
    UL = "ul"


class Service(enum.StrEnum):
    """Which service a job asked for (PWG 5106.1 service types, in short). Some job tables do not tell."""

    PRINT = "print"
    COPY = "copy"
    SCAN = "scan"
    FAX = "fax"
    UNKNOWN = "unknown"


class Outcome(enum.StrEnum):
    """How a job ended (IPP job-state 7, 8, 9)."""

    COMPLETED = "completed"
    CANCELED = "canceled"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Who the printer says it is. Nothing here identifies a person."""

    manufacturer: str | None = text(128)
    model: str | None = text(255)
    product_number: str | None = text(64)
    serial: str | None = text(255)
    mac: str | None = text(17, pattern=r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", wanted="aa:bb:cc:dd:ee:ff")
    hostname: str | None = text(255)
    ip: str | None = text(45)
    asset_number: str | None = text(255)
    location: str | None = text(255)
    description: str | None = text(1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the printer can do, and the software in it."""

    firmware: str | None = text(255)
    firmware_date: str | None = text(64)
    color_capable: bool | None = truth()
    duplex_capable: bool | None = truth()
    memory_bytes: int | None = integer()
    config_changes: int | None = integer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the printer is doing now. detected_errors: labels of hrPrinterDetectedErrorState."""

    state: PrinterState | None = choice(PrinterState)
    detected_errors: tuple[str, ...] = list_of(Choice(DETECTED_ERRORS), 15)
    console_text: str | None = text(1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One lifetime count.

    name: service.work[.colour] after PWG 5106.1. source: an OID, ledm:..., ipp:... or firmware.
    """

    name: str = text(64, required=True, pattern=METER_NAME_PATTERN, wanted="service.work[.colour] in lower case")
    unit: Unit = choice(Unit, required=True)
    value: int = integer(required=True)
    source: str = text(255, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One supply or receptacle. level, capacity: raw, in unit; a receptacle's level is remaining room.

    percent: only where level and capacity are both real numbers.
    """

    index: int = integer(required=True)
    kind: str = choice(tuple(SUPPLY_KINDS.values()), required=True)
    colorant: str | None = text(64)
    description: str | None = text(255)
    part_number: str | None = text(128)
    serial: str | None = text(128)
    unit: str | None = text(32)
    capacity: int | None = integer(LEVEL_LOWEST)
    level: int | None = integer(LEVEL_LOWEST)
    percent: int | None = integer(0, 100)
    state: SupplyState = choice(SupplyState, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert.

    alert_id: unique for the device, for ever. code: PrtAlertCodeTC. count: onsets coalesced into it.
    """

    alert_id: str = text(128, required=True)
    code: int = integer(1, 2**31 - 1, required=True)
    severity: str = choice(tuple(ALERT_SEVERITIES.values()), required=True)
    group: str | None = choice(tuple(ALERT_GROUPS.values()))
    location: int | None = integer(LEVEL_LOWEST, 2**31 - 1)
    description: str | None = text(255)
    onset_at: datetime | None = instant()
    cleared_at: datetime | None = instant()
    count: int | None = integer(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What a job was printed on. source: the tray or roll."""

    type: str | None = text(128)
    width_mm: int | None = integer()
    length_mm: int | None = integer()
    area_mm2: int | None = integer()
    source: str | None = text(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class InkUse:
    """Marking agent a job used, in microlitres."""

    colorant: str = text(64, required=True)
    volume_ul: int = integer(required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Metadata of one finished job.

    job_id: unique for the device, for ever. name: by the tenant's policy, applied at the sender.
    """

    job_id: str = text(128, required=True)
    name: str | None = text(255)
    service: Service = choice(Service, required=True)
    submitted_at: datetime | None = instant()
    started_at: datetime | None = instant()
    completed_at: datetime | None = instant()
    outcome: Outcome = choice(Outcome, required=True)
    quality: str | None = choice(("draft", "normal", "high"))
    color_mode: str | None = choice(("monochrome", "color"))
    copies: int | None = integer(0, 2**31 - 1)
    impressions: int | None = integer()
    sheets: int | None = integer()
    media: Media | None = nested(Media)
    inks: tuple[InkUse, ...] = list_of(InkUse, 32)
    category: str | None = choice(("mono-lines", "color-lines", "low-density", "full-color", "premium"))
    submitted_by: str | None = choice(("network", "usb", "front-panel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A value that did not make sense, kept raw, so that one bad field never stops a report."""

    field: str = text(128, required=True)
    source: str = text(255, required=True)
    raw: str | None = text(1024)
    reason: str = text(255, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one printer said at one moment. uptime_ms: of the printer."""

    observed_at: datetime = instant(required=True)
    uptime_ms: int | None = integer()
    device: Device = nested(Device, required=True)
    config: Config | None = nested(Config)
    status: Status | None = nested(Status)
    meters: tuple[Meter, ...] = list_of(Meter, 256)
    supplies: tuple[Supply, ...] = list_of(Supply, 128)
    alerts: tuple[Alert, ...] = list_of(Alert, 256)
    jobs: tuple[Job, ...] = list_of(Job, JOBS_MAX)
    findings: tuple[Finding, ...] = list_of(Finding, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The sender lost spool data and started a new stream: what it knew of the old one."""

    previous_stream: str | None = text(32, pattern=STREAM_PATTERN, wanted="32 hex digits")
    last_sequence: int | None = integer()
    reason: str = text(255, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """What the sender tells of itself: nothing is dropped in silence. Counts are since enrolment.

    settings_version: of the portal's `desired` that is in force here, as far as the site allows; None: of none.
    """

    jobs_refused: int | None = integer()
    batches_set_aside: int | None = integer()
    spooled: int | None = integer()
    gap: Gap | None = nested(Gap)
    settings_version: int | None = integer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one sender sends at once. Identity: (sender, stream, sequence) and the SHA-256 of its bytes."""

    v: int = integer(SCHEMA_VERSION, SCHEMA_VERSION, required=True)
    batch_id: str = text(36, required=True, pattern=UUID7_PATTERN, wanted="a UUIDv7 in lower case")
    sender: str = text(43, required=True, pattern=THUMBPRINT_PATTERN, wanted="an RFC 7638 thumbprint")
    stream: str = text(32, required=True, pattern=STREAM_PATTERN, wanted="32 hex digits")
    sequence: int = integer(1, INTEGER_MAX, required=True)
    boot: int | None = integer()
    uptime_ms: int | None = integer()
    created_at: datetime = instant(required=True)
    clock: Clock = choice(Clock, required=True)
    reason: Reason = choice(Reason, required=True)
    state: SenderState | None = nested(SenderState)
    reports: tuple[Report, ...] = list_of(Report, REPORTS_MAX, required=True)
