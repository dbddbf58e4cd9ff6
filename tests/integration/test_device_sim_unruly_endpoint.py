"""Misbehaving printers behind a real SNMP port: late, twice, from elsewhere, not at all; and an honest neighbour."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from device_sim import snmp_datagrams
from device_sim.snmp_endpoint import SnmpEndpoint
from snmp_format import ber
from tests.support.device_sim_faults import SERIAL, Manager, faulty
from tests.support.device_sim_snmp import net_snmp_fails, read_answer, request

QUESTION = request(ber.parse_dotted(SERIAL))
ADDRESSES = {0x7F010100 + number: f"127.1.1.{number}" for number in range(6)}


@contextlib.asynccontextmanager
async def printers(*words: str) -> AsyncIterator[SnmpEndpoint]:
    """Printer n of 127.1.1.0 on has the n-th fault; nothing stands for none."""
    manager = Manager()
    states = [faulty(*([word] if word else []), index=place).state for place, word in enumerate(words)]

    def view(dialled: int) -> object:
        place = dialled - 0x7F010100
        return manager.agents.view(states[place]) if 0 <= place < len(states) else None

    endpoint = SnmpEndpoint.open(0, view)  # type: ignore[arg-type]  # a view is one of two kinds here
    try:
        yield endpoint
    finally:
        endpoint.close()


async def replies(endpoint: SnmpEndpoint, place: int, count: int) -> list[tuple[bytes, str]]:
    """So many datagrams that come for one question to a printer, with the address each comes from."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)
        await loop.sock_sendto(manager, QUESTION, (f"127.1.1.{place}", endpoint.port))
        got = [await asyncio.wait_for(loop.sock_recvfrom(manager, 65_536), 10) for _ in range(count)]
    return [(octets, peer[0]) for octets, peer in got]


@pytest.fixture(params=["batch", "plain"])
def sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to exchange datagrams."""
    if request.param == "plain":
        monkeypatch.setattr("device_sim.snmp_endpoint.datagram_socket", _plain)


def _plain(owned: socket.socket) -> snmp_datagrams.DatagramSocket:
    owned.setsockopt(socket.IPPROTO_IP, snmp_datagrams.IP_PKTINFO, 1)
    return snmp_datagrams.PlainSocket(owned)


@pytest.mark.usefixtures("sockets")
async def test_replies_come_late_twice_from_elsewhere_and_large() -> None:
    words = ("", "snmp_delay_ms=40", "snmp_duplicates=2", "", "snmp_other_address", "snmp_reply_octets=60000")
    async with printers(*words) as endpoint:
        waits = [replies(endpoint, place, 3 if place == 2 else 1) for place in range(6)]
        honest, late, thrice, _, elsewhere, large = await asyncio.gather(*waits)

    assert honest[0][1] == "127.1.1.0"
    assert late[0][1] == "127.1.1.1"
    assert [peer for _, peer in thrice] == ["127.1.1.2"] * 3
    assert elsewhere[0][1] == "127.1.1.5"
    assert len(large[0][0]) >= 60_000
    assert read_answer(late[0][0]).request_id == 4711


@pytest.mark.usefixtures("sockets")
async def test_a_silent_or_broken_printer_leaves_its_neighbours_alone() -> None:
    async with printers("snmp_silent", "snmp_broken_ber", "snmp_delay_ms=60000", "") as endpoint:
        await replies(endpoint, 1, 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(replies(endpoint, 0, 1), 0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(replies(endpoint, 2, 1), 0.05)

        ((octets, _),) = await replies(endpoint, 3, 1)

        assert read_answer(octets).values
        assert endpoint.counters.failed == 0


async def test_net_snmp_stops_where_an_oid_comes_again() -> None:
    async with printers("snmp_repeats=same") as endpoint:
        said = await net_snmp_fails(
            "snmpwalk", "-v2c", "-c", "public", f"127.1.1.0:{endpoint.port}", "1.3.6.1.2.1.43.11.1.1.9"
        )

    assert "OID not increasing" in said
