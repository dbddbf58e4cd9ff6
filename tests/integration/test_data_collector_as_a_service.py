"""`inkwire collect service`: into a staged root with systemd's own tools, and the service as systemd would meet it."""

import asyncio
import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data_collector.cli import main
from tests.support.data_collector import Agent, honest, snmp_agent
from tests.support.data_collector_devices import printer
from tests.support.direct_connect import PortalDouble

ADDRESS = "127.90.11.1"
UNIT = "etc/systemd/system/inkwire-collector.service"
WANTED = "etc/systemd/system/multi-user.target.wants/inkwire-collector.service"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None or os.geteuid() != 0, reason="NOT TESTED: needs systemd's tools and root"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine that does not run."""
    staged = tmp_path / "root"
    (staged / "etc").mkdir(parents=True)
    return staged


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with secrets from the environment."""
    file = tmp_path / "collector.toml"
    file.write_text(
        '[portal]\nurl = "https://portal.example.com"\n'
        f'[[profile]]\ntargets = ["{ADDRESS}"]\ncommunities_env = "OFFICE"\nicmp = false\n'
    )
    return file


def service(*words: object) -> int:
    return main(["service", *map(str, words)])


@needs_systemd
def test_an_install_puts_user_configuration_secrets_and_unit_in_place_and_a_second_changes_nothing(
    root: Path, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")

    assert service("install", config, "--root", root, "--claim", "CODE-1") == 0
    first = {file: file.stat().st_mtime_ns for file in root.rglob("*") if file.is_file()}
    capsys.readouterr()
    assert service("install", config, "--root", root, "--claim", "CODE-1") == 0

    said = capsys.readouterr().out
    assert "nothing had to be changed" in said and "corridor" not in said
    assert {file: file.stat().st_mtime_ns for file in root.rglob("*") if file.is_file()} == first
    assert (root / "etc/inkwire/collector.env").read_text() == 'OFFICE="corridor"\nINKWIRE_CLAIM="CODE-1"\n'
    user = next(
        line for line in (root / "etc/passwd").read_text().splitlines() if line.startswith("inkwire-collector:")
    )
    wanted = {"collector.toml": (0o640, int(user.split(":")[3])), "collector.env": (0o600, 0)}
    for name, (mode, group) in wanted.items():
        told = (root / "etc/inkwire" / name).stat()
        assert (stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid) == (mode, 0, group), name
    assert (root / WANTED).is_symlink()


@needs_systemd
def test_a_removal_keeps_what_the_collector_knows_until_purge_is_asked_and_confirmed(
    root: Path, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")
    service("install", config, "--root", root, "--claim", "CODE-1")
    state = root / "var/lib/inkwire/collector"
    state.mkdir(parents=True)
    (state / "state.json").write_text('{"unsent": 7}')

    assert service("remove", "--root", root) == 0
    assert not (root / UNIT).exists() and not (root / WANTED).is_symlink()
    assert (state / "state.json").exists() and (root / "etc/inkwire/collector.toml").exists()

    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody to answer
    assert service("remove", "--root", root, "--purge") == 1
    assert (state / "state.json").exists()
    assert "7 batches in it are not sent" in capsys.readouterr().out

    assert service("remove", "--root", root, "--purge", "--yes") == 0
    assert not state.exists() and list((root / "etc/inkwire").iterdir()) == []
    assert service("remove", "--root", root) == 0
    assert "there was no service to remove" in capsys.readouterr().out


@needs_systemd
def test_a_changed_configuration_is_taken_over_and_the_old_one_stays_beside_it(
    root: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")
    service("install", config, "--root", root, "--claim", "CODE-1")
    before = config.read_text()
    config.write_text(f'{before}rate = 50\n[traps]\nlisten = ":162"\n')
    (root / "var/lib/inkwire/collector").mkdir(parents=True)
    (root / "var/lib/inkwire/collector/portal-ca.pem").touch()  # enrolled by now
    monkeypatch.delenv("OFFICE")

    assert service("install", config, "--root", root) == 0

    assert (root / "etc/inkwire/collector.toml").read_text() == config.read_text()
    assert (root / "etc/inkwire/collector.toml.old").read_text() == before
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in (root / UNIT).read_text()
    assert 'OFFICE="corridor"' in (root / "etc/inkwire/collector.env").read_text()


@pytest.mark.parametrize(
    ("extra", "claim", "says"),
    [
        ("ratte = 50\n", "CODE-1", 'is not known; did you mean "rate"?'),
        ("", "", "not enrolled: make a claim code in the portal"),
        ('communities_file = "/etc/inkwire/nowhere"\n', "CODE-1", "both given"),
        ('[collector]\ndirectory = "/srv/c"\n', "CODE-1", "a service keeps its state under /var/lib"),
    ],
)
def test_what_cannot_work_is_found_before_the_first_change(
    extra: str,
    claim: str,
    says: str,
    root: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")
    config.write_text(config.read_text() + extra)

    assert service("install", config, "--root", root, *(("--claim", claim) if claim else ())) == 2

    assert says in capsys.readouterr().err
    assert list(root.rglob("*")) == [root / "etc"]


def test_a_missing_secret_is_told_with_the_file_where_the_service_looks_for_it(
    root: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service("install", config, "--root", root, "--claim", "CODE-1") == 2

    said = capsys.readouterr().err
    assert "names the variable OFFICE, which is empty" in said and "/etc/inkwire/collector.env" in said


@pytest.mark.skipif(Path("/run/systemd/system").is_dir(), reason="NOT TESTED: this machine runs systemd")
@pytest.mark.parametrize("words", [["install"], ["remove"]])
def test_without_systemd_it_says_what_to_do_instead(
    words: list[str], config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")

    assert service(*words, *([config] if words == ["install"] else [])) == 2

    assert "not started by systemd" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="NOT TESTED: systemd-analyze is not installed")
def test_the_printed_unit_is_one_that_systemd_reads_and_finds_well_protected(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFICE", "corridor")
    assert service("install", config, "--print") == 0
    unit = tmp_path / "inkwire-collector.service"
    unit.write_text(capsys.readouterr().out)

    read = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=15", unit],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (read.returncode, read.stderr) == (0, "")
    assert judged.returncode == 0, judged.stdout[-200:]  # an exposure of at most 1.5 of 10


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    async with snmp_agent(honest(printer("SN0001", 4711)), ADDRESS) as live:
        yield live


async def test_systemd_hears_that_it_is_ready_and_lives_and_anyone_may_ask_how_it_is(
    agent: Agent, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal = PortalDouble.make()
    shown, config = tmp_path / "run", tmp_path / "collector.toml"
    shown.mkdir()
    with (
        portal.running(portal.authority.server_files(tmp_path)) as url,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        config.write_text(
            f'[portal]\nurl = "{url}"\n[collector]\ndirectory = "{tmp_path}/collector"\n[[profile]]\nicmp = false\n'
            f'targets = ["{ADDRESS}"]\nsnmp_port = {agent.port}\nhttp_port = 1\nipp_port = 1\ntimeout_s = 0.3\n'
        )
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "RUNTIME_DIRECTORY": str(shown)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data_collector.cli", "run", str(config)),
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **told, "INKWIRE_CLAIM": portal.claim_code()},
        )
        try:
            heard = ""
            async with asyncio.timeout(30):
                while "READY=1" not in heard or "WATCHDOG=1" not in heard:
                    heard += (await asyncio.to_thread(manager.recv, 4096)).decode()
            await asyncio.to_thread(portal.wait_for, lambda one: len(one.arrived) >= 1)
            state = shown / "state.json"
            async with asyncio.timeout(30):
                while not state.exists() or json.loads(state.read_text())["delivered"] < 1:
                    await asyncio.sleep(0.05)
            assert stat.S_IMODE(state.stat().st_mode) == 0o644
            assert service("status", "--directory", shown) == 0
            said = capsys.readouterr().out
            assert f"running, process {process.pid}" in said
            assert "1 address, 1 printer, 1 new" in said and "0 batches; 1 delivered" in said
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
    assert service("status", "--directory", shown) == 1
    assert "not running" in capsys.readouterr().out
