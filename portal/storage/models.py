"""What people keep: tenants, users, senders, devices. Few rows, edited by hand, read everywhere.

1. These are Tortoise models, and reference tables where the schema runs on Citus.
2. What grows with printing is not here: it is SQL in `migrations/`, described in `schema.md`.
3. Secrets are stored as hashes (claim codes, session and API tokens, passwords) or sealed (portal keys).
4. Instants here are aware UTC. Instants in the growing tables are integers, milliseconds since 1970 UTC.
"""

import enum

from tortoise import fields
from tortoise.models import Model

from portal.domain.access import Role
from portal.domain.identity import IdentityKind
from portal.domain.standing import DeviceStanding


class SenderKind(enum.StrEnum):
    """A printer that sends for itself, or a collector that sends for many."""

    DIRECT = "direct"
    COLLECTOR = "collector"


class Tenant(Model):
    """One dealer and all that is theirs. settings_version counts changes of the sender settings."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=128, unique=True)
    time_zone = fields.CharField(max_length=64, default="UTC")
    settings_version = fields.IntField(default=1)
    interval_s = fields.IntField(default=10_800)
    jobs_max = fields.IntField(default=19)
    impressions_max = fields.IntField(default=100)
    job_names = fields.CharField(max_length=8, default="off")
    created_at = fields.DatetimeField()

    class Meta:
        table = "tenant"


class User(Model):
    """A person who can log in. email is stored in lower case and is unique in the whole portal."""

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="users", on_delete=fields.RESTRICT
    )
    tenant_id: int
    email = fields.CharField(max_length=254, unique=True)
    name = fields.CharField(max_length=128, default="")
    role = fields.CharEnumField(Role, max_length=16, default=Role.VIEWER)
    password_hash = fields.CharField(max_length=255)
    created_at = fields.DatetimeField()
    last_login_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "user_account"


class Session(Model):
    """A login that holds. Only the SHA-256 of the cookie's token is stored."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("portal.User", related_name="sessions")
    user_id: int
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)
    address = fields.CharField(max_length=64, default="")

    class Meta:
        table = "user_session"


class ApiToken(Model):
    """A read-only key for programs. Only its SHA-256 is stored."""

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="api_tokens", on_delete=fields.RESTRICT
    )
    tenant_id: int
    token_hash = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=128)
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_token"


class Customer(Model):
    """Whom the tenant prints for."""

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="customers", on_delete=fields.RESTRICT
    )
    tenant_id: int
    name = fields.CharField(max_length=128)
    created_at = fields.DatetimeField()

    class Meta:
        table = "customer"
        unique_together = (("tenant", "name"),)


class Site(Model):
    """A place of a customer. A day ends at midnight in its time zone (IANA name)."""

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="sites", on_delete=fields.RESTRICT
    )
    tenant_id: int
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "portal.Customer", related_name="sites", on_delete=fields.RESTRICT
    )
    customer_id: int
    name = fields.CharField(max_length=128)
    time_zone = fields.CharField(max_length=64, default="UTC")
    created_at = fields.DatetimeField()

    class Meta:
        table = "site"
        unique_together = (("tenant", "customer", "name"),)


class ClaimCode(Model):
    """A one-time invitation for one sender. Only a hash of its secret is stored.

    Times are record time. It is spent (used_at), burnt after too many wrong tries (burnt_at), or expires.
    """

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="claim_codes", on_delete=fields.RESTRICT
    )
    tenant_id: int
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "portal.Customer", related_name="claim_codes", on_delete=fields.RESTRICT, null=True
    )
    customer_id: int | None
    site: fields.ForeignKeyNullableRelation[Site] = fields.ForeignKeyField(
        "portal.Site", related_name="claim_codes", on_delete=fields.RESTRICT, null=True
    )
    site_id: int | None
    claim_id = fields.CharField(max_length=16, unique=True)
    secret_hash = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    wrong_tries = fields.IntField(default=0)
    burnt_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)
    used_by_kid = fields.CharField(max_length=43, null=True)

    class Meta:
        table = "claim_code"


