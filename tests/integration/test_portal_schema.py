"""The schema: migrations make what the models say, and everything that grows is keyed by tenant."""

import re
import sqlite3
from pathlib import Path

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import AlterModelOptions

from portal.storage.database import APPS, open_database
from tests.support.portal import open_file, read_rows

KEPT = {
    "tenant", "user_account", "user_session", "api_token", "customer", "site", "sender", "claim_code", "device",
    "portal_key", "audit_entry", "tortoise_migrations",
}  # fmt: skip


async def migrated(path: Path) -> Path:
    async with open_database(f"sqlite://{path}"):
        pass
    return path


def tables(path: Path) -> set[str]:
    found = read_rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {row["name"] for row in found}


async def test_no_model_was_changed_without_a_migration(tmp_path: Path) -> None:
    settings = {"connections": {"default": f"sqlite://{tmp_path}/none.sqlite3"}, "apps": APPS}
    async with TortoiseContext() as context:
        await context.init(config=settings, init_connections=False)
        assert context.apps is not None

        missing = await MigrationAutodetector(context.apps, dict(APPS)).changes()
    # A docstring becomes a comment on the table; rewording it is no change of the schema.
    operations = [operation for writer in missing for operation in writer.operations]
    assert [operation for operation in operations if not isinstance(operation, AlterModelOptions)] == []


async def test_everything_that_grows_has_the_tenant_first_in_every_key(tmp_path: Path) -> None:
    path = await migrated(tmp_path / "portal.sqlite3")

    growing = tables(path) - KEPT
    assert len(growing) == 16
    for table in growing:
        for index in read_rows(path, f"PRAGMA index_list({table})"):
            columns = read_rows(path, f"PRAGMA index_info({index['name']})")
            assert columns[0]["name"] == "tenant_id", (table, index)


async def test_every_table_is_in_the_schema_note(tmp_path: Path) -> None:
    path = await migrated(tmp_path / "portal.sqlite3")
    note = (Path(__file__).parents[2] / "portal" / "storage" / "schema.md").read_text()

    named = set(re.findall(r"`(\w+)`", note))
    assert tables(path) - {"tortoise_migrations"} <= named


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = await migrated(tmp_path / "portal.sqlite3")
    before = schema(path)

    assert schema(await migrated(path)) == before


async def test_the_first_release_migrates_to_the_same_schema_as_a_fresh_one(tmp_path: Path) -> None:
    fresh, older = await migrated(tmp_path / "fresh.sqlite3"), await migrated(tmp_path / "older.sqlite3")
    with open_file(older) as db:  # back to the state after 0001, with a tenant in it
        for table in tables(older) - KEPT:
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM tortoise_migrations WHERE name <> '0001_initial'")

    assert schema(await migrated(older)) == schema(fresh)


def schema(path: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name").fetchall()
    db.close()
    return found
