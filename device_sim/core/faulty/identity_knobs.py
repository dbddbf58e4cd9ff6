"""Knobs of identity: who the printer says it is, and how its objects are numbered."""

from dataclasses import dataclass

from device_sim.core.faulty.knob import knob


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFaults:
    """Serial number, MAC address, names, device index."""

    serial_says: str | None = knob(
        None,
        "identity",
        "The serial number reads as this text on every protocol; nothing after the = is an empty one.",
        expect="Take a placeholder (X.., 0.., N/A, empty) for no identity: fall back to the MAC address, flag it weak.",
        case="E6, E7",
        example="XXXXXXXXXX",
    )
    serial_zeros: bool = knob(
        False,
        "identity",
        'Over SNMP the serial number has "00" before it, over HTTP and IPP it has not.',
        expect="Know both spellings for one device.",
        case="E5",
    )
    serial_shared: bool = knob(
        False,
        "identity",
        "All printers of one model that have this fault show one serial number.",
        expect="Tell them apart by MAC address; never add up the meters of two printers.",
        case="S Also: two printers may share a serial",
    )
    serial_writable: bool = knob(
        False,
        "identity",
        "A manager with write access may change prtGeneralSerialNumber by SNMP, and all agents show what he wrote.",
        expect="Notice that a known MAC address has another serial number; keep one device.",
        case="E6",
    )
    mac_says: str | None = knob(
        None,
        "identity",
        "The MAC address reads as this: six pairs of hexadecimal digits, or nothing.",
        expect="Do not take zeros, or nothing, for an identity.",
        case="E6",
        example="00:00:00:00:00:00",
    )
    hostname_empty: bool = knob(
        False,
        "identity",
        "sysName, prtGeneralPrinterName and the host name in documents are empty.",
        expect="Collect it all the same, without a name.",
        case="E6",
    )
    device_index: int | None = knob(
        None,
        "identity",
        "hrDeviceIndex of the printer, and so of every Printer MIB row, is this instead of 1.",
        expect="Walk the tables; do not assume .1.",
        case="F6, F1",
        example=7,
        low=1,
        high=65_535,
    )
    other_devices: int | None = knob(
        None,
        "identity",
        "hrDeviceTable has so many other devices, from the printer's index up: networks and processors.",
        expect="Choose the row whose hrDeviceType is hrDevicePrinter.",
        case="F1",
        example=3,
        unit="rows",
        low=1,
        high=50,
    )
    community: str | None = knob(
        None,
        "identity",
        "Only this SNMP community is answered, instead of the fleet's.",
        expect="Try the communities of the scan profile in order.",
        case="F6, C",
        example="secret",
    )
