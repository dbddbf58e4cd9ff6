"""The portal's signed time, for a device whose own clock can not be right.

It is asked for only while the clock is in doubt, on a connection of its own on which nothing else is said: the pinned
CA and the name are checked there, the dates of certificates are not (docs/wire.md, enrolment). The answer is signed by
the CA's key for this very question, so neither an old answer nor another server's counts.
"""

import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from direct_connect.clock import CorrectedClock
from direct_connect.core.chance import Randomness
from direct_connect.errors import PortalUnreachableError
from direct_connect.uplink.http import PortalClient
from direct_connect.uplink.identity import IdentityFolder
from wire_format.enrolment import open_time
from wire_format.errors import DecodeError, EnvelopeError
from wire_format.keys import KeyFormatError, VerifyKey

BEHIND_MAX: Final = timedelta(days=1)
"""How far a portal's clock may have been set back below a time it has signed."""


class SignedTime:
    """Corrects a clock by the portal's time when it is in doubt. Thread-safe."""

    def __init__(
        self,
        clock: CorrectedClock,
        folder: IdentityFolder,
        connect: Callable[[Sequence[str], bytes], PortalClient],
        randomness: Randomness,
    ) -> None:
        """connect: makes a client that checks no dates."""
        self._clock, self._folder, self._connect, self._randomness = clock, folder, connect, randomness
        self._lock = threading.Lock()

    def make_sure(self, portal_urls: Sequence[str], ca_pem: bytes) -> None:
        """Ask for the time, if it is in doubt. Blocks on the network then. Raises PortalUnreachableError."""
        with self._lock:
            if self._clock.doubtful:
                self.learned(self._asked(portal_urls, ca_pem))

    def ask(self, portal_urls: Sequence[str], ca_pem: bytes) -> None:
        """Ask for the time, in doubt or not. Blocks on the network. Raises PortalUnreachableError."""
        with self._lock:
            self.learned(self._asked(portal_urls, ca_pem))

    def learned(self, at: datetime) -> None:
        """The portal's time of now came along with an answer. Raises SpoolStorageError."""
        self._clock.learn(at)
        self._folder.raise_time_floor(at)

    def blame(self, error: PortalUnreachableError) -> None:
        """A connection failed; when it was for the dates of a certificate, the clock may be to blame."""
        cause = error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in (9, 10):
            self._clock.doubt()

    def _asked(self, portal_urls: Sequence[str], ca_pem: bytes) -> datetime:
        nonce = self._randomness(16).hex()
        client = self._connect(portal_urls, ca_pem)
        try:
            answer = client.get(f"/v1/time?nonce={nonce}")
        finally:
            client.close()
        if answer.status != 200:
            raise PortalUnreachableError(
                f"the portal answered {answer.status} when asked for the time", answer.retry_after
            )
        try:
            at = open_time(answer.body.decode("ascii"), nonce, VerifyKey.from_certificate_pem(ca_pem))
        except (DecodeError, EnvelopeError, KeyFormatError, UnicodeDecodeError) as error:
            raise PortalUnreachableError("the time that came is not signed by the portal for this question") from error
        if at < self._clock.floor - BEHIND_MAX:
            raise PortalUnreachableError(
                f"the portal's clock ({at:%Y-%m-%d}) is behind a time that it signed before "
                f"({self._clock.floor:%Y-%m-%d}); correct the portal's clock"
            )
        return at
