"""What can go wrong in the portal, split by who must act."""


class PortalError(Exception):
    """Root of this package's errors."""


class ConfigError(PortalError):
    """A setting, file or option that the operator must change. The text names it and the remedy."""


class StorageError(PortalError):
    """The database cannot take or give rows now; the text says why and what helps."""


class StorageFullError(StorageError):
    """The disk or the file-size limit is reached. Nothing of the transaction was kept; try later."""


class NotFoundError(PortalError):
    """No such object, or it is another tenant's: the two are never told apart."""


class ForbiddenError(PortalError):
    """The user is known and may see the object, but may not do this."""
