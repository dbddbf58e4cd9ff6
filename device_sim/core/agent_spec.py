"""What a profile says of its SNMP agent: which MIB modules it serves, and the objects of its vendor, as data.

A vendor object is one instance under an enterprise number. What it shows is a word of `Shown`; meters, supply, text
and number say of what. Most agents can be told so; what needs code is a module of `core.mibs`.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Module = Literal["entity", "finisher", "hp", "imaging-counters", "job-monitoring", "port-monitor"]
"""MIB modules beyond those that every printer serves (SNMPv2, IF, Host Resources, Printer MIB)."""
MODULES: Final[tuple[str, ...]] = get_args(Module)

Channel = Literal["chLPDServer", "chPort9100", "chFTP", "chServerMessageBlock", "chUSB", "chPortHTTP", "chIPP"]
"""How jobs come in: PrtChannelTypeTC."""

Shown = Literal[
    "meters", "serial", "model", "hostname", "location", "mac", "asset-number", "product-number", "firmware",
    "firmware-date", "device-id", "console", "supply-percent", "supply-level", "supply-capacity",
    "supply-description", "text", "number", "object-id", "records",
]  # fmt: skip
SHOWN: Final[tuple[str, ...]] = get_args(Shown)
NumberType = Literal["counter", "gauge", "integer"]
RecordShown = Literal["meters", "supply-hundredths", "supply-status", "number"]
RECORD_SHOWN: Final[tuple[str, ...]] = get_args(RecordShown)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSpec:
    """A row of prtInterpreterTable. family: PrtInterpreterLangFamilyTC; level: of the language, as 5e or 3."""

    family: str
    level: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinisherSpec:
    """A row of finDeviceTable. kind: FinDeviceTypeTC label; output: row of the outputs it ends in, from 1.

    staples: how many a full cartridge holds, 0 for a finisher without; sheets_per_staple: of all that is printed.
    """

    kind: str
    description: str
    output: int = 1
    capacity_sheets: int | None = None
    staples: int = 0
    sheets_per_staple: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of an octet string of fixed records, as Brother's: key, 01, 04, then a 32-bit number.

    shows: meters (their sum); supply-hundredths (hundredths of a percent left); supply-status (1 good, 2 low, 3 empty);
    or a constant number. supply: row of the profile's supplies, from 1.
    """

    key: int
    shows: RecordShown
    meters: tuple[str, ...] = ()
    supply: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorObject:
    """One private instance. oid: dotted and whole, with its index or .0.

    meters: lifetime counts of the profile, added up. supply: row of the profile's supplies, from 1.
    type: how a number is encoded; texts and records are octet strings. text: also the OID of an object-id.
    """

    oid: str
    shows: Shown
    meters: tuple[str, ...] = ()
    supply: int | None = None
    text: str = ""
    number: int = 0
    type: NumberType = "counter"
    records: tuple[Record, ...] = ()
