"""What a site does not want to leave the house.

1. Job names never leave with a collector: a name may name a person or a client, and nobody asked them.
2. With address masking, the device's IP address is left out, and addresses inside texts of the device become "x.x.x.x".
   Serial number and MAC still identify the device; firmware versions look like addresses and are left alone.
"""

import re
from dataclasses import replace
from typing import Final

from wire_format.records import Alert, Device, Finding, Report, Status

MASK: Final = "x.x.x.x"
_ADDRESS: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


def without_job_names(report: Report) -> Report:
    """The report with no job named."""
    if not any(job.name for job in report.jobs):
        return report
    return replace(report, jobs=tuple(replace(job, name=None) for job in report.jobs))


def mask_addresses(report: Report) -> Report:
    """The report without IP addresses."""
    return replace(
        report,
        device=_device(report.device),
        status=_status(report.status),
        alerts=tuple(_alert(alert) for alert in report.alerts),
        findings=tuple(_finding(finding) for finding in report.findings),
    )


def _device(device: Device) -> Device:
    return replace(
        device,
        ip=None,
        hostname=None if device.hostname and _ADDRESS.search(device.hostname) else device.hostname,
        location=_masked(device.location),
        description=_masked(device.description),
    )


def _status(status: Status | None) -> Status | None:
    return None if status is None else replace(status, console_text=_masked(status.console_text))


def _alert(alert: Alert) -> Alert:
    return replace(alert, description=_masked(alert.description))


def _finding(finding: Finding) -> Finding:
    source = _masked(finding.source) or MASK
    # An object identifier is digits and dots, but far longer than four numbers, so it stays.
    return replace(finding, source=source, raw=_masked(finding.raw), reason=_masked(finding.reason) or MASK)


def _masked(text: str | None) -> str | None:
    return None if text is None else _ADDRESS.sub(MASK, text)
