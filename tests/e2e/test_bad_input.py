"""Every wrong word on the command line: one clear sentence with the remedy, exit code 2 or 1, never a traceback."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from inkwire import cli
from tests.support.bad_input import Said, environment, free_port, inkwire

SIM, SCAN, RUN = ("sim", "run"), ("collect", "scan"), ("collect", "run")
WORDS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an address of another machine": ((*SIM, "--first-address", "192.0.2.1"), 2, "use 127.x.y.z"),
    "no address at all": ((*SIM, "--first-address", "300.1.1.1"), 2, "such as 127.1.0.1"),
    "a multicast address": ((*SIM, "--first-address", "224.0.0.1"), 2, "such as 127.1.0.1"),
    "more printers than loopback has": ((*SIM, "--first-address", "127.255.255.254", "--count", "4"), 2, "start lower"),
    "no printer": ((*SIM, "--count", "0"), 2, "must be at least 1"),
    "too many printers": ((*SIM, "--count", "2000000"), 2, "1 to 1048576 printers"),
    "a count in words": ((*SIM, "--count", "many"), 2, "is no whole number"),
    "a port out of range": ((*SIM, "--http-port", "70000"), 2, "a port from 1 to 65535"),
    "no port at all": ((*SIM, "--snmp-port", "0", "--http-port", "0", "--ipp-port", "0"), 2, "nothing is served"),
    "one port twice": ((*SIM, "--http-port", "9000", "--ipp-port", "9000"), 2, "choose another one"),
    "no such fleet": ((*SIM, "{tmp}/none.toml"), 2, "give the path of a FLEET.toml"),
    "a folder as fleet": ((*SIM, "{tmp}"), 2, "give the path of a FLEET.toml"),
    "a fleet that is not TOML": ((*SIM, "{tmp}/broken.toml"), 2, "correct that line"),
    "a fleet with an unknown key": ((*SIM, "{tmp}/odd.toml"), 2, "colour: is no setting; known here"),
    "a fleet with an unknown profile": ((*SIM, "{tmp}/profile.toml"), 2, "profile.toml: profile: nope: is no profile"),
    "no such recording": ((*SIM, "--recording", "{tmp}/none"), 2, "give the path of a .snmprec file"),
    "a recording of noise": ((*SIM, "--recording", "{tmp}/noise"), 2, "give a .snmprec or a walk"),
    "an empty recording": ((*SIM, "--recording", "{tmp}/empty"), 2, "the file is empty"),
    "a truth nowhere": ((*SIM, "--count", "1", "--truth", "{tmp}/no/truth"), 2, "choose another file"),
    "a ready file nowhere": ((*SIM, "--count", "1", "--ready-file", "{tmp}/no/ready"), 2, "a folder that is writable"),
    "a mistyped claim": ((*SIM, "--direct", "https://127.0.0.1:1", "--claim", "X", "--spool", "{tmp}/s"), 2, "copy it"),
    "a portal without TLS": ((*SIM, "--direct", "http://127.0.0.1:1", "--claim", "X"), 2, "such as https://"),
    "a number above 255": ((*SCAN, "10.0.0.300"), 2, "each of the four numbers is 0 to 255"),
    "a range backwards": ((*SCAN, "10.0.0.9-1"), 2, "write 10.0.0.1-10.0.0.9"),
    "a network too large": ((*SCAN, "10.0.0.0/8"), 2, "name smaller networks"),
    "an empty target": ((*SCAN, ""), 2, "name an address"),
    "a host nobody knows": ((*SCAN, "printer.invalid"), 1, "check its spelling"),
    "all excluded": ((*SCAN, "127.9.0.1", "--exclude", "127.9.0.1"), 1, "name more targets"),
    "no time to answer": ((*SCAN, "127.9.0.1", "--timeout", "0"), 2, "give seconds above 0"),
    "port 0": ((*SCAN, "127.9.0.1", "--snmp-port", "0"), 2, "give 1 to 65535"),
    "no such configuration": ((*RUN, "{tmp}/none.toml"), 2, "check the path"),
    "a configuration that is not TOML": ((*RUN, "{tmp}/broken.toml"), 2, "is not TOML"),
    "a collector nobody enrolled": ((*RUN, "{tmp}/collector.toml"), 2, "make a claim code"),
    "a collector with a mistyped code": ((*RUN, "{tmp}/collector.toml", "--claim", "X"), 2, "copy it whole"),
    "listening nowhere": (("portal", "serve", "--state", "{tmp}/p", "--listen", "nonsense"), 2, "write HOST:PORT"),
    "a state folder that is a file": (("portal", "serve", "--state", "{tmp}/empty"), 2, "choose another --state"),
    "no state folder possible": (("portal", "serve", "--state", "/proc/none"), 2, "choose another --state"),
    "an email without a domain": (
        ("portal", "create-user", "anna", "--password-file", "{tmp}/password", "--state", "{tmp}/p"), 2, "name@domain",
    ),
    "no claims": (("portal", "create-claim", "--count", "0"), 2, "make 1 to 10000"),
    "a code too short": (("connect", "enrol", "https://h", "X", "--directory", "{tmp}/c"), 2, "copy it whole"),
    "no connection there": (("connect", "status", "--directory", "{tmp}/none"), 2, "there is no spool at"),
    "no connection named": (("connect", "status"), 2, "give --directory DIR, or --socket PATH"),
    "no agent there": (("connect", "push", "--socket", "{tmp}/none"), 2, "is it running?"),
    "no agent but a file": (("connect", "status", "--socket", "{tmp}/empty"), 2, "is it running?"),
    "no printers there": (("connect", "status", "--all", "--directory", "{tmp}/none"), 2, "leave out --all"),
    "figures nowhere": (("connect", "metrics", "--directory", "{tmp}/none"), 2, "there is no spool at"),
    "no batch named": (("connect", "aside", "retry", "--directory", "{tmp}/none"), 2, "enrol this sender first"),
    "no number": (("connect", "aside", "retry", "one", "--directory", "{tmp}/none"), 2, "is no number of a batch"),
    "a bundle of another kind": (
        ("connect", "diagnostics", "--directory", "{tmp}/none", "-o", "{tmp}/b.rar"), 2, "must end in .zip or .tar.gz",
    ),
    "a bundle over a file": (
        ("connect", "diagnostics", "--directory", "{tmp}/none", "-o", "{tmp}/taken.zip"), 2, "choose a new file",
    ),
    "diagnostics of nothing": (("connect", "diagnostics", "--directory", "{tmp}/none"), 2, "there is no spool at"),
    "an agent without a portal": (("connect", "agent", "--directory", "{tmp}/a"), 2, "give --portal https://"),
    "an agent of a portal without TLS": (("connect", "agent", "--portal", "http://h"), 2, "must look like https://"),
    "an agent by a broken file": (("connect", "agent", "--config", "{tmp}/broken.toml"), 2, "correct that line"),
    "an agent by a file with an unknown key": (("connect", "agent", "--config", "{tmp}/odd.toml"), 2, "known here: "),
    "an agent in place of a file": (
        ("connect", "agent", "--portal", "https://h", "--directory", "{tmp}/a", "--socket", "{tmp}/empty"), 2,
        "name another with --socket",
    ),
    "an agent for nobody": (
        ("connect", "agent", "--portal", "https://h", "--allow-uid", "no-such-user"), 2, "there is no such user here",
    ),
    "an agent nowhere": (
        ("connect", "agent", "--portal", "https://h", "--directory", "/proc/none"), 1, "can not be opened",
    ),
    "no identity there": (("connect", "push", "--directory", "{tmp}/none"), 2, "enrol this sender first"),
    "verify without a token": (("verify", "{tmp}/empty", "--portal", "https://h"), 2, "inkwire portal create-token"),
    "verify without TLS": (("verify", "{tmp}/empty", "--portal", "http://h"), 2, "give it as https://HOST:PORT"),
    "a demo kept in a file": (("demo", "--keep", "{tmp}/empty"), 2, "name a new directory"),
    "a demo kept nowhere": (("demo", "--keep", "/proc/none"), 2, "name a new directory"),
    "a demo too fast": (("demo", "--speed", "fast"), 2, "a number from 1 to 2000"),
    "no such program": (("pirnt",), 2, "it is one of demo, sim"),
    "sim without a word": (("sim",), 2, "run|profiles|faults"),
    "collect without a word": (("collect",), 2, "scan|run"),
    "connect without a word": (("connect",), 2, "enrol|push|status"),
    "portal without a word": (("portal",), 2, "serve|migrate|create-user"),
}  # fmt: skip


AS_PROCESS = {
    "no printer", "a fleet with an unknown profile", "a recording of noise", "a number above 255", "listening nowhere",
    "no connection there", "verify without a token", "a demo kept nowhere", "no such program", "sim without a word",
}  # fmt: skip
"""These run as processes of their own, as an operator runs them; the others through the same main, to be quick."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad-input")
    (made / "broken.toml").write_text("x = [")
    (made / "odd.toml").write_text("colour = 1\n")
    (made / "profile.toml").write_text('[[groups]]\nprofile = "nope"\n')
    (made / "noise").write_bytes(bytes(range(256)) * 40)
    (made / "empty").touch()
    (made / "taken.zip").touch()
    (made / "password").write_text("a long enough password\n")
    (made / "collector.toml").write_text(
        f'[portal]\nurl = "https://127.0.0.1:1"\n[collector]\ndirectory = "{made}/collector"\n'
        '[[profile]]\ntargets = ["127.9.0.1"]\n'
    )
    return made


