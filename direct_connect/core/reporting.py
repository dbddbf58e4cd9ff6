"""From what the embedding program hands over to a report that the portal can not refuse.

One value that the wire format has no place for never costs the rest: it is left out and becomes a finding. The
finding names the fault but not the value, since nobody knows what it holds. A job or an alert that is wrong in
itself is refused at once, where a programmer sees it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar, cast

from direct_connect.errors import InvalidRecordError
from wire_format.codec import decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.records import Alert, Config, Device, Finding, Job, Meter, Report, Status, Supply
from wire_format.strict_json import compact_json

SOURCE: Final = "direct_connect"
_METERS_MAX: Final = 256
_SUPPLIES_MAX: Final = 128
_FINDINGS_MAX: Final = 256

_Record = TypeVar("_Record", Device, Config, Status, Meter, Supply, Alert, Job)


_KINDS: Final[tuple[type[Any], ...]] = (Device, Config, Status, Meter, Supply, Alert, Job)


class Snapshot(NamedTuple):
    """What the printer is and shows right now. A plain tuple in this order does as well.

    observed_at: aware; when it was so, if that is not now.
    """

    device: Device
    config: Config | None = None
    status: Status | None = None
    meters: Sequence[Meter] = ()
    supplies: Sequence[Supply] = ()
    observed_at: datetime | None = None


def checked(record: _Record) -> _Record:
    """The record, known to be fit for the wire, and nothing but what the wire has a field for.

    Whatever a subclass adds stays behind. Raises InvalidRecordError that names the field, and no value.
    """
    kind = next((each for each in _KINDS if isinstance(record, each)), type(record))
    try:
        encoded = encode_record(record, kind)
        compact_json(encoded).encode("utf-8")
        return cast(_Record, decode_record(kind, encoded))
    except (DecodeError, ValueError, AttributeError, TypeError, AssertionError) as error:
        # What Python says of a wrong value may quote it; the wire format's own errors never do.
        why = str(error) if isinstance(error, DecodeError) else f"a value of the wrong kind ({type(error).__name__})"
        raise InvalidRecordError(f"this {kind.__name__.lower()} does not fit the wire format: {why}") from None


def snapshot_report(snapshot: Snapshot, observed_at: datetime) -> Report:
    """A report of a snapshot; what does not fit became a finding. observed_at: aware UTC, unless the snapshot says."""
    findings: list[Finding] = []

    def kept(record: _Record, field: str) -> _Record | None:
        try:
            return checked(record)
        except InvalidRecordError as error:
            findings.append(_finding(field, str(error)))
            return None

    def kept_all(records: Iterable[_Record], field: str, count_max: int) -> tuple[_Record, ...]:
        good = [record for each in records if (record := kept(each, field)) is not None]
        if len(good) > count_max:
            findings.append(_finding(field, f"{len(good)} given, only the first {count_max} kept"))
        return tuple(good[:count_max])

    device, config, status, meters, supplies, said_at = snapshot
    if said_at is not None and said_at.tzinfo is None:
        findings.append(_finding("observed_at", "not a time that knows its zone; the time of forming stands instead"))
        said_at = None
    report = Report(
        observed_at=said_at or observed_at,
        device=kept(device, "device") or Device(),
        config=None if config is None else kept(config, "config"),
        status=None if status is None else kept(status, "status"),
        meters=kept_all(meters, "meters", _METERS_MAX),
        supplies=kept_all(supplies, "supplies", _SUPPLIES_MAX),
    )
    return replace(report, findings=tuple(findings[:_FINDINGS_MAX]))


def missing_snapshot_report(device: Device | None, observed_at: datetime, problem: str) -> Report:
    """A report for when no snapshot could be had: jobs and alerts must not wait for it."""
    finding = _finding("snapshot", problem)
    return Report(observed_at=observed_at, device=device or Device(), findings=(finding,))


def _finding(field: str, reason: str) -> Finding:
    return Finding(field=field, source=SOURCE, reason=reason.encode("utf-8", "replace").decode("utf-8")[:255])
