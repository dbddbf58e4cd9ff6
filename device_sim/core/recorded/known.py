"""Where printers keep what identifies them, and what they count. Data only.

Source: RFC 3418, RFC 2863, RFC 4133, RFC 3805, and for the makers the OIDs that public monitoring projects read.
"""

from typing import Final

from snmp_format.ber import Oid, parse_dotted

MIB_2: Final[Oid] = (1, 3, 6, 1, 2, 1)
ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
PRINTER_MIB: Final[Oid] = (*MIB_2, 43)


def _oids(*written: str) -> tuple[Oid, ...]:
    return tuple(parse_dotted(oid) for oid in written)


SYS_DESCR: Final[Oid] = (*MIB_2, 1, 1, 0)
SYS_OBJECT_ID: Final[Oid] = (*MIB_2, 1, 2, 0)
SYS_UPTIME: Final[Oid] = (*MIB_2, 1, 3, 0)
SYS_CONTACT: Final[Oid] = (*MIB_2, 1, 4, 0)
SYS_NAME: Final[Oid] = (*MIB_2, 1, 5, 0)
SYS_LOCATION: Final[Oid] = (*MIB_2, 1, 6, 0)
IF_PHYS_ADDRESS: Final[Oid] = (*MIB_2, 2, 2, 1, 6)
IF_ENTRY: Final[Oid] = (*MIB_2, 2, 2, 1)
IF_COUNTERS: Final[tuple[Oid, ...]] = _oids(
    "1.3.6.1.2.1.2", "1.3.6.1.2.1.4", "1.3.6.1.2.1.5", "1.3.6.1.2.1.6", "1.3.6.1.2.1.7", "1.3.6.1.2.1.11",
    "1.3.6.1.2.1.31",
)  # fmt: skip
"""Groups whose counters run with time, not with what is printed."""
IP_ADDR_ENTRY: Final[Oid] = (*MIB_2, 4, 20, 1)
HR_UPTIME: Final[Oid] = (*MIB_2, 25, 1, 1, 0)
HR_DATE: Final[Oid] = (*MIB_2, 25, 1, 2, 0)
HR_DEVICE_TYPE: Final[Oid] = (*MIB_2, 25, 3, 2, 1, 2)
HR_DEVICE_DESCR: Final[Oid] = (*MIB_2, 25, 3, 2, 1, 3)
HR_DEVICE_STATUS: Final[Oid] = (*MIB_2, 25, 3, 2, 1, 5)
HR_DEVICE_PRINTER: Final[Oid] = (*MIB_2, 25, 3, 1, 5)
HR_PRINTER_STATUS: Final[Oid] = (*MIB_2, 25, 3, 5, 1, 1)
HR_PRINTER_ERRORS: Final[Oid] = (*MIB_2, 25, 3, 5, 1, 2)

COVER: Final[Oid] = (*PRINTER_MIB, 6, 1, 1)
INPUT: Final[Oid] = (*PRINTER_MIB, 8, 2, 1)
OUTPUT: Final[Oid] = (*PRINTER_MIB, 9, 2, 1)
MARKER: Final[Oid] = (*PRINTER_MIB, 10, 2, 1)
SUPPLIES: Final[Oid] = (*PRINTER_MIB, 11, 1, 1)
COLORANT: Final[Oid] = (*PRINTER_MIB, 12, 1, 1)
MEDIA_PATH: Final[Oid] = (*PRINTER_MIB, 13, 4, 1)
ALERT: Final[Oid] = (*PRINTER_MIB, 18, 1, 1)

