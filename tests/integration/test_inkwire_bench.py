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

from device_sim.core.fleet import at_work
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.printer import Printer
from device_sim.core.snmp.responder import SnmpResponder
from device_sim.profiles_shelf import load_profile, profile_names
from inkwire.bench.errors import WrongReplyError
from inkwire.bench.lives import Lives
from inkwire.bench.load import LoadGenerator, Plain, Target, check_echo
from inkwire.bench.questions import questions
from inkwire.bench.serving import EPOCH
from inkwire.bench.steady import Steady, SteadyRun
from wire_format.codec import parse_instant

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


def test_a_steady_run_judges_every_reply_of_a_fleet(tmp_path: Path) -> None:
    written = tmp_path / "steady.json"
    words = ["bench", "sim", "--printers", "40", "--steady", "10", "--json", str(written)]

    done = subprocess.run(
        [sys.executable, "-m", "inkwire", *words], capture_output=True, text=True, timeout=100, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "none wrong, none lost" in done.stdout
    told = json.loads(written.read_text())
    assert told["asked"] >= 80 and told["asked"] == told["answered"] == told["lives_checked"]


def agent(change: Callable[[Printer], None] = lambda printer: None, seed: int = 1) -> Answer:
    """A server that answers as the printer of a benchmark's fleet that stands at 127.0.0.1, after it was changed."""
    profile = at_work(load_profile(profile_names()[0]), "always", 1.0)
    one = Printer(profile, seed=seed, index=0, address="127.0.0.1", at_s=parse_instant(EPOCH).timestamp())
    one.advance(one.state.now_s + 600)
    change(one)
    view, responder = printer_view(one.state, printer_book(profile)), SnmpResponder()

    def answer(owned: socket.socket, datagram: bytes, peer: tuple[str, int]) -> None:
        reply = responder.receive(datagram, view)
        assert reply is not None
        owned.sendto(reply, peer)

    return answer


def counted_on(printer: Printer) -> None:
    printer.state.meters[printer.state.profile.meter_place["total.impressions"]] += 1
    printer.state.touch()


def judged(answer: Answer) -> Steady:
    """What a steady run says of a server."""
    made = Steady(printers=1, most=1000, wanted=500)
    with served(answer) as port:
        target = Target(addresses=("127.0.0.1",), port=port)
        run = SteadyRun(target, Lives(1, "127.0.0.1", EPOCH), made, reply_s_max=0.5)
        run.run(20)
        run.judge_lives()
    return made


def test_a_steady_run_finds_an_honest_printer_right() -> None:
    made = judged(agent())

    assert made.right and made.answered == made.lives_checked == 20 and not made.complaints


@pytest.mark.parametrize(
    "answer, wrong, says",
    [
        (silent, "lost", "did not answer"),
        (from_elsewhere, "wrong_source", "answered for 127.0.0.1"),
        (altered, "wrong_value", "the reply"),
        (agent(seed=2), "wrong_value", "says it is"),
        (agent(counted_on), "wrong_value", "counts"),
    ],
)
def test_a_steady_run_counts_whatever_is_not_right(answer: Answer, wrong: str, says: str) -> None:
    made = judged(answer)

    assert not made.right and getattr(made, wrong) == 20 and says in made.complaints[0]


def test_a_steady_run_counts_replies_that_nobody_waits_for() -> None:
    made = judged(twice)

    assert not made.right and made.unasked > 0


def test_a_count_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inkwire", "bench", "sim", "--rounds", "0"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2 and "must be a whole number from 1 to 100" in done.stderr
