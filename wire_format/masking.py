"""IP addresses in what leaves a house, left out alike by every sender.

The device's own address is left out, and addresses inside texts of the device become "x.x.x.x". Serial number and MAC
still identify the device. Names, part numbers, serial numbers, object identifiers and firmware versions are fields of
their own, may look like addresses, and are never touched.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from wire_format.records import Alert, Device, Finding, Report, Status, Supply

MASK: Final = "x.x.x.x"
MASK_6: Final = "x:x::x"
_ADDRESS: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_ADDRESS_6: Final = re.compile(
    r"(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}"
    r"|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){2,7}:)(?:%\w+)?(?![\w:])",
    re.I,
)
_DESCRIPTION_MAX: Final = 1024
_TEXT_MAX: Final = 255


def mask_addresses(report: Report) -> Report:
    """The report without IP addresses."""
    device = report.device
    named = device.hostname and without_addresses(device.hostname) != device.hostname
    kept = replace(report, device=replace(device, ip=None, hostname=None if named else device.hostname))
    kept = each_text(kept, without_addresses)
    # An object identifier is digits and dots, but far longer than four numbers, so it stays.
    findings = tuple(replace(one, source=without_addresses(one.source) or MASK) for one in kept.findings)
    return replace(kept, findings=findings)


def without_addresses(text: str) -> str:
    """The text with every IPv4 and IPv6 address masked."""
    return _ADDRESS_6.sub(MASK_6, _ADDRESS.sub(MASK, text))


def each_text(report: Report, change: Callable[[str], str]) -> Report:
    """The report with every free text of the device changed: never a serial, a part number or a firmware version."""

    def short(text: str | None) -> str | None:
        return None if text is None else change(text)[:_TEXT_MAX]

    def long(text: str | None) -> str | None:
        return None if text is None else change(text)[:_DESCRIPTION_MAX]

    def device(one: Device) -> Device:
        return replace(one, location=short(one.location), description=long(one.description))

    def supply(one: Supply) -> Supply:
        return one if one.description is None else replace(one, description=short(one.description))

    def finding(one: Finding) -> Finding:
        return replace(one, raw=long(one.raw), reason=change(one.reason)[:_TEXT_MAX] or MASK)

    return replace(
        each_shown(report, change),
        device=device(report.device),
        supplies=tuple(supply(one) for one in report.supplies),
        findings=tuple(finding(one) for one in report.findings),
    )


def each_shown(report: Report, change: Callable[[str], str]) -> Report:
    """The report with every text changed that a display shows."""

    def status(one: Status) -> Status:
        text = one.console_text
        return one if text is None else replace(one, console_text=change(text)[:_DESCRIPTION_MAX])

    def alert(one: Alert) -> Alert:
        text = one.description
        return one if text is None else replace(one, description=change(text)[:_TEXT_MAX])

    return replace(
        report,
        status=None if report.status is None else status(report.status),
        alerts=tuple(alert(one) for one in report.alerts),
    )
