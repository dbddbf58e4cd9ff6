"""What tells two programs with one key apart, and the alarm about them. The text suits SQLite and PostgreSQL."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.operations import Operation

ALARM = """
    CREATE TABLE sender_alarm (
        tenant_id BIGINT NOT NULL, sender_id BIGINT NOT NULL, reason TEXT NOT NULL,
        first_received_ms BIGINT NOT NULL, last_received_ms BIGINT NOT NULL, seen BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, sender_id))"""
COLUMNS = {"first_formed_ms": "BIGINT", "previous_stream": "TEXT", "previous_sequence": "BIGINT"}

OPERATIONS: list[Operation] = [
    ops.RunSQL(
        [ALARM, *(f"ALTER TABLE sender_stream ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items())],
        reverse_sql=[
            "DROP TABLE sender_alarm",
            *(f"ALTER TABLE sender_stream DROP COLUMN {name}" for name in COLUMNS),
        ],
    )
]
AFTER = [("portal", "0002_growing")]


class Migration(migrations.Migration):
    dependencies = AFTER
    operations = OPERATIONS
