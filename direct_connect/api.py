"""Everything that an embedding program imports.

    from direct_connect.api import DirectConnection, Job, Outcome, Service, Snapshot

    with DirectConnection.open("/var/lib/printer/inkwire", "https://portal.example", claim_code=code,
                               snapshot=take_snapshot) as connection:
        connection.impressions_made(1)
        connection.job_finished(Job(job_id="4711", service=Service.PRINT, outcome=Outcome.COMPLETED))

docs/howto/embed.md tells the rest.
"""

from direct_connect.aio import AsyncDirectConnection
from direct_connect.clock import Clock, SystemClock
from direct_connect.core.pace import PacePolicy
from direct_connect.core.privacy import JobNames
from direct_connect.core.proxy import Proxy
from direct_connect.core.reporting import Snapshot
from direct_connect.core.settings import ConnectionSettings
from direct_connect.core.triggers import TriggerPolicy
from direct_connect.errors import (
    ClosedError,
    ConfigError,
    DirectConnectError,
    InvalidRecordError,
    SpoolFullError,
    SpoolInUseError,
    SpoolStorageError,
)
from direct_connect.runtime import ConnectionStatus, DirectConnection
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.spool.port import SpoolFile, Together
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from direct_connect.uplink.lines import Uplink, Ways
from direct_connect.uplink.pool import SharedUplink
from direct_connect.uplink.route import Timeouts
from direct_connect.worker import Worker
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import (
    Alert,
    Config,
    Device,
    InkUse,
    Job,
    Media,
    Meter,
    Outcome,
    Service,
    Status,
    Supply,
    Unit,
)

__all__ = [
    "Alert",
    "AsyncDirectConnection",
    "Clock",
    "ClosedError",
    "Config",
    "ConfigError",
    "ConnectionSettings",
    "ConnectionStatus",
    "Device",
    "DirectConnectError",
    "DirectConnection",
    "InkUse",
    "InvalidRecordError",
    "Job",
    "JobNames",
    "Media",
    "MemorySpoolFile",
    "Meter",
    "Outcome",
    "PacePolicy",
    "PrinterState",
    "Proxy",
    "Service",
    "SharedUplink",
    "Snapshot",
    "SpoolFile",
    "SpoolFullError",
    "SpoolInUseError",
    "SpoolStorageError",
    "SqliteSpoolFile",
    "Status",
    "Supply",
    "SupplyState",
    "SystemClock",
    "Timeouts",
    "Together",
    "TriggerPolicy",
    "Unit",
    "Uplink",
    "Ways",
    "Worker",
]
