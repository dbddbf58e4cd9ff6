"""What every host shows: SNMPv2-MIB system, IF-MIB, and HOST-RESOURCES-MIB with the printer as a device.

Source: RFC 3418, RFC 2863, RFC 2790.
"""

import functools
from datetime import UTC, datetime
from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.profile import Profile
from device_sim.core.snmp.ber import (
    counter32,
    gauge32,
    integer,
    object_identifier,
    octets,
    parse_dotted,
    text,
    time_ticks,
)
from device_sim.core.state import LivePrinter
from wire_format.printer_mib import PrinterState

SYSTEM: Final = (*MIB_2, 1)
INTERFACES: Final = (*MIB_2, 2)
IF_ENTRY: Final = (*INTERFACES, 2, 1)
HOST: Final = (*MIB_2, 25)
HR_STORAGE_RAM: Final = (*HOST, 2, 1, 2)
HR_STORAGE_ENTRY: Final = (*HOST, 2, 3, 1)
HR_DEVICE_PRINTER: Final = (*HOST, 3, 1, 5)
HR_DEVICE_ENTRY: Final = (*HOST, 3, 2, 1)
HR_PRINTER_ENTRY: Final = (*HOST, 3, 5, 1)

SERVICES_END_TO_END_AND_APPLICATION: Final = 72
ETHERNET_CSMACD: Final = 6
UP: Final = 1
LINK_BITS_PER_SECOND: Final = 1_000_000_000
ALLOCATION_UNIT_BYTES: Final = 1024
KIBIBYTES_MAX: Final = 2**31 - 1

DEVICE_RUNNING: Final = 2
DEVICE_WARNING: Final = 3
DEVICE_DOWN: Final = 5

_PRINTER_STATUS: Final = {
    PrinterState.IDLE: integer(3),
    PrinterState.PRINTING: integer(4),
    PrinterState.WARMING_UP: integer(5),
    PrinterState.UNKNOWN: integer(2),
}
_PRINTER_STATUS_OTHER: Final = integer(1)


def add_system(objects: ObjectList, profile: Profile) -> None:
    """SNMPv2-MIB system group."""
    objects.scalars(
        SYSTEM,
        {
            1: text(profile.sys_descr),
            2: object_identifier(parse_dotted(profile.sys_object_id)),
            3: lambda printer: time_ticks(printer.uptime_ticks),
            4: text(profile.sys_contact),
            5: lambda printer: text(printer.identity.hostname),
            6: lambda printer: text(printer.identity.location),
            7: integer(SERVICES_END_TO_END_AND_APPLICATION),
        },
    )


def add_interface(objects: ObjectList, profile: Profile) -> None:
    """IF-MIB: one network interface."""
    objects.scalar((*INTERFACES, 1), integer(1))
    objects.row(
        IF_ENTRY,
        (1,),
        {
            1: integer(1),
            2: text(f"{profile.manufacturer} Ethernet interface"),
            3: integer(ETHERNET_CSMACD),
            4: integer(1500),
            5: gauge32(LINK_BITS_PER_SECOND),
            6: lambda printer: octets(bytes.fromhex(printer.identity.mac.replace(":", ""))),
            7: integer(UP),
            8: integer(UP),
            9: time_ticks(0),
        },
    )


def add_host_resources(objects: ObjectList, profile: Profile, device: int) -> None:
    """HOST-RESOURCES-MIB: uptime, date, memory, and the printer as hrDeviceIndex `device`."""
    kibibytes = min(profile.memory_bytes // 1024, KIBIBYTES_MAX)
    objects.scalar((*HOST, 1, 1), lambda printer: time_ticks(printer.uptime_ticks))
    objects.scalar((*HOST, 1, 2), date_and_time)
    objects.scalar((*HOST, 2, 2), integer(kibibytes))
    objects.row(
        HR_STORAGE_ENTRY,
        (1,),
        {
            1: integer(1),
            2: object_identifier(HR_STORAGE_RAM),
            3: text("Random Access Memory"),
            4: integer(ALLOCATION_UNIT_BYTES),
            5: integer(kibibytes),
            6: integer(kibibytes // 3),
            7: counter32(0),
        },
    )
    objects.row(
        HR_DEVICE_ENTRY,
        (device,),
        {
            1: integer(device),
            2: object_identifier(HR_DEVICE_PRINTER),
            3: text(profile.model[:64]),
            4: object_identifier((0, 0)),
            5: _device_status,
            6: lambda printer: counter32(printer.critical_events),
        },
    )
    objects.row(
        HR_PRINTER_ENTRY,
        (device,),
        {
            1: printer_status,
            2: lambda printer: _error_state(printer.error_bits),
        },
    )


def printer_status(printer: LivePrinter) -> bytes:
    """hrPrinterStatus."""
    return _PRINTER_STATUS.get(printer.status, _PRINTER_STATUS_OTHER)


def detected_error_state(error_bits: int) -> bytes:
    """hrPrinterDetectedErrorState: bit 0 is the highest of the first octet; a second octet only when it says something.

    error_bits: bit n stands for DETECTED_ERRORS[n].
    """
    reversed_bits = int(f"{error_bits & 0xFFFF:016b}"[::-1], 2).to_bytes(2, "big")
    return reversed_bits if reversed_bits[1] else reversed_bits[:1]


@functools.lru_cache(maxsize=1024)
def _error_state(error_bits: int) -> bytes:
    return octets(detected_error_state(error_bits))


_DOWN: Final = (PrinterState.STOPPED, PrinterState.OFFLINE)


def _device_status(printer: LivePrinter) -> bytes:
    if printer.status in _DOWN:
        return integer(DEVICE_DOWN)
    return integer(DEVICE_WARNING if printer.alerts else DEVICE_RUNNING)


def date_and_time(printer: LivePrinter) -> bytes:
    """DateAndTime with its zone, which is UTC. Source: RFC 2579."""
    at = datetime.fromtimestamp(printer.now_s, UTC)
    tenths = at.microsecond // 100_000
    clock = bytes((at.month, at.day, at.hour, at.minute, at.second, tenths))
    return octets(at.year.to_bytes(2, "big") + clock + b"+\x00\x00")
