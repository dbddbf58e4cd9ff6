"""A running fleet is led from outside: by `sim ctl`, with the token, from this machine, and by nobody else."""

import contextlib
import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from device_sim.cli import main
from tests.support.device_sim import free_port
from tests.support.device_sim_snmp import net_snmp

READY_S_MAX = 30.0


@dataclass(frozen=True)
class Led:
    """A fleet that runs as a process. file: where its token stands."""

    file: Path
    snmp_port: int
    http_port: int
    truth: Path

    def ctl(self, *words: str) -> int:
        return main(["ctl", "--control-token-file", str(self.file), *words])


@pytest.fixture
def led(tmp_path: Path) -> Iterator[Led]:
    """Four quiet printers on a clock fast enough to see something happen."""
    fleet, file, truth = tmp_path / "fleet.toml", tmp_path / "led", tmp_path / "truth.jsonl"
    snmp_port, http_port = free_port(socket.SOCK_DGRAM), free_port()
    fleet.write_text(
        f'first_address = "127.1.44.1"\nsnmp_port = {snmp_port}\nhttp_port = {http_port}\nipp_port = 0\n'
        'hours = "office"\n[[groups]]\nprofile = "color-laserjet-m479"\ncount = 4\n'
    )
    words = ["run", str(fleet), "--clock", f"2026-11-15T03:00:00Z,{time.time():.3f},20", "--control", "0"]
    words += ["--control-token-file", str(file), "--ready-file", str(tmp_path / "ready"), "--truth", str(truth)]
    child = subprocess.Popen([sys.executable, "-m", "inkwire", "sim", *words], stderr=subprocess.PIPE, text=True)
    try:
        end_s = time.monotonic() + READY_S_MAX
        while not (tmp_path / "ready").exists():
            assert child.poll() is None and time.monotonic() < end_s, child.stderr.read() if child.stderr else ""
            time.sleep(0.05)
        yield Led(file, snmp_port, http_port, truth)
    finally:
        child.terminate()
        child.communicate(timeout=30)
    assert child.returncode == 0 and not file.exists()


