"""What becomes of a file in the drop directory, and whether there is room for another.

1. A file is taken when its bytes have the SHA-256 that its name says. So an upload that is under way, was cut off, or
   was damaged (by ASCII mode, for one) is never judged as a batch, whoever's FTP server wrote it, and nothing needs to
   be renamed when it is complete.
2. What does not become such a file within `incomplete_s` of its last change is set aside with the reason.
3. Room has three limits: files, bytes, and files of one sender. Beyond them an upload is refused for now; the sender
   keeps its batch.
"""

import enum
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from wire_format.envelope import SEALED_BYTES_MAX
from wire_format.receipts import UploadName


class Fate(enum.Enum):
    """What to do with a file now."""

    TAKE = "take in"
    WAIT = "look again later"
    REJECT = "set aside for a person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A fate, and why in a sentence when it is REJECT. upload: with TAKE."""

    fate: Fate
    upload: UploadName | None = None
    why: str = ""


_WAIT = Judged(fate=Fate.WAIT)


def judge_file(name: str, content: bytes, quiet_s: float, incomplete_s: float) -> Judged:
    """The fate of a file. content: at most one byte more than an envelope may have. quiet_s: since it last changed."""
    if len(content) > SEALED_BYTES_MAX:
        return Judged(fate=Fate.REJECT, why=f"it is larger than an envelope can be ({SEALED_BYTES_MAX} bytes)")
    upload = UploadName.parse(name)
    if upload is not None and hashlib.sha256(content).hexdigest() == upload.sha256:
        return Judged(fate=Fate.TAKE, upload=upload)
    if quiet_s < incomplete_s:
        return _WAIT
    if upload is None:
        return Judged(fate=Fate.REJECT, why="its name is not SENDER.SHA256.jwe")
    return Judged(
        fate=Fate.REJECT,
        why=f"its {len(content)} bytes do not have the SHA-256 of its name: it was cut off or changed on the way",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may wait in `incoming`."""

    files_max: int
    bytes_max: int
    sender_files_max: int


def why_no_room(upload: UploadName, waiting: Iterable[tuple[str, int]], room: Room) -> str | None:
    """Why this upload must wait, or None when it may begin. waiting: names and sizes of what is there."""
    files = size = own = 0
    for name, size_bytes in waiting:
        files, size = files + 1, size + size_bytes
        own += name.startswith(upload.sender + ".")
    if own >= room.sender_files_max:
        return "this sender has too many files waiting"
    if files >= room.files_max or size + SEALED_BYTES_MAX > room.bytes_max:
        return "too much is waiting here"
    return None
