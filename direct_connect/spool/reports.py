"""Reports of many printers as a numbered batch in an outbox: what a collector needs of batching."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from direct_connect.core.batching import FormedBatch, Heading, form_batches
from direct_connect.core.chance import Randomness
from direct_connect.errors import SequenceError
from direct_connect.spool.port import Outbox, Tally
from wire_format.records import Clock, Reason, Report, SenderState

_TRIES_MAX: Final = 5


def sender_state(tally: Tally) -> SenderState:
    """What a batch says of its sender's own troubles."""
    return SenderState(
        jobs_refused=tally.jobs_refused,
        batches_set_aside=tally.set_aside,
        spooled=tally.unsent,
        gap=tally.gap,
    )


def append_reports(
    outbox: Outbox,
    reports: Sequence[Report],
    *,
    reason: Reason,
    created_at: datetime,
    clock: Clock = Clock.SYNCED,
    boot: int | None = None,
    uptime_ms: int | None = None,
    randomness: Randomness = os.urandom,
    settings_version: int | None = None,
) -> tuple[FormedBatch, ...]:
    """Number reports as one batch, or as several where the limits ask for it, and store them.

    created_at: aware UTC. The sender's state (refused, set aside, spooled, gap) goes with them, and the version of
    the portal's settings in force. Durable when it
    returns. Raises SpoolFullError, SpoolStorageError; then nothing was stored and no number used.
    """
    tries = 0
    while True:
        heading = Heading(
            sender=outbox.sender,
            created_at=created_at,
            reason=reason,
            clock=clock,
            boot=boot,
            uptime_ms=uptime_ms,
            state=replace(sender_state(outbox.tally()), settings_version=settings_version),
        )
        formed = form_batches(heading, reports, outbox.numbering(), randomness)
        try:
            outbox.append(formed)
        except SequenceError:
            # Another thread took the number in between.
            if (tries := tries + 1) == _TRIES_MAX:
                raise
            continue
        return formed
