"""The SNMP port on loopback, read by net-snmp's own tools and by bare sockets."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from device_sim import snmp_datagrams, snmp_endpoint
from device_sim.core.errors import ConfigError
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.printer import Printer
from device_sim.core.profile import Profile
from device_sim.core.snmp.view import MibView
from device_sim.core.snmprec import read_recording
from device_sim.profiles_shelf import load_profile
from device_sim.snmp_datagrams import BATCH_MAX, DATAGRAM_BYTES_MAX, DatagramSocket, PlainSocket
from device_sim.snmp_endpoint import SnmpEndpoint
from device_sim.snmp_recording import load_recording, recording_view
from snmp_format import ber
from tests.support.device_sim_snmp import MIB_2, RECORDINGS, net_snmp, read_answer, request, shared_recordings

SERIAL = (*MIB_2, 43, 5, 1, 1, 17, 1)
LIFE_COUNT = (*MIB_2, 43, 10, 2, 1, 4, 1, 1)
MONDAY_NOON_S = 1_795_435_200.0
FIRST = int(ipaddress.IPv4Address("127.9.0.1"))

Open = Callable[[Callable[[int], MibView | None]], SnmpEndpoint]


@pytest.fixture(params=["batch", "plain"])
async def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens endpoints, with either way to move datagrams, and closes them."""
    if request.param == "plain":

        def plain(owned: socket.socket) -> DatagramSocket:
            owned.setsockopt(socket.IPPROTO_IP, snmp_datagrams.IP_PKTINFO, 1)
            return PlainSocket(owned)

        monkeypatch.setattr(snmp_endpoint, "datagram_socket", plain)
    endpoints: list[SnmpEndpoint] = []

    def open_endpoint(lookup: Callable[[int], MibView | None]) -> SnmpEndpoint:
        endpoints.append(SnmpEndpoint.open(0, lookup))
        return endpoints[-1]

    yield open_endpoint
    for endpoint in endpoints:
        endpoint.close()


