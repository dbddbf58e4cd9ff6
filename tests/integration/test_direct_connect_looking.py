"""A person looks at connections, and decides about what the portal refused: `status`, `metrics`, `push`, `aside`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.agent.commands import Open
from direct_connect.cli import main
from direct_connect.spool import SqliteSpoolFile
from direct_connect.uplink import IdentityFolder
from tests.integration.test_direct_connect_cli import enrolled, spooled
from tests.support.direct_connect import PortalDouble
from tests.support.direct_connect_agent import Client, a_job_line, agent, answers, line, printers_of, session_of
from wire_format.answers import Refusal, encode_refusal

HELLO = 'hello {"v":1}'


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


@pytest.fixture
def url(portal: PortalDouble, tmp_path: Path) -> Iterator[str]:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        yield url


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    capsys.readouterr()
    assert main([str(word) for word in words]) == code, capsys.readouterr()
    return capsys.readouterr().out


def test_a_gateways_printers_are_a_table_also_while_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as spool, printers_of(tmp_path, spool) as printers:
        session = session_of(printers)
        answers(session, HELLO, "open p1", "open p2", "open p3", *(a_job_line("p2", f"{each}") for each in range(4)))
        (tmp_path / "printers" / "p3" / "sender-key.pem").unlink()

        table = said(capsys, "status", "--directory", tmp_path, "--all", code=1).splitlines()
        document = json.loads(said(capsys, "status", "--directory", tmp_path, "--all", "--json", code=1))
        one = json.loads(said(capsys, "status", "--directory", tmp_path / "printers" / "p2", "--json"))
        figures = said(capsys, "metrics", "--directory", tmp_path, "--all", "-o", tmp_path / "a.prom", code=1)

    assert [row.split()[:2] for row in table[1:4]] == [["p1", "new"], ["p2", "new"], ["p3", "unread"]]
    assert document["printers"]["p2"]["jobs_waiting"] == 4 == one["jobs_waiting"]
    assert "sender-key.pem" in document["printers"]["p3"]["unread"]
    assert figures == ""
    assert 'jobs_waiting{printer="p2"' in (tmp_path / "a.prom").read_text()


def test_an_agent_is_asked_and_pushes_by_its_socket(
    tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, state, prom = tmp_path / "a.sock", tmp_path / "state", tmp_path / "inkwire.prom"
    words = ("--portal", url, "--directory", str(state), "--metrics", str(prom))
    with agent(*words, socket_path=path, log=tmp_path / "log") as process:
        with Client(path) as client:
            client.say(HELLO, line("open", "p1", claim=portal.claim_code()), a_job_line("p1", "1"), "nonsense")
        assert "asked" in said(capsys, "push", "--socket", path, "--printer", "p1")
        portal.wait_for(lambda portal: portal.jobs == ["1"])
        assert "asked" in said(capsys, "push", "--socket", path)
        one = json.loads(said(capsys, "status", "--socket", path, "--printer", "p1", "--json"))
        table = said(capsys, "status", "--socket", path)
        assert main(["push", "--directory", str(state / "printers" / "p1")]) == 1
        in_use = capsys.readouterr().err
        assert main(["status", "--socket", str(path), "--printer", "p9"]) == 1
        assert "no printer p9 is open" in capsys.readouterr().err
        assert 'inkwire_connect_enrolled{printer="p1"' in said(capsys, "metrics", "--socket", path)
        process.terminate()
        process.wait(20)

    assert one["enrolled"] is True
    assert table.splitlines()[1].split()[0] == "p1"
    assert "--socket" in in_use and "SIGUSR1" in in_use
    assert "inkwire_connect_agent_info" in prom.read_text()
    assert main(["status", "--socket", str(path)]) == 2
    assert "no agent answers at" in capsys.readouterr().err


@pytest.fixture
def refused(tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]) -> Path:
    """A connection with batch 1 set aside, and batch 2 delivered."""
    directory = tmp_path / "connection"
    enrolled(directory, url, portal)
    spooled(directory, url, 2)
    refusal = encode_refusal(Refusal(error="invalid", path="/reports/0", reason="odd"))
    portal.faults.append(lambda path, body: (422, {}, refusal))
    said(capsys, "push", "--directory", directory, code=1)
    assert portal.jobs == ["job-1"]
    return directory


def test_what_was_set_aside_is_listed_kept_and_sent_again(
    refused: Path, portal: PortalDouble, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("--directory", refused)
    listed = said(capsys, "aside", "list", *there)
    rows = json.loads(said(capsys, "aside", "list", *there, "--json"))
    said(capsys, "aside", "export", 1, "-o", tmp_path / "one.json", *there)

    assert listed.startswith("1 of ") and ", 1 jobs: the portal answered 422 invalid at /reports/0: odd" in listed
    assert (rows[0]["sequence"], rows[0]["jobs"]) == (1, 1)
    kept = json.loads((tmp_path / "one.json").read_text())
    assert json.loads(kept["batch"])["reports"][0]["jobs"][0]["job_id"] == "job-0"
    assert (tmp_path / "one.json").stat().st_mode & 0o777 == 0o600
    said(capsys, "aside", "retry", 1, *there)
    assert said(capsys, "aside", "list", *there) == "no batch is set aside\n"
    said(capsys, "push", *there)
    assert sorted(portal.jobs) == ["job-0", "job-1"]


def test_what_is_dropped_is_in_a_file_from_which_it_comes_back(
    refused: Path, portal: PortalDouble, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, file = ("--directory", refused), tmp_path / "dropped.json"
    said(capsys, "aside", "drop", 1, *there, code=2)  # not without a file
    said(capsys, "aside", "drop", 1, "-o", file, *there)
    assert said(capsys, "aside", "list", *there) == "no batch is set aside\n"
    assert said(capsys, "push", *there).startswith("delivered 0")

    said(capsys, "aside", "restore", "-i", file, *there)
    said(capsys, "aside", "restore", "-i", file, *there, code=2)  # it is here
    said(capsys, "aside", "drop", 1, "-o", file, *there, code=2)  # the file is there
    said(capsys, "aside", "retry", 1, *there)
    said(capsys, "push", *there)

    assert sorted(portal.jobs) == ["job-0", "job-1"]
    file.write_text(file.read_text().replace("job-0", "job-9"))
    said(capsys, "aside", "restore", "-i", file, *there, code=2)
    assert IdentityFolder(refused).current().enrolled


def test_a_connections_counters_are_its_figures(tmp_path: Path) -> None:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as spool, printers_of(tmp_path, spool) as printers:
        connection = printers.open("p1", Open()).connection
        answers(session_of(printers), HELLO, a_job_line("p1", "1"))
        counted = connection.counters()
        assert (counted["jobs_waiting"], counted["enrolled"]) == (1, 0)
