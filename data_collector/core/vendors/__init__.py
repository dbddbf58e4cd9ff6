"""Vendor definitions: what a maker's printers say outside the standards, as data.

1. One TOML file a maker, in `data_collector/vendors`. The standards come first; a definition adds to them.
2. The definition with the longest sysObjectID that fits describes the printer; where no object
   identifier fits, the first pattern on sysDescr or hrDeviceDescr does.
3. A definition names objects and patterns, never one device: it must hold for a family.
4. A wrong definition stops the program at its start, with file, key and remedy.
"""

from data_collector.core.vendors.definition import (
    GENERIC,
    Definition,
    Definitions,
    JobTable,
    Lookup,
    MeterRule,
    Recorded,
    SupplyColumns,
    SupplyLevels,
    SupplyRecord,
    TextSource,
)
from data_collector.core.vendors.parse import DefinitionError, parse_definitions

__all__ = [
    "GENERIC",
    "Definition",
    "DefinitionError",
    "Definitions",
    "JobTable",
    "Lookup",
    "MeterRule",
    "Recorded",
    "SupplyColumns",
    "SupplyLevels",
    "SupplyRecord",
    "TextSource",
    "parse_definitions",
]
