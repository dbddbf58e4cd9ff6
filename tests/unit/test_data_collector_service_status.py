"""`inkwire collect service status`: what a state file says to a person."""

from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.service_status import HUNG_AFTER_S, standing
from wire_format.codec import format_instant

AT = datetime(2026, 11, 24, 14, 0, 0, tzinfo=UTC)


def document(**changed: object) -> dict[str, object]:
    return {
        "heartbeat_at": format_instant(AT - timedelta(seconds=3)),
        "pid": 4711,
        "sender": "s" * 43,
        "scan": {
            "finished_at": format_instant(AT - timedelta(minutes=12)),
            "addresses": 254,
            "visited": 254,
            "printers": 3,
            "new": 1,
            "gone": 0,
            "moved": 2,
        },
        "next_scan_at": format_instant(AT + timedelta(hours=2)),
        "known_printers": 1_003,
        "enrolled": True,
        "unsent": 2,
        "set_aside": 0,
        "delivered": 17,
        "trouble": None,
        **changed,
    }


def lines(**changed: object) -> dict[str, str]:
    said = standing(document(**changed), None, AT, alive=True)
    return {line[:9].strip(): line[11:] for line in said.lines}


def test_state_scans_and_what_waits_are_told_with_their_times() -> None:
    said = lines()

    assert said["service"] == "running, process 4711"
    assert said["last scan"] == "2026-11-24 13:48 UTC (12 min ago): 254 addresses, 3 printers, 1 new, 0 gone, 2 moved"
    assert said["next scan"] == "2026-11-24 16:00 UTC (in 2 h)"
    assert said["unsent"] == "2 batches; 17 delivered"
    assert standing(document(), None, AT, alive=True).well


def test_a_service_without_a_process_does_not_run_however_fresh_its_state() -> None:
    said = standing(document(), "failed, failed, exit-code", AT, alive=False)

    assert not said.well
    assert said.lines[0].endswith("not running: the last sign of it is of 2026-11-24 13:59 UTC (3 s ago); "
                                  "systemd: failed, failed, exit-code")  # fmt: skip


def test_a_process_that_gives_no_sign_hangs() -> None:
    at = AT + timedelta(seconds=HUNG_AFTER_S)

    said = standing(document(), None, at, alive=True)

    assert not said.well
    assert "hangs: the last sign" in said.lines[0]


def test_trouble_and_what_was_set_aside_are_told_and_are_not_well() -> None:
    changed = {"trouble": "the portal\x1b[2J is away", "set_aside": 1}

    said = lines(**changed)

    assert said["trouble"] == "the portal [2J is away"
    assert said["unsent"].endswith("1 set aside for a person")
    assert not standing(document(**changed), None, AT, alive=True).well


def test_a_scan_under_way_tells_how_far_it_is() -> None:
    scan = {"addresses": 254, "visited": 20, "printers": 3, "new": 0, "gone": 0, "moved": 0, "finished_at": None}

    assert lines(scan=scan)["last scan"].startswith("under way: 20 of 254 addresses, 3 printers")
    assert lines(scan=None)["last scan"] == "none since the service was started"


@pytest.mark.parametrize("broken", [{}, {"heartbeat_at": "noon"}, {"heartbeat_at": 5}])
def test_what_is_no_state_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"heartbeat_at|a time looks like"):
        standing(broken, None, AT, alive=True)
