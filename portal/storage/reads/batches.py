"""Batches: the evidence. Entries number a tenant's batches without holes, in the order of arrival."""

from dataclasses import dataclass

from portal.storage.reads.query import TenantRows, Value, holes

_COLUMNS = """b.entry, b.sender_id, b.stream, b.sequence, b.batch_id, lower(hex(b.sha256)) AS sha256,
    lower(hex(b.link)) AS link, b.reason, b.clock, b.boot, b.created_ms, b.received_ms, b.reports, b.jobs,
    b.sealed_bytes, k.kid, k.kind AS sender_kind, k.name AS sender_name, r.device_id, d.model, d.serial"""
# A direct sender's batch has one report and so one device; a collector's is named by its sender.
_FROM = """FROM batch b JOIN sender k ON k.id = b.sender_id AND k.tenant_id = b.tenant_id
    LEFT JOIN reading r ON r.tenant_id = b.tenant_id AND r.entry = b.entry AND r.report = 0 AND b.reports = 1
    LEFT JOIN device d ON d.id = r.device_id AND d.tenant_id = b.tenant_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One signed batch. sha256, link: hex. device_id: set if it holds one report."""

    entry: int
    sender_id: int
    stream: str
    sequence: int
    batch_id: str
    sha256: str
    link: str
    reason: str
    clock: str
    boot: int | None
    created_ms: int
    received_ms: int
    reports: int
    jobs: int
    sealed_bytes: int
    kid: str
    sender_kind: str
    sender_name: str
    device_id: int | None
    model: str | None
    serial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Batches that arrived since a moment, in equal steps; refused: quarantined in the same time."""

    batches: int
    steps: tuple[int, ...]
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A batch as its sender signed it (compact JWS, as received), the sender's public key, and its place in the chain.

    sha256, link, link_before: hex; link_before of entry 1 is 32 zero bytes.
    """

    jws: bytes
    jwk: str
    sha256: str
    link: str
    link_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One report inside a batch, with the device it is of."""

    report: int
    device_id: int
    at_ms: int
    observed_ms: int
    state: str | None
    model: str | None
    serial: str | None


async def batches(
    tenant: TenantRows,
    *,
    device_id: int | None = None,
    sender_id: int | None = None,
    before_entry: int | None = None,
    rows_max: int = 50,
) -> list[BatchRow]:
    """One page of batches, newest first: all, those of a sender, or those with a report of a device."""
    conditions, values = "", list[Value]()
    if device_id is not None:
        return await _batches_of_device(tenant, device_id, before_entry, rows_max)
    if sender_id is not None:
        conditions += " AND b.sender_id = ?"
        values.append(sender_id)
    if before_entry is not None:
        conditions += " AND b.entry < ?"
        values.append(before_entry)
    rows = await tenant.rows(
        f"SELECT {_COLUMNS} {_FROM} WHERE b.tenant_id = ? {conditions} ORDER BY b.entry DESC LIMIT ?",
        *values,
        rows_max,
    )
    return [BatchRow(**row) for row in rows]


async def batch(tenant: TenantRows, entry: int) -> BatchRow | None:
    """One batch by its ledger entry; None if the tenant has none of that number."""
    row = await tenant.row(f"SELECT {_COLUMNS} {_FROM} WHERE b.tenant_id = ? AND b.entry = ?", entry)
    return None if row is None else BatchRow(**row)


async def batch_evidence(tenant: TenantRows, entry: int) -> Evidence | None:
    """What proves one batch; None if the tenant has none of that number."""
    row = await tenant.row(
        f"""SELECT b.jws, k.jwk, lower(hex(b.sha256)) AS sha256, lower(hex(b.link)) AS link,
            coalesce(lower(hex(p.link)), '{"00" * 32}') AS link_before
        FROM batch b JOIN sender k ON k.id = b.sender_id AND k.tenant_id = b.tenant_id
        LEFT JOIN batch p ON p.tenant_id = b.tenant_id AND p.entry = b.entry - 1
        WHERE b.tenant_id = ? AND b.entry = ?""",
        entry,
    )
    return None if row is None else Evidence(**{**row, "jws": bytes(row["jws"])})


async def readings_in(tenant: TenantRows, entry: int, rows_max: int = 500) -> list[ReadingRow]:
    """The reports a batch holds."""
    rows = await tenant.rows(
        """SELECT r.report, r.device_id, r.at_ms, r.observed_ms, r.state, d.model, d.serial FROM reading r
        JOIN device d ON d.id = r.device_id AND d.tenant_id = r.tenant_id
        WHERE r.tenant_id = ? AND r.entry = ? ORDER BY r.report LIMIT ?""",
        entry,
        rows_max,
    )
    return [ReadingRow(**row) for row in rows]


async def last_entry(tenant: TenantRows) -> int:
    """The number of the newest batch, 0 before the first."""
    row = await tenant.row("SELECT max(entry) AS entry FROM batch WHERE tenant_id = ?")
    return row["entry"] or 0 if row else 0


async def arrivals(tenant: TenantRows, since_ms: int, until_ms: int, steps: int) -> Arrivals:
    """How many batches arrived since a moment, counted in equal steps."""
    first = await _first_entry_since(tenant, since_ms)
    step_ms = max(1, (until_ms - since_ms) // steps)
    rows = await tenant.rows(
        f"""SELECT (b.received_ms - {int(since_ms)}) / {step_ms} AS step, count(*) AS batches FROM batch b
        WHERE b.tenant_id = ? AND b.entry >= ? GROUP BY 1""",
        first,
    )
    counted = [0] * steps
    for row in rows:
        counted[max(0, min(steps - 1, row["step"]))] += row["batches"]
    refused = await tenant.row(
        "SELECT count(*) AS refused FROM quarantine WHERE tenant_id = ? AND received_ms >= ?", since_ms
    )
    assert refused is not None  # an aggregate always has its row
    return Arrivals(batches=sum(counted), steps=tuple(counted), refused=refused["refused"])


async def _first_entry_since(tenant: TenantRows, since_ms: int) -> int:
    # Entries are in the order of arrival, so the first one since a moment is found by halving: no index needed.
    low, high = 1, await last_entry(tenant) + 1
    while low < high:
        middle = (low + high) // 2
        row = await tenant.row("SELECT received_ms FROM batch WHERE tenant_id = ? AND entry = ?", middle)
        if row is not None and row["received_ms"] < since_ms:
            low = middle + 1
        else:
            high = middle
    return low


async def _batches_of_device(
    tenant: TenantRows, device_id: int, before_entry: int | None, rows_max: int
) -> list[BatchRow]:
    # The plus keeps the planner on the device's own readings: by entry it would walk the whole tenant's.
    older = "AND r.entry < ?" if before_entry is not None else ""
    found = await tenant.rows(
        f"""SELECT DISTINCT +r.entry AS entry FROM reading r WHERE r.tenant_id = ? AND r.device_id = ? {older}
        ORDER BY +r.entry DESC LIMIT ?""",
        device_id,
        *([before_entry] if before_entry is not None else []),
        rows_max,
    )
    entries = [row["entry"] for row in found]
    rows = await tenant.rows(
        f"SELECT {_COLUMNS} {_FROM} WHERE b.tenant_id = ? AND b.entry IN ({holes(len(entries))}) ORDER BY b.entry DESC",
        *entries,
    )
    return [BatchRow(**row) for row in rows]
