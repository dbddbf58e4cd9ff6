"""A backlog of a collector leaves at a pace, what is new for a person and its alerts do not wait for it."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import pytest

from data_collector.clock import Clock
from data_collector.core.upload_pace import ALWAYS_BYTES
from data_collector.delivery import Delivery
from tests.support.direct_connect import PortalDouble
from wire_format.records import Alert, Device, Finding, Reason, Report

AT = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)


def large(serial: str, *alerts: Alert) -> Report:
    """A reading that no compression makes small."""
    noise = tuple(
        Finding(
            field=f"f{number}",
            source="x",
            raw=f"{hash((serial, number, 1))}{hash((serial, number, 2))}" * 5,
            reason="r",
        )
        for number in range(250)
    )
    return Report(observed_at=AT, device=Device(serial=serial), findings=noise, alerts=alerts)


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


async def test_a_backlog_stops_at_the_burst_and_goes_on_over_restarts_by_its_pace(
    tmp_path: Path, portal: PortalDouble
) -> None:
    certificate = portal.authority.server_files(tmp_path)
    with portal.running(certificate) as url:
        with closing(Delivery(tmp_path / "c", url, Clock(), portal.claim_code())) as delivery:
            await delivery.enrol()
            for number in range(60):
                delivery.store([large(f"SN{number}")], Reason.INTERVAL, AT)
            first = await delivery.drain()
            left_bytes, state, _at = (delivery.recall("pace") or "").split()
        with closing(Delivery(tmp_path / "c", url, Clock(), None)) as delivery:
            again = await delivery.drain()
            alert = Alert(alert_id="a1", code=8, severity="critical", group="mediaPath", onset_at=AT)
            delivery.store([large("SN99", alert)], Reason.ALERT, AT)
            urgent = await delivery.drain()
            delivery.hurry()
            by_hand = await delivery.drain()

    assert 0 < first.left < 60
    assert (state, float(left_bytes) > -ALWAYS_BYTES / 10) == ("resting", True)
    assert (again.delivered, again.left) == (0, first.left), "a restart brings no new room"
    assert urgent.delivered == 1
    assert by_hand.left == 0


def test_more_printers_have_more_room_and_it_is_known_after_a_restart(tmp_path: Path) -> None:
    with closing(Delivery(tmp_path, "https://127.0.0.1:1", Clock(), None)) as delivery:
        delivery.expect(1_000, 10_800.0)
        before = delivery.recall("pace-bytes")
    with closing(Delivery(tmp_path, "https://127.0.0.1:1", Clock(), None)) as delivery:
        assert delivery.recall("pace-bytes") == before == "4300000"
