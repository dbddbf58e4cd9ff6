"""Printer MIB v2: the channels that jobs come through and the languages they are written in.

Source: RFC 3805 (prtChannel, prtInterpreter); numbers of the textual conventions: IANA-PRINTER-MIB.
"""

from types import MappingProxyType
from typing import Final

from device_sim.core.agent_spec import LanguageSpec
from device_sim.core.mibs.objects import ObjectList, Value
from device_sim.core.mibs.printer_media import PRINTER_MIB, SUBUNIT_IDLE
from device_sim.core.profile import Profile
from snmp_format.ber import integer, text

CHANNEL_ENTRY: Final = (*PRINTER_MIB, 14, 1, 1)
INTERPRETER_ENTRY: Final = (*PRINTER_MIB, 15, 1, 1)

CHANNEL_TYPES: Final = MappingProxyType(
    {"chLPDServer": 8, "chPort9100": 11, "chFTP": 13, "chServerMessageBlock": 27, "chUSB": 34, "chPortHTTP": 42}
    | {"chIPP": 44}
)
CHANNEL_PORTS: Final = MappingProxyType(
    {"chLPDServer": 515, "chPort9100": 9100, "chFTP": 21, "chServerMessageBlock": 445, "chPortHTTP": 80, "chIPP": 631}
)
LANGUAGE_FAMILIES: Final = MappingProxyType(
    {"other": 1, "langPCL": 3, "langHPGL": 4, "langPJL": 5, "langPS": 6, "langEscapeP": 9, "langEpson": 10}
    | {"langSimpleText": 30, "langAutomatic": 37, "langLIPS": 39, "langTIFF": 40, "langPCLXL": 47, "langPrescribe": 50}
    | {"langPDF": 54, "langRPDL": 55, "langJPEG": 61, "langCALS1": 62}
)
"""PrtInterpreterLangFamilyTC: those a profile may name."""
AUTOMATIC: Final = LanguageSpec(family="langAutomatic")

_DATA_ACCEPTED: Final = 3
_NETWORK_INTERFACE: Final = 1
_PORTRAIT: Final = 3
_UTF_8: Final = 106
_TWO_WAY, _ONE_WAY = 3, 4


def languages_of(profile: Profile) -> tuple[LanguageSpec, ...]:
    """Its interpreters: the one that finds out the language by itself, then those of the profile."""
    return (AUTOMATIC, *profile.languages)


def add_channels(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtChannelTable. Job control is PJL's where the model has it."""
    families = [spec.family for spec in languages_of(profile)]
    control = families.index("langPJL") + 1 if "langPJL" in families else 1
    for number, channel in enumerate(profile.channels, 1):
        objects.row(
            CHANNEL_ENTRY,
            (device, number),
            {
                2: integer(CHANNEL_TYPES[channel]),
                3: text("1.1" if channel == "chIPP" else ""),
                4: integer(control),
                5: integer(1),
                6: integer(_DATA_ACCEPTED),
                7: integer(0 if channel == "chUSB" else _NETWORK_INTERFACE),
                8: SUBUNIT_IDLE,
                9: _information(channel),
            },
        )


def add_interpreters(objects: ObjectList, profile: Profile, device: int) -> None:
    """prtInterpreterTable."""
    for number, spec in enumerate(languages_of(profile), 1):
        label = spec.family.removeprefix("lang")
        objects.row(
            INTERPRETER_ENTRY,
            (device, number),
            {
                2: integer(LANGUAGE_FAMILIES[spec.family]),
                3: text(spec.level),
                4: text(spec.version),
                5: text(f"{label} {spec.level}".rstrip()),
                6: text(profile.firmware_date),
                7: integer(_PORTRAIT),
                8: integer(profile.resolution_dpi),
                9: integer(profile.resolution_dpi),
                10: integer(_UTF_8),
                11: integer(_UTF_8),
                12: integer(_TWO_WAY if spec.family in ("langPJL", "langPS") else _ONE_WAY),
            },
        )


def _information(channel: str) -> Value:
    """prtChannelInformation: keyword=value, a line each."""
    if channel == "chIPP":
        return lambda printer: text(f"URI=ipp://{printer.identity.address}/ipp/print\n")
    port = CHANNEL_PORTS.get(channel)
    return text("" if port is None else f"Port={port}\n")
