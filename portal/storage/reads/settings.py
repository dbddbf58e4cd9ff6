"""What a tenant asks of its senders."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """The settings every sender of the tenant is asked for; version counts their changes."""

    version: int
    interval_s: int
    jobs_max: int
    impressions_max: int
    job_names: str


async def sender_settings(tenant: TenantRows) -> SenderSettings:
    """The tenant's settings for its senders."""
    row = await tenant.row(
        """SELECT t.settings_version AS version, t.interval_s, t.jobs_max, t.impressions_max, t.job_names
        FROM (SELECT id AS tenant_id, settings_version, interval_s, jobs_max, impressions_max, job_names FROM tenant) t
        WHERE t.tenant_id = ?"""
    )
    assert row is not None  # a user's tenant exists
    return SenderSettings(**row)
