"""Both journeys, through the real programs: what twelve printers did is in the portal once, whatever dies meanwhile."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def demo(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inkwire", "demo", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes_that_name(word: str) -> list[int]:
    """Process ids whose command line holds a word."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in command:
                found.append(int(entry.name))
    return found


@pytest.mark.timeout(180)
def test_a_working_day_reaches_the_portal_once_though_the_portal_is_killed_at_noon(tmp_path: Path) -> None:
    done = demo("--check", "--kill-portal", "--seed", "11", "--keep", str(tmp_path / "kept"))
    said, _ = done.communicate(timeout=170)

    logs = "".join(path.read_text()[-2000:] for path in sorted((tmp_path / "kept").glob("*.log")))
    assert done.returncode == 0, said + logs
    assert "the portal ended (code -9)" in said and "the portal is back" in said
    told = re.search(r"Nothing lost, nothing twice: ([\d,]+) jobs, ([\d,]+) impressions, 12 printers\.", said)
    assert told is not None, said
    assert int(told[1].replace(",", "")) > 200 and int(told[2].replace(",", "")) > 2000
    assert processes_that_name(str(tmp_path)) == []


@pytest.mark.timeout(90)
def test_ctrl_c_ends_a_live_demo_and_every_program_of_it(tmp_path: Path) -> None:
    running = demo("--seed", "3", "--keep", str(tmp_path / "kept"))
    try:
        assert running.stdout is not None
        said = ""
        end_s = time.monotonic() + 60
        while "jobs printed" not in said and time.monotonic() < end_s:
            said += running.stdout.readline()
        assert re.search(r"portal +https://127\.0\.0\.1:\d+", said) and "password " in said, said
        assert len(processes_that_name(str(tmp_path))) == 4  # the demo, portal, fleet and collector
        running.send_signal(signal.SIGINT)
        rest, _ = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()

    assert running.returncode == 0, said + rest
    assert processes_that_name(str(tmp_path)) == []


def test_options_that_do_not_go_together_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for words, sentence in (
        (("--kill-portal",), "--kill-portal goes with --check"),
        (("--keep", str(tmp_path / "full")), "is not empty; name a new directory"),
        (("--speed", "0"), "must be a number from 1 to 2000"),
        (("--speed", "fast"), "must be a number from 1 to 2000"),
    ):
        done = demo(*words)
        said, _ = done.communicate(timeout=30)
        assert (done.returncode, sentence in said) == (2, True), said
