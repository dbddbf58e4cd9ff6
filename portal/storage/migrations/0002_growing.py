"""What grows with printing: SQL, keyed by tenant in every primary and unique key.

Written for SQLite and PostgreSQL. On PostgreSQL read BYTEA for BLOB and leave out WITHOUT ROWID; the
rest is the same text, and Citus distributes every table here by tenant_id. Columns: ../schema.md.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.operations import Operation

TABLES = {
    "batch": """
        CREATE TABLE batch (
            tenant_id BIGINT NOT NULL, entry BIGINT NOT NULL,
            sender_id BIGINT NOT NULL, stream TEXT NOT NULL, sequence BIGINT NOT NULL,
            batch_id TEXT NOT NULL, sha256 BLOB NOT NULL, jws BLOB NOT NULL, link BLOB NOT NULL,
            reason TEXT NOT NULL, clock TEXT NOT NULL, boot BIGINT, uptime_ms BIGINT,
            created_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL,
            reports INTEGER NOT NULL, jobs INTEGER NOT NULL, sealed_bytes INTEGER NOT NULL,
            PRIMARY KEY (tenant_id, entry),
            UNIQUE (tenant_id, sender_id, stream, sequence))""",
    "quarantine": """
        CREATE TABLE quarantine (
            tenant_id BIGINT NOT NULL, sender_id BIGINT NOT NULL, stream TEXT NOT NULL, sequence BIGINT NOT NULL,
            sha256 BLOB NOT NULL, jws BLOB NOT NULL, received_ms BIGINT NOT NULL, kept_entry BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, sender_id, stream, sequence, sha256))""",
    "sender_stream": """
        CREATE TABLE sender_stream (
            tenant_id BIGINT NOT NULL, sender_id BIGINT NOT NULL, stream TEXT NOT NULL,
            sequence_max BIGINT NOT NULL, batches BIGINT NOT NULL,
            first_received_ms BIGINT NOT NULL, last_received_ms BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, sender_id, stream))""",
    "sender_state": """
        CREATE TABLE sender_state (
            tenant_id BIGINT NOT NULL, sender_id BIGINT NOT NULL,
            last_received_ms BIGINT NOT NULL, created_ms BIGINT NOT NULL, last_entry BIGINT NOT NULL,
            stream TEXT NOT NULL, sequence BIGINT NOT NULL, boot BIGINT, clock TEXT NOT NULL,
            jobs_refused BIGINT, batches_set_aside BIGINT, spooled BIGINT,
            gap_stream TEXT, gap_sequence BIGINT, gap_reason TEXT,
            PRIMARY KEY (tenant_id, sender_id))""",
    "device_identity": """
        CREATE TABLE device_identity (
            tenant_id BIGINT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, device_id BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, kind, value)) WITHOUT ROWID""",
    "device_sender": """
        CREATE TABLE device_sender (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, sender_id BIGINT NOT NULL,
            first_received_ms BIGINT NOT NULL, last_received_ms BIGINT NOT NULL, readings BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, sender_id)) WITHOUT ROWID""",
    "device_state": """
        CREATE TABLE device_state (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL,
            first_seen_ms BIGINT NOT NULL, last_seen_ms BIGINT NOT NULL,
            at_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, entry BIGINT NOT NULL, sender_id BIGINT NOT NULL,
            state TEXT, detected_errors TEXT NOT NULL, console_text TEXT,
            ip TEXT, firmware TEXT, color_capable INTEGER, duplex_capable INTEGER, uptime_ms BIGINT,
            PRIMARY KEY (tenant_id, device_id))""",
    "reading": """
        CREATE TABLE reading (
            tenant_id BIGINT NOT NULL, entry BIGINT NOT NULL, report INTEGER NOT NULL,
            device_id BIGINT NOT NULL, sender_id BIGINT NOT NULL,
            at_ms BIGINT NOT NULL, observed_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL,
            uptime_ms BIGINT, state TEXT, detected_errors TEXT NOT NULL, console_text TEXT,
            ip TEXT, firmware TEXT, config_changes BIGINT,
            PRIMARY KEY (tenant_id, entry, report)) WITHOUT ROWID""",
    "meter_reading": """
        CREATE TABLE meter_reading (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
            at_ms BIGINT NOT NULL, entry BIGINT NOT NULL, report INTEGER NOT NULL, position INTEGER NOT NULL,
            unit TEXT NOT NULL, value BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, name, source, at_ms, entry, report, position)) WITHOUT ROWID""",
    "meter_latest": """
        CREATE TABLE meter_latest (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
            unit TEXT NOT NULL, value BIGINT NOT NULL,
            at_ms BIGINT NOT NULL, observed_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, entry BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, name, source)) WITHOUT ROWID""",
    "supply_reading": """
        CREATE TABLE supply_reading (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, supply_index BIGINT NOT NULL,
            at_ms BIGINT NOT NULL, entry BIGINT NOT NULL, report INTEGER NOT NULL, position INTEGER NOT NULL,
            capacity BIGINT, level BIGINT, percent INTEGER, state TEXT NOT NULL, serial TEXT,
            PRIMARY KEY (tenant_id, device_id, supply_index, at_ms, entry, report, position)) WITHOUT ROWID""",
    "supply_latest": """
        CREATE TABLE supply_latest (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, sender_id BIGINT NOT NULL,
            supply_index BIGINT NOT NULL, kind TEXT NOT NULL, colorant TEXT, description TEXT,
            part_number TEXT, serial TEXT, unit TEXT, capacity BIGINT, level BIGINT, percent INTEGER,
            state TEXT NOT NULL, at_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, entry BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, sender_id, supply_index)) WITHOUT ROWID""",
    "alert": """
        CREATE TABLE alert (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, alert_id TEXT NOT NULL,
            code BIGINT NOT NULL, severity TEXT NOT NULL, alert_group TEXT, location BIGINT, description TEXT,
            onset_ms BIGINT NOT NULL, onset_reported_ms BIGINT, cleared_ms BIGINT, count BIGINT,
            sender_id BIGINT NOT NULL, entry BIGINT NOT NULL, cleared_entry BIGINT, received_ms BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, alert_id))""",
    "job": """
        CREATE TABLE job (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, job_id TEXT NOT NULL,
            at_ms BIGINT NOT NULL, name TEXT, service TEXT NOT NULL, outcome TEXT NOT NULL,
            submitted_ms BIGINT, started_ms BIGINT, completed_ms BIGINT,
            quality TEXT, color_mode TEXT, copies BIGINT, impressions BIGINT, sheets BIGINT,
            media_type TEXT, media_width_mm BIGINT, media_length_mm BIGINT, media_area_mm2 BIGINT, media_source TEXT,
            inks TEXT, ink_ul BIGINT, category TEXT, submitted_by TEXT,
            sender_id BIGINT NOT NULL, entry BIGINT NOT NULL, report INTEGER NOT NULL, received_ms BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, job_id)) WITHOUT ROWID""",
    "finding": """
        CREATE TABLE finding (
            tenant_id BIGINT NOT NULL, device_id BIGINT NOT NULL, finding_key TEXT NOT NULL,
            kind TEXT NOT NULL, field TEXT NOT NULL, source TEXT NOT NULL, raw TEXT, reason TEXT NOT NULL,
            first_received_ms BIGINT NOT NULL, last_received_ms BIGINT NOT NULL, seen BIGINT NOT NULL,
            entry BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, device_id, finding_key))""",
}

INDEXES = {
    "batch_by_sender": "batch (tenant_id, sender_id, entry)",
    "device_identity_by_device": "device_identity (tenant_id, device_id)",
    "reading_by_device": "reading (tenant_id, device_id, at_ms)",
    "alert_by_onset": "alert (tenant_id, onset_ms, device_id, alert_id)",
    "job_by_time": "job (tenant_id, at_ms, device_id, job_id)",
    "job_by_device": "job (tenant_id, device_id, at_ms, job_id)",
    "finding_by_time": "finding (tenant_id, last_received_ms)",
}

PARTIAL_INDEXES = {
    "alert_open": "alert (tenant_id, severity, onset_ms) WHERE cleared_ms IS NULL",
}


OPERATIONS: list[Operation] = [
    ops.RunSQL(
        [
            *TABLES.values(),
            *(f"CREATE INDEX {name} ON {columns}" for name, columns in {**INDEXES, **PARTIAL_INDEXES}.items()),
        ],
        reverse_sql=[f"DROP TABLE {name}" for name in TABLES],
    )
]
AFTER = [("portal", "0001_initial")]


class Migration(migrations.Migration):
    dependencies = AFTER
    operations = OPERATIONS
