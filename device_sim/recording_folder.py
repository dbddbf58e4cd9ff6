"""What `inkwire sim record` wrote beside the walk: documents of the web server, and the answer over IPP."""

import json
import re
from pathlib import Path
from typing import Final

from device_sim.core.errors import ConfigError
from device_sim.core.recorder.recording import DOCUMENTS, IPP, Document

DOCUMENT_BYTES_MAX: Final = 8 * 1024 * 1024
DOCUMENTS_MAX: Final = 1000
_KIND: Final = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_CHARSET: Final = re.compile(r"[\w.:-]{0,40}", re.ASCII)


def read_documents(folder: Path) -> tuple[Document, ...]:
    """The documents of a recording, none where it has no list of them. Raises ConfigError."""
    path = folder / DOCUMENTS
    if not path.exists():
        return ()
    try:
        entries: object = json.loads(read_bounded(path))
    except ValueError as error:
        raise ConfigError(str(path), "", f"is no JSON ({error}); record the printer again") from error
    if not isinstance(entries, list) or len(entries) > DOCUMENTS_MAX:
        raise ConfigError(str(path), "", f"must be a list of at most {DOCUMENTS_MAX} documents")
    return tuple(_document(folder, entry, f"documents[{place}]") for place, entry in enumerate(entries, 1))


def read_ipp_answer(folder: Path) -> bytes:
    """The recorded answer to Get-Printer-Attributes, or nothing. Raises ConfigError."""
    path = folder / IPP
    return read_bounded(path) if path.exists() else b""


def read_bounded(path: Path) -> bytes:
    """The octets of a file. Raises ConfigError where it cannot be read, or is too large for a document."""
    try:
        with path.open("rb") as file:
            content = file.read(DOCUMENT_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read ({error.strerror}); record the printer again") from error
    if len(content) > DOCUMENT_BYTES_MAX:
        raise ConfigError(str(path), "", f"is larger than {DOCUMENT_BYTES_MAX} bytes; leave it out of the recording")
    return content


def _document(folder: Path, entry: object, at: str) -> Document:
    where = str(folder / DOCUMENTS)
    if not isinstance(entry, dict):
        raise ConfigError(where, at, "must be an object with path, type and file")
    path, kind, file, charset = (entry.get(key, "") for key in ("path", "type", "file", "charset"))
    if not isinstance(path, str) or not path.startswith("/"):
        raise ConfigError(where, f"{at}.path", 'must begin with a slash, such as "/DevMgmt/ProductUsageDyn.xml"')
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise ConfigError(where, f"{at}.type", 'must be a media type, such as "text/xml"')
    if not isinstance(charset, str) or not _CHARSET.fullmatch(charset):
        raise ConfigError(where, f"{at}.charset", 'must be the name of one, such as "utf-8"')
    if not isinstance(file, str) or not file or Path(file).name != file:
        raise ConfigError(where, f"{at}.file", "must be the name of a file in the same folder")
    return Document(path=path, kind=kind, body=read_bounded(folder / file), charset=charset)
