"""What can go wrong in a benchmark."""


class BenchError(Exception):
    """The run cannot be made, or what was measured may not be believed."""


class WrongReplyError(BenchError):
    """A reply was lost, came from the wrong address, or says what it may not say."""