class Manager:
    """A bare UDP client that tells from where each answer came."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(("127.0.0.1", 0))

    def send(self, datagram: bytes, address: int, port: int) -> None:
        self._socket.sendto(datagram, (str(ipaddress.IPv4Address(address)), port))

    async def receive(self) -> tuple[bytes, str]:
        loop = asyncio.get_running_loop()
        datagram, peer = await asyncio.wait_for(loop.sock_recvfrom(self._socket, DATAGRAM_BYTES_MAX), 5)
        return datagram, peer[0]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager() -> Iterator[Manager]:
    made = Manager()
    yield made
    made.close()


def fleet(count: int) -> dict[int, Printer]:
    profile = load_profile("color-laserjet-m479")
    return {FIRST + index: printer_at(FIRST + index, index, profile) for index in range(count)}


def printer_at(address: int, index: int, profile: Profile) -> Printer:
    return Printer(profile, seed=3, index=index, address=str(ipaddress.IPv4Address(address)), at_s=MONDAY_NOON_S)


async def test_each_printer_answers_from_its_own_address(opened: Open, manager: Manager) -> None:
    printers = fleet(100)
    book = printer_book(printers[FIRST].state.profile)
    endpoint = opened(lambda address: printer_view(printers[address].state, book) if address in printers else None)

    for address in printers:
        manager.send(request(SERIAL, request_id=address - FIRST), address, endpoint.port)
    answers = [await manager.receive() for _ in printers]

    for datagram, source in answers:
        answer = read_answer(datagram)
        printer = printers[FIRST + answer.request_id]
        assert source == printer.state.identity.address
        assert answer.values == [printer.state.identity.serial.encode()]
    assert (endpoint.counters.requests, endpoint.counters.replies) == (100, 100)


async def test_silence_where_no_printer_stands_and_for_what_cannot_be_read(opened: Open, manager: Manager) -> None:
    view = recording_view(RECORDINGS / "mono-laser.snmprec")
    endpoint = opened(lambda address: view if address == FIRST else None)
    good = request((*MIB_2, 1, 5, 0))

    manager.send(good, FIRST + 1, endpoint.port)
    manager.send(request((*MIB_2, 1, 5, 0), community=b"guess"), FIRST, endpoint.port)
    manager.send(b"\x30\x03\x02\x01", FIRST, endpoint.port)
    manager.send(b"", FIRST, endpoint.port)
    manager.send(good + bytes(DATAGRAM_BYTES_MAX), FIRST, endpoint.port)
    manager.send(good, FIRST, endpoint.port)
    datagram, source = await manager.receive()

    assert (read_answer(datagram).values, source) == ([b"SYN-LASER"], "127.9.0.1")
    counters = endpoint.counters
    assert (counters.requests, counters.replies, counters.dropped, counters.silent) == (6, 1, 1, 4)


async def test_a_burst_of_more_than_one_batch_is_answered_in_full(opened: Open, manager: Manager) -> None:
    view = recording_view(RECORDINGS / "mono-laser.snmprec")
    endpoint = opened(lambda address: view)

    for number in range(3 * BATCH_MAX + 1):
        manager.send(request((*MIB_2, 1, 5, 0), request_id=number), FIRST, endpoint.port)
    answers = [read_answer((await manager.receive())[0]) for _ in range(3 * BATCH_MAX + 1)]

    assert [answer.request_id for answer in answers] == list(range(3 * BATCH_MAX + 1))


async def test_one_printer_that_fails_does_not_stop_the_others(opened: Open, manager: Manager) -> None:
    view = recording_view(RECORDINGS / "mono-laser.snmprec")

    def lookup(address: int) -> MibView:
        if address == FIRST:
            raise RuntimeError("this one is broken")
        return view

    endpoint = opened(lookup)
    manager.send(request((*MIB_2, 1, 5, 0)), FIRST, endpoint.port)
    manager.send(request((*MIB_2, 1, 5, 0)), FIRST + 1, endpoint.port)

    assert (await manager.receive())[1] == "127.9.0.2"
    assert endpoint.counters.failed == 1


async def test_a_port_in_use_is_said_in_one_sentence(opened: Open) -> None:
    endpoint = opened(lambda address: None)

    with pytest.raises(ConfigError, match="is in use by another program; stop that one or choose another port"):
        SnmpEndpoint.open(endpoint.port, lambda address: None)


async def test_an_impossible_port_or_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="from 1 to 65535"):
        SnmpEndpoint.open(70_000, lambda address: None)
    with pytest.raises(ConfigError, match="is not an address of this machine"):
        SnmpEndpoint.open(0, lambda address: None, address="192.0.2.1")


async def test_snmpget_and_snmpwalk_see_the_numbers_move_while_it_prints(opened: Open) -> None:
    printer = fleet(1)[FIRST]
    book = printer_book(printer.state.profile)
    endpoint = opened(lambda address: printer_view(printer.state, book))
    where = f"127.9.0.1:{endpoint.port}"

    asked = (ber.dotted(LIFE_COUNT), "1.3.6.1.2.1.1.3.0")
    counts, uptimes, alerts = [], [], []
    for hour in range(6):
        printer.advance(MONDAY_NOON_S + hour * 3600)
        got = await net_snmp("snmpget", "-v2c", "-c", "public", "-Oqv", where, *asked)
        counts.append(int(got[0]))
        uptimes.append(got[1])
        rows = await net_snmp("snmpwalk", "-v2c", "-c", "public", where, "1.3.6.1.2.1.43.18")
        alerts.append(sum(".18.1.1.7." in row for row in rows))
        assert counts[-1] == printer.state.meters[0]
        assert alerts[-1] == len(printer.state.alerts)

    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert len(set(uptimes)) == 6


@pytest.mark.parametrize("profile", ["color-laserjet-m479", "designjet-t1600", "ecosys-p3155", "pagewide-xl-5100"])
async def test_the_three_ways_to_walk_agree(opened: Open, profile: str) -> None:
    printer = Printer(load_profile(profile), seed=3, index=0, address="127.9.0.1", at_s=MONDAY_NOON_S)
    printer.advance(MONDAY_NOON_S + 7200)
    book = printer_book(printer.state.profile)
    endpoint = opened(lambda address: printer_view(printer.state, book))
    common = ("-c", "public", f"127.9.0.1:{endpoint.port}", "1.3.6.1")

    one_by_one = await net_snmp("snmpwalk", "-v2c", *common)
    in_v1 = await net_snmp("snmpwalk", "-v1", *common)
    in_bulk = await net_snmp("snmpbulkwalk", "-v2c", "-Cr40", *common)

    assert len(one_by_one) > 150
    assert one_by_one[:-1] == in_bulk[:-1]
    assert "No more variables" in one_by_one[-1]
    in_both = [line for line in one_by_one[:-1] if "= Counter64:" not in line]  # v1 has none
    assert in_v1[: len(in_both)] == in_both


async def _replays(recording: Path, opened: Open) -> None:
    leaves = load_recording(recording).leaves
    view = read_recording(recording.read_bytes()).view()
    endpoint = opened(lambda address: view)

    lines = await net_snmp("snmpbulkwalk", "-v2c", "-c", "public", "-Cr30", "-OQ", f"127.9.0.1:{endpoint.port}", "1")

    walked = [line.split(" ", 1)[0] for line in lines if line.startswith(".1.")]
    expected = [f".{ber.dotted(leaf.oid)}" for leaf in leaves]
    assert walked[: len(expected)] == expected
    assert len(walked) <= len(expected) + 1  # net-snmp may print endOfMibView under the last name
    endpoint.close()


async def test_a_recording_is_replayed_object_by_object(opened: Open) -> None:
    await _replays(RECORDINGS / "mono-laser.snmprec", opened)


async def test_recordings_of_real_printers_are_replayed_object_by_object(opened: Open) -> None:
    for recording in shared_recordings():
        await _replays(recording, opened)


async def test_snmpget_reads_odd_values_of_a_recording(opened: Open) -> None:
    view = recording_view(RECORDINGS / "mono-laser.snmprec")
    endpoint = opened(lambda address: view)
    where = f"127.9.0.1:{endpoint.port}"
    asked = (f"1.3.6.1.2.1.{tail}" for tail in ("43.11.1.1.9.1.1", "31.1.1.1.6.1", "4.20.1.1.192.0.2.7", "1.1.0"))

    got = await net_snmp("snmpget", "-v2c", "-c", "public", "-Oqv", where, *asked)

    described = '"Inkwire synthetic mono laser; firmware 1.2|b; not a real device"'
    assert got == ["-3", "18446744073709551615", "192.0.2.7", described]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (b"hello\n", "the line is not oid.tag.value"), (None, "cannot be read")],
)
def test_a_recording_that_holds_nothing_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "some.snmprec"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=said):
        recording_view(path)
