"""Which printer is this? Told by serial, then MAC, then host name with model, then address.

1. A usable serial decides alone. Placeholders (XXXXXXXXXX, 0000, N/A, ...) are no serials and never merge two printers.
2. A serial is compared in its canonical form, so that "00"-prefixed variants are one printer.
3. Without a serial the strongest key that is known decides. Such a device is weak: shown, not billed until confirmed.
4. A weak device that later shows a serial becomes strong; it stays the same device.
5. A key that two devices show goes to the one with the stronger, newer claim; the contradiction is a finding.
6. An address (DHCP) is never identity while anything better is known: a move keeps the history, and a new
   printer at an old address is a new device.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wire_format.records import Device


class IdentityKind(enum.StrEnum):
    """By what a device is told from others, strongest first. Everything but serial is a weak identity."""

    SERIAL = "serial"
    MAC = "mac"
    HOSTNAME = "hostname"
    ADDRESS = "address"


STRENGTH: Final = {kind: position for position, kind in enumerate(IdentityKind)}
SERIAL_LENGTH_MIN: Final = 4
SERIAL_LENGTH_AFTER_ZEROS_MIN: Final = 8

_PLACEHOLDERS: Final = frozenset(
    {
        "NA", "NONE", "NULL", "NIL", "UNKNOWN", "UNAVAILABLE", "UNDEFINED", "UNSET", "NOTAVAILABLE", "NOTSET",
        "NOTAPPLICABLE", "NOTSPECIFIED", "DEFAULT", "DEFAULTSTRING", "EMPTY", "TBD", "TEST", "SERIAL", "SERIALNUMBER",
        "TOBEFILLEDBYOEM", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789",
    }
)  # fmt: skip
_NOT_A_NAME: Final = frozenset({"localhost", "printer", "unknown", "none", "(none)", "default", "hostname"})
_ADDRESS_LIKE: Final = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityKey:
    """One value by which a device can be recognised within a tenant."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """What is already known of a device that one of a report's keys points to."""

    device_id: int
    serial: str | None
    mac: str | None
    hostname: str | None
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Whose report it is. device_id None: a device not seen before. adopt: keys that now point to it.

    conflicts: sentences for findings, empty when nothing contradicts.
    """

    device_id: int | None
    adopt: tuple[IdentityKey, ...]
    conflicts: tuple[str, ...] = ()


def canonical_serial(reported: str | None) -> str | None:
    """The serial as identity: upper case, only letters, digits, / . and -, "00" prefixes dropped; None if it is none.

    canonical_serial(canonical_serial(x)) == canonical_serial(x).
    """
    if reported is None:
        return None
    serial = re.sub(r"[^0-9A-Z/.\-]", "", reported.upper()).strip("/.-")
    while serial.startswith("00") and len(serial) - 2 >= SERIAL_LENGTH_AFTER_ZEROS_MIN:
        serial = serial[2:]
    bare = re.sub(r"[^0-9A-Z]", "", serial)
    if len(bare) < SERIAL_LENGTH_MIN or len(set(bare)) == 1 or bare in _PLACEHOLDERS:
        return None
    return serial


def canonical_mac(reported: str | None) -> str | None:
    """The MAC in lower case, None for all zeros, broadcast and group addresses, which name no single printer."""
    if reported is None:
        return None
    mac = reported.lower()
    octets = mac.split(":")
    if len(octets) != 6 or len(set(octets)) == 1 or int(octets[0], 16) & 1:
        return None
    return mac


def canonical_hostname(reported: str | None) -> str | None:
    """The first label of the host name in lower case, None if it is an address or says nothing."""
    if reported is None:
        return None
    whole = reported.strip().lower().rstrip(".")
    if not whole or _ADDRESS_LIKE.fullmatch(whole):
        return None
    label = whole.split(".", 1)[0]
    return None if not label or label in _NOT_A_NAME else label


def identity_keys(device: Device, sender_kid: str, *, speaks_for_itself: bool) -> tuple[IdentityKey, ...]:
    """The keys a report offers, strongest first, never empty.

    speaks_for_itself: a direct connection is its own address; a collector needs the printer's IP as well.
    """
    keys = []
    if serial := canonical_serial(device.serial):
        keys.append(IdentityKey(kind=IdentityKind.SERIAL, value=serial))
    if mac := canonical_mac(device.mac):
        keys.append(IdentityKey(kind=IdentityKind.MAC, value=mac))
    if (hostname := canonical_hostname(device.hostname)) and device.model:
        keys.append(IdentityKey(kind=IdentityKind.HOSTNAME, value=f"{hostname}|{device.model.strip().lower()}"))
    if speaks_for_itself:
        keys.append(IdentityKey(kind=IdentityKind.ADDRESS, value=sender_kid))
    elif device.ip or not keys:
        keys.append(IdentityKey(kind=IdentityKind.ADDRESS, value=f"{sender_kid}|{device.ip or '-'}"))
    return tuple(keys)


def resolve(keys: tuple[IdentityKey, ...], known: Mapping[IdentityKey, KnownDevice], model: str | None) -> Resolution:
    """Whose report this is, given the devices that its keys already point to. keys: from identity_keys."""
    offered = {key.kind: key.value for key in keys}
    for key in keys:
        device = known.get(key)
        if device is None or _contradicts(key, device, offered, model):
            continue
        return Resolution(
            device_id=device.device_id,
            adopt=_to_adopt(keys, known, device.device_id, own=key.kind),
            conflicts=_conflicts(keys, known, device, offered.get(IdentityKind.MAC), model),
        )
    return Resolution(device_id=None, adopt=_to_adopt(keys, known, None, own=keys[0].kind))


def _contradicts(key: IdentityKey, device: KnownDevice, offered: Mapping[IdentityKind, str], model: str | None) -> bool:
    # A weaker key never overrules a stronger one that differs: the part or the address moved, not the printer.
    if key.kind is IdentityKind.SERIAL:
        return False
    serial, mac = offered.get(IdentityKind.SERIAL), offered.get(IdentityKind.MAC)
    if serial and device.serial:
        return serial != device.serial
    if key.kind is IdentityKind.MAC:
        return False
    if mac and device.mac:
        return mac != device.mac
    if key.kind is IdentityKind.HOSTNAME or "|" not in key.value:
        return False  # the same name and model, or the same direct connection
    # An address a collector saw: anybody may stand there now, so whatever is known must agree.
    hostname = offered.get(IdentityKind.HOSTNAME, "").partition("|")[0]
    if _differ(hostname, device.hostname) or _differ(model, device.model):
        return True
    return bool(serial or mac) and bool(device.serial or device.mac)


def _differ(told: str | None, known: str | None) -> bool:
    return bool(told) and bool(known) and told != known


def _to_adopt(
    keys: tuple[IdentityKey, ...],
    known: Mapping[IdentityKey, KnownDevice],
    device_id: int | None,
    *,
    own: IdentityKind,
) -> tuple[IdentityKey, ...]:
    # Free keys are taken; held ones only when weaker than the key that decided. A new device takes what it shows.
    def takes(key: IdentityKey) -> bool:
        holder = known.get(key)
        if holder is None or device_id is None:
            return True
        return holder.device_id != device_id and STRENGTH[key.kind] > STRENGTH[own]

    return tuple(key for key in keys if takes(key))


def _conflicts(
    keys: tuple[IdentityKey, ...],
    known: Mapping[IdentityKey, KnownDevice],
    device: KnownDevice,
    mac: str | None,
    model: str | None,
) -> tuple[str, ...]:
    found = []
    if _differ(mac, device.mac) and _differ(model, device.model):
        found.append("two printers of different model and network card show this serial")
    for key in keys:
        holder = known.get(key)
        if holder is not None and holder.device_id != device.device_id and key.kind is not IdentityKind.ADDRESS:
            found.append(f"the same {key.kind} was shown by device {holder.device_id}")
    return tuple(found)
