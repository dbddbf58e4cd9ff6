"""LEDM as HP's office models serve it: every document agrees with the state, and its tag changes with it."""

import dataclasses

import pytest
from defusedxml.ElementTree import fromstring

from device_sim.core.events import AlertRaised
from device_sim.core.ledm.catalog import DISCOVERY_TREE, discovered
from device_sim.core.ledm.events import EVENT_TABLE
from device_sim.core.profile import Profile, Web
from device_sim.core.resources import resource
from device_sim.core.state import LivePrinter
from tests.support.device_sim import HOUR_S, MONDAY_7, changed, printer
from wire_format.records import Service

MODEL = "color-laserjet-m479"
EVERYTHING = Web(older_pages=True, subscription=True, wireless=True)
PATHS = (*discovered(changed(MODEL, web=EVERYTHING)), DISCOVERY_TREE)
OLDER = ("/hp/device/info_config.xml", "/hp/device/hp_instant_support.xml")


def with_everything() -> Profile:
    return changed(MODEL, web=EVERYTHING)


def busy(until_s: float = MONDAY_7 + 4 * HOUR_S) -> LivePrinter:
    """A printer in the middle of a job."""
    one = printer(with_everything())
    one.advance(until_s)
    while one.state.job is None or not one.state.job.done:
        due_s = one.next_event_at()
        assert due_s is not None
        one.advance(max(due_s, one.state.now_s + 1))
    return one.state


def etag(state: LivePrinter, path: str) -> str:
    found = resource(state, path)
    assert found is not None, path
    return found.etag


def texts(state: LivePrinter, path: str) -> dict[str, list[str]]:
    """The texts of a document by local name. Read by the parser that collectors use: no entity, one root."""
    found = resource(state, path)
    assert found is not None and found.kind == "text/xml", path
    said: dict[str, list[str]] = {}
    for element in fromstring(found.body, forbid_dtd=True).iter():
        said.setdefault(element.tag.rpartition("}")[2], []).append(element.text or "")
    return said


@pytest.mark.parametrize("path", (*PATHS, *OLDER))
def test_every_document_is_one_well_formed_tree(path: str) -> None:
    assert texts(busy(), path)


def test_the_tree_names_exactly_what_is_served() -> None:
    for web in (Web(), EVERYTHING):
        state = printer(changed(MODEL, web=web)).state
        named = texts(state, DISCOVERY_TREE)["ResourceURI"]
        assert set(named) == {path for path in PATHS if path != DISCOVERY_TREE and resource(state, path)}
        assert [bool(resource(state, path)) for path in OLDER] == [web.older_pages] * 2


def test_a_document_keeps_its_tag_until_its_text_changes() -> None:
    one = printer(with_everything())
    one.advance(MONDAY_7 + HOUR_S)
    before = {path: resource(one.state, path) for path in PATHS}
    while one.next_event_at() is not None and one.state.job is None:
        one.advance(one.next_event_at() or 0)

    for path, found in before.items():
        later = resource(one.state, path)
        assert found is not None and later is not None
        assert (found.etag == later.etag) is (found.body == later.body), path
    assert before["/Jobs/JobList"] != resource(one.state, "/Jobs/JobList")


def test_no_two_states_of_a_job_share_a_tag() -> None:
    one = printer(with_everything())
    seen: dict[str, bytes] = {}
    while one.state.now_s < MONDAY_7 + 3 * HOUR_S:
        one.advance(one.state.now_s + 2)
        numbers = [job.number for job in one.state.finished]
        for number in (*numbers, *([one.state.job.number] if one.state.job else ())):
            found = resource(one.state, f"/Jobs/JobList/{number}")
            assert found is not None
            assert seen.setdefault(found.etag, found.body) == found.body

    assert len(seen) > 100


def test_the_event_table_moves_with_jobs_and_alerts_but_not_with_impressions() -> None:
    state = busy()
    before = etag(state, EVENT_TABLE)
    assert state.job is not None

    state.job = dataclasses.replace(state.job, done=state.job.done + 1)
    assert etag(state, EVENT_TABLE) == before
    state.job = dataclasses.replace(state.job, stopped=not state.job.stopped)
    stopped = etag(state, EVENT_TABLE)
    state.all_events += 1
    raised = etag(state, EVENT_TABLE)

    assert len({before, stopped, raised}) == 3
    said = texts(state, EVENT_TABLE)
    assert {"JobEvent", "AlertTableChanged", "PowerUpEvent"} <= set(said["UnqualifiedEventCategory"])
    assert all(resource(state, uri) for uri in said["ResourceURI"])


def test_an_alert_that_goes_changes_the_modification_number_too() -> None:
    one = printer(changed(MODEL, trouble={"impressions_per_jam": 40}))
    numbers: dict[tuple[int, ...], str] = {}
    while one.state.now_s < MONDAY_7 + 6 * HOUR_S:
        one.advance(one.next_event_at() or 0)
        standing = tuple(alert.index for alert in one.state.alerts)
        number = texts(one.state, "/DevMgmt/ProductStatusDyn.xml")["ModificationNumber"][0]
        numbers[standing, one.state.all_events] = number  # type: ignore[index]

    assert len(set(numbers.values())) == len(numbers) > 4


def test_a_scan_says_how_it_was_scanned() -> None:
    one = printer(changed(MODEL, workload={"copy_percent": 0, "scan_percent": 100}))
    one.advance(MONDAY_7 + 3 * HOUR_S)
    job = one.state.finished[-1]
    assert job.record.service is Service.SCAN

    said = texts(one.state, f"/Jobs/JobList/{job.number}")

    assert said["JobCategory"] == ["Scan"] and said["XResolution"] == ["300"]
    assert said["InputSource"] == ["Adf" if job.images > 1 else "Platen"]
    assert said["ColorSpace"] == ["Color" if job.record.color_mode == "color" else "Gray"]


def test_the_log_tells_what_stands() -> None:
    state = busy()

    said = texts(state, "/DevMgmt/ProductLogsDyn.xml")

    assert said["TotalEvents"] == [str(state.all_events)]
    assert said.get("SequenceNumber", []) == [str(alert.index) for alert in reversed(state.alerts)]


def test_the_older_pages_tell_the_same_printer() -> None:
    state = busy()

    assert texts(state, OLDER[0])["ProductSerialNumber"] == [state.identity.serial]
    assert texts(state, OLDER[1])["SerialNumber"] == [state.identity.serial]
    assert texts(state, OLDER[1])["ConsumablePercentageLevelRemaining"] == [
        str(255 if percent is None else percent)
        for percent in map(state.supply_percent, range(len(state.profile.supplies)))
    ]
    assert texts(state, "/IoMgmt/Adapters")["IsConnected"] == ["true", "false"]


def test_jams_are_counted_for_life() -> None:
    one = printer(changed(MODEL, trouble={"impressions_per_jam": 100}))
    before, raised = one.state.jams, 0
    while one.state.now_s < MONDAY_7 + 6 * HOUR_S:
        raised += sum(isinstance(e, AlertRaised) and e.alert.code == 8 for e in one.advance(one.next_event_at() or 0))

    assert raised > 2 and before > 2
    assert texts(one.state, "/DevMgmt/ProductUsageDyn.xml")["JamEvents"] == [str(before + raised)]
