"""Whatever order batches come in, however often, however grouped: the same counts."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.identity import canonical_serial
from portal.storage.database import writer_connection
from portal.storage.writes.batches import SqliteBatchStore
from tests.support.portal import (
    alert,
    arrival,
    at,
    batch,
    fresh_copy,
    job,
    known_sender,
    make_template,
    meter,
    read_rows,
)
from tests.support.portal import report as one_report
from wire_format.records import Batch, Job, Report

SENDERS = {1: known_sender(1), 2: known_sender(2, direct=False), 3: known_sender(3, tenant_id=2)}
TOTALS = {
    "devices": "SELECT tenant_id, serial, standing FROM device ORDER BY 1, 2",
    "decisions": "SELECT a.tenant_id, a.actor, d.serial FROM audit_entry a "
    "JOIN device d ON d.id = a.object_id ORDER BY 1, 2, 3",
    "jobs": "SELECT j.tenant_id, d.serial, j.job_id, j.impressions, j.sheets, j.color_mode FROM job j "
    "JOIN device d ON d.id = j.device_id ORDER BY 1, 2, 3",
    "alerts": "SELECT a.tenant_id, d.serial, a.alert_id, a.cleared_ms FROM alert a "
    "JOIN device d ON d.id = a.device_id ORDER BY 1, 2, 3",
    "meters": "SELECT m.tenant_id, d.serial, m.name, m.source, m.value FROM meter_latest m "
    "JOIN device d ON d.id = m.device_id ORDER BY 1, 2, 3, 4",
    "readings": "SELECT tenant_id, count(*) AS n FROM reading GROUP BY tenant_id ORDER BY 1",
    "streams": "SELECT tenant_id, sender_id, stream, sequence_max, batches FROM sender_stream ORDER BY 1, 2, 3",
    "findings": "SELECT kind FROM finding",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portal") / "template.sqlite3"
    make_template(path)
    return path


def jobs_told(printer: int, numbers: frozenset[int], knows_sheets: bool) -> tuple[Job, ...]:
    return tuple(
        job(f"{number}", impressions=printer * 10 + number, sheets=number + 1 if knows_sheets else None)
        for number in sorted(numbers)
    )


@st.composite
def reports(draw: st.DrawFn, sender: int) -> Report:
    """Of a few printers; a job's facts depend on its number alone, but one sender knows less of it."""
    printer = draw(st.integers(1, 3))
    minute = draw(st.integers(0, 4))
    numbers = draw(st.frozensets(st.integers(0, 4), max_size=4))
    cleared = draw(st.booleans())
    return one_report(
        serial=f"SG123456{printer}A" if sender != 2 else f"00sg123456{printer}a",
        observed_at=at(minute),
        meters=(meter(100 + minute, source="firmware" if sender != 2 else "1.3.6"),),
        jobs=jobs_told(printer, numbers, knows_sheets=sender != 2),
        alerts=(alert(cleared_at=at(3) if cleared else None),) if draw(st.booleans()) else (),
    )


@st.composite
def fleets(draw: st.DrawFn) -> list[tuple[int, Batch]]:
    made = []
    for sender, known in SENDERS.items():
        for sequence in range(1, draw(st.integers(0, 3)) + 1):
            told = draw(st.lists(reports(sender), min_size=1, max_size=2))
            made.append((sender, batch(known.kid, sequence, *told, stream="a" * 32)))
    return made


def totals(template: Path, path: Path, groups: list[list[tuple[int, Batch]]]) -> dict[str, list[dict[str, object]]]:
    store = SqliteBatchStore(writer_connection(fresh_copy(template, path)))
    try:
        for group in groups:
            if group:
                store.post([arrival(content, SENDERS[sender], received_at=at(9)) for sender, content in group])
    finally:
        store.close()
    return {name: read_rows(path, sql) for name, sql in TOTALS.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets(), st.data())
def test_any_order_any_repeat_and_any_grouping_give_the_same_counts(
    template: Path, tmp_path: Path, fleet: list[tuple[int, Batch]], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(fleet), max_size=4)) if fleet else []
    arrivals = data.draw(st.permutations(fleet + repeats))
    cut = data.draw(st.integers(0, len(arrivals)))

    straight = totals(template, tmp_path / "straight.sqlite3", [[one] for one in fleet])
    shuffled = totals(template, tmp_path / "shuffled.sqlite3", [arrivals[:cut], arrivals[cut:]])

    assert shuffled == straight
    assert straight["findings"] == []


@given(st.text(max_size=30))
def test_a_canonical_serial_is_canonical(reported: str) -> None:
    once = canonical_serial(reported)

    assert once is None or canonical_serial(once) == once
