"""Nothing outside the schema leaves the printer: canaries in every place that an embedder can fill and the wire has no
field for, over a real day, and a look for them on the wire, in the spool, in the log, in errors and in the status."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from direct_connect.api import (
    Alert,
    Config,
    ConnectionSettings,
    Device,
    DirectConnectError,
    DirectConnection,
    InkUse,
    InvalidRecordError,
    Job,
    JobNames,
    Media,
    Meter,
    Outcome,
    Service,
    Snapshot,
    SqliteSpoolFile,
    Status,
    Supply,
    SupplyState,
    TriggerPolicy,
    Unit,
)
from tests.support.direct_connect import PortalDouble, a_job, a_snapshot, an_alert
from wire_format.shapes import text

CANARY = "ca-Na-ry"


@dataclass(frozen=True, kw_only=True)
class SpiedJob(Job):
    """What a careless embedder might make of a job: fields that look as if they belonged to the wire."""

    user: str | None = text(255)
    plain_owner: str = CANARY + "-owner"


@dataclass(frozen=True, kw_only=True)
class SpiedAlert(Alert):
    account: str | None = text(255)


@dataclass(frozen=True, kw_only=True)
class SpiedDevice(Device):
    owner: str | None = text(255)


@dataclass(frozen=True, kw_only=True)
class SpiedMeter(Meter):
    x_user: str | None = text(255)


class ListSpy(list[Any]):
    pass


def spied(record: Any) -> Any:
    """With attributes that no class declares."""
    for name in ("user", "host", "content", "__notes__"):
        with suppress(AttributeError, TypeError):
            object.__setattr__(record, name, f"{CANARY}-{name}")
    return record


def a_spied_snapshot() -> Snapshot:
    meters = ListSpy(
        [spied(SpiedMeter(name="total.impressions", unit=Unit.IMPRESSIONS, value=5, source="firmware", x_user=CANARY))]
    )
    # Values that the wire has no place for become findings, which name the fault and not the value.
    meters.append(Meter(name=f"{CANARY} meter", unit=Unit.IMPRESSIONS, value=5, source="firmware"))
    meters.append(Meter(name="print.impressions", unit=CANARY, value=5, source="firmware"))  # type: ignore[arg-type]
    meters.append(Meter(name="copy.impressions", unit=Unit.IMPRESSIONS, value=CANARY, source="x"))  # type: ignore[arg-type]
    meters.append(CANARY)
    meters.append({"name": "fax.impressions", "user": CANARY})
    return Snapshot(
        device=spied(SpiedDevice(serial="TEST-0001", owner=CANARY)),
        config=Config(firmware={"user": CANARY}),  # type: ignore[arg-type]  # the fault under test
        status=Status(detected_errors=(CANARY,)),
        meters=meters,
        supplies=[Supply(index=1, kind=CANARY, state=SupplyState.MEASURED)],
    )


def failing_snapshot() -> Snapshot:
    raise RuntimeError(f"user {CANARY} is printing")


def wrong_jobs() -> Iterator[Any]:
    """Each field of a job in turn with a value it can not have."""
    for each in fields(Job):
        for value in (CANARY * 100, {"user": CANARY}, CanaryError(), [CANARY], b"" + CANARY.encode()):
            if each.name != "name":
                wrong: dict[str, Any] = {each.name: value}
                yield replace(a_job(500), **wrong)
    yield CANARY
    yield {"job_id": "1", "user": CANARY}


class CanaryError(Exception):
    def __str__(self) -> str:
        return CANARY

    __repr__ = __str__


@pytest.mark.parametrize("policy", [JobNames.OFF, JobNames.HASH])
def test_nothing_outside_the_schema_reaches_wire_spool_log_errors_or_status(
    policy: JobNames, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    portal, said = PortalDouble.make(), []
    snapshots: list[Callable[[], Snapshot]] = [failing_snapshot, a_spied_snapshot, a_snapshot]
    settings = ConnectionSettings(triggers=TriggerPolicy(jobs_max=3), job_names=policy)
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        portal.faults.append(lambda path, body: (503, {"Retry-After": "0"}, CANARY.encode()))
        connection = DirectConnection.open(
            tmp_path / "c",
            url,
            snapshot=lambda: snapshots[int(time.monotonic() * 50) % 3](),
            claim_code=portal.claim_code(),
            settings=settings,
        )
        with connection:
            for number in range(30):
                connection.job_started(f"job-{number}")
                connection.impressions_made(2)
                job = SpiedJob(
                    job_id=f"job-{number}",
                    name=f"{CANARY} salaries {number}.pdf",
                    service=Service.PRINT,
                    outcome=Outcome.COMPLETED,
                    media=spied(Media(type="bond")),
                    inks=(InkUse(colorant="black", volume_ul=3),),
                    user=CANARY,
                )
                connection.job_finished(spied(job))
                connection.alert_raised(
                    spied(SpiedAlert(alert_id=f"jam-{number}", code=8 + number, severity="critical", account=CANARY))
                )
                connection.alert_cleared(f"jam-{number}")
                time.sleep(0.005)
            for wrong in wrong_jobs():
                with pytest.raises((DirectConnectError, AttributeError, TypeError)) as refused:
                    connection.job_finished(wrong)
                assert isinstance(refused.value, InvalidRecordError), type(wrong)
                said.append(repr(refused.value) + repr(refused.value.__cause__))
            connection.push()
            said.append(repr(connection.status()))
            portal.wait_for(lambda portal: len(portal.jobs) >= 30)
            said.append(repr(connection.status()))
    with SqliteSpoolFile.open(tmp_path / "c" / "spool.db") as file:
        spool = file.of(connection.sender)
        said.append(repr((spool.events(), spool.recall_all(""), spool.aside(), spool.tally())))
    stored = b"".join(each.read_bytes() for each in (tmp_path / "c").iterdir() if each.is_file())
    logged = "".join(repr(vars(record)) + record.getMessage() + (record.exc_text or "") for record in caplog.records)

    assert len(portal.documents) > 10
    for place, found in (
        ("wire", b"".join(portal.documents)),
        ("spool", stored),
        ("log", logged.encode()),
        ("errors and status", "".join(said).encode()),
    ):
        assert CANARY.encode() not in found, (place, found[max(0, found.find(CANARY.encode()) - 200) :][:400])
    names = {job.name for batch in portal.arrived for report in batch.reports for job in report.jobs}
    assert names == {None} if policy is JobNames.OFF else all(name and name.startswith("hmac-") for name in names)
    assert any(report.findings for batch in portal.arrived for report in batch.reports)


def test_a_canary_that_has_a_right_to_travel_is_found_by_the_same_look(tmp_path: Path) -> None:
    portal = PortalDouble.make()
    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        DirectConnection.open(
            tmp_path / "c", url, snapshot=a_snapshot, claim_code=portal.claim_code(),
            settings=ConnectionSettings(triggers=TriggerPolicy(jobs_max=1), job_names=JobNames.CLEAR),
        ) as connection,
    ):  # fmt: skip
        connection.job_finished(a_job(1, name=CANARY))
        portal.wait_for(lambda portal: len(portal.jobs) >= 1)

    assert CANARY.encode() in b"".join(portal.documents)


@pytest.mark.parametrize("masked", [True, False])
def test_addresses_stay_at_home_where_the_site_wants_that_at_enrolment_too(masked: bool, tmp_path: Path) -> None:
    portal, address = PortalDouble.make(), "192.0.2.77"

    def snapshot() -> Snapshot:
        return Snapshot(
            device=Device(serial="S1", ip=address, hostname=f"hp-{address}", location=f"Room at {address}",
                          description="fe80::1ff:fe23:4567:890a is me"),
            config=Config(firmware="10.0.0.1"),
            status=Status(console_text=f"Ready {address}"),
        )  # fmt: skip

    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        DirectConnection.open(
            tmp_path / "c", url, snapshot=snapshot, claim_code=portal.claim_code(),
            settings=ConnectionSettings(
                triggers=TriggerPolicy(jobs_max=1), job_names=JobNames.CLEAR, mask_addresses=masked
            ),
        ) as connection,
    ):  # fmt: skip
        connection.alert_raised(replace(an_alert("jam-1"), description=f"no route to {address}"))
        connection.job_finished(a_job(1, name=f"plan from {address}"))
        portal.wait_for(lambda portal: len(portal.jobs) >= 1 and len(portal.arrived) >= 2)

    everything = b"".join(portal.documents)
    assert (address.encode() in everything) is not masked
    assert (b"fe80::" in everything) is not masked
    assert b"S1" in everything
    assert b"10.0.0.1" in everything
