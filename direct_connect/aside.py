"""Batches set aside, for the person who decides about them: shown, kept in a file, sent again, dropped, put back.

A batch is dropped only after it was written to a file, from which it can be put back.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from direct_connect.core.batching import FormedBatch, Lane
from direct_connect.errors import ConfigError, SpoolStorageError
from direct_connect.spool.port import Outbox, SetAside
from wire_format.codec import decode_batch, decode_record, encode_record
from wire_format.errors import DecodeError
from wire_format.records import SCHEMA_VERSION, STREAM_PATTERN, THUMBPRINT_PATTERN, Reason
from wire_format.shapes import INTEGER_MAX, choice, instant, integer, text, truth
from wire_format.strict_json import compact_json, parse_json

FILE_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    v: int = integer(SCHEMA_VERSION, SCHEMA_VERSION, required=True)
    sender: str = text(43, required=True, pattern=THUMBPRINT_PATTERN, wanted="a sender's id")
    stream: str = text(32, required=True, pattern=STREAM_PATTERN, wanted="32 hex digits")
    sequence: int = integer(1, INTEGER_MAX, required=True)
    lane: int = integer(0, 1, required=True)
    reason: Reason = choice(Reason, required=True)
    created_at: datetime = instant(required=True)
    snapshot_only: bool | None = truth()
    why: str = text(255, required=True)
    sha256: str = text(64, required=True)
    batch: str = text(FILE_BYTES_MAX, required=True)


def found_aside(outbox: Outbox, sequence: int, stream: str | None) -> SetAside:
    """The one that a person means. Raises ConfigError when there is none, or more than one."""
    found = [each for each in outbox.aside() if each.sequence == sequence and stream in (None, each.stream)]
    if not found:
        raise ConfigError(f"no batch of number {sequence} is set aside; see: inkwire connect aside list")
    if len(found) > 1:
        streams = ", ".join(each.stream for each in found)
        raise ConfigError(f"more than one stream has a number {sequence} set aside; add --stream, one of {streams}")
    return found[0]


def jobs_in(outbox: Outbox, each: SetAside) -> int:
    """How many jobs hang on it."""
    batch = outbox.aside_batch(each.stream, each.sequence)
    if batch is None:
        return 0
    try:
        return sum(len(report.jobs) for report in decode_batch(batch.body).reports)
    except DecodeError:
        return 0


def export(outbox: Outbox, each: SetAside, path: Path) -> None:
    """Write it to a new file, its owner's alone, durably. Raises ConfigError, SpoolStorageError."""
    batch = outbox.aside_batch(each.stream, each.sequence)
    if batch is None:
        raise ConfigError(f"batch {each.sequence} is not set aside any more")
    kept = _Kept(
        v=SCHEMA_VERSION,
        sender=batch.sender,
        stream=batch.stream,
        sequence=batch.sequence,
        lane=int(batch.lane),
        reason=batch.reason,
        created_at=batch.created_at,
        snapshot_only=batch.snapshot_only,
        why=each.why,
        sha256=batch.sha256,
        batch=batch.body.decode("utf-8"),
    )
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(compact_json(encode_record(kept)).encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise ConfigError(f"{path} is there already; choose a new file") from error
    except OSError as error:
        raise SpoolStorageError(f"{path} can not be written: {error.strerror}; choose another file") from error


def restore(outbox: Outbox, path: Path) -> int:
    """Put back, set aside, what such a file holds; gives its number.

    Raises ConfigError (no such file, another sender's, or it is here), SequenceError, SpoolFullError.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ConfigError(f"{path} is too large for a batch that was set aside")
        kept = decode_record(_Kept, parse_json(path.read_bytes()))
    except DecodeError as error:
        raise ConfigError(f"{path} is no batch that was set aside: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} can not be read: {error.strerror}; check the path") from error
    body = kept.batch.encode("utf-8")
    if hashlib.sha256(body).hexdigest() != kept.sha256:
        raise ConfigError(f"{path} was changed: the batch in it has another hash")
    if kept.sender != outbox.sender:
        raise ConfigError(f"{path} is of the sender {kept.sender}, and this is {outbox.sender}")
    batch = FormedBatch(
        sender=kept.sender,
        stream=kept.stream,
        sequence=kept.sequence,
        lane=Lane(kept.lane),
        reason=kept.reason,
        created_at=kept.created_at,
        snapshot_only=kept.snapshot_only is True,
        body=body,
        sha256=kept.sha256,
    )
    if not outbox.restore_aside(batch, kept.why):
        raise ConfigError(f"batch {kept.sequence} is in the spool already")
    return kept.sequence
