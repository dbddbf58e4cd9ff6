"""A pulled plug at any moment of a block leaves its first calls, in order, and at least what was durable."""

import shutil
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from direct_connect.core.batching import Lane
from direct_connect.spool import SqliteSpoolFile, append_reports
from tests.support.direct_connect import a_job
from wire_format.records import Device, Reason, Report

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENDERS = ("A" * 43, "B" * 43)
STEPS = st.lists(st.sampled_from(["call", "call", "call", "end", "other", "batch", "pull"]), max_size=25)


class Story:
    """Blocks of numbered calls on a spool file, other threads that call, and what must be left of it."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.pulls = directory, 0
        self.place = directory / "live" / "spool.db"
        self.file = SqliteSpoolFile.open(self.place)
        self.calls = self.durable = self.batches = 0

    def call(self) -> None:
        assert self.file.of(SENDERS[self.calls % 2]).append_job(a_job(self.calls))
        self.calls += 1

    def other(self, *, batch: bool) -> None:
        """A call of another thread that is durable when it returns, and all before it too."""
        spool = self.file.of(SENDERS[0])

        def run() -> None:
            if batch:
                append_reports(spool, [Report(observed_at=AT, device=Device())], reason=Reason.BOOT, created_at=AT)
            else:
                spool.remember("other", str(self.calls))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.batches += batch
        self.durable = self.calls

    def pull(self) -> None:
        self.pulls += 1
        copy = self.directory / str(self.pulls)
        shutil.copytree(self.place.parent, copy)
        with SqliteSpoolFile.open(copy / self.place.name) as left:
            jobs = [waiting.job.job_id for sender in SENDERS for waiting in left.of(sender).events().jobs]
            assert set(jobs) == {a_job(number).job_id for number in range(len(jobs))}
            assert len(jobs) >= self.durable
            assert left.of(SENDERS[0]).tally().gap is None
            assert left.of(SENDERS[0]).numbering().next_sequence == self.batches + 1
            assert (left.of(SENDERS[0]).oldest(Lane.NORMAL) is not None) == (self.batches > 0)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_a_pulled_plug_leaves_the_first_calls_whoever_else_called(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        story = Story(Path(directory))
        left = iter(steps)
        going = True
        while going:
            going = False
            with story.file.together():
                for step in left:
                    if step == "end":
                        going = True
                        break
                    match step:
                        case "call":
                            story.call()
                        case "pull":
                            story.pull()
                        case _:
                            story.other(batch=step == "batch")
            story.durable = story.calls
            story.pull()
        story.file.close()
