"""`inkwire bench sim` as a process, and its load generator against servers that do wrong."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inkwire.bench.errors import WrongReplyError
from inkwire.bench.load import LoadGenerator, Plain, Target, check_echo
from inkwire.bench.questions import questions

Answer = Callable[[socket.socket, bytes, tuple[str, int]], None]


@contextmanager
def served(answer: Answer) -> Iterator[int]:
    """A server on 127.0.0.1 that does so with every datagram; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owned:
        owned.bind(("127.0.0.1", 0))
        owned.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    datagram, peer = owned.recvfrom(8192)
                except TimeoutError:
                    continue
                answer(owned, datagram, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield owned.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def echo(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
    owned.sendto(datagram, peer)


def from_elsewhere(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        other.sendto(datagram, peer)


def altered(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
    owned.sendto(datagram[:-1] + b"\x01", peer)


def twice(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
    owned.sendto(datagram, peer)
    owned.sendto(datagram, peer)


def silent(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
    """Never answers."""


@contextmanager
def generator(reply_s_max: float = 5.0) -> Iterator[LoadGenerator]:
    one = LoadGenerator(reply_s_max)
    try:
        yield one
    finally:
        one.close()


def test_every_request_to_an_echo_is_answered_and_counted() -> None:
    with served(echo) as port, generator() as load:
        assert load.ask(Target(addresses=("127.0.0.1",), port=port), questions()[1], 200, Plain(check_echo)) == 200


@pytest.mark.parametrize(
    "answer, says",
    [
        (from_elsewhere, "127.0.0.2:.* answered for 127.0.0.1"),
        (altered, "changed"),
        (twice, "nobody waits"),
        (silent, "lost"),
    ],
)
def test_a_reply_that_is_lost_doubled_altered_or_from_elsewhere_fails_the_run(answer: Answer, says: str) -> None:
    with served(answer) as port, generator(0.3) as load, pytest.raises(WrongReplyError, match=says):
        load.ask(Target(addresses=("127.0.0.1",), port=port), questions()[0], 200, Plain(check_echo))


def test_a_small_run_measures_the_fleet_and_says_what_it_skipped(tmp_path: Path) -> None:
    written = tmp_path / "figures.json"
    words = ["bench", "sim", "--printers", "50", "--rounds", "1", "--requests", "400", "--json", str(written)]

    done = subprocess.run(
        [sys.executable, "-m", "inkwire", *words],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "PATH": "/nonexistent"},  # neither a compiler nor snmpd, wherever this runs
    )

    assert done.returncode == 0, done.stderr
    assert "skipped: C echo: no C compiler" in done.stdout and "none lost, none wrong" in done.stdout
    figures = json.loads(written.read_text())
    measured = {(row["question"], row["server"]) for row in figures["figures"]}
    assert {(question.name, "inkwire sim") for question in questions()} <= measured
    assert all(row["requests"] > 0 and row["ratio_worst"] > 0 for row in figures["figures"])
    assert {("v3 GET 1", "inkwire sim"), ("v3 GET 40", "inkwire sim")} <= measured
    assert "C echo" in {each["server"] for each in figures["skipped"]}


def test_a_count_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", "bench", "sim", "--rounds", "0"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2 and "must be a whole number from 1 to 100" in done.stderr
