"""Log lines of the service: one event a line, a constant message and its fields as key=value."""

import logging
import time
from typing import Final

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FieldFormatter(logging.Formatter):
    """Time (UTC), level, message, and the fields that came with it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback; line breaks in values are made visible."""
        fields = "".join(f" {name}={_shown(value)}" for name, value in vars(record).items() if name not in _KNOWN)
        return super().formatMessage(record) + fields


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)


def log_to_stderr(level: int) -> None:
    """Send every logger's lines to stderr."""
    handler = logging.StreamHandler()
    formatter = FieldFormatter()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
