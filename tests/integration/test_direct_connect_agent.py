"""`inkwire connect agent` as a process: its socket, who may come in, and what a kill and a restart leave."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkwire.bench.connect import listening_sockets
from tests.support.bad_input import environment, inkwire
from tests.support.direct_connect import PortalDouble
from tests.support.direct_connect_agent import Client, a_job_line, agent, line

HELLO = 'hello {"v":1,"client":"test/1"}'


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


@pytest.fixture
def url(portal: PortalDouble, tmp_path: Path) -> Iterator[str]:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        yield url


def words(tmp_path: Path, url: str, *more: str) -> tuple[str, ...]:
    return ("--portal", url, "--directory", str(tmp_path / "state"), *more)


def test_jobs_of_two_printers_arrive_once_though_the_agent_is_killed_and_lines_are_repeated(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    path, log = tmp_path / "a.sock", tmp_path / "agent.log"
    opens = [line("open", f"p{each}", claim=portal.claim_code(each)) for each in (1, 2)]
    jobs = [a_job_line(f"p{each}", f"p{each}-job-{number}") for number in range(30) for each in (1, 2)]
    told = line("snapshot", "p1", device={"serial": "S1"})
    with agent(*words(tmp_path, url), socket_path=path, log=log) as process:
        client = Client(path)
        assert client.say(HELLO, *opens, told)[1:] == [*client.say(*opens), "ok"]
        assert set(client.say(*jobs[:40])) == {"ok"}
        process.kill()
        process.wait()
        client.close()

    with agent(*words(tmp_path, url), socket_path=path, log=log) as process:
        client = Client(path)
        assert set(client.say(HELLO, *jobs[30:], "push")[1:]) == {"ok"}
        portal.wait_for(lambda portal: len(set(portal.jobs)) == 60)
        assert client.say("quit") == ["ok"]
        assert client.read() == ""
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert not path.exists()
    serials = {report.device.serial for batch in portal.arrived for report in batch.reports}
    assert serials == {"S1", None}
    events = [json.loads(each) for each in log.read_text().splitlines()]
    assert {"agent is ready", "agent ends"} <= {event["message"] for event in events}
    assert "job-1" not in log.read_text()


def test_the_socket_is_its_owners_alone_and_one_left_behind_is_taken_over(tmp_path: Path, url: str) -> None:
    path, log = tmp_path / "a.sock", tmp_path / "agent.log"
    with agent(*words(tmp_path, url), socket_path=path, log=log) as process:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        second = inkwire("connect", "agent", "--portal", url, "--directory", str(tmp_path / "b"), "--socket", str(path))
        second.must_be(2, "an agent answers at", "name another socket with --socket")
        third = inkwire("connect", "agent", *words(tmp_path, url), "--socket", str(tmp_path / "b.sock"))
        assert third.code == 1 and "in use by another process" in third.err
        assert not (tmp_path / "b.sock").exists()
        process.kill()
        process.wait()
        assert path.exists()

    left = path.stat().st_ino
    with agent(*words(tmp_path, url), socket_path=path, log=log):
        end_s = time.monotonic() + 20
        while path.stat().st_ino == left:
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.02)
        with Client(path) as client:
            assert client.say(HELLO)[0].startswith("ok 1 ")


ASKING = """import socket, sys
peer = socket.socket(socket.AF_UNIX)
try:
    peer.connect(sys.argv[1])
except PermissionError:
    print("kept out"); sys.exit()
try:
    peer.sendall(b'hello {"v":1}\\n')
except BrokenPipeError:
    pass  # refused already; the reason can be read
