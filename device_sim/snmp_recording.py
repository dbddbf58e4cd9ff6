"""Recordings as files: what `--recording FILE.snmprec` and `--recording DIR` open."""

import logging
from pathlib import Path
from typing import Final

from device_sim.core.errors import ConfigError
from device_sim.core.ipp_request import IppDecodeError
from device_sim.core.net_snmp_text import looks_like_snmpwalk, read_snmpwalk
from device_sim.core.recorded.printer import RecordedPrinter, recorded_printer
from device_sim.core.recorded.rows import Rows
from device_sim.core.recorder.recording import IPP, WALK
from device_sim.core.snmp.view import MibView
from device_sim.core.snmprec import Recording, read_recording
from device_sim.recording_folder import read_documents, read_ipp_answer

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
FLAWS_LOGGED_MAX: Final = 5

_log = logging.getLogger(__name__)


def load_recording(path: Path) -> Recording:
    """The recording in a .snmprec, or in what snmpwalk printed; its flaws are logged, line by line, up to a limit.

    Raises ConfigError when the file cannot be read, is too large, or holds nothing that can be served.
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        remedy = f"cannot be read ({error.strerror}); give the path of a .snmprec file"
        raise ConfigError(str(path), "", remedy) from error
    if len(content) > FILE_BYTES_MAX:
        raise ConfigError(str(path), "", f"is larger than {FILE_BYTES_MAX} bytes; record a smaller part of the MIB")
    recording = read_snmpwalk(content) if looks_like_snmpwalk(content) else read_recording(content)
    if not recording.leaves:
        first = recording.flaws[0].reason if recording.flaws else "the file is empty"
        raise ConfigError(str(path), "", f"holds no object to serve: {first}; give a .snmprec or a walk")
    for flaw in recording.flaws[:FLAWS_LOGGED_MAX]:
        _log.warning("%s, line %d is not served: %s", path, flaw.line, flaw.reason)
    if len(recording.flaws) > FLAWS_LOGGED_MAX:
        _log.warning("%s: %d more lines are not served", path, len(recording.flaws) - FLAWS_LOGGED_MAX)
    return recording


def open_recording(path: Path) -> RecordedPrinter:
    """The printer that a file, or a directory of `inkwire sim record`, tells of. Raises ConfigError."""
    if not path.is_dir():
        return recorded_printer(Rows(load_recording(path).leaves), path.stem)
    rows = Rows(load_recording(path / WALK).leaves)
    try:
        return recorded_printer(rows, path.stem, read_documents(path), read_ipp_answer(path))
    except IppDecodeError as error:
        remedy = f"is no answer of a printer ({error}); remove the file to leave IPP out"
        raise ConfigError(str(path / IPP), "", remedy) from error


def recording_view(path: Path) -> MibView:
    """What an agent shows that says what was recorded and nothing else. Raises ConfigError."""
    return load_recording(path).view()
