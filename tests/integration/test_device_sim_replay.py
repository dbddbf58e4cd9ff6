"""One recording as a fleet, over the network; recordings of real printers stay outside the repository."""

from device_sim.core.recorded.printer import FIRST, OTHERS
from device_sim.core.walk import layout_lines
from device_sim.embedded import EmbeddedFleet
from device_sim.snmp_recording import load_recording, open_recording
from tests.support.device_sim import printer
from tests.support.device_sim_snmp import RECORDINGS, net_snmp, shared_recordings

SERIAL = ".1.3.6.1.2.1.43.5.1.1.17.1"
LIFE = ".1.3.6.1.2.1.43.10.2.1.4.1.1"


async def test_four_hundred_printers_from_one_recording_each_with_its_own_serial_name_and_count() -> None:
    with EmbeddedFleet.start(["--recording", str(RECORDINGS / "mono-laser.snmprec"), "--count", "400"]) as fleet:
        asked = fleet.addresses[::57]
        shown = [
            await net_snmp("snmpget", "-v2c", "-c", "public", "-Oqv", f"{at}:{fleet.snmp_port}", SERIAL, LIFE)
            for at in asked
        ]
        for at, (serial, count) in zip(asked, shown, strict=True):
            one = next(each for each in fleet.printers if each.address == at)
            assert serial.strip('"').strip() == one.serial
            assert int(count) <= one.read(lambda state: state.marker_life_count())

    assert len({serial for serial, _ in shown}) == len(shown) and len({count for _, count in shown}) == len(shown)


def test_each_recording_of_a_real_printer_becomes_a_fleet() -> None:
    for path in shared_recordings():
        recording = open_recording(path)
        profiles = recording.profiles()
        first, other = printer(profiles[FIRST]), printer(profiles[OTHERS], index=1)

        said = [list(layout_lines(recording.book.layout, one.state)) for one in (first, other)]

        recorded = len(load_recording(path).leaves)
        assert [len(lines) for lines in said] == [recorded, recorded], path.name


def test_a_fleet_of_a_recording_listens_on_what_was_recorded_only() -> None:
    with EmbeddedFleet.start(["--recording", str(RECORDINGS / "mono-laser.snmprec")]) as fleet:
        assert fleet.http_port == fleet.ipp_port == 0 and fleet.snmp_port
