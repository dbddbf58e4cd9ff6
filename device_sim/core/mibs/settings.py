"""Objects of a printer that a manager may change, and what changing them does.

1. What other agents show too (name, location, asset number, serial number) is changed where they find it, in the
   identity; anything else is kept in `state.written`, by instance. Both outlive a reboot.
2. Every write of a Printer MIB object counts prtGeneralConfigChanges; writing what is there already changes nothing.
3. Texts are checked as the MIB says: length, and NVT ASCII where it is a DisplayString.
Source: RFC 3418 (system), RFC 3805 (prtGeneral, prtInput), RFC 3416, 4.2.5.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from device_sim.core.mibs.objects import MIB_2, Value, Writable
from device_sim.core.snmp.layout import Writer, lasting
from device_sim.core.state import Identity, LivePrinter
from snmp_format.ber import INTEGER, OCTET_STRING, Oid, octets, text
from snmp_format.pdu import WRONG_LENGTH, WRONG_VALUE

PRINTER_MIB: Final = (*MIB_2, 43)
DISPLAY_STRING_MAX: Final = 255
NameKey = Literal["hostname", "location", "asset_number", "serial"]
Reset = Callable[[LivePrinter, int], None]
"""What writing prtGeneralReset does: powerCycleReset(4), resetToNVRAM(5), resetToFactoryDefaults(6)."""
RESETS: Final = (4, 5, 6)


def kept(oid: Oid, unset: Value, size_max: int = DISPLAY_STRING_MAX) -> Writable:
    """A text a manager may write. unset: its TLV as long as nobody has. size_max: in octets."""

    def value(printer: LivePrinter) -> bytes:
        written = printer.written
        if written is not None and oid in written:
            return written[oid]
        return unset if isinstance(unset, bytes) else unset(printer)

    def write(printer: LivePrinter, content: bytes) -> None:
        encoded = octets(content)
        if encoded != value(printer):
            printer.written = {**(printer.written or {}), oid: encoded}
            changed(printer, oid)

    return Writable(value, Writer(OCTET_STRING, _text_refusal(size_max), write))


def named(oid: Oid, key: NameKey, size_max: int = DISPLAY_STRING_MAX) -> Writable:
    """A text that is part of the printer's identity. key: of `state.Identity`."""

    def value(printer: LivePrinter) -> bytes:
        known: str = getattr(printer.identity, key)
        return text(known)

    def write(printer: LivePrinter, content: bytes) -> None:
        if octets(content) != value(printer):
            printer.identity = _renamed(printer.identity, key, content.decode("ascii"))
            changed(printer, oid)

    return Writable(lasting(value), Writer(OCTET_STRING, _text_refusal(size_max), write))


def _renamed(identity: Identity, key: NameKey, name: str) -> Identity:
    match key:
        case "hostname":
            return replace(identity, hostname=name)
        case "location":
            return replace(identity, location=name)
        case "asset_number":
            return replace(identity, asset_number=name)
        case "serial":
            return replace(identity, serial=name)


def general_reset(unset: Value, reset: Reset) -> Writable:
    """prtGeneralReset: reads notResetting(3), and does what is written."""

    def refusal(printer: LivePrinter, content: bytes) -> int:
        return 0 if int.from_bytes(content, "big", signed=True) in RESETS else WRONG_VALUE

    def write(printer: LivePrinter, content: bytes) -> None:
        reset(printer, int.from_bytes(content, "big", signed=True))

    return Writable(unset, Writer(INTEGER, refusal, write))


def changed(printer: LivePrinter, oid: Oid) -> None:
    """Say that a manager has written that object."""
    if oid[: len(PRINTER_MIB)] == PRINTER_MIB:
        printer.config_changes += 1
    printer.touch()


def _text_refusal(size_max: int) -> Callable[[LivePrinter, bytes], int]:
    def refusal(printer: LivePrinter, content: bytes) -> int:
        if len(content) > size_max:
            return WRONG_LENGTH
        return 0 if all(octet < 0x80 for octet in content) else WRONG_VALUE

    return refusal
