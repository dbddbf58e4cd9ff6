"""What a profile may not say of its SNMP agent, and what to do about it."""

from collections.abc import Iterator, Sequence

from device_sim.core.agent_spec import Record, VendorObject
from device_sim.core.mibs.finisher import DEVICE_TYPES
from device_sim.core.mibs.objects import ENTERPRISES
from device_sim.core.mibs.printer_data import LANGUAGE_FAMILIES
from device_sim.core.profile import Profile
from snmp_format.ber import Oid, parse_dotted

PWG_MIBS = (*ENTERPRISES, 2699)
_OF_SUPPLIES = ("supply-percent", "supply-level", "supply-capacity", "supply-description")
_OF_RECORD_SUPPLIES = ("supply-hundredths", "supply-status")


def agent_contradictions(profile: Profile) -> Iterator[tuple[str, str]]:
    """Key and remedy of whatever the agent's part of a profile says wrongly."""
    if _oid(profile.sys_object_id) is None:
        yield "sys_object_id", "must be a dotted OID such as 1.3.6.1.4.1.11.2.3.9.1"
    if profile.split_meters and not profile.color:
        yield "split_meters", "is for models with color = true; leave it out"
    if not 72 <= profile.resolution_dpi <= 9600:
        yield "resolution_dpi", "must be from 72 to 9600"
    for key, names in (("channels", profile.channels), ("mibs", profile.mibs)):
        if len(set(names)) != len(names):
            yield key, "names one twice; keep one of them"
    for number, language in enumerate(profile.languages, 1):
        if language.family not in LANGUAGE_FAMILIES:
            yield f"languages[{number}].family", f"must be one of: {', '.join(LANGUAGE_FAMILIES)}"
    if not profile.channels:
        yield "channels", "needs at least one entry"
    if bool(profile.finishers) != ("finisher" in profile.mibs):
        yield "finishers", 'are what "finisher" in mibs shows: have both, or neither'
    for number, finisher in enumerate(profile.finishers, 1):
        at = f"finishers[{number}]"
        if finisher.kind not in DEVICE_TYPES:
            yield f"{at}.kind", f"must be one of: {', '.join(DEVICE_TYPES)}"
        if not 1 <= finisher.output <= len(profile.outputs):
            yield f"{at}.output", f"must be a row of the outputs, from 1 to {len(profile.outputs)}"
        if finisher.staples < 0 or finisher.sheets_per_staple < 1:
            yield f"{at}.staples", "must be 0 or more, with sheets_per_staple at least 1"
        if finisher.staples and "total.sheets" not in profile.meter_place:
            yield f"{at}.staples", "needs a model that counts sheets"
    known: dict[Oid, int] = {}
    for number, spec in enumerate(profile.vendor_objects, 1):
        at = f"vendor_objects[{number}]"
        oid = _oid(spec.oid)
        if oid is None or oid[: len(ENTERPRISES)] != ENTERPRISES or len(oid) < len(ENTERPRISES) + 2:
            yield f"{at}.oid", "must be the whole OID of one instance under 1.3.6.1.4.1"
        elif oid[: len(PWG_MIBS)] == PWG_MIBS:
            yield f"{at}.oid", "is the PWG's, not a vendor's: name the module in mibs instead"
        elif oid in known:
            yield f"{at}.oid", f"is that of vendor_objects[{known[oid]}], too; keep one of them"
        else:
            known[oid] = number
        yield from _wrong_value(profile, spec, at)


def _wrong_value(profile: Profile, spec: VendorObject, at: str) -> Iterator[tuple[str, str]]:
    if spec.shows in ("text", "object-id") and not spec.text:
        yield f"{at}.text", f'is what shows = "{spec.shows}" needs'
    elif spec.shows == "object-id" and _oid(spec.text) is None:
        yield f"{at}.text", "must be a dotted OID"
    if spec.shows == "supply-level" and spec.type != "integer":
        yield f"{at}.type", 'must be "integer": a level may be -2 or -3'
    if spec.shows == "records":
        if not spec.records:
            yield f"{at}.records", "needs at least one entry"
        for number, record in enumerate(spec.records, 1):
            yield from _wrong_record(profile, record, f"{at}.records[{number}]")
    yield from _wrong_sources(profile, spec.shows == "meters", spec.meters, at)
    yield from _wrong_supply(profile, spec.shows in _OF_SUPPLIES, spec.supply, at)


def _wrong_record(profile: Profile, record: Record, at: str) -> Iterator[tuple[str, str]]:
    if not 0 <= record.key < 255:
        yield f"{at}.key", "must be from 0 to 254; 255 ends the records"
    yield from _wrong_sources(profile, record.shows == "meters", record.meters, at)
    yield from _wrong_supply(profile, record.shows in _OF_RECORD_SUPPLIES, record.supply, at)


def _wrong_sources(profile: Profile, needed: bool, meters: Sequence[str], at: str) -> Iterator[tuple[str, str]]:
    if needed != bool(meters):
        yield f"{at}.meters", 'is what shows = "meters" needs, and only that'
    for name in meters:
        if name not in profile.meter_place:
            yield f"{at}.meters", f"{name} is no meter of this model; it keeps {', '.join(profile.meter_place)}"


def _wrong_supply(profile: Profile, needed: bool, supply: int | None, at: str) -> Iterator[tuple[str, str]]:
    if needed != (supply is not None):
        yield f"{at}.supply", "is the row, from 1, that a supply's value needs, and only that"
    elif supply is not None and not 1 <= supply <= len(profile.supplies):
        yield f"{at}.supply", f"must be a row of the supplies, from 1 to {len(profile.supplies)}"


def _oid(written: str) -> Oid | None:
    try:
        return parse_dotted(written)
    except ValueError:
        return None