print(peer.makefile().readline().strip())
"""


def asked_as(user: int, groups: str, path: Path) -> str:
    command = ["setpriv", "--reuid", str(user), "--regid", str(user), "--groups", groups, sys.executable, "-c", ASKING]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0 and "Permission denied" in done.stderr:
        pytest.skip("NOT TESTED: an unprivileged user may not run this Python")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_peers_are_let_in_by_what_the_kernel_says_of_them(url: str) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("NOT TESTED: other users' credentials need root and setpriv")
    with tempfile.TemporaryDirectory(prefix="inkwire-agent-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        path, log = place / "a.sock", place / "agent.log"
        with agent(*words(place, url), socket_path=path, log=log):
            assert asked_as(4711, "4711", path) == "kept out"
        with agent(*words(place, url, "--allow-uid", "4711", "--allow-gid", "5050"), socket_path=path, log=log):
            assert asked_as(4711, "4711", path).startswith("ok 1 ")
            assert asked_as(4712, "4712,5050", path).startswith("ok 1 ")
            assert asked_as(4712, "4712", path).startswith("error denied user 4712 may not speak to this agent")
        with agent(*words(place, url, "--allow-gid", "5050"), socket_path=path, log=log):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            assert asked_as(4712, "4712,5050", path).startswith("ok 1 ")
            assert asked_as(4712, "4712", path) == "kept out"
        refusals = [json.loads(each) for each in log.read_text().splitlines() if "peer was refused" in each]
        assert [(each["uid"], each["gid"]) for each in refusals] == [(4712, 4712)]


def test_a_client_that_takes_no_answers_holds_up_nobody_and_not_the_end(tmp_path: Path, url: str) -> None:
    path, log = tmp_path / "a.sock", tmp_path / "agent.log"
    with agent(*words(tmp_path, url), socket_path=path, log=log) as process:
        deaf = socket.socket(socket.AF_UNIX)
        deaf.connect(str(path))
        deaf.settimeout(0.5)
        with pytest.raises(TimeoutError):  # the agent reads no more of it
            while True:
                deaf.sendall(b"nonsense\n" * 1000)
        dead = Client(path)
        dead.say(HELLO)
        dead.socket.sendall(b"open p1")
        dead.close()

        with Client(path) as other:
            jobs = [a_job_line("p1", f"{each}") for each in range(50)]
            assert set(other.say(HELLO, "open p1", *jobs)[2:]) == {"ok"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        deaf.close()


def test_over_stdin_every_line_is_answered_and_the_end_waits_for_the_portal(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    lines = [HELLO, line("open", "p1", claim=portal.claim_code()), a_job_line("p1", "1"), "x" * 70_000, "status p1"]

    said = inkwire(
        "connect", "agent", *words(tmp_path, url, "--drain-s", "30"), stdin="\n".join([*lines, 'job-finished p1 {"jo'])
    )

    answers = said.out.splitlines()
    assert said.code == 0, said.err
    assert [each.split()[0:2] for each in answers[3:4]] == [["error", "line"]]
    assert json.loads(answers[4].removeprefix("ok "))["jobs_waiting"] == 1
    assert answers[5].startswith("error line the stream ended within")
    assert len(answers) == 6
    assert portal.jobs == ["1"]


def test_over_stdin_an_end_is_an_end_though_nobody_takes_the_answers(tmp_path: Path, url: str) -> None:
    command = [sys.executable, "-m", "inkwire", "connect", "agent", *words(tmp_path, url), "--log-level", "error"]
    with subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{HELLO}\n".encode())
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"ok 1 ")
        os.set_blocking(process.stdin.fileno(), False)
        end_s = time.monotonic() + 1
        while time.monotonic() < end_s:  # until both pipes are full
            with contextlib.suppress(BlockingIOError):
                os.write(process.stdin.fileno(), b"nonsense\n" * 400)

        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 0


def test_no_port_is_ever_listened_on(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a.sock"
    with agent(*words(tmp_path, url), socket_path=path, log=tmp_path / "agent.log") as process:
        with Client(path) as client:
            client.say(HELLO, "open p1")
        assert listening_sockets(process.pid) == 0


def test_the_service_file_is_one_that_systemd_reads_and_names_what_there_is(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    unit = (root / "deploy" / "systemd" / "inkwire-agent.service").read_text()
    command = next(each for each in unit.splitlines() if each.startswith("ExecStart=")).split()
    example = (root / "deploy" / "agent.example.toml").read_text()

    assert command[1:4] == ["connect", "agent", "--config"]
    assert "RuntimeDirectory=inkwire" in unit and 'socket = "/run/inkwire/' in example
    assert "StateDirectory=inkwire/agent\n" in unit and 'directory = "/var/lib/inkwire/agent"' in example
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NOT TESTED: systemd-analyze is not installed")
    copy = tmp_path / "inkwire-agent.service"
    copy.write_text(unit.replace("/opt/inkwire/bin/inkwire", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("way", ["socket", "stdin"])
def test_the_client_in_c_is_heard(way: str, tmp_path: Path, portal: PortalDouble, url: str) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("NOT TESTED: the client in C needs gcc")
    source = Path(__file__).parents[2] / "deploy" / "examples" / "agent_client.c"
    program = tmp_path / "agent_client"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]
    subprocess.run([compiler, *flags, "-o", str(program), str(source)], check=True)
    claims = {f"INKWIRE_CLAIM_{each}": portal.claim_code(each) for each in (1, 2)}

    if way == "socket":
        path = tmp_path / "a.sock"
        with agent(*words(tmp_path, url), socket_path=path, log=tmp_path / "agent.log"):
            for _ in range(2):  # the second time, everything is a repetition
                command = [str(program), "--socket", str(path), "p1", "p2"]
                done = subprocess.run(
                    command, env={**os.environ, **claims}, capture_output=True, text=True, check=False
                )
                assert (done.returncode, done.stderr) == (0, "")
            portal.wait_for(lambda portal: len(set(portal.jobs)) == 6)
    else:
        answers = tmp_path / "answers"
        os.mkfifo(answers)
        quoted = " ".join(
            [sys.executable, "-m", "inkwire", "connect", "agent", *words(tmp_path, url, "--drain-s", "30")]
        )
        script = f"{program} --stdin p1 p2 < {answers} | {quoted} > {answers}"
        done = subprocess.run(
            ["sh", "-c", script],
            env={**environment(), **claims},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert "refused" not in done.stderr

    assert set(portal.jobs) == {f"p{each}-job-{number}" for each in (1, 2) for number in (1, 2, 3)}
    alerts = [alert for batch in portal.arrived for report in batch.reports for alert in report.alerts]
    assert {alert.alert_id for alert in alerts} == {"p1-jam-0", "p2-jam-0"}
    models = {report.device.model for batch in portal.arrived for report in batch.reports}
    assert 'Plotter "36"' in models