@pytest.mark.parametrize("name", WORDS)
def test_a_wrong_word_is_answered_with_the_remedy(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words, code, remedy = WORDS[name]
    words = tuple(word.replace("{tmp}", str(folder)) for word in words)
    if name in AS_PROCESS or words[:2] == RUN:
        inkwire(*words).must_be(code, remedy)
        return
    monkeypatch.delenv("INKWIRE_PORTAL_TOKEN", raising=False)

    try:
        ended: object = cli.main(words)
    except SystemExit as wrong_usage:
        ended = wrong_usage.code

    told = capsys.readouterr()
    assert isinstance(ended, int)
    Said(code=ended, out=told.out, err=told.err).must_be(code, remedy)


@pytest.mark.parametrize(("option", "kind"), [("--snmp-port", socket.SOCK_DGRAM), ("--http-port", socket.SOCK_STREAM)])
def test_a_port_in_use_is_named_with_its_option(option: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("0.0.0.0", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        free = {"--snmp-port": free_port(socket.SOCK_DGRAM), "--http-port": free_port(), "--ipp-port": free_port()}
        ports = free | {option: taken.getsockname()[1]}

        said = inkwire("sim", "run", "--count", "1", *(str(word) for pair in ports.items() for word in pair))

    said.must_be(2, option, "is in use by another program; stop that one or choose another port")


@pytest.mark.parametrize("words", [("--help",), ("sim", "profiles")])
def test_a_closed_or_full_stdout_is_no_traceback(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "inkwire", *words]
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command], env=environment(), stderr=subprocess.PIPE, text=True, check=False
    )
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        broken = subprocess.run(command, env=environment(), stdout=gone, stderr=subprocess.PIPE, text=True, check=False)

    assert (closed.returncode, "stdout is closed" in closed.stderr) == (2, True), closed.stderr
    assert broken.returncode == 0 and "Traceback" not in broken.stderr, broken.stderr


def test_a_database_of_the_future_or_a_damaged_one_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "portal"
    file = state / "portal.sqlite3"
    assert inkwire("portal", "migrate", "--state", str(state)).code == 0
    with sqlite3.connect(file) as database:
        database.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('portal', '9999_x', '2030')")
    database.close()
    before = file.read_bytes()

    inkwire("portal", "serve", "--state", str(state)).must_be(2, "was made by a newer release", "install that one")
    assert file.read_bytes() == before

    file.write_bytes(b"damaged " * 4096)
    inkwire("portal", "serve", "--state", str(state)).must_be(1, "restore it")
    assert file.read_bytes() == b"damaged " * 4096


def test_a_state_folder_without_its_ca_key_is_not_given_a_new_one(tmp_path: Path) -> None:
    state = tmp_path / "portal"
    assert inkwire("portal", "create-claim", "--state", str(state)).code == 0
    for change, remedy in (
        (lambda: (state / "ca.key").write_text("garbage"), "is no PEM"),
        (lambda: (state / "ca.key").unlink(), "cannot be read"),
    ):
        change()
        inkwire("portal", "serve", "--state", str(state)).must_be(2, remedy, "from one backup")


def test_an_unreadable_configuration_is_named(folder: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("NOT TESTED: a file that this user may not read needs root and setpriv")
    secret = tmp_path / "collector.toml"
    shutil.copy(folder / "collector.toml", secret)
    secret.chmod(0o600)
    tmp_path.chmod(0o755)
    unprivileged = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    command = [*unprivileged, sys.executable, "-m", "inkwire", "collect"]
    if subprocess.run([*command, "--help"], env=environment(), capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: an unprivileged user may not run this Python")

    done = subprocess.run(
        [*command, "run", str(secret)], env=environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2 and "cannot be read (Permission denied)" in done.stderr, done.stderr
