"""`inkwire sim record` of our own printers over the network, and the replay of what it recorded."""

import re
from pathlib import Path

import pytest

from device_sim.cli import main
from device_sim.core.recorder.recording import DOCUMENTS, IPP, PROFILE, WALK
from device_sim.embedded import EmbeddedFleet, FleetPrinter
from device_sim.pytest_plugin import PrinterFleet
from tests.support.device_sim import free_port

USER = "reader:SHA-256:a-password-12:AES-128:another-one-34"
OF_TIME = re.compile(
    r"^1\.3\.6\.1\.(2\.1\.1\.3|2\.1\.25\.1\.[12]|2\.1\.(2\.2\.1\.1\d|2\.2\.1\.20|31|4|5|6|7|11)|6\.3)\."
)


def record(printer: FleetPrinter, folder: Path, *words: str) -> list[str]:
    """The lines of the walk that was recorded, but for those of time and of the agent itself."""
    fleet = printer.fleet
    ports = [
        "--snmp-port",
        str(fleet.snmp_port),
        "--http-port",
        str(fleet.http_port),
        "--ipp-port",
        str(fleet.ipp_port),
    ]
    assert main(["record", printer.address, *ports, "-o", str(folder), *words]) == 0
    return [line for line in (folder / WALK).read_text().splitlines() if not OF_TIME.match(line)]


def test_what_is_recorded_can_be_replayed_and_recorded_again_and_says_the_same(
    tmp_path: Path, printer_fleet: PrinterFleet
) -> None:
    fleet = printer_fleet(2, profile="color-laserjet-m479")
    fleet.rest()
    said = record(fleet.printers[1], tmp_path / "one")

    with EmbeddedFleet.start(
        ["--recording", str(tmp_path / "one"), "--first-address", fleet.printers[1].address],
        ports={"http_port": 0, "ipp_port": 0},
    ) as replay:
        replay.rest()
        again = record(replay.printers[0], tmp_path / "two", "--keep-identity")

    assert len(said) > 200 and again == said


def test_every_version_of_snmp_reads_the_same(tmp_path: Path, printer_fleet: PrinterFleet) -> None:
    fleet = printer_fleet(1, profile="ecosys-p3155", user=[USER])
    fleet.rest()
    (printer,) = fleet.printers

    walks = [
        record(printer, tmp_path / str(number), "--keep-identity", *words)
        for number, words in enumerate(([], ["--v1"], ["--user", USER]))
    ]

    assert walks[0] == walks[1] == walks[2] and len(walks[0]) > 100


def test_nothing_in_the_folder_says_which_printer_it_was(
    tmp_path: Path, printer_fleet: PrinterFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    (printer,) = printer_fleet(1, profile="color-laserjet-m479").printers
    record(printer, tmp_path / "made")
    record(printer, tmp_path / "kept", "--keep-identity")

    files = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kept").iterdir())
    mac = printer.mac.replace(":", "").encode()
    for secret in (printer.serial.encode(), mac, printer.hostname.encode()):
        assert secret.lower() in kept.lower()
        assert [name for name, content in files.items() if secret.lower() in content.lower()] == []
    assert {PROFILE, WALK, IPP, DOCUMENTS} <= set(files) and len(files) > 10
    assert "replaced: 1 UUID" in capsys.readouterr().err


def test_the_profile_of_a_recording_runs(tmp_path: Path, printer_fleet: PrinterFleet) -> None:
    (original,) = printer_fleet(1, profile="designjet-t1600").printers
    record(original, tmp_path / "plotter")

    again = printer_fleet(3, profile=tmp_path / "plotter" / PROFILE)

    assert {printer.model for printer in again.printers} == {original.model}
    assert len({printer.serial for printer in again.printers}) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--community", "wrong"], "cannot be recorded over SNMP: the agent does not answer any more"),
        (["--user", "nobody:SHA-256:a-password-12"], "wrong user or keys"),
        (["--user", "a:b"], "--user: must be"),
    ],
)
def test_what_cannot_be_recorded_is_one_sentence_and_exit_2(
    printer_fleet: PrinterFleet, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    fleet = printer_fleet(1, user=[USER])

    assert main(["record", fleet.addresses[0], "--snmp-port", str(fleet.snmp_port), *words]) == 2

    assert sentence in capsys.readouterr().err


def test_a_folder_that_is_not_empty_is_left_alone(
    tmp_path: Path, printer_fleet: PrinterFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = printer_fleet(1)
    (tmp_path / "mine.txt").write_text("mine")
    words = ["--snmp-port", str(fleet.snmp_port), "--http-port", str(free_port()), "--ipp-port", "0"]

    assert main(["record", fleet.addresses[0], *words, "-o", str(tmp_path)]) == 2

    assert "is not empty; name a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
