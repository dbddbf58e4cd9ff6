"""What every host shows: SNMPv2-MIB system, and HOST-RESOURCES-MIB with the printer, its network and its processor.

Source: RFC 3418, RFC 2790, and RFC 3805 (prtStorageRefTable, prtDeviceRefTable).
"""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList, Value
from device_sim.core.mibs.settings import kept, named
from device_sim.core.profile import Profile
from device_sim.core.snmp.layout import clocked
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid, counter32, gauge32, integer, object_identifier, octets, parse_dotted, text, time_ticks
from wire_format.printer_mib import PrinterState

SYSTEM: Final = (*MIB_2, 1)
OR_ENTRY: Final = (*SYSTEM, 9, 1)
STORAGE_REF_ENTRY: Final = (*MIB_2, 43, 5, 2, 1)
DEVICE_REF_ENTRY: Final = (*MIB_2, 43, 5, 3, 1)
HOST: Final = (*MIB_2, 25)
HR_STORAGE_RAM: Final = (*HOST, 2, 1, 2)
HR_STORAGE_FLASH: Final = (*HOST, 2, 1, 9)
HR_STORAGE_ENTRY: Final = (*HOST, 2, 3, 1)
HR_DEVICE_PROCESSOR: Final = (*HOST, 3, 1, 3)
HR_DEVICE_NETWORK: Final = (*HOST, 3, 1, 4)
HR_DEVICE_PRINTER: Final = (*HOST, 3, 1, 5)
HR_DEVICE_ENTRY: Final = (*HOST, 3, 2, 1)
HR_PROCESSOR_ENTRY: Final = (*HOST, 3, 3, 1)
HR_NETWORK_ENTRY: Final = (*HOST, 3, 4, 1)
HR_PRINTER_ENTRY: Final = (*HOST, 3, 5, 1)

SERVICES_END_TO_END_AND_APPLICATION: Final = 72
ALLOCATION_UNIT_BYTES: Final = 1024
KIBIBYTES_MAX: Final = 2**31 - 1
FLASH_KIBIBYTES: Final = 262_144
LOAD_IDLE_PERCENT, LOAD_BUSY_PERCENT = 4, 63

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


def add_system(objects: ObjectList, profile: Profile, modules: Sequence[tuple[Oid, str]]) -> None:
    """SNMPv2-MIB system group. modules: OID and description of each MIB module served, for sysORTable."""
    objects.scalars(
        SYSTEM,
        {
            1: text(profile.sys_descr),
            2: object_identifier(parse_dotted(profile.sys_object_id)),
            3: clocked(_uptime),
            4: kept((*SYSTEM, 4, 0), text(profile.sys_contact)),
            5: named((*SYSTEM, 5, 0), "hostname"),
            6: named((*SYSTEM, 6, 0), "location"),
            7: integer(SERVICES_END_TO_END_AND_APPLICATION),
            8: time_ticks(0),
        },
    )
    for number, (oid, description) in enumerate(modules, 1):
        row = {2: object_identifier(oid), 3: text(description), 4: time_ticks(0)}
        objects.row(OR_ENTRY, (number,), row)


def add_host_resources(objects: ObjectList, profile: Profile, device: int) -> None:
    """HOST-RESOURCES-MIB: uptime, date, memory, and the printer as hrDeviceIndex `device`."""
    objects.scalar((*HOST, 1, 1), clocked(_uptime))
    objects.scalar((*HOST, 1, 2), clocked(date_and_time))
    objects.scalars((*HOST, 1), {5: gauge32(0), 6: gauge32(0), 7: integer(0)})
    _add_storage(objects, profile, device)
    _add_devices(objects, profile, device)
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


def _add_storage(objects: ObjectList, profile: Profile, device: int) -> None:
    """hrStorageTable: the memory, a third of it in use, and the flash of the firmware; both are the printer's."""
    kibibytes = min(profile.memory_bytes // 1024, KIBIBYTES_MAX)
    objects.scalar((*HOST, 2, 2), integer(kibibytes))
    rows = {
        1: (HR_STORAGE_RAM, "Random Access Memory", kibibytes, kibibytes // 3),
        2: (HR_STORAGE_FLASH, "Flash Memory", FLASH_KIBIBYTES, FLASH_KIBIBYTES * 3 // 4),
    }
    for number, (kind, description, size, used) in rows.items():
        objects.row(
            HR_STORAGE_ENTRY,
            (number,),
            {
                1: integer(number),
                2: object_identifier(kind),
                3: text(description),
                4: integer(ALLOCATION_UNIT_BYTES),
                5: integer(size),
                6: integer(used),
                7: counter32(0),
            },
        )
        objects.row(STORAGE_REF_ENTRY, (number, 1), {2: integer(device)})


def _add_devices(objects: ObjectList, profile: Profile, device: int) -> None:
    """hrDeviceTable: printer, network board, processor; the latter two serve the printer."""
    network, processor = [index for index in (1, 2, 3) if index != device][:2]
    rows: dict[int, tuple[Oid, str, Value, Value]] = {
        device: (
            HR_DEVICE_PRINTER, profile.model[:64], _device_status, lambda printer: counter32(printer.critical_events),
        ),
        network: (HR_DEVICE_NETWORK, f"{profile.manufacturer} network board", integer(DEVICE_RUNNING), counter32(0)),
        processor: (HR_DEVICE_PROCESSOR, "Formatter", integer(DEVICE_RUNNING), counter32(0)),
    }  # fmt: skip
    for number, (kind, description, status, errors) in rows.items():
        objects.row(
            HR_DEVICE_ENTRY,
            (number,),
            {
                1: integer(number),
                2: object_identifier(kind),
                3: text(description),
                4: object_identifier((0, 0)),
                5: status,
                6: errors,
            },
        )
    for number in (network, processor):
        objects.row(DEVICE_REF_ENTRY, (number, 1), {2: integer(device)})
    objects.row(HR_PROCESSOR_ENTRY, (processor,), {1: object_identifier((0, 0)), 2: _load})
    objects.row(HR_NETWORK_ENTRY, (network,), {1: integer(1)})


def _load(printer: LivePrinter) -> bytes:
    """hrProcessorLoad: percent. Pages are made while others are printed."""
    return integer(LOAD_BUSY_PERCENT if printer.status is PrinterState.PRINTING else LOAD_IDLE_PERCENT)


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


def _uptime(printer: LivePrinter) -> bytes:
    return time_ticks(printer.uptime_ticks)


def date_and_time(printer: LivePrinter) -> bytes:
    """hrSystemDate."""
    return octets(date_and_time_of(printer.now_s))


def date_and_time_of(at_s: float) -> bytes:
    """The octets of a DateAndTime with its zone, which is UTC. at_s: Unix seconds. Source: RFC 2579."""
    at = datetime.fromtimestamp(at_s, UTC)
    tenths = at.microsecond // 100_000
    clock = bytes((at.month, at.day, at.hour, at.minute, at.second, tenths))
    return at.year.to_bytes(2, "big") + clock + b"+\x00\x00"
