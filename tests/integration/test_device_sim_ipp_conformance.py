"""CUPS' own conformance files for IPP 1.1 and 2.0, against printers that really print what the files send."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from device_sim.clock import ScaledClock, started_now
from device_sim.ipp_server import start_ipp_server
from device_sim.population import Population
from tests.support.device_sim import changed, printer
from tests.support.device_sim_documents import JPEG_8X8, pdf
from tests.support.device_sim_printing import ipptool, print_room

TEST_FILES = Path("/usr/share/cups/ipptool")
PROFILES = ("color-laserjet-m479", "designjet-t1600", "ecosys-p3155")
SKIPPED_BY_THE_FILES = (
    "-URI",
    "Create-Job Operation",
    "Standard Sheet",
    "Duplex",
    "Quality",
    "Letter",
    "Cancel-Job Operation",
)
"""What the files themselves leave out: printing by reference, banner sheets, and what a printer does not have."""
POSTSCRIPT = b"%!PS-Adobe-3.0\n%%Pages: 2\n%%EndComments\n%%Page: 1 1\nshowpage\n%%Page: 2 2\nshowpage\n%%EOF\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The test files beside documents of the names they want, which Debian does not ship."""
    if not TEST_FILES.is_dir():
        pytest.skip("SKIPPED LOUDLY: CUPS' test files are not installed (Debian package cups-ipp-utils)")
    for name in ("ipp-1.1.test", "ipp-2.0.test"):
        shutil.copy(TEST_FILES / name, tmp_path)
    for size in ("a4", "letter"):
        (tmp_path / f"document-{size}.pdf").write_bytes(pdf(7))
        (tmp_path / f"document-{size}.ps").write_bytes(POSTSCRIPT)
    for name in ("color.jpg", "gray.jpg"):
        (tmp_path / name).write_bytes(JPEG_8X8)
    return tmp_path


@pytest.fixture
async def fleet() -> AsyncIterator[tuple[Population, int]]:
    """Printers without a workload of their own, at a pace at which nobody waits, and their port."""
    clock = ScaledClock(started_now(300.0))
    quiet = {"workload": {"jobs_per_day": 0}, "trouble": {"impressions_per_jam": 0, "covers_opened_per_day_percent": 0}}
    printers = [
        printer(changed(name, **quiet), index=index, at_s=clock.now_s(), address=f"127.9.3.{index}")
        for index, name in enumerate(PROFILES, 1)
    ]
    population = Population(printers, clock)
    async with print_room(population) as room:
        server = await start_ipp_server(0, room)
        yield population, server.port
        await server.close()


@pytest.mark.parametrize(
    ("host", "version", "test", "document", "passed_min"),
    [
        (1, "2.0", "ipp-2.0.test", "document-a4.pdf", 50),
        (2, "2.0", "ipp-2.0.test", "document-a4.pdf", 45),
        (3, "1.1", "ipp-1.1.test", "color.jpg", 48),
    ],
    ids=PROFILES,
)
async def test_cups_finds_no_fault(
    fleet: tuple[Population, int], place: Path, host: int, version: str, test: str, document: str, passed_min: int
) -> None:
    population, port = fleet
    uri = f"ipp://127.9.3.{host}:{port}/ipp/print"

    code, report = await ipptool("-V", version, "-f", document, "-t", uri, f"./{test}", folder=str(place))

    lines = report.splitlines()
    skipped = [line for line in lines if line.endswith("[SKIP]")]
    assert code == 0 and "[FAIL]" not in report, report
    assert all(any(word in line for word in SKIPPED_BY_THE_FILES) for line in skipped), skipped
    assert sum(line.endswith("[PASS]") for line in lines) >= passed_min, report
    assert population.at_address(f"127.9.3.{host}") is not None
