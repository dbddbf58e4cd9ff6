"""Other people's managers read simulated printers in every version of SNMP: net-snmp, pysnmp, gufo_snmp, aiosnmp."""

import ipaddress
from collections.abc import AsyncIterator
from typing import Any

import aiosnmp
import pytest
from gufo.snmp import Aes128Key, Sha1Key, SnmpVersion
from gufo.snmp import User as GufoUser
from gufo.snmp.aio import SnmpSession

from device_sim.core.fleet_snmp import CommunitySpec, UserSpec, snmp_access
from device_sim.core.mib import printer_book, printer_view
from device_sim.core.snmp.view import MibView
from device_sim.snmp_endpoint import SnmpEndpoint
from tests.support.device_sim import printer
from tests.support.device_sim_snmp import net_snmp, net_snmp_fails
from tests.support.device_sim_v3 import AUTH_PASSWORD, PRIV_PASSWORD, user_spec
from tests.support.pysnmp_hlapi import hlapi

FIRST = int(ipaddress.IPv4Address("127.9.3.1"))
WHERE = "127.9.3.1"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
ENGINE_ID = "1.3.6.1.6.3.10.2.1.1.0"
PRINTER_MIB = "1.3.6.1.2.1.43"
SPECS = (
    user_spec(),
    user_spec("sha1", "SHA-1"),
    user_spec("bob", "SHA-1", private=False),
    user_spec("bob256", "SHA-256", private=False),
    user_spec("eve", None),
    UserSpec(name="wendy", auth="SHA-256", auth_password=AUTH_PASSWORD, access="write"),
)
AUTH_PRIV = ("-l", "authPriv", "-A", AUTH_PASSWORD, "-x", "AES", "-X", PRIV_PASSWORD)
LEVELS = {
    "v1": ("-v1", "-c", "public"),
    "v2c": ("-v2c", "-c", "public"),
    "noAuthNoPriv": ("-v3", "-l", "noAuthNoPriv", "-u", "eve"),
    "authNoPriv SHA-1": ("-v3", "-l", "authNoPriv", "-u", "bob", "-a", "SHA", "-A", AUTH_PASSWORD),
    "authNoPriv SHA-256": ("-v3", "-l", "authNoPriv", "-u", "bob256", "-a", "SHA-256", "-A", AUTH_PASSWORD),
    "authPriv SHA-1": ("-v3", *AUTH_PRIV, "-u", "sha1", "-a", "SHA"),
    "authPriv SHA-256": ("-v3", *AUTH_PRIV, "-u", "alice", "-a", "SHA-256"),
}


class Fleet:
    """Three printers behind one port."""

    def __init__(self) -> None:
        self.printers = [
            printer("color-laserjet-m479", index=index, address=str(ipaddress.IPv4Address(FIRST + index)))
            for index in range(3)
        ]
        self._book = printer_book(self.printers[0].state.profile)
        communities = ("public", CommunitySpec(name="private", access="write"))
        access = snmp_access(communities, SPECS, (), "the test")
        self.endpoint = SnmpEndpoint.open(0, self._view, access.communities, users=access.users)
        self.port = self.endpoint.port
        self.name = self.printers[0].state.identity.hostname

    def _view(self, address: int) -> MibView | None:
        place = address - FIRST
        return printer_view(self.printers[place].state, self._book) if 0 <= place < 3 else None


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    made = Fleet()
    yield made
    made.endpoint.close()


@pytest.mark.parametrize("options", LEVELS.values(), ids=LEVELS)
async def test_net_snmp_reads_and_walks_in_each_version_and_level(fleet: Fleet, options: tuple[str, ...]) -> None:
    where = f"{WHERE}:{fleet.port}"

    assert await net_snmp("snmpget", *options, "-Oqv", where, SYS_NAME) == [f'"{fleet.name}"']
    assert await net_snmp("snmpgetnext", *options, "-Oqv", where, "1.3.6.1.2.1.1.5") == [f'"{fleet.name}"']
    walked = await net_snmp("snmpwalk", *options, where, PRINTER_MIB)
    assert len(walked) > 100
    if options[0] != "-v1":
        assert await net_snmp("snmpbulkwalk", *options, "-Cr25", where, PRINTER_MIB) == walked


@pytest.mark.parametrize(
    "changes, said",
    [
        (("-A", "wrong password"), "Authentication failure"),
        (("-X", "wrong password"), "Decryption error"),
        (("-u", "mallory"), "Unknown user name"),
        (("-a", "SHA"), "Authentication failure"),
        (("-n", "elsewhere"), "Bad context specified"),
        (("-l", "authNoPriv"), "authorizationError"),
    ],
)
async def test_net_snmp_understands_why_it_is_refused(fleet: Fleet, changes: tuple[str, ...], said: str) -> None:
    options = (*LEVELS["authPriv SHA-256"], *changes)

    assert said in await net_snmp_fails("snmpget", *options, f"{WHERE}:{fleet.port}", SYS_NAME)


