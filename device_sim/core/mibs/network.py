"""The network interface: IF-MIB with its octets, ifXTable, and the address it has.

Traffic is reckoned from what was printed and scanned, so that it grows with the work and never runs back; a
counter of the interface has no defined beginning (RFC 2578, 7.1.6). Source: RFC 2863, RFC 4293 (ipAddrTable).
"""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.profile import Profile
from device_sim.core.snmp.layout import RowTable, lasting
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid, counter32, counter64, gauge32, integer, octets, text, time_ticks, wrap

INTERFACES: Final = (*MIB_2, 2)
IF_ENTRY: Final = (*INTERFACES, 2, 1)
IP: Final = (*MIB_2, 4)
IP_ADDRESS_ENTRY: Final = (*IP, 20, 1)
IF_X_ENTRY: Final = (*MIB_2, 31, 1, 1, 1)

ETHERNET_CSMACD: Final = 6
UP: Final = 1
LINK_BITS_PER_SECOND: Final = 1_000_000_000
MTU: Final = 1500
TRUE, FALSE = 1, 2
IP_ADDRESS: Final = 0x40
REASSEMBLED_MAX: Final = 65_535

OCTETS_PER_IMPRESSION: Final = 61_440
OCTETS_PER_IMAGE: Final = 184_320
_ACKNOWLEDGED: Final = 24
"""An outgoing octet for so many that come in."""

Count = Callable[[LivePrinter], int]


def _station(printer: LivePrinter) -> bytes:
    return octets(bytes.fromhex(printer.identity.mac.replace(":", "")))


def add_interface(objects: ObjectList, profile: Profile) -> None:
    """ifTable and ifXTable: one Ethernet interface."""
    received, sent = _traffic(profile)
    name = f"{profile.manufacturer} Ethernet interface"
    objects.scalar((*INTERFACES, 1), integer(1))
    objects.row(
        IF_ENTRY,
        (1,),
        {
            1: integer(1),
            2: text(name),
            3: integer(ETHERNET_CSMACD),
            4: integer(MTU),
            5: gauge32(LINK_BITS_PER_SECOND),
            6: lasting(_station),
            7: integer(UP),
            8: integer(UP),
            9: time_ticks(0),
            10: lambda printer: counter32(received(printer)),
            11: lambda printer: counter32(received(printer) // MTU),
            **{column: counter32(0) for column in (12, 13, 14, 15, 18, 19, 20)},
            16: lambda printer: counter32(sent(printer)),
            17: lambda printer: counter32(sent(printer) // MTU),
            21: gauge32(0),
        },
    )
    objects.row(
        IF_X_ENTRY,
        (1,),
        {
            1: text("eth0"),
            **{column: counter32(0) for column in (2, 3, 4, 5)},
            6: lambda printer: counter64(received(printer)),
            7: lambda printer: counter64(received(printer) // MTU),
            **{column: counter64(0) for column in (8, 9, 12, 13)},
            10: lambda printer: counter64(sent(printer)),
            11: lambda printer: counter64(sent(printer) // MTU),
            14: integer(TRUE),
            15: gauge32(LINK_BITS_PER_SECOND // 1_000_000),
            16: integer(FALSE),
            17: integer(TRUE),
            18: text(""),
            19: time_ticks(0),
        },
    )


def add_ip(objects: ObjectList) -> None:
    """ipForwarding, ipDefaultTTL and ipAddrTable, whose index is the address."""
    objects.scalars(IP, {1: integer(2), 2: integer(64)})  # not a router
    table: RowTable[LivePrinter, ipaddress.IPv4Interface] = RowTable(
        entry=IP_ADDRESS_ENTRY,
        columns=(
            (1, lambda row: wrap(IP_ADDRESS, row.ip.packed)),
            (2, lambda _: integer(1)),
            (3, lambda row: wrap(IP_ADDRESS, row.netmask.packed)),
            (4, lambda _: integer(1)),
            (5, lambda _: integer(REASSEMBLED_MAX)),
        ),
        rows=_addresses,
    )
    objects.table(table)


def _addresses(printer: LivePrinter) -> Sequence[tuple[Oid, ipaddress.IPv4Interface]]:
    """Its one IPv4 address; the loopback network is one, any other is cut in pieces of 256."""
    address = ipaddress.IPv4Address(printer.identity.address)
    own = ipaddress.IPv4Interface((address, 8 if address.is_loopback else 24))
    return [(tuple(address.packed), own)]


def _traffic(profile: Profile) -> tuple[Count, Count]:
    """Octets received and sent."""
    total = profile.meter_place["total.impressions"]
    scans = profile.meter_place.get("scan.images")

    def received(printer: LivePrinter) -> int:
        return printer.meters[total] * OCTETS_PER_IMPRESSION

    def sent(printer: LivePrinter) -> int:
        images = 0 if scans is None else printer.meters[scans]
        return images * OCTETS_PER_IMAGE + received(printer) // _ACKNOWLEDGED

    return received, sent
