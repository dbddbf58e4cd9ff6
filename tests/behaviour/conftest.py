"""Spools of every kind, for the suites that all of them must pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.spool import MemorySpoolFile, SpoolFile, SqliteSpoolFile
from tests.support.direct_connect import bytes_from
from tests.support.spool_shelf import SMALL, Shelf


@pytest.fixture(params=["sqlite", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    def open_sqlite(_: SpoolFile | None) -> SpoolFile:
        return SqliteSpoolFile.open(tmp_path / "spool.db", bytes_max=SMALL, randomness=bytes_from("spool"))

    def reopen_memory(file: SpoolFile) -> SpoolFile:
        assert isinstance(file, MemorySpoolFile)
        return file.reopened()

    if request.param == "sqlite":
        shelf = Shelf(open_sqlite(None), open_sqlite)
    else:
        shelf = Shelf(MemorySpoolFile(bytes_max=SMALL, randomness=bytes_from("spool")), reopen_memory)
    yield shelf
    shelf.file.close()
