"""No read without a tenant."""

import inspect
import pkgutil
from importlib import import_module
from typing import Any, cast

import pytest

from portal.storage import reads
from portal.storage.database import Database
from portal.storage.reads.query import TenantRows, like

MODULES = [import_module(f"portal.storage.reads.{found.name}") for found in pkgutil.iter_modules(reads.__path__)]
READS = [
    function
    for module in MODULES
    for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
    if function.__module__ == module.__name__
]


class Recorder:
    """A database that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[Any]]] = []

    async def rows(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        self.asked.append((sql, values))
        return []


@pytest.mark.parametrize("function", READS, ids=lambda function: function.__name__)
def test_every_read_takes_the_tenant_first(function: Any) -> None:
    first = next(iter(inspect.signature(function).parameters.values()))

    assert first.name == "tenant"
    assert first.annotation is TenantRows


async def test_a_statement_without_a_tenant_does_not_run() -> None:
    database = Recorder()
    tenant = TenantRows(database=cast(Database, database), tenant_id=7)

    with pytest.raises(ValueError, match="scoped"):
        await tenant.rows("SELECT * FROM job")

    assert database.asked == []


async def test_the_tenant_is_always_the_first_value() -> None:
    database = Recorder()
    tenant = TenantRows(database=cast(Database, database), tenant_id=7)

    await tenant.rows("SELECT * FROM job WHERE tenant_id = ? AND job_id = ?", "1")

    assert database.asked == [("SELECT * FROM job WHERE tenant_id = ? AND job_id = ?", [7, "1"])]


def test_words_are_found_as_written_whatever_signs_they_hold() -> None:
    assert like("100%_a\\b") == "%100\\%\\_a\\\\b%"
