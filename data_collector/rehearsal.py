"""What would be sent, without sending it: the collector's own delivery, on a copy of its folder that is thrown away.

The copy brings what the collector knows (jobs and alerts told before, its key and the next number), so that the batch
is the one its spool would hold. Nothing is written to the folder itself, and nothing is posted.
"""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from data_collector.clock import Clock
from data_collector.delivery import Delivery
from wire_format.records import Reason, Report


def rehearse(
    reports: Sequence[Report], directory: Path | None, portal_url: str, clock: Clock, at: datetime
) -> list[bytes]:
    """The bodies of the batches these reports would make. directory: of the collector; None for one that is new.

    Raises what Delivery raises, and OSError when the folder cannot be copied.
    """
    with tempfile.TemporaryDirectory(prefix="inkwire-dry-run-") as aside:
        copy = Path(aside) / "collector"
        if directory is not None and directory.is_dir():
            shutil.copytree(directory, copy)
        delivery = Delivery(copy, portal_url, clock, None)
        try:
            return delivery.rehearse(reports, Reason.MANUAL, at) if reports else []
        finally:
            delivery.close()
