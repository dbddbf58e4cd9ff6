"""When two printers show one serial number: nobody may add up their meters.

1. A serial number belongs to one network card at a time. Another card under the same serial is a new board, a second
   door of the same printer, or another printer.
2. It is another printer when both cards answer in one scan and count differently or were switched on at different
   times; or when the first one comes back, and what the second one showed does not lie between its readings.
3. From then on the serial of these printers is withheld for good, with a finding: the MAC address tells them apart.
4. A new card whose predecessor has gone is told (`mac-changed:`), and so is a new serial of a known card
   (`serial-changed:`); which of the two is right is for people to say.
5. What one printer shows through two doors is one printer: `seen-twice:`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from data_collector.core.meter_rules import PER_MINUTE
from wire_format.codec import format_instant, parse_instant
from wire_format.errors import DecodeError
from wire_format.records import Device, Finding, Report, Unit

SERIAL_PREFIX: Final = "shown:serial:"
CARD_PREFIX: Final = "shown:mac:"
CLAIMS_MAX: Final = 8
FINDINGS_MAX: Final = 256
BOOT_SLACK: Final = timedelta(seconds=120)
COUNT_SLACK: Final = 10
TOTAL: Final = ("total.impressions", "total.sheets", "media.length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One network card that showed the serial. total: of the meter named, when it counts anything."""

    mac: str
    at: datetime
    total: int | None = None
    meter: str | None = None
    uptime_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All cards that showed one serial, the newest last. shared: they are proven to be several printers."""

    claims: tuple[Claim, ...] = ()
    shared: bool = False


def told_apart(
    reports: Sequence[Report], recall: Callable[[str], str | None]
) -> tuple[list[Report], dict[str, str | None]]:
    """The reports of one scan with shared serials withheld, and what to remember, by name.

    recall: what was remembered under a name.
    """
    known: dict[str, Claims] = {}
    now: dict[str, list[Claim]] = {}
    said: list[list[Finding]] = [[] for _ in reports]
    for report, findings in zip(reports, said, strict=True):
        serial, mac = report.device.serial, report.device.mac
        if serial is None or mac is None:
            continue
        claims = known.get(serial)
        if claims is None:
            claims = known[serial] = decode_claims(recall(SERIAL_PREFIX + serial))
        claim = _claim(report, mac)
        beside = [other for other in now.setdefault(serial, []) if other.mac != mac]
        before = next((each for each in claims.claims if each.mac == mac), None)
        shared = claims.shared or any(not _same_moment(other, claim) for other in beside)
        shared = shared or (before is not None and _came_back(claims.claims, before, claim))
        if not shared:
            findings += _odd_card(claims.claims, beside, claim)
        rest = tuple(each for each in claims.claims if each.mac != mac)
        known[serial] = Claims(claims=(*rest, claim)[-CLAIMS_MAX:], shared=shared)
        now[serial].append(claim)
    memory: dict[str, str | None] = {SERIAL_PREFIX + serial: encode_claims(claims) for serial, claims in known.items()}
    apart = []
    for report, findings in zip(reports, said, strict=True):
        serial, mac = report.device.serial, report.device.mac
        if serial is not None and mac is not None:
            name = CARD_PREFIX + mac
            if known[serial].shared:
                report, findings = _without_serial(report, known[serial]), []
            elif (showed := recall(name)) != serial:
                memory[name] = serial
                if showed is not None:
                    reason = f"serial-changed: this network card showed {showed[:64]} before"
                    findings.append(Finding(field="device.serial", source="collector", raw=serial, reason=reason))
        if findings:
            report = replace(report, findings=(*report.findings, *findings)[:FINDINGS_MAX])
        apart.append(report)
    return apart, {name: text for name, text in memory.items() if text is None or text != recall(name)}


def _claim(report: Report, mac: str) -> Claim:
    totals = {meter.name: meter.value for meter in report.meters}
    name = next((name for name in TOTAL if name in totals), None)
    return Claim(
        mac=mac,
        at=report.observed_at,
        total=totals[name] if name is not None else None,
        meter=name,
        uptime_ms=report.uptime_ms,
    )


def _same_moment(one: Claim, other: Claim) -> bool:
    """Whether two cards of one scan can be the same printer's. Cards that say nothing else are taken for two."""
    agreed = False
    if one.uptime_ms is not None and other.uptime_ms is not None:
        boots = [each.at - timedelta(milliseconds=each.uptime_ms or 0) for each in (one, other)]
        if abs(boots[0] - boots[1]) > BOOT_SLACK:
            return False
        agreed = True
    if one.meter is not None and one.meter == other.meter:
        minutes = abs((one.at - other.at).total_seconds()) / 60
        between = PER_MINUTE[Unit.IMPRESSIONS if one.meter != "media.length" else Unit.MM] * minutes
        if abs((one.total or 0) - (other.total or 0)) > between + COUNT_SLACK:
            return False
        agreed = True
    return agreed


def _came_back(claims: Sequence[Claim], before: Claim, claim: Claim) -> bool:
    """Whether a card known from before is here again, after another one that counts otherwise had been."""
    if before.total is None or claim.total is None or before.meter != claim.meter:
        return False
    return any(
        other.mac != claim.mac
        and other.at > before.at
        and other.meter == claim.meter
        and other.total is not None
        and not before.total - COUNT_SLACK <= other.total <= claim.total + COUNT_SLACK
        for other in claims
    )


def _odd_card(claims: Sequence[Claim], beside: Sequence[Claim], claim: Claim) -> list[Finding]:
    if beside:
        reason = f"seen-twice: the same printer as {beside[0].mac}, through another network card"
    elif claims and claims[-1].mac != claim.mac:
        reason = f"mac-changed: the serial number was shown by {claims[-1].mac} before"
    else:
        return []
    return [Finding(field="device.mac", source="collector", raw=claim.mac, reason=reason)]


def _without_serial(report: Report, claims: Claims) -> Report:
    others = ", ".join(claim.mac for claim in claims.claims if claim.mac != report.device.mac)
    reason = f"shared-serial: also shown by {others}; withheld, the MAC address tells them apart"
    finding = Finding(field="device.serial", source="collector", raw=report.device.serial, reason=reason[:255])
    device: Device = replace(report.device, serial=None)
    return replace(report, device=device, findings=(*report.findings[: FINDINGS_MAX - 1], finding))


def encode_claims(claims: Claims) -> str:
    """Claims as one text for the spool's memory."""
    rows = [[claim.mac, format_instant(claim.at), claim.total, claim.meter, claim.uptime_ms] for claim in claims.claims]
    return json.dumps([claims.shared, rows], separators=(",", ":"))


def decode_claims(text: str | None) -> Claims:
    """Claims from the spool's memory; none from a text that is none."""
    if text is None:
        return Claims()
    try:
        shared, rows = json.loads(text)
        claims = tuple(
            Claim(mac=mac, at=parse_instant(at), total=total, meter=meter, uptime_ms=uptime_ms)
            for mac, at, total, meter, uptime_ms in rows
        )
        return Claims(claims=claims, shared=shared is True)
    except (ValueError, RecursionError, DecodeError, TypeError):
        return Claims()