def told(led: Led, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a ctl command tells a machine."""
    capsys.readouterr()
    assert led.ctl("--json", *words) == 0
    return json.loads(capsys.readouterr().out)


def test_acts_befall_the_printers_named_and_what_came_of_them_is_seen(
    led: Led, capsys: pytest.CaptureFixture[str]
) -> None:
    assert led.ctl("do", "1,3", "jam") == 0
    assert led.ctl("do", "2", "set-meter", "meter=total.impressions", "value=7") == 0
    job = told(led, capsys, "do", "0", "print", "impressions=2", "name=Led.pdf", "duplex=yes")["done"][0]["job"]

    listed = told(led, capsys, "list")
    assert [row["alerts"] for row in listed] == [[], ["Media is jammed"], [], ["Media is jammed"]]
    assert listed[2]["impressions"] == 7
    assert led.ctl("list") == 0 and "Media is jammed" in capsys.readouterr().out
    assert told(led, capsys, "clock", "jump", "2026-11-15T04:00:00Z")["now"].startswith("2026-11-15T04:0")
    (ended,) = [one for one in told(led, capsys, "show", "0")["finished"] if one["job"] == job]
    assert (ended["name"], ended["outcome"], ended["impressions"]) == ("Led.pdf", "completed", 2)


async def test_a_printer_without_power_answers_nothing_over_any_protocol(led: Led) -> None:
    assert led.ctl("clock", "speed", "1") == 0 and led.ctl("do", "1", "power-cut") == 0

    with pytest.raises(http.client.RemoteDisconnected):
        page(led, "127.1.44.2")
    assert page(led, "127.1.44.1") == 200
    with pytest.raises(AssertionError, match=r"Timeout|No Response"):
        await net_snmp("snmpget", "-v2c", "-c", "public", f"127.1.44.2:{led.snmp_port}", "1.3.6.1.2.1.1.3.0")
    assert led.ctl("do", "1", "power-on") == 0 and led.ctl("clock", "jump", "2026-11-15T12:00:00Z") == 0
    assert page(led, "127.1.44.2") == 200


def page(led: Led, address: str) -> int:
    """The status of a printer's first page."""
    with contextlib.closing(http.client.HTTPConnection(address, led.http_port, timeout=10)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


def test_two_printers_change_addresses(led: Led, capsys: pytest.CaptureFixture[str]) -> None:
    before = {row["printer"]: row["address"] for row in told(led, capsys, "list")}

    assert led.ctl("do", "1", "swap-address", "other=2") == 0

    after = {row["printer"]: row["address"] for row in told(led, capsys, "list")}
    assert (after[1], after[2]) == (before[2], before[1]) and after[0] == before[0]


def test_time_stands_hurries_and_jumps(led: Led, capsys: pytest.CaptureFixture[str]) -> None:
    stood = told(led, capsys, "clock", "freeze")
    assert told(led, capsys, "clock")["now"] == stood["now"] and stood["frozen"]

    assert told(led, capsys, "clock", "speed", "600")["speed"] == 600.0
    assert not told(led, capsys, "clock", "resume")["frozen"]
    assert told(led, capsys, "stats")["printers"] == 4


def test_faults_come_and_go(led: Led, capsys: pytest.CaptureFixture[str]) -> None:
    assert led.ctl("fault", "2", "set", "serial_says=XXXXXXXXXX") == 0
    assert told(led, capsys, "list", "2")[0]["faults"] == {"serial_says": "XXXXXXXXXX"}

    assert led.ctl("fault", "2", "clear", "serial_says") == 0
    assert told(led, capsys, "list", "2")[0]["faults"] == {}


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["do", "99", "jam"], "there is no printer 99"),
        (["do", "1", "explode"], "is no act; known here: print"),
        (["do", "1", "jam", "lasts=soon"], "write it as 90s, 10m"),
        (["do", "1", "set-meter", "meter=total.impressions", "value=many"], "is no whole number"),
        (["do", "many", "jam"], "names no printers"),
        (["fault", "1", "set", "no_such_fault"], "no_such_fault"),
        (["clock", "jump", "2020-01-01T00:00:00Z"], "a fleet lives forward only"),
        (["clock", "speed"], "speed needs a number"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    led: Led, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert led.ctl(*words) == 2

    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_a_printer_that_cannot_is_told_among_the_others_and_exit_is_1(
    led: Led, capsys: pytest.CaptureFixture[str]
) -> None:
    assert led.ctl("do", "0-1", "cancel", "job=1") == 1

    assert "printer 1: refused: job: runs or waits no more" in capsys.readouterr().err


def test_nobody_leads_without_the_token_from_elsewhere_or_from_a_browser(led: Led) -> None:
    known = json.loads(led.file.read_text())
    port = int(known["url"].rsplit(":", 1)[1])
    bearer = {"Authorization": f"Bearer {known['token']}"}

    def status(method: str = "GET", body: str | None = None, **headers: str) -> int:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request(method, "/v1/act" if body else "/v1/printers", body, {**bearer, **headers})
            return connection.getresponse().status

    assert stat.S_IMODE(os.stat(led.file).st_mode) == 0o600
    assert status() == 200
    assert status(Authorization="Bearer guessed") == 401 and status(Authorization="") == 401
    assert status(Host="attacker.example") == 403 and status(Host=f"attacker.example:{port}") == 403
    assert status(Origin="http://127.0.0.1") == 403
    assert status("POST", '{"printers":"0","act":"jam"}') == 415
    assert status("POST", "no json", **{"Content-Type": "application/json"}) == 400
    with pytest.raises(OSError), socket.create_connection(("127.1.44.1", port), timeout=5):
        pass  # it listens on 127.0.0.1 only


def test_without_a_running_fleet_ctl_says_how_to_start_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "--control-token-file", str(tmp_path / "none"), "list"]) == 2

    assert "start one with --control PORT" in capsys.readouterr().err


def test_the_acts_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acts"]) == 0
    said = capsys.readouterr().out
    assert "power-cut" in said and "lasts" in said and "must be given" in said

    assert main(["acts", "--json"]) == 0
    assert {"jam", "swap-address"} <= {row["act"] for row in json.loads(capsys.readouterr().out)}