class Sender(Model):
    """A key that may deliver batches. kid: RFC 7638 thumbprint. revoked_at set: turned away at once.

    A key is one tenant's for ever. next_key_of: the sender this key will replace at its first use.
    """

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="senders", on_delete=fields.RESTRICT
    )
    tenant_id: int
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "portal.Customer", related_name="senders", on_delete=fields.RESTRICT, null=True
    )
    customer_id: int | None
    site: fields.ForeignKeyNullableRelation[Site] = fields.ForeignKeyField(
        "portal.Site", related_name="senders", on_delete=fields.RESTRICT, null=True
    )
    site_id: int | None
    kid = fields.CharField(max_length=43, unique=True)
    jwk = fields.TextField()
    kind = fields.CharEnumField(SenderKind, max_length=16)
    agent = fields.CharField(max_length=255, default="")
    name = fields.CharField(max_length=128, default="")
    enrolled_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    next_key_of: fields.ForeignKeyNullableRelation["Sender"] = fields.ForeignKeyField(
        "portal.Sender", related_name="next_keys", on_delete=fields.RESTRICT, null=True
    )
    next_key_of_id: int | None

    class Meta:
        table = "sender"


class Device(Model):
    """One printer, however many senders see it. What it is; what it last said is device_state (schema.md).

    identity, identity_value: by what it is recognised now; weak: no usable serial, not billed until confirmed.
    serial: canonical, or null; serial_reported: as the printer writes it.
    """

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="devices", on_delete=fields.RESTRICT
    )
    tenant_id: int
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "portal.Customer", related_name="devices", on_delete=fields.RESTRICT, null=True
    )
    customer_id: int | None
    site: fields.ForeignKeyNullableRelation[Site] = fields.ForeignKeyField(
        "portal.Site", related_name="devices", on_delete=fields.RESTRICT, null=True
    )
    site_id: int | None
    identity = fields.CharEnumField(IdentityKind, max_length=16)
    weak = fields.BooleanField(default=False)
    standing = fields.CharEnumField(DeviceStanding, max_length=16, default=DeviceStanding.DISCOVERED)
    serial = fields.CharField(max_length=255, null=True)
    serial_reported = fields.CharField(max_length=255, null=True)
    mac = fields.CharField(max_length=17, null=True)
    hostname = fields.CharField(max_length=255, null=True)
    manufacturer = fields.CharField(max_length=128, null=True)
    model = fields.CharField(max_length=255, null=True)
    product_number = fields.CharField(max_length=64, null=True)
    asset_number = fields.CharField(max_length=255, null=True)
    location = fields.CharField(max_length=255, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "device"
        indexes = (("tenant_id", "id"), ("tenant_id", "model"))


class PortalKey(Model):
    """A P-256 key that envelopes are sealed to. private_sealed: PEM under the key of the state directory."""

    id = fields.BigIntField(primary_key=True)
    kid = fields.CharField(max_length=43, unique=True)
    private_sealed = fields.TextField()
    created_at = fields.DatetimeField()
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "portal_key"


class AuditEntry(Model):
    """Who did what to what, when (real time). Appended, never changed. actor: an email, a sender's kid or 'cli'."""

    id = fields.BigIntField(primary_key=True)
    tenant: fields.ForeignKeyNullableRelation[Tenant] = fields.ForeignKeyField(
        "portal.Tenant", related_name="audit_entries", on_delete=fields.RESTRICT, null=True
    )
    tenant_id: int | None
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=254)
    action = fields.CharField(max_length=64)
    object_kind = fields.CharField(max_length=32, default="")
    object_id = fields.CharField(max_length=64, default="")
    detail = fields.TextField(default="")
    address = fields.CharField(max_length=64, default="")

    class Meta:
        table = "audit_entry"
        indexes = (("tenant_id", "id"),)
