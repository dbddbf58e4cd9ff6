"""What to ask a printer, in the fewest bytes that answer every field of a report.

1. PROBE finds who is there, IDENTIFY says what it is, questions() ask for the rest.
2. Standard objects are asked of every printer, private ones only of the maker that has them.
3. Tables are walked under a root with a limit on rows; scalars are asked in GETs.
"""

from dataclasses import dataclass
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture
from data_collector.core.vendors import Definitions

PROBE: Final[tuple[Oid, ...]] = (mib.SYS_OBJECT_ID,)
"""The smallest question that every agent answers: for sweeping addresses (85 bytes on Ethernet)."""

IDENTIFY: Final[tuple[Oid, ...]] = (
    mib.SYS_DESCR,
    mib.SYS_OBJECT_ID,
    mib.SYS_UP_TIME,
    mib.SYS_NAME,
    mib.SYS_LOCATION,
    (*mib.HR_DEVICE_TYPE, 1),
    (*mib.HR_DEVICE_DESCR, 1),
    (*mib.HR_PRINTER_STATUS, 1),
    (*mib.HR_PRINTER_ERRORS, 1),
    (*mib.PRT_CONFIG_CHANGES, 1),
    (*mib.PRT_NAME, 1),
    (*mib.PRT_SERIAL, 1),
    (*mib.PRT_MARKER_COUNTER_UNIT, 1, 1),
    (*mib.PRT_MARKER_LIFE_COUNT, 1, 1),
)
"""One GET whose answer fits one Ethernet datagram. hrDeviceIndex is mostly 1; walks find the others."""

LEDM_FIRST: Final = "/DevMgmt/DiscoveryTree.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One subtree to walk, and how many varbinds are enough."""

    root: Oid
    rows_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The second stage of a reading. gets: instances to GET, in as many datagrams as they need."""

    gets: tuple[Oid, ...]
    walks: tuple[Walk, ...]


def is_printer(picture: Picture, definitions: Definitions) -> bool:
    """Whether what answered IDENTIFY is a printer."""
    return (*mib.HR_PRINTER_STATUS, 1) in picture


def questions(picture: Picture, definitions: Definitions) -> Questions:
    """What else to ask the device that answered IDENTIFY with picture."""
    return Questions(gets=(), walks=(Walk(root=mib.PRT_SUPPLIES, rows_max=1024),))


def ledm_paths(discovery_tree: bytes | None) -> tuple[str, ...]:
    """Which LEDM resources to fetch, given the document at LEDM_FIRST (None: it could not be had)."""
    return ()


def ipp_request(uri: str, request_id: int) -> bytes:
    """A Get-Printer-Attributes request for uri (ipp://host:port/path). Source: RFC 8011, 4.2.5."""
    return b""
