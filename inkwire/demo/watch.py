"""What the demo tells while it runs: one line that lives on a terminal, a plain line now and then in a pipe."""

import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TextIO

from inkwire.demo.plan import Plan
from inkwire.verify.errors import VerifyError
from inkwire.verify.export import PortalAddress, fetch_export, trust
from inkwire.verify.facts import Export, Truth
from inkwire.verify.truth import read_truth

PLAIN_EVERY_S: Final = 10.0
CLEAR_LINE: Final = "\r\x1b[2K"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of one moment; None where the source could not be read."""

    jobs_made: int | None
    jobs_shown: int | None
    readings: int | None
    alerts: int | None

    def line(self, at: datetime) -> str:
        """The counts as a sentence."""

        def said(count: int | None) -> str:
            return "–" if count is None else f"{count:,}"

        return (
            f"{at:%a %H:%M}  {said(self.jobs_made)} jobs printed, {said(self.jobs_shown)} in the portal, "
            f"{said(self.readings)} readings, {said(self.alerts)} alerts"
        )


def truth_now(plan: Plan) -> Truth | None:
    """What the fleet says it did, or None before it said anything."""
    try:
        return read_truth(plan.truth)
    except VerifyError:
        return None


def export_now(plan: Plan, token: str) -> Export | None:
    """What the portal shows, or None while it is down."""
    try:
        return fetch_export(PortalAddress.parse(plan.portal_url), token, trust(plan.portal_ca))
    except VerifyError:
        return None


def tally(plan: Plan, token: str) -> Tally:
    """Count both sides."""
    truth, export = truth_now(plan), export_now(plan, token)
    return Tally(
        jobs_made=None if truth is None else sum(len(made.jobs) for made in truth.printers),
        jobs_shown=None if export is None else len(export.jobs),
        readings=None if export is None else len(export.readings),
        alerts=None if export is None else len(export.alerts),
    )


class Teller:
    """Writes progress: a living line on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._plain_s = 0.0

    def say(self, sentence: str) -> None:
        """A line that stays."""
        print(f"{CLEAR_LINE if self._live else ''}{sentence}", file=self._stream, flush=True)

    def progress(self, sentence: str) -> None:
        """A line that the next one replaces."""
        if self._live:
            print(f"{CLEAR_LINE}{sentence}", end="", file=self._stream, flush=True)
        elif time.monotonic() - self._plain_s >= PLAIN_EVERY_S:
            self._plain_s = time.monotonic()
            print(sentence, file=self._stream, flush=True)

    def done(self) -> None:
        """Take the living line away."""
        if self._live:
            print(CLEAR_LINE, end="", file=self._stream, flush=True)
