"""Jobs: newest first, by keyset on (at_ms, device, job); their sums over a whole filter."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What to list. Times in ms, half open, on the time the job counts."""

    device_id: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    outcome: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One finished job with its device. at_ms: when it counts. inks: JSON list of colorant and volume_ul."""

    device_id: int
    job_id: str
    at_ms: int
    name: str | None
    service: str
    outcome: str
    submitted_ms: int | None
    started_ms: int | None
    completed_ms: int | None
    quality: str | None
    color_mode: str | None
    copies: int | None
    impressions: int | None
    sheets: int | None
    media_type: str | None
    media_width_mm: int | None
    media_length_mm: int | None
    media_area_mm2: int | None
    media_source: str | None
    inks: str | None
    ink_ul: int | None
    category: str | None
    submitted_by: str | None
    sender_id: int
    entry: int
    received_ms: int
    model: str | None
    serial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKey:
    """Where a page of jobs ended."""

    at_ms: int
    device_id: int
    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSums:
    """A whole filter added up; None where nothing is known."""

    jobs: int
    impressions: int | None
    sheets: int | None
    area_mm2: int | None
    ink_ul: int | None


_COLUMNS = ", ".join(f"j.{name}" for name in JobRow.__slots__ if name not in ("model", "serial"))


async def jobs(
    tenant: TenantRows, wanted: JobFilter, *, after: JobKey | None = None, rows_max: int = 50
) -> list[JobRow]:
    """One page of jobs, newest first."""
    conditions, values = _conditions(wanted)
    if after is not None:
        conditions += " AND (j.at_ms, j.device_id, j.job_id) < (?, ?, ?)"
        values += [after.at_ms, after.device_id, after.job_id]
    rows = await tenant.rows(
        f"""SELECT {_COLUMNS}, d.model, d.serial
        FROM job j JOIN device d ON d.id = j.device_id AND d.tenant_id = j.tenant_id
        WHERE j.tenant_id = ? {conditions} ORDER BY j.at_ms DESC, j.device_id DESC, j.job_id DESC LIMIT ?""",
        *values,
        rows_max,
    )
    return [JobRow(**row) for row in rows]


def job_key_of(row: JobRow) -> JobKey:
    """Where the next page starts, when this row was the last of one."""
    return JobKey(at_ms=row.at_ms, device_id=row.device_id, job_id=row.job_id)


async def sum_jobs(tenant: TenantRows, wanted: JobFilter) -> JobSums:
    """The sums of the whole filter. Costs as much as the filter is wide, so pages ask for it apart."""
    conditions, values = _conditions(wanted)
    row = await tenant.row(
        f"""SELECT count(*) AS jobs, sum(j.impressions) AS impressions, sum(j.sheets) AS sheets,
            sum(j.media_area_mm2) AS area_mm2, sum(j.ink_ul) AS ink_ul FROM job j WHERE j.tenant_id = ? {conditions}""",
        *values,
    )
    assert row is not None  # an aggregate always has its row
    return JobSums(**row)


async def count_jobs(tenant: TenantRows, wanted: JobFilter) -> int:
    """How many jobs the filter holds; for a device and a time it is read from the index alone."""
    conditions, values = _conditions(wanted)
    row = await tenant.row(f"SELECT count(*) AS jobs FROM job j WHERE j.tenant_id = ? {conditions}", *values)
    return row["jobs"] if row else 0


def _conditions(wanted: JobFilter) -> tuple[str, list[Value]]:
    parts: list[str] = []
    values: list[Value] = []
    for condition, value in (
        ("j.device_id = ?", wanted.device_id),
        ("j.at_ms >= ?", wanted.from_ms),
        ("j.at_ms < ?", wanted.until_ms),
        ("j.outcome = ?", wanted.outcome),
        ("j.service = ?", wanted.service),
    ):
        if value is not None:
            parts.append(condition)
            values.append(value)
    return "".join(f" AND {part}" for part in parts), values
