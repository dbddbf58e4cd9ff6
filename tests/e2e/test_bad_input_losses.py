"""The portal down, its disk full, a spool damaged, a certificate expired: said in one sentence, and nothing is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.tls import open_authority, server_context
from tests.support.bad_input import Said, claim, environment, free_port, inkwire, portal, running


@contextmanager
def printer(folder: Path) -> Iterator[int]:
    """A simulated printer at 127.33.0.1; its SNMP port."""
    port, ready = free_port(), folder / "sim.ready"
    words = ("--count", "1", "--first-address", "127.33.0.1", "--snmp-port", str(port), "--ready-file", str(ready))
    with running("sim", "run", *words, "--http-port", "0", "--ipp-port", "0", log=folder / "sim.log", ready=ready):
        yield port


def configuration(folder: Path, portal_port: int, snmp_port: int) -> Path:
    file = folder / "collector.toml"
    file.write_text(
        f'[portal]\nurl = "https://127.0.0.1:{portal_port}"\n[collector]\ndirectory = "{folder / "collector"}"\n'
        f'[[profile]]\ntargets = ["127.33.0.1"]\nsnmp_port = {snmp_port}\nicmp = false\n'
    )
    return file


def scan(config: Path, *words: str) -> Said:
    return inkwire("collect", "run", str(config), "--once", *words)


def readings(state: Path) -> list[int]:
    """When the portal's readings were made, in order; one twice would stand here twice."""
    with closing(sqlite3.connect(f"file:{state / 'portal.sqlite3'}?mode=ro", uri=True)) as database:
        return [int(at) for (at,) in database.execute("SELECT observed_ms FROM reading ORDER BY observed_ms")]


def stop(child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0


@pytest.mark.timeout(120)
def test_what_is_scanned_while_the_portal_is_down_or_untrusted_arrives_once_when_it_is_back(tmp_path: Path) -> None:
    state, port = tmp_path / "portal", free_port()
    code = claim(state)[0]
    with printer(tmp_path) as snmp_port:
        config = configuration(tmp_path, port, snmp_port)
        down = scan(config, "--claim", code)  # not enrolled yet: the scan waits in the spool
        assert down.code == 1 and "Connection refused; check the address, and that it runs" in down.err, down.err

        with portal(state, port) as serving:
            assert scan(config, "--claim", code).code == 0
            assert len(readings(state)) == 2
            stop(serving)

        expired = datetime.now(UTC) - timedelta(days=500)
        authority = open_authority(state, datetime.now(UTC))
        server_context(state, authority, ("127.0.0.1",), expired)
        with served_by(state, port):
            untrusted = scan(config)
        assert untrusted.code == 1 and "its certificate has expired; renew it at the portal" in untrusted.err

        with portal(state, port):
            assert scan(config).code == 0
    found = readings(state)
    assert len(found) == len(set(found)) == 4


@contextmanager
def served_by(state: Path, port: int) -> Iterator[None]:
    """A bare TLS server with the portal's certificate as it is: the portal itself would renew it."""
    program = (
        "import ssl, socket, sys\n"
        "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
        "context.load_cert_chain(sys.argv[1] + '/server.pem', sys.argv[1] + '/server.key')\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    plain = listening.accept()[0]\n"
        "    try:\n"
        "        context.wrap_socket(plain, server_side=True).close()\n"
        "    except OSError:\n"
        "        plain.close()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(state), str(port)], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        yield
    finally:
        child.kill()
        child.communicate()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own that can be filled; the test is skipped where none can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("NOT TESTED: a full disk needs root and mount")
    if subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=False).returncode != 0:
        pytest.skip("NOT TESTED: a full disk needs a tmpfs, and this machine mounts none")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Nothing more fits on the disk until this file is gone."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return filler


@pytest.mark.timeout(120)
def test_a_portal_on_a_full_disk_sends_batches_away_and_takes_each_once_when_there_is_room(tmp_path: Path) -> None:
    port = free_port()
    with small_disk(tmp_path, "3m") as disk, printer(tmp_path) as snmp_port:
        state, config = disk / "portal", configuration(tmp_path, port, snmp_port)
        code = claim(state)[0]
        with portal(state, port, log=tmp_path / "portal.log"):
            assert scan(config, "--claim", code).code == 0
            filler = fill(disk)
            first, second = scan(config), scan(config)
            assert first.code == second.code == 1 and "Traceback" not in first.err + second.err
            assert "the portal answered 503" in first.err, first.err
            assert len(readings(state)) == 1

            filler.unlink()
            pushed = inkwire("connect", "push", "--directory", str(tmp_path / "collector"))

            assert (pushed.code, pushed.out) == (0, "delivered 2, set aside 0, left 0\n"), pushed.err
        found = readings(state)
        assert len(found) == len(set(found)) == 3
        assert "Traceback" not in (tmp_path / "portal.log").read_text()


def test_programs_that_start_on_a_full_disk_say_so_and_work_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "1m") as disk:
        filler = fill(disk)
        state, spool = disk / "portal", disk / "connection"
        sim = ("sim", "run", "--direct", "https://127.0.0.1:1", "--claim", "{}", "--count", "1", "--spool", str(spool),
               "--snmp-port", str(free_port()), "--http-port", "0", "--ipp-port", "0")  # fmt: skip
        code = claim(tmp_path / "elsewhere")[0]
        inkwire("portal", "migrate", "--state", str(state)).must_be(1, "is full: free some room")
        inkwire("portal", "create-claim", "--state", str(state)).must_be(1, "is full: free some room")
        inkwire(*(word.format(code) for word in sim)).must_be(2, "--spool", "choose another directory or free it")
        enrol = inkwire("connect", "enrol", "https://127.0.0.1:1", code, "--directory", str(disk / "id"))
        enrol.must_be(1, "No space left on device", "check owner and disk")
        os.truncate(filler, filler.stat().st_size - 200_000)  # room for a folder, not for a portal
        demo = inkwire("demo", "--check", TMPDIR=str(disk))
        assert demo.code == 1 and "is full: free some room" in demo.err and "Traceback" not in demo.err, demo.err
        assert [left.name for left in disk.iterdir() if left.name.startswith("inkwire-demo")] == []

        filler.unlink()
        assert inkwire("portal", "create-claim", "--state", str(state)).code == 0


