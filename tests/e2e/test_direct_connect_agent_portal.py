"""A gateway in C hands two printers' jobs to the agent, twice over, and a real portal counts each once."""

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.bad_input import ROOT, claim, free_port, inkwire, portal
from tests.support.direct_connect_agent import agent

WAIT_S_MAX = 60.0
COUNTED = "SELECT count(*), count(DISTINCT job_id), sum(impressions) FROM job"


def counted(state: Path) -> tuple[int, int, int]:
    with closing(sqlite3.connect(f"file:{state / 'portal.sqlite3'}?mode=ro", uri=True)) as database:
        found: tuple[int, int, int] = database.execute(COUNTED).fetchone()
        return found


@pytest.mark.timeout(180)
def test_jobs_of_a_client_in_c_are_billed_once_however_often_they_are_told(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("NOT TESTED: the client in C needs gcc")
    program, state, home = tmp_path / "agent_client", tmp_path / "portal", tmp_path / "agent"
    source = ROOT / "deploy" / "examples" / "agent_client.c"
    subprocess.run([compiler, "-std=c99", "-O2", "-o", str(program), str(source)], check=True)
    port, path, log = free_port(), tmp_path / "agent.sock", tmp_path / "agent.log"
    codes = claim(state, 3)
    words = ("--portal", f"https://127.0.0.1:{port}", "--directory", str(home))
    claims = {f"INKWIRE_CLAIM_{place}": code for place, code in enumerate(codes, 1)}
    with portal(state, port):
        with agent(*words, socket_path=path, log=log):
            for _ in range(2):
                command = [str(program), "--socket", str(path), "plotter-1", "plotter-2"]
                subprocess.run(command, env={**os.environ, **claims}, check=True, timeout=30)
                end_s = time.monotonic() + WAIT_S_MAX
                while counted(state)[:2] != (6, 6):
                    assert time.monotonic() < end_s, log.read_text()
                    time.sleep(0.1)
        lines = [
            'hello {"v":1}', f'open plotter-3 {{"claim":"{codes[2]}"}}',
            'job-finished plotter-3 {"job_id":"s-1","service":"print","outcome":"completed","impressions":5}',
            'job-finished plotter-3 {"job_id":"s-1","service":"print","outcome":"completed","impressions":5}',
        ]  # fmt: skip
        said = inkwire("connect", "agent", *words, "--drain-s", "60", stdin="".join(f"{line}\n" for line in lines))

    assert [line.split()[0] for line in said.out.splitlines()] == ["ok"] * 4, said.err
    assert counted(state) == (7, 7, 6 * 2 + 5)
