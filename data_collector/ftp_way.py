"""Batches by FTP: a sealed envelope is laid down in the portal's drop directory, and its receipt fetched.

1. The FTP server's "226 complete" is not the portal's word: nothing leaves the spool before a signed receipt is here.
2. What is under way is remembered over restarts, so that the receipt of a portal that comes for its files once an hour
   is found by whatever run comes next.
3. An upload that was cut off is not gone on with: the batch is sealed anew, and so has another name.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from data_collector.core.uploads import (
    Upload,
    decode_uploads,
    encode_uploads,
    is_due,
    of_batch,
    with_upload,
    without_batch,
)
from data_collector.ftp_session import FtpServer, FtpSession
from direct_connect.spool import FormedBatch, Spool, SpoolFullError
from direct_connect.uplink import HttpAnswer, Identity, PortalUnreachableError, Timepiece
from direct_connect.uplink.receipts import believed, hash_of
from wire_format.envelope import seal
from wire_format.receipts import INCOMING, RECEIPT_BYTES_MAX, RECEIPTS, UploadName, receipt_file

MEMO: Final = "uploads"
RECEIPT_S: Final = 10.0
"""Real seconds to wait for a receipt right after an upload; a portal that watches its directory needs one or two."""
AGAIN_S: Final = 6 * 3600.0
"""Seconds until a batch without a receipt is uploaded again."""
_ASK_S: Final = (0.1, 2.0)
_log = logging.getLogger(__name__)


class FtpWay:
    """The way of one collector's batches through one FTP server. Thread-safe."""

    def __init__(
        self,
        server: FtpServer,
        spool: Spool,
        clock: Timepiece,
        *,
        receipt_s: float = RECEIPT_S,
        again_s: float = AGAIN_S,
        open_session: Callable[[FtpServer], FtpSession] = FtpSession,
    ) -> None:
        self._server, self._spool, self._clock = server, spool, clock
        self._receipt_s, self._again_s, self._open_session = receipt_s, again_s, open_session
        self._batches: dict[str, str] = {}
        self._lock = threading.Lock()

    def seal(self, batch: FormedBatch, identity: Identity) -> bytes:
        """The envelope of a batch; the way remembers whose it is. Raises what `wire_format.envelope.seal` raises."""
        envelope = seal(batch.body, identity.key, identity.portal_key())
        with self._lock:
            self._batches[hash_of(envelope)] = f"{batch.stream}.{batch.sequence}"
        return envelope

    def connect(self, identity: Identity) -> "FtpPoster":
        """A `Poster` of one lane."""
        return FtpPoster(self, identity)

    def batch_of(self, sha256: str) -> str:
        """The batch that was sealed in this envelope."""
        with self._lock:
            return self._batches.pop(sha256)

    def session(self) -> FtpSession:
        """A session that is not open yet."""
        return self._open_session(self._server)

    def under_way(self, batch: str) -> tuple[Upload, ...]:
        """The uploads of a batch that may have a receipt, the newest first."""
        return of_batch(decode_uploads(self._spool.recall(MEMO)), batch)

    def is_due(self, uploads: tuple[Upload, ...]) -> bool:
        """Whether the batch is uploaded now."""
        return is_due(uploads, self._clock.utc_now(), self._again_s)

    def begun(self, batch: str, sha256: str) -> None:
        """The upload may be there from now on."""
        new = Upload(batch=batch, sha256=sha256, at=self._clock.utc_now())
        with self._lock:
            self._keep(with_upload(decode_uploads(self._spool.recall(MEMO)), new))

    def settled(self, batch: str) -> None:
        """The batch has a receipt."""
        with self._lock:
            self._keep(without_batch(decode_uploads(self._spool.recall(MEMO)), batch))

    @property
    def receipt_s(self) -> float:
        """How long to wait for a receipt after an upload."""
        return self._receipt_s

    def _keep(self, uploads: tuple[Upload, ...]) -> None:
        try:
            self._spool.remember(MEMO, encode_uploads(uploads) if uploads else None)
        except SpoolFullError as error:
            # Then a receipt that comes late is not found, and the batch goes once more: nothing is lost.
            _log.warning("uploads can not be remembered", extra={"problem": str(error)})


class FtpPoster:
    """A `Poster` that lays envelopes down and fetches receipts."""

    def __init__(self, way: FtpWay, identity: Identity) -> None:
        self._way, self._identity = way, identity
        self._session: FtpSession | None = None
        self._closed = threading.Event()

    def post(self, path: str, body: bytes, content_type: str) -> HttpAnswer:
        """The portal's signed answer to this batch, in whatever envelope it came.

        Raises PortalUnreachableError while there is none.
        """
        sha256 = hash_of(body)
        batch = self._way.batch_of(sha256)
        earlier = self._way.under_way(batch)
        session = self._session = self._way.session()
        if self._closed.is_set():
            session.close()
        try:
            with session:
                answer = self._first_receipt(session, earlier)
                if answer is None and not self._way.is_due(earlier):
                    raise PortalUnreachableError(_waits(earlier[0].at.isoformat(timespec="minutes")))
                if answer is None:
                    answer = self._upload(session, batch, sha256, body)
        finally:
            self._session = None
        self._way.settled(batch)
        return answer

    def rest(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """See `Poster`."""
        self._closed.set()
        if (session := self._session) is not None:
            session.close()

    def _upload(self, session: FtpSession, batch: str, sha256: str, envelope: bytes) -> HttpAnswer:
        session.upload(INCOMING, UploadName(sender=self._identity.sender, sha256=sha256).file, envelope)
        self._way.begun(batch, sha256)
        wait_s, longest_s = _ASK_S
        until_s = time.monotonic() + self._way.receipt_s
        while not self._closed.wait(wait_s):
            if (answer := self._receipt(session, sha256)) is not None:
                return answer
            if time.monotonic() >= until_s:
                break
            wait_s = min(wait_s * 2, longest_s)
        raise PortalUnreachableError(_waits("now"))

    def _first_receipt(self, session: FtpSession, uploads: tuple[Upload, ...]) -> HttpAnswer | None:
        answers = (self._receipt(session, upload.sha256) for upload in uploads)
        return next((answer for answer in answers if answer is not None), None)

    def _receipt(self, session: FtpSession, sha256: str) -> HttpAnswer | None:
        token = session.download(RECEIPTS, receipt_file(sha256), RECEIPT_BYTES_MAX)
        if token is None:
            return None
        try:
            return believed(token, sha256, self._identity)
        except PortalUnreachableError as error:
            _log.warning("a receipt is not the portal's", extra={"upload": sha256, "why": str(error)})
            return None


def _waits(since: str) -> str:
    return (
        f"uploaded ({since}), and the portal's receipt is not there yet; "
        "if it stays away, check that the portal looks into its drop directory"
    )
