"""Object identifiers of the standard MIBs a printer is read by.

Names are the MIB's own. A column has no instance; an instance ends in .0 or in its row index.
"""

from typing import Final

from data_collector.core.evidence import Oid

# SNMPv2-MIB (RFC 3418)
SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
SYS_DESCR: Final[Oid] = (*SYSTEM, 1, 0)
SYS_OBJECT_ID: Final[Oid] = (*SYSTEM, 2, 0)
SYS_UP_TIME: Final[Oid] = (*SYSTEM, 3, 0)
SYS_NAME: Final[Oid] = (*SYSTEM, 5, 0)
SYS_LOCATION: Final[Oid] = (*SYSTEM, 6, 0)

# IF-MIB (RFC 2863)
IF_TYPE: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1, 3)
IF_PHYS_ADDRESS: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1, 6)

# HOST-RESOURCES-MIB (RFC 2790)
HOST: Final[Oid] = (1, 3, 6, 1, 2, 1, 25)
HR_SYSTEM_DATE: Final[Oid] = (*HOST, 1, 2, 0)
"""hrSystemDate, a DateAndTime of RFC 2579."""
HR_MEMORY_SIZE: Final[Oid] = (*HOST, 2, 2, 0)
HR_DEVICE_TYPE: Final[Oid] = (*HOST, 3, 2, 1, 2)
HR_DEVICE_DESCR: Final[Oid] = (*HOST, 3, 2, 1, 3)
HR_DEVICE_STATUS: Final[Oid] = (*HOST, 3, 2, 1, 5)
HR_PRINTER_STATUS: Final[Oid] = (*HOST, 3, 5, 1, 1)
HR_PRINTER_ERRORS: Final[Oid] = (*HOST, 3, 5, 1, 2)
"""hrPrinterDetectedErrorState."""
HR_TYPE_PRINTER: Final[Oid] = (*HOST, 3, 1, 5)
"""hrDevicePrinter, a value of hrDeviceType."""

# ENTITY-MIB (RFC 6933)
ENT_SERIAL: Final[Oid] = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 11)
"""entPhysicalSerialNum."""

# Printer-MIB (RFC 3805)
PRT: Final[Oid] = (1, 3, 6, 1, 2, 1, 43)
PRT_CONFIG_CHANGES: Final[Oid] = (*PRT, 5, 1, 1, 1)
PRT_CURRENT_LOCALIZATION: Final[Oid] = (*PRT, 5, 1, 1, 2)
PRT_DEFAULT_MARKER: Final[Oid] = (*PRT, 5, 1, 1, 8)
PRT_CONSOLE_LOCALIZATION: Final[Oid] = (*PRT, 5, 1, 1, 10)
PRT_NAME: Final[Oid] = (*PRT, 5, 1, 1, 16)
"""prtGeneralPrinterName."""
PRT_SERIAL: Final[Oid] = (*PRT, 5, 1, 1, 17)
"""prtGeneralSerialNumber."""
PRT_ALL_EVENTS: Final[Oid] = (*PRT, 5, 1, 1, 19)
"""prtAlertAllEvents, which counts every entry ever made in the alert table since power-on."""
PRT_LOCALIZATION_CHARSET: Final[Oid] = (*PRT, 7, 1, 1, 4)
PRT_MARKER: Final[Oid] = (*PRT, 10, 2, 1)
PRT_MARKER_COUNTER_UNIT: Final[Oid] = (*PRT_MARKER, 3)
PRT_MARKER_LIFE_COUNT: Final[Oid] = (*PRT_MARKER, 4)
PRT_SUPPLIES: Final[Oid] = (*PRT, 11, 1, 1)
PRT_SUPPLY_COLORANT: Final[Oid] = (*PRT_SUPPLIES, 3)
PRT_SUPPLY_CLASS: Final[Oid] = (*PRT_SUPPLIES, 4)
PRT_SUPPLY_TYPE: Final[Oid] = (*PRT_SUPPLIES, 5)
PRT_SUPPLY_DESCRIPTION: Final[Oid] = (*PRT_SUPPLIES, 6)
PRT_SUPPLY_UNIT: Final[Oid] = (*PRT_SUPPLIES, 7)
PRT_SUPPLY_CAPACITY: Final[Oid] = (*PRT_SUPPLIES, 8)
PRT_SUPPLY_LEVEL: Final[Oid] = (*PRT_SUPPLIES, 9)
PRT_COLORANT: Final[Oid] = (*PRT, 12, 1, 1)
PRT_COLORANT_VALUE: Final[Oid] = (*PRT_COLORANT, 4)
PRT_CONSOLE_TEXT: Final[Oid] = (*PRT, 16, 5, 1, 2)
"""prtConsoleDisplayBufferText."""
PRT_ALERT: Final[Oid] = (*PRT, 18, 1, 1)
PRT_ALERT_SEVERITY: Final[Oid] = (*PRT_ALERT, 2)
PRT_ALERT_GROUP: Final[Oid] = (*PRT_ALERT, 4)
PRT_ALERT_GROUP_INDEX: Final[Oid] = (*PRT_ALERT, 5)
PRT_ALERT_LOCATION: Final[Oid] = (*PRT_ALERT, 6)
PRT_ALERT_CODE: Final[Oid] = (*PRT_ALERT, 7)
PRT_ALERT_DESCRIPTION: Final[Oid] = (*PRT_ALERT, 8)
PRT_ALERT_TIME: Final[Oid] = (*PRT_ALERT, 9)

# PWG Port Monitor MIB (PWG 5107.1)
PPM_PRINTER_NAME: Final[Oid] = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1, 2, 1, 1, 2)
PPM_DEVICE_ID: Final[Oid] = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1, 2, 1, 1, 3)
"""ppmPrinterIEEE1284DeviceId."""

NAMED: Final = {
    "sysDescr": SYS_DESCR,
    "sysName": SYS_NAME,
    "sysLocation": SYS_LOCATION,
    "hrDeviceDescr": HR_DEVICE_DESCR,
    "prtGeneralPrinterName": PRT_NAME,
    "prtGeneralSerialNumber": PRT_SERIAL,
    "prtAlertDescription": PRT_ALERT_DESCRIPTION,
    "prtConsoleDisplayBufferText": PRT_CONSOLE_TEXT,
    "entPhysicalSerialNum": ENT_SERIAL,
    "ppmPrinterName": PPM_PRINTER_NAME,
    "ppmPrinterIEEE1284DeviceId": PPM_DEVICE_ID,
}
"""What a vendor definition may call by name: scalars as instances, columns without one."""
