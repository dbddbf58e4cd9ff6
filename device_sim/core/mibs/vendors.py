"""The private objects a profile lists for its vendor (`vendor_objects`): meters, identity, supplies, constants.

Meters come straight from the state, so that they agree with the Printer MIB at every moment.
"""

from collections.abc import Callable, Sequence
from typing import Final

from device_sim.core.agent_spec import Record, VendorObject
from device_sim.core.mibs.objects import ObjectList, Value
from device_sim.core.profile import Profile
from device_sim.core.snmp.layout import Leaf
from device_sim.core.state import LivePrinter
from snmp_format.ber import counter32, gauge32, integer, object_identifier, octets, parse_dotted, text

Count = Callable[[LivePrinter], int]

_ENCODERS: Final[dict[str, Callable[[int], bytes]]] = {"counter": counter32, "gauge": gauge32, "integer": integer}
_INTEGER_MODULUS: Final = 2**31
_RECORD_HEAD: Final = b"\x01\x04"
_RECORDS_END: Final = b"\xff"
SUPPLY_GOOD, SUPPLY_LOW, SUPPLY_EMPTY = 1, 2, 3


def add_vendor(objects: ObjectList, profile: Profile) -> None:
    """Every vendor object of the profile. The profile's rules have been checked: meters and supplies exist."""
    for spec in profile.vendor_objects:
        objects.leaves.append(Leaf(parse_dotted(spec.oid), _value(spec, profile)))


def _value(spec: VendorObject, profile: Profile) -> Value:
    match spec.shows:
        case "meters":
            return _count(spec, _sum(profile, spec.meters))
        case "records":
            return _records(spec.records, profile)
        case "number":
            return _ENCODERS[spec.type](spec.number)
        case "text":
            return text(spec.text)
        case "object-id":
            return object_identifier(parse_dotted(spec.text))
    if spec.supply is not None:
        return _of_supply(spec, profile, spec.supply - 1)
    return _identity(spec.shows, profile)


def _identity(shows: str, profile: Profile) -> Value:
    constants = {
        "model": profile.model,
        "product-number": profile.product_number,
        "firmware": profile.firmware,
        "firmware-date": profile.firmware_date,
        "device-id": profile.device_id,
    }
    live: dict[str, Callable[[LivePrinter], bytes]] = {
        "serial": lambda printer: text(printer.identity.serial),
        "hostname": lambda printer: text(printer.identity.hostname),
        "location": lambda printer: text(printer.identity.location),
        "asset-number": lambda printer: text(printer.identity.asset_number),
        "mac": lambda printer: octets(bytes.fromhex(printer.identity.mac.replace(":", ""))),
        "console": lambda printer: text(printer.console_text),
    }
    return text(constants[shows]) if shows in constants else live[shows]


def _of_supply(spec: VendorObject, profile: Profile, place: int) -> Value:
    supply = profile.supplies[place]
    match spec.shows:
        case "supply-description":
            return text(supply.description)
        case "supply-capacity":
            return _ENCODERS[spec.type](supply.capacity)
        case "supply-percent":
            encode = _ENCODERS[spec.type]
            return lambda printer: encode(100 * printer.supply_amounts[place] // supply.amount_max)
        case _:
            return lambda printer: integer(printer.supply_level(place))


def _count(spec: VendorObject, count: Count) -> Callable[[LivePrinter], bytes]:
    """An INTEGER starts again at 0 after its greatest value; the encoders of the others see to that themselves."""
    encode = _ENCODERS[spec.type]
    if spec.type == "integer":
        return lambda printer: encode(count(printer) % _INTEGER_MODULUS)
    return lambda printer: encode(count(printer))


def _sum(profile: Profile, names: Sequence[str]) -> Count:
    places = [profile.meter_place[name] for name in names]
    if len(places) == 1:
        place = places[0]
        return lambda printer: printer.meters[place]
    return lambda printer: sum(printer.meters[place] for place in places)


def _records(records: Sequence[Record], profile: Profile) -> Callable[[LivePrinter], bytes]:
    parts = [(bytes((record.key,)) + _RECORD_HEAD, _record_count(record, profile)) for record in records]

    def encoded(printer: LivePrinter) -> bytes:
        body = b"".join(head + (count(printer) & 0xFFFFFFFF).to_bytes(4, "big") for head, count in parts)
        return octets(body + _RECORDS_END)

    return encoded


def _record_count(record: Record, profile: Profile) -> Count:
    if record.shows == "meters":
        return _sum(profile, record.meters)
    if record.shows == "number" or record.supply is None:
        return lambda printer: record.number
    place, supply = record.supply - 1, profile.supplies[record.supply - 1]
    if record.shows == "supply-hundredths":
        return lambda printer: 10_000 * printer.supply_amounts[place] // supply.amount_max

    def status(printer: LivePrinter) -> int:
        amount = printer.supply_amounts[place]
        if amount <= 0:
            return SUPPLY_EMPTY
        return SUPPLY_LOW if amount * 100 <= supply.low_percent * supply.amount_max else SUPPLY_GOOD

    return status
