"""What can go wrong in a direct connection, split by who must act."""


class DirectConnectError(Exception):
    """Root of this package's errors."""


class ConfigError(DirectConnectError):
    """The operator must correct a setting, a path or a claim code. The text names the remedy."""


class InvalidRecordError(DirectConnectError, ValueError):
    """The embedding program handed over a record that the wire format has no place for."""


class ClosedError(DirectConnectError):
    """The connection or the spool was closed; nothing was stored."""


class SpoolFullError(DirectConnectError):
    """No room is left for what was handed over. It was not stored; jobs refused so are counted and reported."""


class SpoolStorageError(DirectConnectError, OSError):
    """The disk refuses to write or read the spool: read-only, broken, or gone."""


class SpoolInUseError(DirectConnectError):
    """Another process has the spool open: one spool, one process."""


class SequenceError(DirectConnectError):
    """A batch carries a number that is not the stream's next one. It was not stored."""


class PortalUnreachableError(DirectConnectError):
    """No usable answer came from the portal: try again later. Never says that a batch was not stored.

    retry_after: the Retry-After header, if the portal sent one. captive: a network's login page answers instead.
    wire_bytes: what the try took on the wire.
    """

    def __init__(
        self, message: str, retry_after: str | None = None, *, captive: bool = False, wire_bytes: int = 0
    ) -> None:
        super().__init__(message)
        self.retry_after, self.captive, self.wire_bytes = retry_after, captive, wire_bytes


class RenewalRefusedError(DirectConnectError):
    """The portal will not have a new key for this sender. The old key stays in use; the text says why."""


class EnrolmentRefusedError(DirectConnectError):
    """The portal, or the check of its identity, said no. The text names the remedy."""
