"""Private serial numbers and meters of vendors other than HP, as data.

An instance is listed under the vendor's enterprise number; what is not the serial is a meter of ours, and is shown
where the profile keeps that meter. Source: GLPI's agent, as summed up in the project's domain notes, F3.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from device_sim.core.mibs.objects import ENTERPRISES, ObjectList
from device_sim.core.profile import Profile
from device_sim.core.snmp.ber import counter32, parse_dotted, text
from device_sim.core.snmp.layout import Leaf
from device_sim.core.state import LivePrinter

SERIAL: Final = "serial"
TOTAL: Final = "total.impressions"
MONOCHROME: Final = "total.impressions.monochrome"
COLOR: Final = "total.impressions.color"
PRINTED: Final = "print.impressions"
COPIED: Final = "copy.impressions"
SCANNED: Final = "scan.images"

INSTANCES: Final[Mapping[int, Mapping[str, str]]] = MappingProxyType(
    {
        1347: {  # Kyocera
            "43.5.1.1.28.1": SERIAL,
            "43.10.1.1.12.1.1": TOTAL,
            "42.3.1.1.1.1.1": PRINTED,
            "42.3.1.1.1.1.2": COPIED,
            "46.10.1.1.5.3": SCANNED,
        },
        1602: {  # Canon
            "1.2.1.8.1.3.1.1": SERIAL,
            "1.11.1.3.1.4.101": COPIED,
            "1.11.1.3.1.4.301": PRINTED,
            "1.11.1.3.1.4.501": SCANNED,
        },
        367: {  # Ricoh
            "3.2.1.2.1.4.0": SERIAL,
            "3.2.1.2.19.1.0": TOTAL,
        },
        253: {  # Xerox
            "8.53.3.2.1.3.1": SERIAL,
            "8.53.13.2.1.6.1.20.1": TOTAL,
            "8.53.13.2.1.6.1.20.33": COLOR,
            "8.53.13.2.1.6.1.20.34": MONOCHROME,
        },
        18334: {"1.1.1.5.7.2.1.1.0": TOTAL},  # Konica Minolta
        1248: {"1.2.2.1.1.1.5.1": SERIAL},  # Epson
        2435: {"2.3.9.4.2.1.5.5.1.0": SERIAL},  # Brother
        2001: {"1.1.1.1.11.1.10.45.0": SERIAL},  # Oki
        641: {"2.1.2.1.6.1": SERIAL},  # Lexmark
    }
)


def add_vendor(objects: ObjectList, profile: Profile) -> None:
    """The private objects of whichever vendor the profile's sysObjectID names; nothing for one we do not know."""
    oid = parse_dotted(profile.sys_object_id)
    under = len(ENTERPRISES)
    if oid[:under] != ENTERPRISES or len(oid) <= under:
        return
    for tail, what in INSTANCES.get(oid[under], {}).items():
        instance = (*ENTERPRISES, oid[under], *parse_tail(tail))
        if what == SERIAL:
            objects.leaves.append(Leaf(instance, lambda printer: text(printer.identity.serial)))
        elif what in profile.meter_place:
            objects.leaves.append(Leaf(instance, _meter(profile.meter_place[what])))


def parse_tail(tail: str) -> tuple[int, ...]:
    """The arcs of what follows the enterprise number."""
    return parse_dotted(f"1.3.{tail}")[2:]


def _meter(place: int) -> Callable[[LivePrinter], bytes]:
    return lambda printer: counter32(printer.meters[place])
