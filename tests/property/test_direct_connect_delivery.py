"""The product's promise with failure as ordinary steps: each job once, each acked batch never again."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from direct_connect.core.batching import Lane
from direct_connect.uplink.courier import Courier
from direct_connect.uplink.http import Poster
from direct_connect.uplink.identity import Identity
from tests.support.delivery_house import STEPS, House
from tests.support.direct_connect import PortalDouble


def told_of(portal: PortalDouble) -> list[str]:
    return [alert.alert_id for batch in portal.arrived for report in batch.reports for alert in report.alerts]


def play(directory: str, steps: list[str]) -> House:
    """The story, and then everything gets through."""
    house = House(Path(directory))
    for step in steps:
        house.take(step)
    house.finish()
    return house


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=50))
@example(["print"] * 3 + ["lose-reply", "cut-power", "send"])
@example(["print"] * 3 + ["send", "tear-log", "print", "print", "print", "send"])
@example(["jam", "lose-reply", "clear", "cut-power", "wait", "send"])
@example(["print"] * 3 + ["stale-key", "send", "cut-power", "send"])
@example(["disk-full"] + ["print"] * 12 + ["jam", "send", "cut-power", "print", "send"])
@example(["print"] * 3 + ["delay", "print", "print", "print", "send", "late-arrival", "cut-power", "send"])
def test_each_job_and_alert_arrives_once_whatever_fails(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        house = play(directory, steps)

        assert sorted(house.portal.jobs) == sorted(house.printed)
        folded = sum(
            (alert.count or 1) - 1
            for batch in house.portal.arrived
            for report in batch.reports
            for alert in report.alerts
        )
        assert len(set(told_of(house.portal))) + folded == len(house.alerts)
        states = [batch.state for batch in house.portal.arrived]
        assert max((state.jobs_refused or 0 for state in states if state), default=0) == house.refused - house.forgotten
        assert not any(state.gap for state in states if state)
        assert {batch.stream for batch in house.portal.arrived} <= {
            house.portal.offers[0][0] if house.portal.offers else ""
        }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=50))
@example(["print"] * 3 + ["send", "cut-power", "send"])
@example(["print"] * 3 + ["disk-full", "send", "cut-power", "send"])
def test_nothing_that_was_acked_is_offered_again_whatever_fails(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        house = play(directory, steps)

        assert house.offered_again == []
        offered = {(batch.stream, batch.sequence) for batch in house.portal.arrived}
        assert len(offered) == len(house.portal.arrived)


def test_a_way_to_the_portal_that_opens_while_the_courier_closes_is_closed_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.gatherer.ask_push()
    house.gatherer.form_due()

    def connect(_: Identity) -> Poster:
        courier.close()
        return house.post

    courier = Courier(house.spool, house.folder, clock=house.clock, randomness=house.chance, connect=connect)
    courier.step(Lane.NORMAL)

    assert house.post.closed
    house.file.close()
