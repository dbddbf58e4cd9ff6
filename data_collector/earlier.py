"""What was known before a scan by hand: a collector's folder, or the lines of an earlier `scan --json`."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from data_collector.core.known_printers import KnownPrinters, decode_printers
from data_collector.core.since import Since
from wire_format.codec import decode_report
from wire_format.errors import DecodeError

PRINTERS_MEMO: Final = "printers"
_FILE_BYTES_MAX: Final = 1 << 30


class EarlierError(Exception):
    """It cannot be read; the message says why, and what to name instead."""


def read_since(path: Path) -> Since:
    """What is known there. Raises EarlierError."""
    try:
        return Since(known_in(path).all()) if path.is_dir() else _of_lines(path)
    except OSError as error:
        raise EarlierError(
            f"{error.filename or path} cannot be read ({error.strerror}): "
            "name a collector's folder, as its user, or a file of `scan --json`"
        ) from error


def _of_lines(path: Path) -> Since:
    if path.stat().st_size > _FILE_BYTES_MAX:
        raise EarlierError(f"{path} is larger than 1 GiB: that is no scan")
    reports = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                reports += [decode_report(line)] if line.strip() else []
            except DecodeError as error:
                raise EarlierError(f"{path}, line {number} is no report of `scan --json`: {error}") from error
    return Since.of_reports(reports)


def known_in(folder: Path) -> KnownPrinters:
    """A collector's memory, from a copy of its spool: it may be at work. Raises EarlierError, OSError."""
    from data_collector.clock import Clock  # the spool and its cryptography: a plain scan does without them
    from data_collector.delivery import SPOOL_FILE, Delivery
    from direct_connect.spool import DirectConnectError

    if not (folder / SPOOL_FILE).exists():
        raise EarlierError(f"{folder} is no collector's folder: there is no {SPOOL_FILE} in it")
    with tempfile.TemporaryDirectory(prefix="inkwire-since-") as aside:
        copy = Path(aside) / "collector"
        shutil.copytree(folder, copy)
        try:
            delivery = Delivery(copy, "https://portal.example", Clock(), None)
        except DirectConnectError as error:
            raise EarlierError(f"{folder} cannot be read: {error}") from error
        try:
            return decode_printers(delivery.recall(PRINTERS_MEMO))
        finally:
            delivery.close()
