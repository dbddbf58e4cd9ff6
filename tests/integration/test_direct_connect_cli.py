"""`inkwire connect`, as a person types it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.api import ConnectionSettings, DirectConnection, TriggerPolicy
from direct_connect.cli import main
from direct_connect.clock import SystemClock
from direct_connect.gathering import Gatherer
from direct_connect.spool import SqliteSpoolFile
from direct_connect.uplink import IdentityFolder
from tests.support.direct_connect import PortalDouble, a_job, a_snapshot

ROOT = Path(__file__).parents[2]


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


@pytest.fixture
def url(portal: PortalDouble, tmp_path: Path) -> Iterator[str]:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        yield url


def enrolled(directory: Path, url: str, portal: PortalDouble) -> None:
    assert main(["enrol", url, portal.claim_code(), "--directory", str(directory), "--serial", "S1"]) == 0


def spooled(directory: Path, url: str, count: int) -> None:
    """What a program leaves behind that ended before it could send."""
    settings = ConnectionSettings(triggers=TriggerPolicy(jobs_max=1))
    folder = IdentityFolder(directory)
    sender = folder.load_or_create(url).sender
    with SqliteSpoolFile.open(directory / "spool.db") as file:
        gatherer = Gatherer(
            file.of(sender),
            a_snapshot,
            own=settings,
            name_secret=b"s" * 32,
            clock=SystemClock(),
            randomness=lambda size: b"\x05" * size,
        )
        for number in range(count):
            gatherer.job_finished(a_job(number))
            gatherer.form_due()


def test_enrol_prints_the_sender_and_the_portal_knows_it(
    tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled(tmp_path / "d", url, portal)

    assert capsys.readouterr().out.strip() in portal.senders


def test_enrolling_again_must_be_meant(
    tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled(tmp_path / "d", url, portal)
    again = ["enrol", url, portal.claim_code(2), "--directory", str(tmp_path / "d")]

    assert main(again) == 2
    assert "--again" in capsys.readouterr().err
    assert main([*again, "--again"]) == 0


def test_push_sends_what_is_stored(
    tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled(tmp_path, url, portal)
    spooled(tmp_path, url, 3)
    capsys.readouterr()

    assert main(["push", "--directory", str(tmp_path), "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["delivered"], said["left"], said["problem"]) == (3, 0, None)
    assert portal.jobs == ["job-0", "job-1", "job-2"]


def test_push_without_a_portal_fails_with_the_reason_and_keeps_everything(
    tmp_path: Path, portal: PortalDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        enrolled(tmp_path, url, portal)
    spooled(tmp_path, url, 2)
    capsys.readouterr()

    assert main(["push", "--directory", str(tmp_path)]) == 1

    said = capsys.readouterr()
    assert "left 2" in said.out
    assert "can not be reached" in said.err
    assert main(["status", "--directory", str(tmp_path)]) == 0


def test_status_tells_what_waits_and_when_the_next_push_is(
    tmp_path: Path, portal: PortalDouble, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled(tmp_path, url, portal)
    spooled(tmp_path, url, 2)
    with DirectConnection.open(tmp_path, url, snapshot=a_snapshot) as connection:
        portal.wait_for(lambda portal: len(portal.jobs) == 2)
        connection.impressions_made(7)
    capsys.readouterr()

    assert main(["status", "--directory", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert main(["status", "--directory", str(tmp_path)]) == 0
    text = capsys.readouterr().out

    assert said["enrolled"] is True
    assert said["impressions_waiting"] == 7
    assert said["deadline_reason"] == "interval"
    assert said["deadline_at"] is not None
    assert said["delivered_at"] is not None
    assert "7 impressions" in text
    assert url in text


def test_status_works_while_the_connection_is_open_and_disturbs_nothing(
    tmp_path: Path, portal: PortalDouble, url: str
) -> None:
    enrolled(tmp_path, url, portal)
    with DirectConnection.open(tmp_path, url, snapshot=a_snapshot) as connection:
        for number in range(5):
            connection.job_finished(a_job(number))

        ran = subprocess.run(
            [sys.executable, "-c", "import sys; from direct_connect.cli import main; sys.exit(main())",
             "status", "--directory", str(tmp_path), "--json"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip

        assert json.loads(ran.stdout)["jobs_waiting"] == 5
        connection.job_finished(a_job(5))
        assert connection.status().jobs_waiting == 6


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["push", "--directory", "{empty}"], 2, "enrol"),
        (["status", "--directory", "{empty}"], 2, "no spool"),
        (["enrol", "http://portal.example", "{code}", "--directory", "{empty}"], 2, "https://"),
        (["enrol", "https://127.0.0.1:1", "K7Q2M", "--directory", "{empty}"], 2, "claim code"),
        (["enrol", "https://127.0.0.1:1", "{code}", "--directory", "{empty}"], 1, "can not be reached"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_remedy(
    tmp_path: Path,
    portal: PortalDouble,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    filled = [each.format(empty=tmp_path / "empty", code=portal.claim_code()) for each in arguments]

    assert main(filled) == code

    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    assert "inkwire connect enrol https://" in capsys.readouterr().out
