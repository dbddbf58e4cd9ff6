"""What lying printers change in the objects of their MIB, before these become a layout.

Every lie here is a function of (objects, faults): printers of one profile with one set of such lies share a layout.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.mibs.host import HOST, HR_DEVICE_ENTRY, HR_PRINTER_ENTRY
from device_sim.core.mibs.hp import GENERAL_DEVICE_STATUS
from device_sim.core.mibs.objects import ObjectList, Value
from device_sim.core.mibs.printer import MARKER_ENTRY
from device_sim.core.snmp.layout import Leaf
from device_sim.core.state import LivePrinter
from snmp_format.ber import OCTET_STRING, Oid, counter32, integer, object_identifier, octets, read_header, text

HR_DEVICE_PROCESSOR: Final = (*HOST, 3, 1, 3)
HR_DEVICE_NETWORK: Final = (*HOST, 3, 1, 4)
HR_SYSTEM_DATE: Final = (*HOST, 1, 2, 0)
STATUS_DISPLAY: Final = (*GENERAL_DEVICE_STATUS, 3, 0)
METERS: Final = 17
A4_LENGTH_MM: Final = 297
DATE_OCTETS: Final = 8
OWN_DEVICES: Final = 3
"""Printer, network board and processor, which every model has."""

OBJECT_FAULTS: Final = (
    "life_count_off", "counter_unit_meters", "status_display_empty", "error_state_octets", "other_devices",
    "clock_absent", "date_without_zone", "device_index", "serial_writable",
    "supply_capacity", "supply_level_code", "supply_over_percent", "supply_steps", "job_log_last", "hostile_text",
)  # fmt: skip
"""The faults that decide what a layout is like: these here, the device's index, and those of `lying_profile`."""


def object_faults(faults: Faults) -> Faults:
    """The same faults without those that no layout knows of: what layouts can be kept by."""
    kept = {name: getattr(faults, name) for name in OBJECT_FAULTS}
    found = replace(NO_FAULTS, **kept)
    return NO_FAULTS if found == NO_FAULTS else found


def bend(objects: ObjectList, faults: Faults, device: int) -> None:
    """Let the objects of a profile lie. device: hrDeviceIndex of the printer."""
    marker_unit, life_count = (*MARKER_ENTRY, 3, device, 1), (*MARKER_ENTRY, 4, device, 1)
    changes: dict[Oid, Callable[[Value], Value]] = {}
    if faults.counter_unit_meters:
        changes[marker_unit] = lambda _: integer(METERS)
        changes[life_count] = lambda _: _metres
    if (off := faults.life_count_off) is not None:
        metres = faults.counter_unit_meters
        changes[life_count] = lambda value: _then(
            _metres if metres else value, lambda tlv: counter32(max(_number(tlv) + off, 0))
        )
    if faults.status_display_empty:
        changes[STATUS_DISPLAY] = lambda _: text("")
    if (size := faults.error_state_octets) is not None:
        error_state = (*HR_PRINTER_ENTRY, 2, device)
        changes[error_state] = lambda value: _then(value, lambda tlv: octets(_content(tlv)[:size].ljust(size, b"\0")))
    if faults.date_without_zone:
        changes[HR_SYSTEM_DATE] = lambda value: _then(value, lambda tlv: octets(_content(tlv)[:DATE_OCTETS]))
    if faults.clock_absent:
        objects.leaves[:] = [leaf for leaf in objects.leaves if leaf.oid != HR_SYSTEM_DATE]
    objects.leaves[:] = [_changed(leaf, changes) for leaf in objects.leaves]
    for number in range(faults.other_devices or 0):
        _add_device(objects, max(device, OWN_DEVICES) + 1 + number, number)


def _changed(leaf: Leaf[LivePrinter], changes: dict[Oid, Callable[[Value], Value]]) -> Leaf[LivePrinter]:
    change = changes.get(leaf.oid)
    return leaf if change is None else Leaf(leaf.oid, change(leaf.value))


def _then(value: Value, change: Callable[[bytes], bytes]) -> Value:
    """The value after a change of its TLV, whether it is constant or live."""
    return change(value) if isinstance(value, bytes) else lambda printer: change(value(printer))


def _content(tlv: bytes) -> bytes:
    start, stop = read_header(tlv, 0, OCTET_STRING, len(tlv))
    return tlv[start:stop]


def _number(tlv: bytes) -> int:
    return int.from_bytes(tlv[2:], "big")


def _metres(printer: LivePrinter) -> bytes:
    """Metres of media: measured where the model does, else as if every impression were an A4 sheet."""
    length_mm = printer.meter("media.length")
    if length_mm is None:
        length_mm = (printer.meter("total.impressions") or 0) * A4_LENGTH_MM
    return counter32(length_mm // 1000)


def _add_device(objects: ObjectList, index: int, number: int) -> None:
    kind, name = ((HR_DEVICE_NETWORK, "Network interface"), (HR_DEVICE_PROCESSOR, "Processor"))[number % 2]
    objects.row(
        HR_DEVICE_ENTRY,
        (index,),
        {1: integer(index), 2: object_identifier(kind), 3: text(name), 4: object_identifier((0, 0)), 5: integer(2)},
    )
