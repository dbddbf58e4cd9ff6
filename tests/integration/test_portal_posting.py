"""Posting to a real file: once each, whatever is repeated, altered or broken; chained, grouped, recoverable."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.clocks import to_ms
from portal.domain.arrival import Arrival, Posting
from portal.errors import StorageFullError
from portal.storage.database import visiting, writer_connection
from portal.storage.writes.batches import CHAIN_START, SqliteBatchStore, chain_link
from tests.support.portal import (
    NOW,
    alert,
    arrival,
    at,
    batch,
    fresh_copy,
    job,
    known_sender,
    make_template,
    meter,
    open_file,
    read_rows,
    report,
)
from wire_format.records import Clock, Device, Finding, Media

ONE, TWO, OTHER_TENANT = known_sender(1), known_sender(2), known_sender(3, tenant_id=2)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portal") / "template.sqlite3"
    make_template(path)
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return fresh_copy(template, tmp_path / "portal.sqlite3")


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    return writer_connection(path)


@pytest.fixture
def store(connection: sqlite3.Connection) -> Iterator[SqliteBatchStore]:
    opened = SqliteBatchStore(connection)
    yield opened
    opened.close()


def count(path: Path, table: str) -> int:
    return int(read_rows(path, f"SELECT count(*) AS n FROM {table}")[0]["n"])


def test_a_batch_becomes_its_rows_once_however_often_it_comes(store: SqliteBatchStore, path: Path) -> None:
    content = batch(ONE.kid, 1, report(jobs=(job("1"), job("2")), alerts=(alert(),)))

    assert store.post([arrival(content, ONE)]) == [Posting.STORED]
    assert store.post([arrival(content, ONE), arrival(content, ONE)]) == [Posting.REPEATED] * 2

    rows = {name: count(path, name) for name in ("batch", "reading", "job", "alert", "meter_reading", "supply_latest")}
    assert rows == {"batch": 1, "reading": 1, "job": 2, "alert": 1, "meter_reading": 1, "supply_latest": 1}


def test_other_bytes_under_a_used_number_go_to_quarantine_and_count_nothing(
    store: SqliteBatchStore, path: Path
) -> None:
    store.post([arrival(batch(ONE.kid, 1, report(jobs=(job("1"),))), ONE)])
    forged = arrival(batch(ONE.kid, 1, report(jobs=(job("2"),))), ONE)

    assert store.post([forged, forged]) == [Posting.SEQUENCE_CONFLICT] * 2

    (kept,) = read_rows(path, "SELECT * FROM quarantine")
    assert (kept["sha256"], kept["jws"], kept["kept_entry"]) == (forged.sha256, forged.jws, 1)
    assert count(path, "job") == 1


DECISIONS = "SELECT actor, action, object_kind, object_id, tenant_id FROM audit_entry"
BY_ENROLMENT = {
    "actor": "enrolment", "action": "manage-device", "object_kind": "device", "object_id": "1", "tenant_id": 1,
}  # fmt: skip


def test_a_printer_that_enrolled_itself_is_managed_from_its_first_batch(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report()), ONE), arrival(batch(ONE.kid, 2, report()), ONE)])

    assert read_rows(path, "SELECT id, standing FROM device") == [{"id": 1, "standing": "managed"}]
    assert read_rows(path, DECISIONS) == [BY_ENROLMENT]


def test_a_printer_that_a_collector_found_waits_until_it_enrols_itself(store: SqliteBatchStore, path: Path) -> None:
    collector = known_sender(2, direct=False)
    store.post([arrival(batch(TWO.kid, number, report()), collector) for number in (1, 2)])
    assert read_rows(path, "SELECT standing FROM device") == [{"standing": "discovered"}]
    assert read_rows(path, DECISIONS) == []

    store.post([arrival(batch(ONE.kid, 1, report()), ONE)])
    store.post([arrival(batch(TWO.kid, 3, report()), collector), arrival(batch(ONE.kid, 2, report()), ONE)])

    assert read_rows(path, "SELECT standing FROM device") == [{"standing": "managed"}]
    assert read_rows(path, DECISIONS) == [BY_ENROLMENT]


def test_a_printer_that_a_person_ignores_stays_ignored_when_it_enrols(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(TWO.kid, 1, report()), known_sender(2, direct=False))])
    with open_file(path) as db:
        db.execute("UPDATE device SET standing = 'ignored'")

    store.post([arrival(batch(ONE.kid, 1, report()), ONE)])

    assert read_rows(path, "SELECT standing FROM device") == [{"standing": "ignored"}]
    assert read_rows(path, DECISIONS) == []


def test_the_same_printer_by_collector_and_direct_is_one_device_and_its_job_one_job(
    store: SqliteBatchStore, path: Path
) -> None:
    collector = known_sender(2, direct=False)
    by_collector = report(serial="00SG1234567A", jobs=(job("1", sheets=None),))

    store.post([arrival(batch(TWO.kid, 1, by_collector), collector)])
    store.post([arrival(batch(ONE.kid, 1, report(jobs=(job("1", media=Media(type="bond")),))), ONE)])

    (device,) = read_rows(path, "SELECT serial, weak, identity FROM device")
    assert device == {"serial": "SG1234567A", "weak": 0, "identity": "serial"}
    (stored,) = read_rows(path, "SELECT impressions, sheets, media_type FROM job")
    assert stored == {"impressions": 3, "sheets": 3, "media_type": "bond"}
    assert count(path, "device_sender") == 2
    assert count(path, "finding") == 0


def test_two_tenants_never_share_a_device(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report()), ONE), arrival(batch(OTHER_TENANT.kid, 1, report()), OTHER_TENANT)])

    assert read_rows(path, "SELECT tenant_id FROM device ORDER BY 1") == [{"tenant_id": 1}, {"tenant_id": 2}]
    assert read_rows(path, "SELECT tenant_id, entry FROM batch ORDER BY 1") == [
        {"tenant_id": 1, "entry": 1},
        {"tenant_id": 2, "entry": 1},
    ]


def test_placeholder_serials_never_merge_two_printers(store: SqliteBatchStore, path: Path) -> None:
    collector = known_sender(2, direct=False)
    first = report(device=Device(serial="XXXXXXXXXX", model="T1", ip="192.0.2.1"))
    second = report(device=Device(serial="XXXXXXXXXX", model="T1", ip="192.0.2.2"))

    store.post([arrival(batch(TWO.kid, 1, first, second), collector)])

    assert (
        read_rows(path, "SELECT identity, weak, serial FROM device")
        == [{"identity": "address", "weak": 1, "serial": None}] * 2
    )


def test_a_job_told_differently_is_a_finding_and_the_first_telling_stands(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report(jobs=(job("1"),))), ONE)])
    store.post([arrival(batch(ONE.kid, 2, report(jobs=(job("1", impressions=300), job("2")))), ONE)])

    assert read_rows(path, "SELECT job_id, impressions FROM job ORDER BY 1") == [
        {"job_id": "1", "impressions": 3},
        {"job_id": "2", "impressions": 3},
    ]
    (finding,) = read_rows(path, "SELECT kind, source, reason FROM finding")
    assert (finding["kind"], finding["source"]) == ("job-altered", "job:1")
    assert "impressions" in finding["reason"]


def test_an_alert_is_cleared_by_a_later_report(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report(alerts=(alert(),))), ONE)])
    store.post([arrival(batch(ONE.kid, 2, report(alerts=(alert(cleared_at=at(2)),))), ONE)])

    (row,) = read_rows(path, "SELECT cleared_ms, cleared_entry, entry FROM alert")
    assert row == {"cleared_ms": to_ms(at(2)), "cleared_entry": 2, "entry": 1}


def test_an_older_reading_never_replaces_a_newer_one(store: SqliteBatchStore, path: Path) -> None:
    newer = report(observed_at=at(4), meters=(meter(200),))
    older = report(observed_at=at(1), meters=(meter(150),))

    store.post([arrival(batch(ONE.kid, 2, newer), ONE)])
    store.post([arrival(batch(ONE.kid, 1, older), ONE, received_at=at(9))])

    assert read_rows(path, "SELECT value FROM meter_latest") == [{"value": 200}]
    assert count(path, "meter_reading") == 2
    (state,) = read_rows(path, "SELECT at_ms, last_seen_ms, first_seen_ms FROM device_state")
    assert state == {"at_ms": to_ms(at(4)), "last_seen_ms": to_ms(at(9)), "first_seen_ms": to_ms(at(5))}


def test_a_sender_without_a_clock_counts_by_arrival(store: SqliteBatchStore, path: Path) -> None:
    lost = report(observed_at=NOW.replace(year=2000), jobs=(job("1", completed_at=NOW.replace(year=2000)),))

    store.post([arrival(batch(ONE.kid, 1, lost, clock=Clock.UNSYNCED), ONE)])

    assert read_rows(path, "SELECT at_ms FROM job") == read_rows(path, "SELECT at_ms FROM reading")
    assert read_rows(path, "SELECT at_ms FROM job") == [{"at_ms": to_ms(at(5))}]


def test_a_clock_that_claims_to_be_synced_in_the_year_2000_is_found_out(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report(observed_at=NOW.replace(year=2000))), ONE)])

    assert read_rows(path, "SELECT kind FROM finding") == [{"kind": "clock"}]
    assert read_rows(path, "SELECT at_ms FROM reading") == [{"at_ms": to_ms(at(5))}]


def test_a_told_finding_is_kept_once_and_counted(store: SqliteBatchStore, path: Path) -> None:
    odd = Finding(field="supplies.level", source="1.3.6", raw="150", reason="above capacity")
    for number in (1, 2):
        store.post([arrival(batch(ONE.kid, number, report(findings=(odd,))), ONE)])

    assert read_rows(path, "SELECT kind, raw, seen FROM finding") == [{"kind": "field", "raw": "150", "seen": 2}]


def test_a_supply_that_is_gone_from_the_full_list_is_not_shown_as_latest(store: SqliteBatchStore, path: Path) -> None:
    two = report(supplies=(report().supplies[0], replace(report().supplies[0], index=2, colorant="magenta")))

    store.post([arrival(batch(ONE.kid, 1, two), ONE)])
    store.post([arrival(batch(ONE.kid, 2, report(observed_at=at(1))), ONE)])

    assert read_rows(path, "SELECT supply_index FROM supply_latest") == [{"supply_index": 1}]
    assert count(path, "supply_reading") == 3


def test_a_batch_that_cannot_be_stored_takes_no_neighbour_with_it(store: SqliteBatchStore, path: Path) -> None:
    broken = arrival(batch(ONE.kid, 2, report(serial="SGBROKEN01", jobs=(job("9", copies=2**70),))), ONE)
    group = [arrival(batch(ONE.kid, 1, report()), ONE), broken, arrival(batch(ONE.kid, 3, report()), ONE)]

    assert store.post(group) == [Posting.STORED, Posting.FAILED, Posting.STORED]

    assert read_rows(path, "SELECT entry, sequence FROM batch ORDER BY entry") == [
        {"entry": 1, "sequence": 1},
        {"entry": 2, "sequence": 3},
    ]
    assert count(path, "device") == 1


def test_a_revoked_sender_is_turned_away_inside_the_transaction(store: SqliteBatchStore, path: Path) -> None:
    with open_file(path) as db:
        db.execute("UPDATE sender SET revoked_at = '2026-11-22 09:00:00+00:00' WHERE id = 1")

    group = [arrival(batch(ONE.kid, 1, report()), ONE), arrival(batch(TWO.kid, 1, report()), TWO)]

    assert store.post(group) == [Posting.REVOKED, Posting.STORED]


def test_the_first_batch_under_a_new_key_retires_the_old_one(store: SqliteBatchStore, path: Path) -> None:
    with open_file(path) as db:
        db.execute("UPDATE sender SET next_key_of_id = 1 WHERE id = 2")

    store.post([arrival(batch(TWO.kid, 1, report()), replace(TWO, replaces_id=1))])

    assert store.post([arrival(batch(ONE.kid, 1, report()), ONE)]) == [Posting.REVOKED]


def test_each_batch_is_linked_to_the_one_before(store: SqliteBatchStore, path: Path) -> None:
    store.post([arrival(batch(ONE.kid, 1, report()), ONE), arrival(batch(ONE.kid, 2, report()), ONE)])
    store.post([arrival(batch(TWO.kid, 1, report()), TWO)])

    link = CHAIN_START
    for row in read_rows(path, "SELECT jws, link FROM batch ORDER BY entry"):
        link = chain_link(link, row["jws"])
        assert row["link"] == link


def test_a_full_disk_keeps_nothing_of_the_group_and_recovers(
    store: SqliteBatchStore, connection: sqlite3.Connection, path: Path
) -> None:
    jobs = tuple(job(str(number), name="x" * 200) for number in range(3_000))
    large = arrival(batch(ONE.kid, 1, report(jobs=jobs)), ONE)
    connection.execute("PRAGMA max_page_count = 100")
    with pytest.raises(StorageFullError):
        store.post([arrival(batch(TWO.kid, 1, report()), TWO), large])

    assert count(path, "batch") == 0

    connection.execute("PRAGMA max_page_count = 100000")
    assert store.post([large]) == [Posting.STORED]
    assert count(path, "job") == 3_000


def test_what_is_posted_survives_a_pulled_plug_as_far_as_sqlite_promises(connection: sqlite3.Connection) -> None:
    full = 2
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == full
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def large_batch(number: int) -> Arrival:
    jobs = tuple(job(f"{number}-{count}", name="x" * 250) for count in range(9_000))
    return arrival(batch(ONE.kid, number, report(jobs=jobs)), ONE)


def test_the_wal_is_folded_when_it_has_grown_but_never_beside_another_writer(
    store: SqliteBatchStore, path: Path
) -> None:
    wal = path.with_name(path.name + "-wal")
    with visiting(path):
        store.post([large_batch(1)])
        before = path.stat().st_size
        store.post([arrival(batch(ONE.kid, 2, report()), ONE)])
        assert path.stat().st_size == before < wal.stat().st_size

    store.post([arrival(batch(ONE.kid, 3, report()), ONE)])

    assert path.stat().st_size > before
    assert count(path, "batch") == 3
