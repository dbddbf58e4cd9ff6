"""One suite for every SNMP library behind the port: honest agents, old agents, hostile agents."""

import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, closing, contextmanager
from time import monotonic

import pytest

from data_collector.core.evidence import Oid, Varbind, oid
from data_collector.core.walk_guard import WalkStop
from data_collector.snmp.conversation import Conversation
from data_collector.snmp.gufo import Gufo
from data_collector.snmp.memory import MemoryAgent, MemorySnmp
from data_collector.snmp.native import Native
from data_collector.snmp.port import (
    COMMUNITY_VERSIONS,
    Agent,
    RefusedError,
    SilentError,
    SnmpError,
    SnmpLibrary,
    UnreadableError,
    Version,
)
from data_collector.snmp.pysnmp_adapter import Pysnmp
from tests.support.data_collector import (
    COUNTER32,
    COUNTER64,
    TIMETICKS,
    Answer,
    Asked,
    Rows,
    Typed,
    honest,
    snmp_agent,
)

LIBRARIES: dict[str, SnmpLibrary] = {"native": Native(), "gufo": Gufo(), "pysnmp": Pysnmp()}
SYSTEM = oid("1.3.6.1.2.1.1")
OBJECT_ID = oid("1.3.6.1.2.1.1.2.0")
ROWS: Rows = {
    "1.3.6.1.2.1.1.1.0": b"HP ETHERNET MULTI-ENVIRONMENT",
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.11.2.3.9.1",
    "1.3.6.1.2.1.1.3.0": Typed(TIMETICKS, 8_640_000),
    "1.3.6.1.2.1.1.5.0": b"\xff\x00caf\xc3\xa9",
    "1.3.6.1.2.1.4.20.1.1": Typed(0x40, bytes([10, 0, 0, 7])),
    "1.3.6.1.2.1.43.10.2.1.4.1.1": Typed(COUNTER32, b"\x00\xff\xff\xff\xff"),
    "1.3.6.1.2.1.43.10.2.1.4.1.2": Typed(COUNTER64, 2**40),
    **{f"1.3.6.1.2.1.43.11.1.1.9.1.{row}": -row for row in range(1, 51)},
}
VALUES: dict[Oid, int | bytes | Oid] = {
    oid("1.3.6.1.2.1.1.1.0"): b"HP ETHERNET MULTI-ENVIRONMENT",
    OBJECT_ID: oid("1.3.6.1.4.1.11.2.3.9.1"),
    oid("1.3.6.1.2.1.1.3.0"): 8_640_000,
    oid("1.3.6.1.2.1.1.5.0"): b"\xff\x00caf\xc3\xa9",
    oid("1.3.6.1.2.1.4.20.1.1"): bytes([10, 0, 0, 7]),
    oid("1.3.6.1.2.1.43.10.2.1.4.1.1"): 2**32 - 1,
    oid("1.3.6.1.2.1.43.10.2.1.4.1.2"): 2**40,
    **{oid(f"1.3.6.1.2.1.43.11.1.1.9.1.{row}"): -row for row in range(1, 51)},
}
LEVELS = oid("1.3.6.1.2.1.43.11.1.1.9.1")
Dial = Callable[..., Awaitable[tuple[SnmpLibrary, Agent]]]


