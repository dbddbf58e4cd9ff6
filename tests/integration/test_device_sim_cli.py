"""`inkwire sim` as a process: what it says, when it is ready, how it ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from device_sim.cli import main
from device_sim.core.snmprec import read_recording
from device_sim.profiles_shelf import profile_names
from inkwire.verify.truth import decode_truth
from tests.support.device_sim import free_port


def ports() -> list[str]:
    return [
        "--snmp-port", str(free_port(socket.SOCK_DGRAM)), "--http-port", str(free_port()), "--ipp-port", "0",
    ]  # fmt: skip


@contextmanager
def running(tmp_path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`inkwire sim run` until the block ends, once it is ready."""
    ready = tmp_path / "fleet.ready"
    child = subprocess.Popen(
        [sys.executable, "-m", "inkwire", "sim", "run", "--ready-file", str(ready), *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        wait_for(ready, child)
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def wait_for(path: Path, child: subprocess.Popen[str], seconds: float = 20.0) -> None:
    end_s = time.monotonic() + seconds
    while not path.exists():
        assert child.poll() is None and time.monotonic() < end_s, f"no {path.name}"
        time.sleep(0.02)


def test_a_fleet_says_what_runs_where_comes_to_rest_and_leaves_its_truth(tmp_path: Path) -> None:
    truth, words = tmp_path / "truth.jsonl", ports()

    with running(tmp_path, "--count", "3", "--speed", "2000", "--seed", "9", "--truth", str(truth), *words) as child:
        time.sleep(2.0)
        with urlopen(f"http://127.1.0.1:{words[3]}/", timeout=5) as page:
            assert "bizhub C250i" in page.read().decode()
        child.send_signal(signal.SIGUSR1)
        wait_for(tmp_path / "fleet.quiet", child)
        quiet = decode_truth(truth.read_bytes().splitlines())
        time.sleep(1.0)
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=20)

    assert child.returncode == 0, said
    lines = said.splitlines()
    assert lines[0].startswith("3 printers at 127.1.0.1 to 127.1.0.3: SNMP") and lines[1].startswith(
        "seed 9   clock 20"
    )
    assert lines[2] == "ready" and any(line.startswith("quiet: ") for line in lines)
    last = decode_truth(truth.read_bytes().splitlines())
    assert sum(len(made.jobs) for made in last.printers) > 3
    assert [made.jobs for made in last.printers] == [made.jobs for made in quiet.printers]
    assert [made.meters for made in last.printers] == [made.meters for made in quiet.printers]


def test_until_is_a_moment_of_virtual_time(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    clock = f"2026-11-16T09:00:00Z,{time.time():.3f},3600"
    words = ("--count", "2", "--clock", clock, "--until", "2026-11-16T10:30:00Z", "--truth", str(truth))

    with running(tmp_path, *words, *ports()) as child:
        wait_for(tmp_path / "fleet.quiet", child)

    jobs = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines() if '"kind":"job"' in line]
    assert jobs and all("2026-11-16T09:00" <= job["submitted_at"] < "2026-11-16T10:30" for job in jobs)


def test_the_walk_of_a_printer_can_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "--profile", "designjet-t1600"]) == 0
    walked = capsys.readouterr().out

    recording = read_recording(walked.encode())

    assert recording.flaws == () and len(recording.leaves) == len(walked.splitlines()) > 150


def test_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles"]) == 0

    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["PROFILE", "VENDOR", "MODEL", "KIND", "SERVICES", "PROTOCOLS"]
    assert len(rows) == len(profile_names())
    assert any("HP DesignJet T1600dr" in row and "large-format" in row and "accounting" in row for row in rows)


def test_profiles_are_told_to_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "--json"]) == 0

    told = {row["profile"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert tuple(told) == profile_names()
    assert told["pagewide-477"]["protocols"] == ["SNMP", "HTTP", "IPP", "LEDM", "accounting"]
    assert told["imagerunner-c5535"]["meters"]["scan.images"] == "images"


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--profile", "laserjet"], "laserjet: is no profile; like it: "),
        (["none.toml"], "none.toml: cannot be read (No such file or directory); give the path of a FLEET.toml"),
        (["--first-address", "192.0.2.1"], "192.0.2.1 is no address of this machine; use 127.x.y.z"),
        (["--first-address", "printer"], "first_address: must be an IPv4 address such as 127.1.0.1"),
        (["--count", "0"], "--count: must be at least 1"),
        (["--clock", "soon"], "--clock: is EPOCH,REAL,SPEED such as"),
        (["--clock", "2026-11-16T07:30:00Z,1,1", "--speed", "2"], "--speed: is already in --clock"),
        (["--time-zone", "Mars/Olympus"], "--time-zone: 'Mars/Olympus' is no time zone that this machine knows; write"),
        (["--until", "tomorrow"], "--until: is a virtual time in UTC"),
        (["--claim", "ABC"], "--claim: needs --direct URL"),
        (["--direct", "http://portal", "--claim", "ABC"], "--direct: must be the address of a portal"),
        (["--direct", "https://portal"], "--direct: is given, but no printer pushes"),
        (["--recording", "none.snmprec"], "none.snmprec: cannot be read"),
        (["--truth", "/nowhere/truth.jsonl"], "--truth: /nowhere/truth.jsonl cannot be written"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_and_exit_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *words]) == 2

    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize("option, kind", [("--snmp-port", socket.SOCK_DGRAM), ("--http-port", socket.SOCK_STREAM)])
def test_a_port_in_use_is_one_sentence_and_exit_2(
    option: str, kind: socket.SocketKind, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        words = {"--snmp-port": "0", "--http-port": "0", "--ipp-port": "0", option: str(port)}

        assert main(["run", *[word for pair in words.items() for word in pair]]) == 2

    assert f"port {port}" in (said := capsys.readouterr().err).lower() and "in use" in said


def test_a_recording_is_served_at_every_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["walk", "--profile", "ecosys-p3155"])
    recording = tmp_path / "printer.snmprec"
    recording.write_text(capsys.readouterr().out, encoding="utf-8")
    words = ports()

    with running(tmp_path, "--recording", str(recording), "--count", "2", *words):
        answers = [asyncio.run(ask(f"127.1.0.{last}", int(words[1]))) for last in (1, 2)]

    assert answers[0] == answers[1] and b"KYOCERA Document Solutions" in answers[0]


async def ask(address: str, port: int) -> bytes:
    """The answer to a GET of sysDescr.0."""
    request = bytes.fromhex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500")
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        probe.connect((address, port))
        await loop.sock_sendall(probe, request)
        async with asyncio.timeout(5):
            return await loop.sock_recv(probe, 4096)
