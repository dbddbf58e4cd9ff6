"""The IEEE 1284 device ID: `MFG:Maker;MDL:Model;SN:...;`, found in PPM, HP's MIB, IPP and USB."""

from typing import Final

ALIASES: Final = {
    "MANUFACTURER": "MFG",
    "MODEL": "MDL",
    "SERN": "SN",
    "SER": "SN",
    "SERIALNUMBER": "SN",
    "COMMAND SET": "CMD",
    "CLASS": "CLS",
    "DESCRIPTION": "DES",
}
"""Long and vendor spellings of a key."""

KEYS_MAX: Final = 64


def parse_device_id(text: str) -> dict[str, str]:
    """The keys of a device ID, in their short upper-case spelling; the first of two equal keys counts."""
    found: dict[str, str] = {}
    for part in text.split(";")[:KEYS_MAX]:
        key, colon, value = part.partition(":")
        key = ALIASES.get(key.strip().upper(), key.strip().upper())
        if colon and key and value.strip():
            found.setdefault(key, value.strip())
    return found
