"""The portal as a process: first start, clean stop, kill -9, and the sentences for what can go wrong."""

import asyncio
import io
import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from portal.cli import main
from portal.errors import ConfigError
from portal.runtime import Serving
from portal.tls import open_authority
from tests.support.portal import LivePortal, LiveSender, job, portal_config, prepare, read_rows, report

COMMAND = [sys.executable, "-m", "inkwire", "portal"]
ROOT = Path(__file__).parents[2]
START_S_MAX = 30.0


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "INKWIRE_CLOCK"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


def run(*words: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=cwd, env=environment(), input=stdin, capture_output=True, text=True, timeout=60
    )


@contextmanager
def process(state: Path, *words: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    """`portal serve`, ready to answer; killed at the end if it still runs."""
    with log.open("w") as errors:
        child = subprocess.Popen(
            [*COMMAND, "serve", "--state", str(state), *words], env=environment(), stderr=errors, text=True
        )
    note, end_s = state / "serving.json", time.monotonic() + START_S_MAX
    try:
        while not note.exists() or json.loads(note.read_text() or "{}").get("pid") != child.pid:
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.05)
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


def url_of(state: Path) -> str:
    return str(json.loads((state / "serving.json").read_text())["url"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_first_start_says_a_login_once_and_a_stop_is_clean(tmp_path: Path) -> None:
    state, log = tmp_path / "state", tmp_path / "log"
    with process(state, "--listen", "127.0.0.1:0", log=log) as child:
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
    said = log.read_text()

    password = re.search(r"^login +admin@localhost +(\S+)", said, re.MULTILINE)
    assert password is not None
    assert re.search(r"^CA +SHA-256 [0-9a-f]{64}$", said, re.MULTILINE)
    assert password[1].encode() not in (state / "portal.sqlite3").read_bytes()
    assert not (state / "serving.json").exists()
    assert {path.stat().st_mode & 0o077 for path in (state, *state.iterdir())} == {0}

    with process(state, "--listen", "127.0.0.1:0", log=log):
        pass
    assert "login" not in log.read_text()


async def test_kill_nine_while_ingesting_loses_nothing_acked_and_doubles_nothing(tmp_path: Path) -> None:
    config = portal_config(tmp_path, port=free_port())
    *codes, token = await prepare(config, claims=2)
    state, listen = config.state_dir, f"127.0.0.1:{config.port}"
    trust = ssl.create_default_context(cafile=state / "ca.pem")
    acked: list[tuple[str, int]] = []

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
        portal = LivePortal(
            url=f"https://{listen}",
            config=config,
            session=session,
            claims=codes,
            token=token,
            serving=Serving(url=f"https://{listen}", fingerprint="", first_login=None),
        )
        senders = [portal.sender(), portal.sender()]
        for life in range(3):
            with ExitStack() as stack:
                serving = process(state, "--listen", listen, log=tmp_path / "log")
                child = await asyncio.to_thread(stack.enter_context, serving)
                if life == 0:
                    for sender in senders:
                        assert (await sender.enrol(codes.pop()))[0] == 200
                pushing = [asyncio.create_task(push_until_it_breaks(sender, acked)) for sender in senders]
                await asyncio.sleep(0.6)
                child.kill()
                await asyncio.gather(*pushing)

    assert len(acked) > 10
    stored = read_rows(portal.path, "SELECT stream, sequence FROM batch")
    assert {(row["stream"], row["sequence"]) for row in stored} >= set(acked)
    told = read_rows(portal.path, "SELECT count(*) AS n, count(DISTINCT job_id) AS distinct_n FROM job")
    batches = read_rows(portal.path, "SELECT count(*) AS n, sum(jobs) AS jobs FROM batch")
    assert told == [{"n": batches[0]["jobs"], "distinct_n": batches[0]["jobs"]}]
    assert read_rows(portal.path, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


async def push_until_it_breaks(sender: LiveSender, acked: list[tuple[str, int]]) -> None:
    """Push batch after batch and note what was acked; ends when the portal is gone.

    What was not acked is not sent again, so that a batch kept without an ack is seen as well.
    """
    serial = f"SG{sender.key.kid[:8]}"
    while True:
        jobs = tuple(job(secrets.token_hex(8)) for _ in range(3))
        try:
            status, _ = await sender.push(report(serial=serial, jobs=jobs))
        except (aiohttp.ClientError, OSError):
            return
        assert status == 200
        acked.append((sender.stream, sender.sequence))


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--state", "state", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", cwd=tmp_path)

    assert done.returncode == 2
    assert "is in use by another program" in done.stderr
    assert "Traceback" not in done.stderr
    with process(tmp_path / "state", "--listen", "127.0.0.1:0", log=tmp_path / "log"):
        assert "login   admin@localhost" in (tmp_path / "log").read_text()  # not spent on the start that failed


BAD_COMMANDS = {
    "no such config": (["serve", "--config", "none.toml"], 2, "cannot be read"),
    "config that is not TOML": (["serve", "--config", "broken.toml"], 2, "is not TOML"),
    "config with an unknown key": (["migrate", "--config", "odd.toml"], 2, "colour is not a key of the portal"),
    "config with a wrong number": (["migrate", "--config", "wrong.toml"], 2, "ingest.group_max must be a whole number"),
    "listen without a port": (["serve", "--listen", "localhost"], 2, "write HOST:PORT"),
    "database folder missing": (["migrate", "--database", "sqlite:///nowhere/at/all.sqlite3"], 2, "does not exist"),
    "database that is none": (["migrate", "--database", "sqlite://garbage"], 1, "not a database"),
    "another kind of database": (["migrate", "--database", "postgres://h/d"], 2, "PostgreSQL is not supported"),
    "state that is a file": (["migrate", "--state", "garbage"], 2, "choose another --state"),
    "short password": (["create-user", "a@b", "--password-stdin"], 2, "12 to 256 characters"),
    "no password file": (["create-user", "a@b", "--password-file", "none"], 2, "cannot be read"),
    "unknown tenant": (["create-token", "--tenant", "Nobody"], 2, "there is no tenant 'Nobody'"),
    "no claims": (["create-claim", "--count", "0"], 2, "1 to 10000"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad")
    (made / "broken.toml").write_text("listen = ")
    (made / "odd.toml").write_text('colour = "blue"')
    (made / "wrong.toml").write_text("[ingest]\ngroup_max = 0")
    (made / "garbage").write_bytes(b"this is no database at all" * 100)
    assert run("create-token", cwd=made).returncode == 0
    return made


@pytest.mark.parametrize("name", BAD_COMMANDS)
def test_a_mistake_is_one_clear_sentence(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, code, sentence = BAD_COMMANDS[name]
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))

    assert main(words) == code

    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_an_expired_ca_is_named_with_the_remedy(tmp_path: Path) -> None:
    open_authority(tmp_path, datetime(1990, 1, 1, tzinfo=UTC))

    with pytest.raises(ConfigError, match=r"expired on 2009-.*check this machine's date"):
        open_authority(tmp_path, datetime(2026, 11, 22, tzinfo=UTC))


def test_tokens_and_claims_go_to_standard_output_alone(tmp_path: Path) -> None:
    token, claims = run("create-token", cwd=tmp_path), run("create-claim", "--count", "3", cwd=tmp_path)

    assert re.fullmatch(r"ikt_[A-Za-z0-9_-]{43}\n", token.stdout)
    assert len(set(claims.stdout.split())) == 3
    assert token.stderr == claims.stderr == ""
