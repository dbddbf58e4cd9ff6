"""Takes in what lies in the drop directory: the same intake as a POST, then a signed receipt, then the file is gone.

1. Order: commit, receipt, removal. Whatever a crash leaves out is done again: the ledger knows the batch, the receipt
   is written over, the removal is repeated.
2. One file never stops the others: what cannot be read, judged or moved is told once and looked at again later.
3. A portal that is busy, or whose disk is full, leaves the file where it is.
4. Nobody tells of new files in a folder that may lie on another machine, so the folder is looked at once a second.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from portal.clocks import Clock
from portal.domain.drops import Fate, Judged, judge_file
from portal.drop.folders import DropFolders, Version
from portal.errors import StorageError
from portal.ingest.intake import Intake, Verdict
from wire_format.answers import Refusal
from wire_format.receipts import UploadName

LOOK_S: Final = 1.0
TIDY_S: Final = 3600.0
RECEIPTS_TIDY: Final = 20_000
REJECTED_TIDY: Final = 50
AT_ONCE_MAX: Final = 16
"""Files of one group commit."""
_log = logging.getLogger(__name__)


class DropWatcher:
    """Watches one drop directory. Only one at a time: the portal that serves holds its state folder alone."""

    def __init__(
        self,
        folders: DropFolders,
        intake: Intake,
        *,
        incomplete_s: float,
        record_now: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._folders, self._intake, self._record_now = folders, intake, record_now
        self._incomplete_s, self._monotonic_s, self._unix_s = incomplete_s, monotonic_s, unix_s
        self._seen: dict[str, tuple[Version, float]] = {}
        self._waiting: set[str] = set()
        self._told: dict[str, str] = {}
        self._tidy_at_s = monotonic_s()
        self._receipts, self._rejected = 0, REJECTED_TIDY

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(LOOK_S)

    async def turn(self) -> None:
        """Look once, and take in what is complete."""
        try:
            found = await asyncio.to_thread(self._folders.waiting)
            await asyncio.to_thread(self._tidy)
        except OSError as error:
            self._tell("", error)
            return
        self._told.pop("", None)
        names = {name for name, _ in found}
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        self._waiting &= names
        self._told = {name: told for name, told in self._told.items() if name in names}
        for start in range(0, len(found), AT_ONCE_MAX):
            await asyncio.gather(*(self._look_at(*one) for one in found[start : start + AT_ONCE_MAX]))

    def _tidy(self) -> None:
        # By the clock, and by count: a flood must not fill the disk within the hour.
        if self._monotonic_s() >= self._tidy_at_s or self._receipts >= RECEIPTS_TIDY:
            self._tidy_at_s, self._receipts = self._monotonic_s() + TIDY_S, 0
            self._folders.tidy_receipts(self._unix_s())
        if self._rejected >= REJECTED_TIDY:
            self._rejected = 0
            self._folders.tidy_rejected()

    async def _look_at(self, name: str, version: Version) -> None:
        try:
            if self._seen.get(name, (None, 0.0))[0] != version:
                self._seen[name] = (version, self._monotonic_s())
                self._waiting.discard(name)
            quiet_s = self._monotonic_s() - self._seen[name][1]
            if name in self._waiting and quiet_s < self._incomplete_s:
                return  # incomplete when it was last read, and not changed since
            content, judged = await asyncio.to_thread(self._judge, name, quiet_s)
            match judged.fate:
                case Fate.WAIT:
                    self._waiting.add(name)
                case Fate.REJECT:
                    await asyncio.to_thread(self._reject, name, judged.why)
                case Fate.TAKE if judged.upload is not None:
                    await self._take(name, judged.upload, content)
        except FileNotFoundError:
            return
        except (OSError, StorageError) as error:
            self._tell(name, error)
        except Exception:
            if self._told.get(name) != "internal":
                self._told[name] = "internal"
                _log.exception("a dropped file could not be taken in", extra={"file": name})

    def _judge(self, name: str, quiet_s: float) -> tuple[bytes, Judged]:
        content = self._folders.read(name)
        return content, judge_file(name, content, quiet_s, self._incomplete_s)

    async def _take(self, name: str, upload: UploadName, envelope: bytes) -> None:
        sender = await self._intake.admit(upload.sender)
        if isinstance(sender, Refusal):
            verdict = Verdict(status=403, said=sender)
        else:
            verdict = await self._intake.take(sender, envelope)
        receipt = self._intake.receipt(upload.sender, envelope, verdict)
        if receipt is not None:
            await asyncio.to_thread(self._settle, name, upload, receipt, verdict)

    def _settle(self, name: str, upload: UploadName, receipt: bytes, verdict: Verdict) -> None:
        self._folders.put_receipt(upload, receipt)
        self._receipts += 1
        said = verdict.said
        if isinstance(said, Refusal) and said.keys is None:
            why = said.error + (f" at {said.path}" if said.path else "") + (f": {said.reason}" if said.reason else "")
            self._reject(name, why)
        else:  # stored; or sealed to an old key, and the sender seals it anew
            self._folders.remove(name)

    def _reject(self, name: str, why: str) -> None:
        kept = self._folders.reject(name, why, self._record_now())
        self._rejected += 1
        _log.warning("a dropped file was set aside", extra={"file": kept.name, "why": why})

    def _tell(self, name: str, error: Exception) -> None:
        if self._told.get(name) != str(error):
            self._told[name] = str(error)
            _log.error("the drop directory cannot be worked on", extra={"file": name, "why": str(error)})
