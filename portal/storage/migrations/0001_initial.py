"""What people keep, as the models in storage/models.py were on day one."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.operations import Operation

from portal.domain.access import Role
from portal.domain.identity import IdentityKind
from portal.domain.standing import DeviceStanding
from portal.storage.models import SenderKind

OPERATIONS: list[Operation] = [
    ops.CreateModel(
        name="PortalKey",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ("kid", fields.CharField(unique=True, max_length=43)),
            ("private_sealed", fields.TextField(unique=False)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("retired_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        ],
        options={"table": "portal_key", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Tenant",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ("name", fields.CharField(unique=True, max_length=128)),
            ("time_zone", fields.CharField(default="UTC", max_length=64)),
            ("settings_version", fields.IntField(default=1)),
            ("interval_s", fields.IntField(default=10800)),
            ("jobs_max", fields.IntField(default=19)),
            ("impressions_max", fields.IntField(default=100)),
            ("job_names", fields.CharField(default="off", max_length=8)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ],
        options={"table": "tenant", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="ApiToken",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="api_tokens",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("token_hash", fields.CharField(unique=True, max_length=64)),
            ("name", fields.CharField(max_length=128)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        ],
        options={"table": "api_token", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="AuditEntry",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="audit_entries",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("actor", fields.CharField(max_length=254)),
            ("action", fields.CharField(max_length=64)),
            ("object_kind", fields.CharField(default="", max_length=32)),
            ("object_id", fields.CharField(default="", max_length=64)),
            ("detail", fields.TextField(default="", unique=False)),
            ("address", fields.CharField(default="", max_length=64)),
        ],
        options={
            "table": "audit_entry",
            "app": "portal",
            "indexes": [Index(fields=["tenant_id", "id"])],
            "pk_attr": "id",
        },
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Customer",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="customers",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("name", fields.CharField(max_length=128)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ],
        options={"table": "customer", "app": "portal", "unique_together": (("tenant", "name"),), "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Site",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="sites",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "customer",
                fields.ForeignKeyField(
                    "portal.Customer",
                    source_field="customer_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="sites",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("name", fields.CharField(max_length=128)),
            ("time_zone", fields.CharField(default="UTC", max_length=64)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ],
        options={
            "table": "site",
            "app": "portal",
            "unique_together": (("tenant", "customer", "name"),),
            "pk_attr": "id",
        },
        bases=["Model"],
    ),
    ops.CreateModel(
        name="ClaimCode",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="claim_codes",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "customer",
                fields.ForeignKeyField(
                    "portal.Customer",
                    source_field="customer_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="claim_codes",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "site",
                fields.ForeignKeyField(
                    "portal.Site",
                    source_field="site_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="claim_codes",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("claim_id", fields.CharField(unique=True, max_length=16)),
            ("secret_hash", fields.CharField(max_length=64)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("wrong_tries", fields.IntField(default=0)),
            ("burnt_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ("used_by_kid", fields.CharField(null=True, max_length=43)),
        ],
        options={"table": "claim_code", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Device",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="devices",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "customer",
                fields.ForeignKeyField(
                    "portal.Customer",
                    source_field="customer_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="devices",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "site",
                fields.ForeignKeyField(
                    "portal.Site",
                    source_field="site_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="devices",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "identity",
                fields.CharEnumField(
                    description="SERIAL: serial\nMAC: mac\nHOSTNAME: hostname\nADDRESS: address",
                    enum_type=IdentityKind,
                    max_length=16,
                ),
            ),
            ("weak", fields.BooleanField(default=False)),
            (
                "standing",
                fields.CharEnumField(
                    default=DeviceStanding.DISCOVERED,
                    description="DISCOVERED: discovered\nMANAGED: managed\nIGNORED: ignored",
                    enum_type=DeviceStanding,
                    max_length=16,
                ),
            ),
            ("serial", fields.CharField(null=True, max_length=255)),
            ("serial_reported", fields.CharField(null=True, max_length=255)),
            ("mac", fields.CharField(null=True, max_length=17)),
            ("hostname", fields.CharField(null=True, max_length=255)),
            ("manufacturer", fields.CharField(null=True, max_length=128)),
            ("model", fields.CharField(null=True, max_length=255)),
            ("product_number", fields.CharField(null=True, max_length=64)),
            ("asset_number", fields.CharField(null=True, max_length=255)),
            ("location", fields.CharField(null=True, max_length=255)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ],
        options={
            "table": "device",
            "app": "portal",
            "indexes": [Index(fields=["tenant_id", "id"]), Index(fields=["tenant_id", "model"])],
            "pk_attr": "id",
        },
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Sender",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="senders",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "customer",
                fields.ForeignKeyField(
                    "portal.Customer",
                    source_field="customer_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="senders",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            (
                "site",
                fields.ForeignKeyField(
                    "portal.Site",
                    source_field="site_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="senders",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("kid", fields.CharField(unique=True, max_length=43)),
            ("jwk", fields.TextField(unique=False)),
            (
                "kind",
                fields.CharEnumField(
                    description="DIRECT: direct\nCOLLECTOR: collector", enum_type=SenderKind, max_length=16
                ),
            ),
            ("agent", fields.CharField(default="", max_length=255)),
            ("name", fields.CharField(default="", max_length=128)),
            ("enrolled_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            (
                "next_key_of",
                fields.ForeignKeyField(
                    "portal.Sender",
                    source_field="next_key_of_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="next_keys",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
        ],
        options={"table": "sender", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="User",
        fields=[
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            (
                "tenant",
                fields.ForeignKeyField(
                    "portal.Tenant",
                    source_field="tenant_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="users",
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            ("email", fields.CharField(unique=True, max_length=254)),
            ("name", fields.CharField(default="", max_length=128)),
            (
                "role",
                fields.CharEnumField(
                    default=Role.VIEWER,
                    description="ADMIN: admin\nOPERATOR: operator\nBILLING: billing\nVIEWER: viewer",
                    enum_type=Role,
                    max_length=16,
                ),
            ),
            ("password_hash", fields.CharField(max_length=255)),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("last_login_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        ],
        options={"table": "user_account", "app": "portal", "pk_attr": "id"},
        bases=["Model"],
    ),
    ops.CreateModel(
        name="Session",
        fields=[
            ("token_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
            (
                "user",
                fields.ForeignKeyField(
                    "portal.User",
                    source_field="user_id",
                    db_constraint=True,
                    to_field="id",
                    related_name="sessions",
                    on_delete=OnDelete.CASCADE,
                ),
            ),
            ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("last_seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ("address", fields.CharField(default="", max_length=64)),
        ],
        options={"table": "user_session", "app": "portal", "pk_attr": "token_hash"},
        bases=["Model"],
    ),
]


class Migration(migrations.Migration):
    initial = True
    operations = OPERATIONS
