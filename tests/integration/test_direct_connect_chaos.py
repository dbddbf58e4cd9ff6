"""A day of jobs through a relay that loses, doubles, cuts and resets: every job once at the portal, in order."""

import time
from pathlib import Path

import pytest

from direct_connect.api import ConnectionSettings, DirectConnection, Timeouts, TriggerPolicy
from tests.support.direct_connect import ManualClock, PortalDouble, a_job, a_snapshot
from tests.support.direct_connect_chaos import HARMS, ChaosRelay
from tests.support.direct_connect_wild import wild

JOBS = 40
SETTINGS = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))


# The standard library's wrap_socket, on the portal's side, leaves a socket unclosed that was reset before it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_day_of_jobs_arrives_once_each_through_a_chaos(tmp_path: Path) -> None:
    portal = PortalDouble.make()
    clock = ManualClock()
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        relay = ChaosRelay(int(url.rsplit(":", 1)[1]), seed=7)
        with (
            wild(relay.script) as server,
            DirectConnection.open(
                tmp_path / "printer",
                f"https://127.0.0.1:{server.port}",
                snapshot=a_snapshot,
                claim_code=portal.claim_code(),
                settings=SETTINGS,
                clock=clock,
                timeouts=Timeouts(connect_s=0.5, answer_s=0.5),
            ) as connection,
        ):
            deadline_s = time.monotonic() + 100
            for number in range(JOBS):
                connection.job_finished(a_job(number))
                while True:
                    status = connection.status()
                    if len(portal.jobs) > number and not status.unsent:
                        break
                    assert time.monotonic() < deadline_s, (status, relay.harms)
                    if status.next_try_at is not None and status.next_try_at > clock.at:
                        clock.advance((status.next_try_at - clock.at).total_seconds() + 0.001)
                    time.sleep(0.01)
            status = connection.status()

    assert set(HARMS) - {"none"} <= set(relay.harms), relay.harms
    assert portal.jobs == [f"job-{number}" for number in range(JOBS)]
    assert (status.set_aside, status.unsent, status.jobs_refused) == (0, 0, 0)
    assert len({(batch.stream, batch.sequence) for batch in portal.arrived}) == len(portal.arrived)
