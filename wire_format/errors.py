"""What can be wrong with bytes from a peer."""


class WireError(Exception):
    """Root of this package's errors."""


class DecodeError(WireError):
    """Bytes or a document that are not what the wire format says.

    pointer: JSON pointer (RFC 6901) to the offending value; "" is the whole document.
    reason: one clear sentence for a person, without the value itself.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer
        self.reason = reason

    def within(self, step: str | int) -> "DecodeError":
        """The same fault seen from one level further out (RFC 6901: ~ and / are escaped)."""
        return DecodeError(f"/{str(step).replace('~', '~0').replace('/', '~1')}{self.pointer}", self.reason)


class EnvelopeError(WireError):
    """An envelope that could not be opened. Deliberately says nothing about why."""

    def __init__(self) -> None:
        super().__init__("the envelope cannot be opened")


class ClaimCodeError(WireError):
    """A claim code that was mistyped or is not one."""