SERIALS: Final = _oids(
    "1.3.6.1.2.1.43.5.1.1.17",  # prtGeneralSerialNumber
    "1.3.6.1.2.1.47.1.1.1.1.11",  # entPhysicalSerialNum
    "1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3",  # HP
    "1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1",  # Brother
    "1.3.6.1.4.1.1347.43.5.1.1.28",  # Kyocera
    "1.3.6.1.4.1.367.3.2.1.2.1.4",  # Ricoh
    "1.3.6.1.4.1.641.6.2.3.1.5",  # Lexmark
    "1.3.6.1.4.1.641.2.1.2.1.6",  # Lexmark, older
    "1.3.6.1.4.1.253.8.53.3.2.1.3",  # Xerox
    "1.3.6.1.4.1.1248.1.2.2.1.1.1.5",  # Epson
    "1.3.6.1.4.1.236.11.5.1.1.1.4",  # Samsung
    "1.3.6.1.4.1.1602.1.2.1.8.1.3.1.1",  # Canon
    "1.3.6.1.4.1.1602.1.2.1.4",  # Canon
    "1.3.6.1.4.1.2001.1.1.1.1.11.1.10.45",  # Oki
    "1.3.6.1.4.1.674.10898.100.2.1.2.1.6",  # Dell
    "1.3.6.1.4.1.40093.1.1.1.5",  # Pantum
    "1.3.6.1.4.1.40093.6.1.2",  # Pantum
    "1.3.6.1.4.1.40093.10.1.1.4",  # Pantum
    "1.3.6.1.4.1.1129.1.2.1.1.1.1.1",  # Toshiba
    "1.3.6.1.4.1.10642.200.19.5",  # Zebra
    "1.3.6.1.4.1.10642.1.9",
    "1.3.6.1.4.1.683.1.5",  # Zebra, older print servers
)
"""Serial numbers of the device: these objects and all under them, the one to be believed first."""

LIFE_INTEGERS: Final = _oids(
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5",  # HP: total-engine-page-count, monochrome, colour, duplex
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6",
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.7",
    "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.22",
    "1.3.6.1.4.1.11.2.3.9.4.2.1.1.16.1.1",  # HP: by format and side
    "1.3.6.1.4.1.11.2.3.9.4.2.1.1.16.1.44",  # HP: equivalent impressions
    "1.3.6.1.4.1.11.2.3.9.4.2.1.1.16.4.1",  # HP: by colour mode
    "1.3.6.1.4.1.1347.42.2.2.1.1.3",  # Kyocera: all, by function, by function and colour, scanned
    "1.3.6.1.4.1.1347.42.3.1",
    "1.3.6.1.4.1.1347.43.10.1.1.12",
    "1.3.6.1.4.1.1347.46.10.1.1.5",
    "1.3.6.1.4.1.367.3.2.1.2.19.1",  # Ricoh: total, printed, faxed, copied, and counters by type
    "1.3.6.1.4.1.367.3.2.1.2.19.2",
    "1.3.6.1.4.1.367.3.2.1.2.19.3",
    "1.3.6.1.4.1.367.3.2.1.2.19.4",
    "1.3.6.1.4.1.367.3.2.1.2.19.5.1.9",
    "1.3.6.1.4.1.253.8.53.13.2.1.6",  # Xerox billing meters
    "1.3.6.1.4.1.18334.1.1.1.5.7.2",  # Konica Minolta
    "1.3.6.1.4.1.1602.1.11.1.3.1.4",  # Canon: firmware of two generations
    "1.3.6.1.4.1.1602.1.11.1.4.1.4",
    "1.3.6.1.4.1.1602.1.11.2.1.1.3",
    "1.3.6.1.4.1.641.6.4.2.1.1.4",  # Lexmark, and older
    "1.3.6.1.4.1.641.2.1.5",
    "1.3.6.1.4.1.1248.1.2.2.27.1.1",  # Epson: all, and by function
    "1.3.6.1.4.1.1248.1.2.2.27.6.1.4",
    "1.3.6.1.4.1.1248.1.2.2.27.6.1.5",
    "1.3.6.1.4.1.2001.1.1.1.1.11.1.10.170.1",  # Oki
    "1.3.6.1.4.1.2385.1.1.19.2.1.3",  # Sharp
    "1.3.6.1.4.1.10642.3.1.8",  # Zebra: the length
    "1.3.6.1.4.1.40093.10.3.1",  # Pantum, newer and older
    "1.3.6.1.4.1.40093.6.4",
    "1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1",  # Toshiba
)
"""Lifetime counts that makers keep as INTEGER or Gauge, these and all under them: they grow with what is printed.

Every object that the collector's vendor definitions or our profiles read as a meter is here, but for records.
"""

COUNT_RECORDS: Final = _oids("1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10")
"""Brother: lifetime counts in an octet string of records: a key, 01 04, the count in four octets; FF ends them."""
