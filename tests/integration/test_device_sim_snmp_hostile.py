"""Malformed and hostile SNMP over UDP: silence or a right error, and the next manager is served as ever."""

import asyncio
import ipaddress
import itertools
import resource
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from device_sim.core.fleet_snmp import CommunitySpec, snmp_access
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.usm import User
from device_sim.core.snmp.view import PLANS_MAX, MibView
from device_sim.snmp_endpoint import SnmpEndpoint
from snmp_format import ber
from snmp_format.pdu import RESPONSE, VERSION_1, VERSION_2C
from snmp_format.v3_message import is_version_3
from tests.support.device_sim import printer
from tests.support.device_sim_hostile import Hostile
from tests.support.device_sim_snmp import MIB_2, read_answer, request
from tests.support.device_sim_v3 import read_v3, user_spec

ADDRESS = "127.9.4.1"
NUMBER = int(ipaddress.IPv4Address(ADDRESS))
SERIAL = (*MIB_2, 43, 5, 1, 1, 17, 1)
MESSAGES = 10_000
"""Of each family: 20,000 together."""
BURST = 100
GROWTH_KIB_MAX = 64 * 1024


class Target:
    """A printer at an open port, somebody who attacks it, and an honest manager."""

    def __init__(self) -> None:
        self.state = printer("color-laserjet-m479", address=ADDRESS).state
        self.serial = self.state.identity.serial.encode()
        self.book = printer_book(self.state.profile)
        access = snmp_access(("public", CommunitySpec(name="private", access="write")), [user_spec()], (), "the test")
        self.user: User = access.users[0]
        self.endpoint = SnmpEndpoint.open(0, self._view, access.communities, users=access.users)
        self.attacker, self.manager = _client(), _client()
        self.answers = 0
        self._sent = 0
        self._request_ids = itertools.count(1)

    def _view(self, address: int) -> MibView | None:
        return printer_view(self.state, self.book) if address == NUMBER else None

    def hostile(self, seed: int) -> Hostile:
        engine = printer_view(self.state, self.book).engine()
        assert engine is not None
        return Hostile(seed, self.user, (engine.engine_id, engine.boots, engine.time_s))

    async def attack(self, datagrams: Iterator[bytes]) -> None:
        """Send them all, look at what comes back, and read the printer after each burst."""
        while burst := tuple(itertools.islice(datagrams, BURST)):
            for datagram in burst:
                self.attacker.sendto(datagram, (ADDRESS, self.endpoint.port))
            self._sent += len(burst)
            await self._taken()
            self._look()
            await self._read()

    async def _taken(self) -> None:
        async with asyncio.timeout(30):
            while self.endpoint.counters.requests < self._sent:
                await asyncio.sleep(0)

    def _look(self) -> None:
        while True:
            try:
                datagram = self.attacker.recv(65536)
            except BlockingIOError:
                return
            self.answers += 1
            assert len(datagram) <= 8192
            if is_version_3(datagram):
                read_v3(datagram, self.user)
            else:
                _check(datagram)

    async def _read(self) -> None:
        number = next(self._request_ids)
        version = number % 2 * VERSION_2C or VERSION_1
        self.manager.sendto(request(SERIAL, request_id=number, version=version), (ADDRESS, self.endpoint.port))
        self._sent += 1
        async with asyncio.timeout(10):
            datagram = await asyncio.get_running_loop().sock_recv(self.manager, 8192)
        answer = read_answer(datagram)
        assert (answer.request_id, answer.status, len(answer.values)) == (number, 0, 1)

    def close(self) -> None:
        self.endpoint.close()
        self.attacker.close()
        self.manager.close()


def _client() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.bind(("127.0.0.1", 0))
    return made


def _check(answer: bytes) -> None:
    """A response of v1 or v2c, to the last octet; pysnmp, which would be surer, takes a millisecond for each."""
    at, end = ber.read_header(answer, 0, ber.SEQUENCE, len(answer))
    _, at = ber.read_integer(answer, at, end)
    _, at = ber.read_header(answer, at, ber.OCTET_STRING, end)
    at, stop = ber.read_header(answer, at, RESPONSE, end)
    _, at = ber.read_integer(answer, at, stop)
    status, at = ber.read_integer(answer, at, stop)
    index, at = ber.read_integer(answer, at, stop)
    _, last = ber.read_header(answer, at, ber.SEQUENCE, stop)
    assert len(answer) == end == stop == last
    assert 0 <= status <= 18 and 0 <= index <= 200


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.mark.parametrize("family", ["odd_values", "broken_ber"])
async def test_ten_thousand_malformed_messages_of_a_family_harm_nothing(target: Target, family: str) -> None:
    hostile = target.hostile(seed=20_261_124)
    messages: Iterator[bytes] = getattr(hostile, family)()
    await target.attack(itertools.islice(messages, 500))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    await target.attack(itertools.islice(messages, MESSAGES - 500))

    assert target.endpoint.counters.failed == 0
    assert target.answers > MESSAGES // 50
    assert len(target.book.plans) <= PLANS_MAX
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_KIB_MAX
    if family == "broken_ber":
        assert target.state.identity.serial.encode() == target.serial


async def test_what_is_hidden_and_no_pdu_is_a_decryption_error_that_is_counted(target: Target) -> None:
    hostile = target.hostile(seed=7)
    garbage = [hostile.garbage_inside() for _ in range(50)]

    await target.attack(iter(garbage))

    assert target.state.snmp_counters is not None
    assert target.state.snmp_counters.decryption_errors + target.state.snmp_counters.in_asn_parse_errs >= 40


async def test_packets_that_scapy_makes_up_harm_nothing(target: Target) -> None:
    scapy = pytest.importorskip("scapy.layers.snmp")
    packet = pytest.importorskip("scapy.packet")
    made = pytest.importorskip("scapy.asn1.asn1")

    def packets() -> Iterator[bytes]:
        for kind in (scapy.SNMPget, scapy.SNMPnext, scapy.SNMPbulk, scapy.SNMPset):
            for _ in range(150):
                bindings = [scapy.SNMPvarbind(oid=made.ASN1_OID("1.3.6.1.2.1.1.5.0"))]
                yield bytes(packet.fuzz(scapy.SNMP(community="public", PDU=kind(varbindlist=bindings))))

    await target.attack(packets())

    assert target.endpoint.counters.failed == 0