@pytest.mark.parametrize(
    "options",
    [
        ("-v1", "-c", "private"),
        ("-v2c", "-c", "private"),
        ("-v3", "-l", "authNoPriv", "-u", "wendy", "-a", "SHA-256", "-A", AUTH_PASSWORD),
    ],
    ids=["v1", "v2c", "v3"],
)
async def test_snmpset_writes_names_and_is_told_why_not(fleet: Fleet, options: tuple[str, ...]) -> None:
    where, location, descr = f"{WHERE}:{fleet.port}", "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.1.1.0"

    await net_snmp("snmpset", *options, where, SYS_NAME, "s", "plotter-7", location, "s", "Basement")
    refused = await net_snmp_fails("snmpset", *options, where, SYS_NAME, "s", "other", descr, "s", "mine")

    assert await net_snmp("snmpget", *options, "-Oqv", where, SYS_NAME, location) == ['"plotter-7"', '"Basement"']
    assert ("noSuchName" if options[0] == "-v1" else "notWritable") in refused
    assert fleet.printers[0].state.identity.location == "Basement"


@pytest.mark.parametrize("options", LEVELS.values(), ids=LEVELS)
async def test_who_may_only_read_cannot_write(fleet: Fleet, options: tuple[str, ...]) -> None:
    refused = await net_snmp_fails("snmpset", *options, f"{WHERE}:{fleet.port}", SYS_NAME, "s", "mine")

    assert ("noSuchName" if options[0] == "-v1" else "noAccess") in refused
    assert fleet.printers[0].state.identity.hostname == fleet.name


async def test_each_printer_is_an_engine_of_its_own(fleet: Fleet) -> None:
    engines = {
        (await net_snmp("snmpget", *LEVELS["authPriv SHA-256"], "-Oqv", f"127.9.3.{n}:{fleet.port}", ENGINE_ID))[0]
        for n in (1, 2, 3)
    }

    assert len(engines) == 3
    assert all(engine.startswith('"80 00 00 0B 03') for engine in engines)


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # pysnmp uses pysmi by its old names
@pytest.mark.parametrize("auth", ["SHA-1", "SHA-256"])
async def test_pysnmp_reads_with_privacy(fleet: Fleet, auth: str) -> None:
    protocol = hlapi.USM_AUTH_HMAC96_SHA if auth == "SHA-1" else hlapi.USM_AUTH_HMAC192_SHA256
    user = hlapi.UsmUserData(
        "sha1" if auth == "SHA-1" else "alice",
        AUTH_PASSWORD,
        PRIV_PASSWORD,
        authProtocol=protocol,
        privProtocol=hlapi.USM_PRIV_CFB128_AES,
    )
    engine = hlapi.SnmpEngine()
    target = await hlapi.UdpTransportTarget.create((WHERE, fleet.port), timeout=3, retries=1)
    asked = hlapi.ObjectType(hlapi.ObjectIdentity(SYS_NAME))

    trouble, status, _, bindings = await hlapi.get_cmd(engine, user, target, hlapi.ContextData(), asked)
    engine.close_dispatcher()

    assert (trouble, int(status)) == (None, 0)
    assert [str(value) for _, value in bindings] == [fleet.name]


async def test_gufo_snmp_reads_in_each_version(fleet: Fleet) -> None:
    private = GufoUser("sha1", auth_key=Sha1Key(AUTH_PASSWORD.encode()), priv_key=Aes128Key(PRIV_PASSWORD.encode()))
    signed = GufoUser("bob", auth_key=Sha1Key(AUTH_PASSWORD.encode()))

    for how in (
        {"community": "public", "version": SnmpVersion.v1},
        {"community": "public", "version": SnmpVersion.v2c},
        {"user": GufoUser("eve"), "version": SnmpVersion.v3},
        {"user": signed, "version": SnmpVersion.v3},
        {"user": private, "version": SnmpVersion.v3},
    ):
        arguments: dict[str, Any] = how
        async with SnmpSession(WHERE, port=fleet.port, timeout=3, **arguments) as session:
            assert await session.get(SYS_NAME) == fleet.name.encode()
            if how["version"] is not SnmpVersion.v1:
                found = [oid async for oid, _ in session.getbulk(PRINTER_MIB)]
                assert len(found) > 100


async def test_aiosnmp_reads_and_walks(fleet: Fleet) -> None:
    async with aiosnmp.Snmp(host=WHERE, port=fleet.port, community="public", timeout=3) as manager:
        assert [found.value for found in await manager.get(SYS_NAME)] == [fleet.name.encode()]
        assert len(await manager.bulk_walk(PRINTER_MIB)) > 100
