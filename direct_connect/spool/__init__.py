"""The spool: a durable outbox for numbered batches, and the events that become batches.

What a collector uses: `SqliteSpoolFile.open(path)`, `.of(sender)` for its `Outbox`, and `append_reports`.
The promises are in `port`.
"""

from direct_connect.core.batching import FormedBatch, Lane, Numbering
from direct_connect.errors import (
    ClosedError,
    ConfigError,
    DirectConnectError,
    SequenceError,
    SpoolFullError,
    SpoolInUseError,
    SpoolStorageError,
)
from direct_connect.spool.memory import MemorySpoolFile
from direct_connect.spool.port import Consumed, Events, Outbox, SetAside, Spool, SpooledJob, SpoolFile, Tally, Together
from direct_connect.spool.reports import append_reports, sender_state
from direct_connect.spool.sqlite_file import SqliteSpoolFile

__all__ = [
    "ClosedError",
    "ConfigError",
    "Consumed",
    "DirectConnectError",
    "Events",
    "FormedBatch",
    "Lane",
    "MemorySpoolFile",
    "Numbering",
    "Outbox",
    "SequenceError",
    "SetAside",
    "Spool",
    "SpoolFile",
    "SpoolFullError",
    "SpoolInUseError",
    "SpoolStorageError",
    "SpooledJob",
    "SqliteSpoolFile",
    "Tally",
    "Together",
    "append_reports",
    "sender_state",
]