@pytest.fixture(params=["native", "gufo", "pysnmp", "memory"])
async def dial(request: pytest.FixtureRequest) -> AsyncIterator[Dial]:
    """A library, and an agent that has ROWS: over loopback for the real ones, in memory for the third."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            version: Version = Version.V2C,
            speaks: tuple[Version, ...] = (Version.V1, Version.V2C),
            varbinds_max: int = 60,
            community: str = "public",
        ) -> tuple[SnmpLibrary, Agent]:
            agent = Agent(address="127.0.0.1", port=0, community=community, version=version, timeout_s=0.4, attempts=1)
            if request.param == "memory":
                device = MemoryAgent(rows=VALUES, versions=speaks, varbinds_max=varbinds_max)
                return MemorySnmp({"127.0.0.1": device}), agent
            numbers = {Version.V1: 0, Version.V2C: 1}
            answer = honest(ROWS, versions=[numbers[one] for one in speaks], varbinds_max=varbinds_max)
            live = await stack.enter_async_context(snmp_agent(answer))
            return LIBRARIES[request.param], Agent(
                address="127.0.0.1",
                port=live.port,
                community=community,
                version=version,
                timeout_s=0.4,
                attempts=1,
            )

        yield start


async def rows_of(library: SnmpLibrary, agent: Agent, root: Oid, repetitions: int) -> list[Varbind]:
    """Everything a walk brings until it leaves the root."""
    found = []
    with closing(library.open(agent)) as session:
        async with aclosing(session.walk(root, repetitions)) as rows:
            async for row in rows:
                if row.identifier[: len(root)] != root or row.value is None:
                    break
                found.append((row.identifier, row.value))
    return found


async def ask(library: SnmpLibrary, agent: Agent, oids: list[Oid]) -> tuple[Varbind, ...]:
    """The answer to one GET."""
    with closing(library.open(agent)) as session:
        return await session.get(oids)


@contextmanager
def talk(library: SnmpLibrary, agent: Agent) -> Iterator[Conversation]:
    """A conversation over a fresh session."""
    with closing(Conversation(library.open(agent), agent.version, monotonic)) as conversation:
        yield conversation


@pytest.mark.parametrize("version", COMMUNITY_VERSIONS)
async def test_every_kind_of_value_arrives_as_it_was_sent(dial: Dial, version: Version) -> None:
    library, agent = await dial(version=version)
    count = 6 if version is Version.V1 else 7  # version 1 has no Counter64

    answered = dict(await ask(library, agent, list(VALUES)[:count]))

    assert answered == dict(list(VALUES.items())[:count])


async def test_what_the_agent_lacks_is_absent_and_the_rest_is_there(dial: Dial) -> None:
    library, agent = await dial()

    answered = await ask(library, agent, [oid("1.3.6.1.2.1.1.9.0"), OBJECT_ID])

    assert answered == ((OBJECT_ID, VALUES[OBJECT_ID]),)


@pytest.mark.parametrize("repetitions", [20, 1])
@pytest.mark.parametrize("version", COMMUNITY_VERSIONS)
async def test_a_walk_brings_the_rows_in_order(dial: Dial, version: Version, repetitions: int) -> None:
    library, agent = await dial(version=version)

    found = await rows_of(library, agent, LEVELS, repetitions)

    assert found == [((*LEVELS, row), -row) for row in range(1, 51)]


async def test_a_wrong_community_is_silence(dial: Dial) -> None:
    library, agent = await dial(community="private")

    with pytest.raises(SilentError):
        await ask(library, agent, [OBJECT_ID])


async def test_an_agent_of_version_1_is_silent_for_version_2c(dial: Dial) -> None:
    library, agent = await dial(speaks=(Version.V1,))

    with pytest.raises(SilentError):
        await ask(library, agent, [OBJECT_ID])


async def test_a_refused_request_gives_nothing_at_all(dial: Dial) -> None:
    library, agent = await dial(varbinds_max=3)

    assert await ask(library, agent, list(VALUES)[:4]) == ()


async def test_a_conversation_cuts_a_get_to_what_the_agent_can_answer(dial: Dial) -> None:
    library, agent = await dial(varbinds_max=3)

    with talk(library, agent) as conversation:
        assert dict(await conversation.get(list(VALUES))) == VALUES


async def test_a_conversation_in_version_1_drops_the_missing_object_and_goes_on(dial: Dial) -> None:
    library, agent = await dial(version=Version.V1)
    missing = [oid(f"1.3.6.1.2.1.43.5.1.1.{column}.1") for column in (6, 17)]

    with talk(library, agent) as conversation:
        answered = await conversation.get([OBJECT_ID, missing[0], LEVELS, missing[1], (*LEVELS, 7)])

    assert dict(answered) == {OBJECT_ID: VALUES[OBJECT_ID], (*LEVELS, 7): -7}


@pytest.mark.parametrize("version", COMMUNITY_VERSIONS)
async def test_a_conversation_stops_a_walk_at_its_limit(dial: Dial, version: Version) -> None:
    library, agent = await dial(version=version)

    with talk(library, agent) as conversation:
        walked = await conversation.walk(LEVELS, rows_max=7)

    assert [identifier[-1] for identifier, _value in walked.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert walked.stop is WalkStop.ROWS


async def test_a_walk_ends_where_the_subtree_ends(dial: Dial) -> None:
    library, agent = await dial()

    with talk(library, agent) as conversation:
        walked = await conversation.walk(SYSTEM, rows_max=100)

    assert len(walked.rows) == 4
    assert walked.stop is WalkStop.END


@pytest.mark.parametrize(("hint", "rows"), [(50, 50), (49, 50), (0, 50), (80, 50)])
async def test_a_walk_brings_every_row_whatever_was_there_the_last_time(dial: Dial, hint: int, rows: int) -> None:
    library, agent = await dial()

    with talk(library, agent) as conversation:
        walked = await conversation.walk(LEVELS, 100, hint)

    assert (len(walked.rows), walked.stop) == (rows, WalkStop.END)


async def test_a_table_as_large_as_the_last_time_is_asked_for_with_one_row_more(library: SnmpLibrary) -> None:
    async with snmp_agent(honest(ROWS)) as live:
        with talk(library, at(live.port)) as conversation:
            first = await conversation.walk(SYSTEM, 100, 4)
            grown = await conversation.walk(SYSTEM, 100, 3)

    assert len(first.rows) == len(grown.rows) == 4
    assert [asked.repetitions for asked in live.asked] == [5, 4, 20]


async def test_a_community_is_in_no_text_that_an_agent_shows_of_itself(dial: Dial) -> None:
    _library, agent = await dial(community="s3cret")

    assert "s3cret" not in repr(agent)


# What follows needs bytes on a wire, so it is asked of the two real libraries only.


@pytest.fixture(params=list(LIBRARIES))
def library(request: pytest.FixtureRequest) -> SnmpLibrary:
    """One of the libraries that speak over a socket."""
    return LIBRARIES[request.param]


def at(port: int, *, attempts: int = 1, timeout_s: float = 0.4) -> Agent:
    """An agent on loopback."""
    return Agent(address="127.0.0.1", port=port, community="public", timeout_s=timeout_s, attempts=attempts)


async def test_a_lost_datagram_is_asked_for_once_more(library: SnmpLibrary) -> None:
    seen: list[Asked] = []

    def deaf_at_first(asked: Asked) -> bytes | None:
        seen.append(asked)
        return honest(ROWS)(asked) if len(seen) > 1 else None

    async with snmp_agent(deaf_at_first) as live:
        answered = await ask(library, at(live.port, attempts=2), [OBJECT_ID])

    assert dict(answered) == {OBJECT_ID: VALUES[OBJECT_ID]}


async def test_a_closed_port_is_refused_at_once(library: SnmpLibrary) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(RefusedError):
        await ask(library, at(port, timeout_s=5.0), [OBJECT_ID])


async def test_bytes_that_are_no_snmp_are_unreadable(library: SnmpLibrary) -> None:
    async with snmp_agent(lambda asked: b"\x30\x82\xff\xff garbage") as live:
        with pytest.raises(UnreadableError):
            await ask(library, at(live.port), [OBJECT_ID])


async def test_an_answer_above_8_kilobytes_is_not_taken(library: SnmpLibrary) -> None:
    async with snmp_agent(lambda asked: asked.reply([(one, b"x" * 9_000) for one in asked.oids])) as live:
        with pytest.raises(UnreadableError):
            await ask(library, at(live.port), [OBJECT_ID])


async def test_an_answer_with_a_strange_number_is_passed_over(library: SnmpLibrary) -> None:
    def guess(asked: Asked) -> bytes:
        forged = Asked(
            version=1,
            community=b"public",
            kind=asked.kind,
            request_id=asked.request_id ^ 1,
            repetitions=0,
            oids=(),
            source=asked.source,
        )
        return forged.reply([(asked.oids[0], b"forged")])

    async with snmp_agent(guess) as live:
        with pytest.raises(SilentError):
            await ask(library, at(live.port), [OBJECT_ID])


async def test_an_answer_from_another_address_is_passed_over(library: SnmpLibrary) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))

        def answer_from_elsewhere(asked: Asked) -> None:
            stranger.sendto(asked.reply([(asked.oids[0], b"forged")]), asked.source)

        async with snmp_agent(answer_from_elsewhere) as live:
            with pytest.raises(SilentError):
                await ask(library, at(live.port), [OBJECT_ID])


def mangled(seed: int) -> Answer:
    """An honest answer with bits flipped, bytes changed, put in or cut off."""
    dice, right = random.Random(seed), honest(ROWS)

    def answer(asked: Asked) -> bytes:
        reply = bytearray(right(asked) or b"")
        at = dice.randrange(len(reply))
        match dice.randrange(4):
            case 0:
                reply[at] = dice.randrange(256)
            case 1:
                del reply[at:]
            case 2:
                reply[at] ^= 1 << dice.randrange(8)
            case _:
                reply[at:at] = dice.randbytes(dice.randrange(1, 9))
        return bytes(reply)

    return answer


async def test_a_mangled_answer_is_unreadable_or_silence_and_never_ends_the_program(library: SnmpLibrary) -> None:
    ends: set[str] = set()
    async with snmp_agent(mangled(seed=1)) as live:
        for _ in range(300):
            try:
                await ask(library, at(live.port, timeout_s=0.01), list(VALUES)[:7])
                ends.add("answered")
            except SnmpError as error:
                ends.add(type(error).__name__)

    assert {"answered", "UnreadableError"} <= ends <= {"answered", "UnreadableError", "SilentError"}


async def test_a_session_goes_on_after_an_answer_that_broke_the_decoder(library: SnmpLibrary) -> None:
    broken = [b"", b"\x30", b"\x30\x26\x02\x01\x01\x04\x06public\xa2\x19\x02"]

    def answer(asked: Asked) -> bytes | None:
        return broken.pop() if broken else honest(ROWS)(asked)

    async with snmp_agent(answer) as live:
        with closing(library.open(at(live.port))) as session:
            for _ in range(3):
                with pytest.raises(SnmpError):
                    await session.get([OBJECT_ID])
            assert await session.get([OBJECT_ID]) == ((OBJECT_ID, VALUES[OBJECT_ID]),)


def repeating(asked: Asked) -> bytes:
    """The same row, for ever."""
    return asked.reply([("1.3.6.1.2.1.43.11.1.1.9.1.1", 5)] * max(1, asked.repetitions))


def endless() -> Answer:
    """One more row each time, for ever."""
    count = [0]

    def answer(asked: Asked) -> bytes:
        start = count[0]
        count[0] += max(1, asked.repetitions)
        return asked.reply([(f"1.3.6.1.2.1.43.11.1.1.9.1.{row + 1}", row) for row in range(start, count[0])])

    return answer


def going_back(asked: Asked) -> bytes:
    """Forward, forward, back."""
    return asked.reply([(f"1.3.6.1.2.1.43.11.1.1.9.1.{row}", row) for row in (1, 2, 9, 3, 4)])


def flooding(count: int) -> Answer:
    """More rows in one answer than were asked for."""
    return lambda asked: asked.reply([(f"1.3.6.1.2.1.43.11.1.1.9.1.{row + 1}", 1) for row in range(count)])


@pytest.mark.parametrize(
    ("answer", "rows", "stop"),
    [
        (repeating, 1, WalkStop.BACKWARD),
        (endless(), 300, WalkStop.ROWS),
        (going_back, 3, WalkStop.BACKWARD),
        (flooding(150), 20, WalkStop.FLOOD),
    ],
    ids=["repeating", "endless", "going back", "150 rows for 20"],
)
async def test_a_hostile_table_is_cut_where_it_breaks_the_rules(
    library: SnmpLibrary, answer: Answer, rows: int, stop: WalkStop
) -> None:
    async with snmp_agent(answer) as live:
        with talk(library, at(live.port)) as conversation:
            walked = await conversation.walk(LEVELS, rows_max=300)

    assert (len(walked.rows), walked.stop) == (rows, stop)


async def test_a_walk_asks_for_no_more_rows_than_it_may_keep_and_one(library: SnmpLibrary) -> None:
    async with snmp_agent(honest(ROWS)) as live:
        with talk(library, at(live.port)) as conversation:
            await conversation.walk(LEVELS, rows_max=4)

    assert [asked.repetitions for asked in live.asked] == [5]


async def test_2500_rows_in_one_answer_are_never_taken(library: SnmpLibrary) -> None:
    async with snmp_agent(flooding(2_500)) as live:
        with talk(library, at(live.port)) as conversation:
            walked = await conversation.walk(LEVELS, rows_max=4_000)

    assert walked.rows == ()
    assert walked.stop is WalkStop.SILENT


async def test_an_agent_that_cannot_do_getbulk_is_walked_by_getnext(library: SnmpLibrary) -> None:
    def no_bulk(asked: Asked) -> bytes | None:
        return None if asked.repetitions else honest(ROWS)(asked)

    async with snmp_agent(no_bulk) as live:
        with talk(library, at(live.port, timeout_s=0.1)) as conversation:
            walked = await conversation.walk(LEVELS, rows_max=100)

    assert len(walked.rows) == 50
    assert walked.stop is WalkStop.END


async def test_a_silent_agent_costs_a_conversation_two_silences_and_no_more(library: SnmpLibrary) -> None:
    async with snmp_agent(lambda asked: None) as live:
        with talk(library, at(live.port, timeout_s=0.05)) as conversation:
            answered = [await conversation.get([OBJECT_ID]) for _ in range(9)]

    assert answered == [()] * 9
    assert conversation.lost
    assert len(live.asked) == 2
