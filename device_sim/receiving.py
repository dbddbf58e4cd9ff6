"""Document data on its way in: decompressed and counted in a few threads, spooled only where a format needs it.

1. The event loop never counts: every piece is taken by a thread of the receiver's own.
2. A spooled document is a file without a name, gone with its last descriptor, and there is a limit on all of them.
3. Whoever begins a reception ends it: `finish`, or `close` where the sender went away. Both give back its room.
"""

import asyncio
import contextlib
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Final

from device_sim.core.documents.counted import CountedDocument
from device_sim.core.documents.inflate import Inflater
from device_sim.core.documents.intake import Intake
from device_sim.core.errors import DeviceSimError
from device_sim.document_process import count_apart

THREADS: Final = 4


class DocumentTooLargeError(DeviceSimError):
    """A document above the limit, as it came or as it grew when decompressed."""


class ReceiverBusyError(DeviceSimError):
    """As many documents, or as many spooled octets, as may be at a time; later there is room again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingLimits:
    """document_bytes_max: decompressed. spooled_bytes_max: of one document that needs a file; _all_max: of all."""

    receptions_max: int = 64
    document_bytes_max: int = 4 * 1024**3
    spooled_bytes_max: int = 1024**3
    spooled_all_max: int = 2 * 1024**3


class Receiver:
    """Where the documents of a whole fleet come in."""

    def __init__(self, limits: ReceivingLimits | None = None) -> None:
        self.limits = limits or ReceivingLimits()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sim-documents")
        self._lock = threading.Lock()
        self._spooled = 0
        self._receptions = 0

    @property
    def room(self) -> bool:
        """Whether a document can be taken now."""
        return self._receptions < self.limits.receptions_max and self._spooled < self.limits.spooled_all_max

    def begin(self, media_type: str, compression: str = "none") -> "Reception":
        """A place for one document. Raises ReceiverBusyError."""
        if self._receptions >= self.limits.receptions_max:
            raise ReceiverBusyError("as many documents as can be taken at a time are coming in")
        self._receptions += 1
        return Reception(self, media_type, compression)

    async def close(self) -> None:
        """End the threads, after the pieces they have."""
        await asyncio.to_thread(self._threads.shutdown)

    @property
    def threads(self) -> ThreadPoolExecutor:
        """The threads that count."""
        return self._threads

    def ended(self) -> None:
        """A reception gave its place back."""
        self._receptions -= 1

    def reserve(self, size_bytes: int) -> None:
        """Take room for spooled octets, or give it back (negative). Raises ReceiverBusyError. From any thread."""
        with self._lock:
            if size_bytes > 0 and self._spooled + size_bytes > self.limits.spooled_all_max:
                raise ReceiverBusyError("there is no room for spooled documents now")
            self._spooled += size_bytes


class Reception:
    """One document, fed in order, from one task."""

    def __init__(self, receiver: Receiver, media_type: str, compression: str) -> None:
        self._receiver, self._limits = receiver, receiver.limits
        self._inflater = Inflater(compression)
        self._whole: list[_WholeFile] = []
        self._intake = Intake(media_type, self._open_whole)
        self._open = True

    @property
    def size_bytes(self) -> int:
        """Octets of the document so far, decompressed."""
        return self._intake.size_bytes

    @property
    def gray(self) -> bool:
        """Whether the document itself, by PJL, asks for grey."""
        return self._intake.gray

    def command(self, said: str) -> None:
        """Heed a PJL command that came before the document."""
        self._intake.command(said)

    async def feed(self, chunk: bytes) -> None:
        """Take octets as they came. Raises DocumentTooLargeError, ReceiverBusyError, CompressionError, OSError."""
        await asyncio.get_running_loop().run_in_executor(self._receiver.threads, self._take, chunk)

    async def finish(self) -> CountedDocument:
        """The count, after the last octet; then nothing is left of the document. Raises as `feed`."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._receiver.threads, self._count)
        finally:
            self.close()

    def close(self) -> None:
        """Forget the document. Idempotent."""
        if self._open:
            self._open = False
            self._receiver.ended()
            for whole in self._whole:
                whole.close()

    def _take(self, chunk: bytes) -> None:
        for piece in self._inflater.feed(chunk):
            if self._intake.size_bytes + len(piece) > self._limits.document_bytes_max:
                raise DocumentTooLargeError("the document is larger than this printer takes")
            self._intake.feed(piece)

    def _count(self) -> CountedDocument:
        self._inflater.finish()
        return self._intake.finish()

    def _open_whole(self, media_type: str) -> "_WholeFile":
        whole = _WholeFile(media_type, self._receiver)
        self._whole.append(whole)
        return whole


class _WholeFile:
    """A FaceCounter for a format that must be read as a whole."""

    def __init__(self, media_type: str, receiver: Receiver) -> None:
        self._media_type, self._receiver = media_type, receiver
        self._size_bytes = 0
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="inkwire-sim-")  # noqa: SIM115 - closed by close()

    def feed(self, chunk: bytes) -> None:
        """Spool these octets."""
        if self._size_bytes + len(chunk) > self._receiver.limits.spooled_bytes_max:
            raise DocumentTooLargeError("the document is larger than this printer takes")
        self._receiver.reserve(len(chunk))
        self._size_bytes += len(chunk)
        self._file.write(chunk)

    def finish(self) -> CountedDocument:
        """Count, and forget the file."""
        try:
            return count_apart(self._media_type, self._file)
        finally:
            self.close()

    def close(self) -> None:
        """Forget the file. Idempotent."""
        size_bytes, self._size_bytes = self._size_bytes, 0
        self._receiver.reserve(-size_bytes)
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
