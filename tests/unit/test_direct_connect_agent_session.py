"""One client of the agent: exactly one answer a line, in order, and said only when it is true."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.agent.commands import Open
from direct_connect.agent.config import load_config
from direct_connect.agent.printers import Printers
from direct_connect.agent.session import Counts, Session
from direct_connect.core.privacy import JobNames
from direct_connect.errors import ConfigError
from direct_connect.spool.sqlite_file import SqliteSpoolFile
from tests.support.direct_connect import PortalDouble
from tests.support.direct_connect_agent import a_job_line, answers, line, printers_of, session_of


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SqliteSpoolFile]:
    with SqliteSpoolFile.open(tmp_path / "spool.db") as opened:
        yield opened


@pytest.fixture
def printers(tmp_path: Path, spool: SqliteSpoolFile) -> Iterator[Printers]:
    with printers_of(tmp_path, spool) as made:
        yield made


@pytest.fixture
def session(printers: Printers) -> Session:
    greeted = session_of(printers)
    assert answers(greeted, 'hello {"v":1}', "open p1", "open p2")[0] == "ok 1 inkwire-agent/test"
    return greeted


def waiting(session: Session, printer: str) -> int:
    found: int = json.loads(answers(session, f"status {printer}")[0].removeprefix("ok "))["jobs_waiting"]
    return found


def test_nothing_is_done_before_hello_and_another_version_is_refused(printers: Printers) -> None:
    session = session_of(printers)

    said = answers(session, "open p1", a_job_line("p1", "1"), "status", 'hello {"v":2}', 'hello {"v":1}', "open p1")

    assert [each.split()[1] for each in said[:4]] == ["hello", "hello", "hello", "version"]
    assert said[4].startswith("ok 1 ")
    assert said[5] == f"ok {printers.of('p1').connection.sender}"


def test_answers_come_in_the_order_of_the_lines_whatever_they_hold(session: Session) -> None:
    said = answers(
        session, a_job_line("p1", "1"), "nonsense", a_job_line("nobody", "1"), a_job_line("p2", "1"),
        line("alert-raised", "p1", alert_id="a", code=8, severity="critical"), "push", "job-finished p1 {",
        line("alert-cleared", "p1", alert_id="a"), "quit", a_job_line("p1", "after quit"),
    )  # fmt: skip

    assert [each.split()[1] if each.startswith("error") else each for each in said] == [
        "ok", "verb", "printer", "ok", "ok", "ok", "record", "ok", "ok",
    ]  # fmt: skip
    assert session.ended


def test_a_repeated_job_or_alert_is_stored_once(session: Session, printers: Printers) -> None:
    jam = line("alert-raised", "p1", alert_id="a", code=8, severity="warning")

    assert set(answers(session, a_job_line("p1", "1"), a_job_line("p1", "1"), jam, jam)) == {"ok"}

    assert waiting(session, "p1") == 1
    assert printers.of("p1").connection.status().alerts_waiting == 1


def test_lines_that_came_together_share_a_commit_and_one_alone_has_its_own(
    session: Session, spool: SqliteSpoolFile
) -> None:
    before = spool._store.commits
    assert set(answers(session, *(a_job_line("p1", f"{each}") for each in range(12)))) == {"ok"}
    together = spool._store.commits - before

    assert answers(session, a_job_line("p1", "alone")) == ["ok"]

    assert together == 1
    assert spool._store.commits - before == 2
    assert waiting(session, "p1") == 13


def test_a_commit_that_fails_takes_back_the_ok_of_what_it_held_and_nothing_else(
    session: Session, spool: SqliteSpoolFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = spool._commit

    def broken(stroke: object) -> None:
        monkeypatch.setattr(spool, "_commit", commit)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(spool._store._high_water, "raise_to", _raise_disk_error)
            commit(stroke)  # type: ignore[arg-type]

    monkeypatch.setattr(spool, "_commit", broken)
    said = answers(session, a_job_line("p1", "1"), "nonsense", a_job_line("p1", "2"))

    assert [each.split()[:2] for each in said] == [["error", "disk"], ["error", "verb"], ["error", "disk"]]
    assert answers(session, a_job_line("p1", "1"), a_job_line("p1", "2")) == ["ok", "ok"]


def _raise_disk_error(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


def test_a_snapshot_changes_the_parts_it_tells_and_is_there_after_a_restart(
    tmp_path: Path, spool: SqliteSpoolFile
) -> None:
    meter = {"name": "total.impressions", "unit": "impressions", "value": 7, "source": "firmware"}
    with printers_of(tmp_path, spool) as printers:
        session = session_of(printers)
        said = answers(
            session, 'hello {"v":1}', "open p1", line("snapshot", "p1", device={"serial": "S1"}, meters=[meter]),
            line("snapshot", "p1", status={"state": "idle"}, observed_at="2026-11-22T08:00:00.000Z"),
        )  # fmt: skip
        assert said[2:] == ["ok", "ok"]
        before = printers.of("p1").snapshot()
    with printers_of(tmp_path, spool) as printers:
        assert printers.resume() == 1
        after = printers.of("p1").snapshot()
        assert answers(greeted(printers), line("snapshot", "p1", meters=[])) == ["ok"]
        emptied = printers.of("p1").snapshot()

    assert before == after
    assert (after.device.serial, after.meters[0].value) == ("S1", 7)
    assert after.observed_at is not None and after.observed_at.isoformat() == "2026-11-22T08:00:00+00:00"
    assert (emptied.meters, emptied.device.serial, emptied.observed_at != after.observed_at) == ((), "S1", True)


def greeted(printers: Printers) -> Session:
    session = session_of(printers)
    answers(session, 'hello {"v":1}')
    return session


def test_a_closed_printer_stays_closed_over_restarts_and_keeps_what_it_told(
    tmp_path: Path, spool: SqliteSpoolFile
) -> None:
    with printers_of(tmp_path, spool) as printers:
        session = greeted(printers)
        said = answers(session, "open p1", "open p2", a_job_line("p1", "1"), "close p1", a_job_line("p1", "2"))
        assert said[3:] == ["ok", "error printer no printer p1 is open; say: open p1"]
    with printers_of(tmp_path, spool) as printers:
        assert printers.resume() == 1
        session = greeted(printers)
        assert answers(session, "open p1") == said[:1]
        assert waiting(session, "p1") == 1
    with printers_of(tmp_path, spool) as printers:
        assert printers.resume() == 2


def test_a_printer_that_can_not_be_resumed_does_not_stop_the_others(tmp_path: Path, spool: SqliteSpoolFile) -> None:
    with printers_of(tmp_path, spool) as printers:
        printers.open("p1", Open())
        printers.open("p2", Open())
    (tmp_path / "printers" / "p1" / "sender-key.pem").unlink()

    with printers_of(tmp_path, spool) as printers:
        assert printers.resume() == 1
        session = greeted(printers)
        assert answers(session, "open p1")[0].startswith("error config ")
        assert answers(session, a_job_line("p2", "1")) == ["ok"]


def test_a_mistyped_claim_code_leaves_the_printer_as_it_was(session: Session, printers: Printers) -> None:
    before = printers.of("p1").connection

    assert answers(session, line("open", "p1", claim="K7Q2M"))[0].startswith("error config a claim code has 45")
    assert printers.of("p1").connection is before
    assert answers(session, line("open", "p1", claim=PortalDouble.make().claim_code())) == [f"ok {before.sender}"]
    assert answers(session, a_job_line("p1", "1")) == ["ok"]


def test_a_full_spool_is_said_as_such_and_the_session_lives(tmp_path: Path) -> None:
    with SqliteSpoolFile.open(tmp_path / "small.db", bytes_max=1) as small, printers_of(tmp_path, small) as printers:
        session = greeted(printers)
        answers(session, "open p1")
        said = {answer for each in range(40) for answer in answers(
            session, *(a_job_line("p1", f"{each}-{number}", name="n" * 200) for number in range(20))
        )}  # fmt: skip

    kinds = {" ".join(answer.split()[:2]) for answer in said}
    assert kinds == {"ok", "error full"}


def test_what_the_stream_ended_within_is_said_not_to_be_carried_out(session: Session, printers: Printers) -> None:
    whole, cut = a_job_line("p1", "1"), a_job_line("p1", "2")[:-5]

    assert list(session.receive(f"{whole}\n{cut}".encode())) == [b"ok\n"]
    assert session.end().startswith(b"error line the stream ended within this line")
    assert printers.of("p1").connection.status().jobs_waiting == 1


def test_every_answer_is_counted_by_verb_and_code(printers: Printers) -> None:
    counts = Counts()
    session = session_of(printers, counts)

    answers(session, 'hello {"v":1}', "open p1", a_job_line("p1", "1"), a_job_line("p1", "2"), "x", "push p9")

    assert counts.answers == {
        ("hello", "ok"): 1, ("open", "ok"): 1, ("job-finished", "ok"): 2, ("none", "verb"): 1, ("push", "printer"): 1,
    }  # fmt: skip


def test_the_example_file_is_one_and_flags_go_before_it(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "deploy" / "agent.example.toml"

    config = load_config(example, {"job_names": "hash", "spool_mib": None, "allow_uid": ["root", "12"]})

    assert config.portals == ("https://portal.example.com:8443",)
    assert config.socket == Path("/run/inkwire/agent.sock")
    assert (config.job_names, config.spool_bytes_max) == (JobNames.HASH, 64 * 1024 * 1024)
    assert config.admission.users == {0, 12}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "which portal?"),
        ("portal = 'http://h'", "portal: the portal's address must look like https://"),
        ("portal = 3", "must be an address"),
        ("portal = 'https://h'\nthread = 3", "thread is not known; known here: allow_gid"),
        ("portal = 'https://h'\nthreads = 0", "threads must be a whole number from 1 to 64"),
        ("portal = 'https://h'\nthreads = true", "threads must be a whole number"),
        ("portal = 'https://h'\nallow_uid = ['no-such-user']", "allow_uid names no-such-user, and there is no"),
        ("portal = 'https://h'\njob_names = 'some'", "job_names must be one of clear, hash, off"),
        ("portal = [", "is not TOML"),
    ],
)  # fmt: skip
def test_a_setting_that_can_not_be_is_named_with_file_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as refused:
        load_config(path, {})

    assert said in str(refused.value)
