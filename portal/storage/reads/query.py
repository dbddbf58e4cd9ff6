"""One door to the tables: a tenant's rows, by a statement whose first parameter is the tenant."""

from dataclasses import dataclass

from portal.storage.database import Database, Row

Value = str | int | bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRows:
    """What one tenant may see of the database. Every read starts from here; there is no other way in."""

    database: Database
    tenant_id: int

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """The rows of a statement; the tenant is its first parameter, so one without a tenant does not run."""
        if "tenant_id = ?" not in sql:
            raise ValueError("a statement must be scoped by tenant_id = ?")
        return await self.database.rows(sql, [self.tenant_id, *values])

    async def row(self, sql: str, *values: Value) -> Row | None:
        """The first row of a statement, or None."""
        found = await self.rows(sql, *values)
        return found[0] if found else None


def holes(count: int) -> str:
    """That many placeholders for an IN list; NULL for none, which matches nothing."""
    return ", ".join("?" * count) if count else "NULL"


def like(words: str) -> str:
    """A LIKE pattern (ESCAPE '\\') for text that contains the words, whatever signs they hold."""
    escaped = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
