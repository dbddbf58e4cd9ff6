"""Structured logs: one JSON object a line, for machines; a constant message, and its fields beside it.

What is logged never holds keys, claim codes, or names of people, jobs and documents: the callers see to that, and the
canary test of the diagnostics looks after them.
"""

import json
import logging
import logging.handlers
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from direct_connect.errors import ConfigError
from wire_format.codec import format_instant

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
FILE_BYTES_MAX: Final = 1024 * 1024
FILES_MAX: Final = 2
_FRAMES_MAX: Final = 12


class JsonFormatter(logging.Formatter):
    """`at` (UTC), `level`, `logger`, `message`, and every field that came with it; a fault as `fault` and `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, ASCII, whatever the values hold."""
        fields: dict[str, object] = {
            "at": format_instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _KNOWN and name not in fields}
        if record.exc_info and record.exc_info[1] is not None:
            # Where it went wrong, but not what the error says: an embedder's may hold anything.
            fields["fault"], fields["trace"] = type(record.exc_info[1]).__name__, _trace(record.exc_info[1])
        return json.dumps(fields, default=str)


def _trace(error: BaseException) -> list[str]:
    frames: list[str] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return frames[-_FRAMES_MAX:]


def log_json(level: str, *, file: Path | None = None, stream: TextIO | None = None) -> None:
    """Send every logger's lines to stderr (stream: elsewhere), and to a file that is kept short.

    Raises ConfigError when the file can not be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(stream or sys.stderr)]
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(
                logging.handlers.RotatingFileHandler(file, maxBytes=FILE_BYTES_MAX, backupCount=FILES_MAX - 1)
            )
        except OSError as error:
            raise ConfigError(f"the log {file} can not be written: {error.strerror}; choose another file") from error
    for handler in handlers:
        handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
