"""`inkwire bench connect`: it runs, its counts are right, and a wrong count fails it. Nothing here judges a time."""

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inkwire.bench.cli import main
from inkwire.bench.connect import Measured, Window, listening_sockets
from inkwire.bench.connect_figures import DAY_BYTES_MAX, as_json, percentile, rows, table
from inkwire.bench.connect_relay import Carried, Relay
from inkwire.bench.errors import WrongReplyError


def test_a_small_run_measures_every_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tmp_path / "figures.json"
    words = ["connect", "--calls", "40", "--rounds", "1", "--idle", "1", "--directory", str(tmp_path)]

    assert main([*words, "--json", str(told)]) == 0

    made = json.loads(told.read_text())
    assert (made["jobs"], made["alerts"], made["calls"]) == (19 + 400 + 40, 1, 40)
    by_name = {each["name"]: each for each in made["figures"]}
    assert by_name["P6 listening sockets"]["value"] == 0
    assert 2000 < by_name["P5 19-job push, full TLS handshake"]["value"] < 9000
    assert "met" in capsys.readouterr().out
    assert [each.name for each in tmp_path.iterdir()] == ["figures.json"]


def measured(**changes: object) -> Measured:
    carried = (Carried(3000, 1000, 10),)
    plain: dict[str, object] = {
        "pushes": carried, "day": carried * 16, "day_of_8": carried * 8, "bare_rss_bytes": 10, "rss_bytes": 20,
        "rss_after_bytes": 30, "took_s": (0.001, 0.002, 0.1), "fsync_s": (0.001, 0.001, 0.001), "listening": 0,
        "wakes": 0, "idle_s": 5.0, "job_seen_s": (0.2,), "alert_seen_s": (0.3,), "jobs": 3, "alerts": 1,
        "filesystem": "ext4",
    }  # fmt: skip
    return Measured(**{**plain, **changes})  # type: ignore[arg-type]  # a table of fields


def verdicts(made: Measured) -> dict[str, str]:
    return {row.name.strip(): row.verdict for row in rows(made)}


def test_the_worst_round_is_held_against_the_goal() -> None:
    good, bad = Carried(3000, 2999, 12), Carried(5000, 1001, 12)

    assert verdicts(measured(pushes=(good, good)))["P5 19-job push, full TLS handshake"] == "met"
    assert verdicts(measured(pushes=(good, bad)))["P5 19-job push, full TLS handshake"] == "missed"
    assert verdicts(measured(wakes=1))["P6 wake-ups in 5 s of idleness"] == "missed"
    assert verdicts(measured(job_seen_s=(0.1, 1.1)))["P9 19th job's end to row in the portal, worst"] == "missed"
    assert "missed" in table(measured(listening=1))
    assert DAY_BYTES_MAX == 54_000
    assert as_json(measured())["jobs"] == 3


@pytest.mark.parametrize(("share", "value"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(share: int, value: int) -> None:
    assert percentile([float(each) for each in range(100, 0, -1)], share) == value


def test_the_relay_counts_every_byte_of_both_directions() -> None:
    def answer(server: socket.socket) -> None:
        with server.accept()[0] as peer:
            while peer.recv(65536):
                pass
            peer.sendall(b"a" * 12_345)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with Relay(server.getsockname()[1]) as relay:
            with socket.create_connection(("127.0.0.1", relay.port)) as client:
                client.sendall(b"q" * 54_321)
                client.shutdown(socket.SHUT_WR)
                received = 0
                while block := client.recv(65536):
                    received += len(block)
            (carried,) = relay.taken()

    assert received == 12_345
    assert (carried.sent_bytes, carried.answered_bytes) == (54_321, 12_345)
    assert carried.packet_bytes > carried.payload_bytes + 6 * 52


def test_a_listening_socket_is_seen() -> None:
    before = listening_sockets(os.getpid())
    with socket.create_server(("127.0.0.1", 0)):
        assert listening_sockets(os.getpid()) == before + 1


@pytest.mark.parametrize(
    ("shown", "said"), [(["1"], "1 are lost and 0 too many"), (["1", "2", "2"], "0 are lost and 1")]
)
def test_a_job_that_is_lost_or_doubled_fails_the_run(
    shown: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_shown: Callable[[Window, str], list[str]] = lambda self, kind: shown  # noqa: E731
    monkeypatch.setattr(Window, "rows", rows_shown)

    with pytest.raises(WrongReplyError, match=said):
        Window.check(Window.__new__(Window), "jobs", ["1", "2"])
