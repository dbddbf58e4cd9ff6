"""PRINTER-PORT-MONITOR-MIB: what a print spooler asks to choose a driver and a port.

Source: PWG 5107.1 (the module's OIDs and ranges), IEEE 1284 for the device id.
"""

from typing import Final

from device_sim.core.mibs.objects import ENTERPRISES, ObjectList, Value
from device_sim.core.mibs.printer_data import CHANNEL_PORTS, CHANNEL_TYPES
from device_sim.core.profile import Profile
from snmp_format.ber import integer, octets, text

PORT_MONITOR: Final = (*ENTERPRISES, 2699, 1, 2, 1)
PRINTER_ENTRY: Final = (*PORT_MONITOR, 2, 1, 1)
PORT_ENTRY: Final = (*PORT_MONITOR, 3, 1, 1)

DEVICE_ID_OCTETS_MAX: Final = 1024
TRUE, FALSE = 1, 2


def device_id_of(profile: Profile) -> str:
    """The IEEE 1284 device id of the profile, or one made of maker and model where it names none."""
    return profile.device_id or f"MFG:{profile.manufacturer};MDL:{profile.model};CLS:PRINTER;"


def add_port_monitor(objects: ObjectList, profile: Profile, device: int) -> None:
    """One printer with a port for each of its channels on the network, the first of them preferred."""
    ports = [channel for channel in profile.channels if channel in CHANNEL_PORTS]
    objects.scalars((*PORT_MONITOR, 1), {1: text("en-us"), 2: integer(1), 3: integer(len(ports))})
    objects.row(
        PRINTER_ENTRY,
        (1,),
        {
            2: lambda printer: text(printer.identity.hostname),
            3: octets(device_id_of(profile).encode()[:DEVICE_ID_OCTETS_MAX]),
            4: integer(len(ports)),
            5: integer(1 if ports else 0),
            6: integer(device),
            7: text("public"),
            8: integer(TRUE),
        },
    )
    for number, channel in enumerate(ports, 1):
        objects.row(
            PORT_ENTRY,
            (1, number),
            {
                2: integer(TRUE),
                3: text(channel.removeprefix("ch")),
                4: _service(channel),
                5: integer(CHANNEL_TYPES[channel]),
                6: integer(CHANNEL_PORTS[channel]),
                7: integer(FALSE),
                8: integer(profile.channels.index(channel) + 1),
                9: integer(FALSE),
            },
        )


def _service(channel: str) -> Value:
    """ppmPortServiceNameOrURI: an LPR queue's name, or an address."""
    match channel:
        case "chLPDServer":
            return text("raw")
        case "chIPP":
            return lambda printer: text(f"ipp://{printer.identity.address}/ipp/print")
        case "chPortHTTP":
            return lambda printer: text(f"http://{printer.identity.address}/")
        case _:
            return text("")
