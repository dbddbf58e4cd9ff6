"""The bundle for a helper: where the way to the portal ends, and nothing that is secret or somebody's."""

import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from direct_connect.api import Alert, ConnectionSettings, Device, DirectConnection, JobNames, Snapshot
from direct_connect.cli import main
from direct_connect.diagnostics import Strike
from direct_connect.spool.key_file import read_key
from tests.integration.test_direct_connect_cli import enrolled
from tests.support.direct_connect import PortalDouble, a_job

PASSWORD = "canary%2Fpassword"


@pytest.fixture
def portal() -> PortalDouble:
    return PortalDouble.make()


@pytest.fixture
def url(portal: PortalDouble, tmp_path: Path) -> Iterator[str]:
    with portal.running(portal.authority.server_files(tmp_path)) as url:
        yield url


@pytest.fixture
def directory(tmp_path: Path, portal: PortalDouble, url: str) -> Path:
    """A connection that knows many secrets, with jobs waiting."""
    made = tmp_path / "connection"
    enrolled(made, url, portal)
    snapshot = Snapshot(Device(serial="CANARY-SERIAL", hostname="canary-host", ip="192.0.2.77"))
    settings = ConnectionSettings(job_names=JobNames.CLEAR)
    with DirectConnection.open(made, url, snapshot=lambda: snapshot, settings=settings) as connection:
        for number in range(5):
            connection.job_finished(a_job(number, name="canary-job-name"))
        connection.alert_raised(Alert(alert_id="canary-alert", code=8, severity="warning", description="canary-text"))
    return made


def test_nothing_secret_and_nothing_of_a_job_is_in_the_bundle(
    directory: Path, portal: PortalDouble, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    code, key = portal.claim_code(9), read_key(directory / "spool.db")
    pem = (directory / "sender-key.pem").read_text()
    name_secret = json.loads((directory / "identity.json").read_text())["name_secret"]
    assert key is not None
    monkeypatch.setenv("HTTPS_PROXY", f"http://canary-user:{PASSWORD}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    log = tmp_path / "some.log"
    log.write_text(
        f"all that must never be logged: {code} {code.replace('-', '')} {pem} {name_secret} {key.hex()} {PASSWORD}\n"
    )
    bundle = tmp_path / "bundle.tar.gz"

    done = main(["diagnostics", "--directory", str(directory), "-o", str(bundle), "--log", str(log)])

    assert done == 0, capsys.readouterr()
    with tarfile.open(bundle) as archive:
        texts = {Path(each.name).name: archive.extractfile(each) for each in archive.getmembers()}
        told = {name: file.read().decode() for name, file in texts.items() if file is not None}
    everything = "".join(told.values()) + "".join(capsys.readouterr())
    secrets = [
        code,
        code.replace("-", ""),
        name_secret,
        key.hex(),
        PASSWORD,
        "canary/password",
        *pem.splitlines()[1:-1],
    ]
    assert [each for each in (*secrets, "canary", "CANARY", "job-0") if each in everything] == []
    assert set(told) == {
        "about.json", "settings.json", "status.json", "spool.json", "clock.json", "connection.json", "log.txt",
    }  # fmt: skip
    assert "all that must never be logged: [struck out]" in told["log.txt"]
    assert bundle.stat().st_mode & 0o777 == 0o600
    assert json.loads(told["status.json"])["jobs_waiting"] == 5
    spool = json.loads(told["spool.json"])
    assert (spool["damaged"], [each["jobs_waiting"] for each in spool["senders"].values()]) == (False, [5])
    assert json.loads(told["about.json"])["packages"].keys() == {"inkwire", "cryptography", "joserfc"}


def test_each_step_to_the_portal_is_tried_and_explained(
    directory: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnostics", "--directory", str(directory)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if "[" not in line.split()[0]][:4] == [
        ["dns", "good"], ["tcp", "good"], ["tls", "good"], ["portal", "good"],
    ]  # fmt: skip
    assert "trusted by the CA pinned at enrolment" in lines[2]
    assert "the way that batches take is open" in lines[-1]


def test_where_the_way_ends_is_named_and_the_rest_of_the_bundle_stands(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = directory / "identity.json"
    identity.write_text(json.dumps(json.loads(identity.read_text()) | {"portal_url": "https://127.0.0.1:1"}))
    spool = directory / "spool.db"
    spool.write_bytes(spool.read_bytes()[:5000].ljust(9000, b"x"))
    bundle = tmp_path / "b.zip"

    assert main(["diagnostics", "--directory", str(directory), "-o", str(bundle)]) == 1

    said = capsys.readouterr().out
    assert "tcp    FAILED" in said and "a firewall, or the portal is down" in said
    with zipfile.ZipFile(bundle) as archive:
        assert "unread" in archive.read("inkwire-diagnostics/status.json").decode()
        assert json.loads(archive.read("inkwire-diagnostics/about.json"))["python"]
    assert main(["diagnostics", "--directory", str(directory), "-o", str(bundle)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_addresses_and_serials_are_struck_out_on_demand_and_times_are_not() -> None:
    text = '"serial": "EX-1", at 12:30:45 192.0.2.7:443 [2001:db8::1]:443 00:1b:a9:12:34:56 version 3.40.1'

    assert Strike().out(text) == text
    masked = Strike(addresses=True).out(text)
    assert not any(each in masked for each in ("EX-1", "192.0.2.7", "2001:db8", "00:1b:a9"))
    assert "12:30:45" in masked and "3.40.1" in masked
