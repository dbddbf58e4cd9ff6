"""Stage one of a scan: who is asked how often, in which way, and what the next scan remembers."""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest

from data_collector.core.targets import Target
from data_collector.snmp.native import Native
from data_collector.snmp.port import Agent, Version
from data_collector.snmp.users import UsmUser
from data_collector.sweep import BLANK_TRUST, Contact, Sweep, SweepMemory, Way, ways
from tests.support.data_collector import Asked, honest, snmp_agent
from tests.support.data_collector_devices import printer

HOST = "127.90.7.1"
DEAF = "127.90.7.2"


@dataclass
class Swept:
    """What one sweep found."""

    contacts: list[Contact] = field(default_factory=list)
    blanks: int = 0


async def sweep(
    port: int,
    addresses: list[str],
    *,
    memory: SweepMemory | None = None,
    small: bool = False,
    communities: tuple[str, ...] = ("public",),
    users: tuple[UsmUser, ...] = (),
    library: Native | None = None,
) -> Swept:
    """One sweep of these addresses, without ICMP."""
    swept, library = Swept(), library or Native()

    def blank() -> None:
        swept.blanks += 1

    with ExitStack() as stack:
        await Sweep(
            iter([Target(address=one) for one in addresses]),
            library=library,
            box=stack.enter_context(library.holding()),
            echo=None,
            ways=ways(communities, users),
            port=port,
            timeout_s=0.15,
            small=small,
            memory=memory or SweepMemory(),
            found=swept.contacts.append,
            blank=blank,
        ).run()
    return swept


def deaf_for(questions: int, seen: list[Asked]) -> Callable[[Asked], bytes | None]:
    """An honest agent that loses the first questions."""
    answer = honest(printer("SN0001"))

    def lossy(asked: Asked) -> bytes | None:
        seen.append(asked)
        return answer(asked) if len(seen) > questions else None

    return lossy


async def test_a_silent_address_is_asked_twice_in_a_large_scan_and_no_more() -> None:
    async with snmp_agent(lambda asked: None, HOST) as live:
        swept = await sweep(live.port, [HOST])

    assert [asked.version for asked in live.asked] == [1, 0]
    assert (swept.contacts, swept.blanks) == ([], 1)


async def test_a_silent_address_of_a_small_scan_is_visited_all_the_same() -> None:
    async with snmp_agent(lambda asked: None, HOST) as live:
        swept = await sweep(live.port, [HOST], small=True)

    assert [(contact.way, contact.alive) for contact in swept.contacts] == [(None, False)]


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_question_hides_no_printer(lost: int) -> None:
    seen: list[Asked] = []
    async with snmp_agent(deaf_for(lost, seen), HOST) as live:
        swept = await sweep(live.port, [HOST], small=True)

    assert len(swept.contacts) == 1
    assert swept.contacts[0].way is not None


async def test_an_address_that_was_blank_is_asked_once_the_next_time_and_thoroughly_now_and_then() -> None:
    memory, counts = SweepMemory(), list[int]()
    async with snmp_agent(lambda asked: None, HOST) as live:
        for _ in range(BLANK_TRUST + 1):
            before = len(live.asked)
            await sweep(live.port, [HOST], memory=memory)
            counts.append(len(live.asked) - before)

    assert counts == [2, *[1] * (BLANK_TRUST - 1), 2]


async def test_a_printer_that_came_to_a_blank_address_is_found() -> None:
    memory = SweepMemory()
    async with snmp_agent(lambda asked: None, HOST) as live:
        await sweep(live.port, [HOST], memory=memory)
        live.answer = honest(printer("SN0001"))
        swept = await sweep(live.port, [HOST], memory=memory)

    assert len(swept.contacts) == 1


async def test_what_worked_is_the_first_question_of_the_next_scan() -> None:
    memory = SweepMemory()
    async with snmp_agent(honest(printer("SN0001"), community=b"third", versions=[0]), HOST) as live:
        communities = ("first", "second", "third")
        await sweep(live.port, [HOST], memory=memory, communities=communities)
        before = len(live.asked)
        swept = await sweep(live.port, [HOST], memory=memory, communities=communities)

    assert len(live.asked) - before == 1
    assert swept.contacts[0].way == Way(version=Version.V1, community="third")


async def test_the_first_way_in_order_wins_when_several_answer() -> None:
    answer = honest(printer("SN0001"))

    def slow_to_begin(asked: Asked) -> bytes | None:
        return answer(asked) if len(live.asked) > 1 else None

    async with snmp_agent(slow_to_begin, HOST) as live:
        swept = await sweep(live.port, [HOST], small=True)

    assert swept.contacts[0].way == Way(version=Version.V2C, community="public")


async def test_a_closed_port_is_asked_again_and_visited() -> None:
    async with snmp_agent(honest(printer("SN0001")), HOST) as live:
        library = Native()
        with library.holding() as box:
            swept = await sweep(live.port, [DEAF], library=library)

    assert [contact.way for contact in swept.contacts] == [None]
    assert box.packets_sent == 1 + 1 + 2  # the first way, the other, and both once more


async def test_an_answer_from_another_address_finds_nobody() -> None:
    async with snmp_agent(lambda asked: None, DEAF) as other:

        def from_elsewhere(asked: Asked) -> None:
            other.transport.sendto(asked.reply([(asked.oids[0], b"forged")]), asked.source)

        async with snmp_agent(from_elsewhere, HOST) as live:
            swept = await sweep(live.port, [HOST])

    assert (swept.contacts, swept.blanks) == ([], 1)


async def test_two_thousand_addresses_share_one_socket_and_each_question_has_its_own_number() -> None:
    first = int(ipaddress.IPv4Address("127.91.0.1"))
    addresses = [str(ipaddress.IPv4Address(first + place)) for place in range(2_000)]
    async with snmp_agent(lambda asked: None, "0.0.0.0") as live:
        swept = await sweep(live.port, addresses)

    assert swept.blanks == 2_000
    assert len({asked.request_id for asked in live.asked}) == len(live.asked) > 100


async def test_a_sweep_that_is_cancelled_leaves_nothing_behind() -> None:
    async with snmp_agent(lambda asked: None, HOST) as live:
        running = asyncio.create_task(sweep(live.port, [HOST]))
        await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        with closing(Native().open(Agent(address=HOST, port=live.port, community="public", timeout_s=0.05))) as session:
            assert session.refused is False


def test_a_sweep_without_any_way_to_ask_says_so() -> None:
    with pytest.raises(ValueError, match="neither a community nor a v3 user"):
        ways((), ())


def test_v3_users_come_first_and_version_1_last() -> None:
    found = ways(("a", "b"), (UsmUser(name="u"),))

    assert [(way.version, way.community) for way in found] == [
        (Version.V3, ""),
        (Version.V2C, "a"),
        (Version.V2C, "b"),
        (Version.V1, "a"),
        (Version.V1, "b"),
    ]