@pytest.mark.timeout(120)
def test_a_damaged_spool_is_told_and_the_collector_goes_on(tmp_path: Path) -> None:
    state, port = tmp_path / "portal", free_port()
    code = claim(state)[0]
    with printer(tmp_path) as snmp_port, portal(state, port) as serving:
        config = configuration(tmp_path, port, snmp_port)
        assert scan(config, "--claim", code).code == 0
        spool = tmp_path / "collector" / "spool.db"
        spool.write_bytes(b"damaged " * 4096)

        damaged = scan(config)
        again = scan(config)

        assert "Traceback" not in damaged.err + again.err
        assert again.code == 0, again.err
        assert any(b"damaged " in kept.read_bytes() for kept in (tmp_path / "collector").rglob("spool.db*")), (
            "what was on the disk is kept for a person"
        )
        found = readings(state)
        assert len(found) == len(set(found)) >= 2
        stop(serving)


def test_two_simulators_on_one_spool_and_two_portals_on_one_folder_are_one_too_many(tmp_path: Path) -> None:
    state, port, ready = tmp_path / "portal", free_port(), tmp_path / "ready"
    codes = claim(state, 2)
    ports = ("--snmp-port", str(free_port()), "--http-port", "0", "--ipp-port", "0")
    words = ("sim", "run", "--count", "1", "--direct", f"https://127.0.0.1:{port}", "--spool", str(tmp_path / "spool"))
    with (
        portal(state, port),
        running(*words, *ports, "--claim", codes[0], "--ready-file", str(ready), log=tmp_path / "log", ready=ready),
    ):
        second = ("--snmp-port", str(free_port()), "--http-port", "0", "--ipp-port", "0", "--claim", codes[1])
        inkwire(*words, *second).must_be(2, "--spool", "is in use by another process; stop that one first")
        other = inkwire("portal", "serve", "--state", str(state), "--listen", f"127.0.0.1:{free_port()}")
        other.must_be(2, "another portal serves from", "--state folder of its own")
        assert (state / "serving.json").exists()


def test_ctrl_c_while_a_demo_sets_up_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inkwire", "demo", "--check"]
    for after_s in (0.4, 2.5):
        child = subprocess.Popen(
            command, env={**environment(), "TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True
        )
        time.sleep(after_s)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)

        assert child.returncode in (130, -signal.SIGINT), said
        assert "Traceback" not in said or child.returncode == -signal.SIGINT, said
        assert list(tmp_path.iterdir()) == []
        assert [
            entry for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and str(tmp_path).encode() in _command_of(entry)
        ] == []  # fmt: skip


def _command_of(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
