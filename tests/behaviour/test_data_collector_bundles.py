"""Tables asked for together bring what they bring one by one, whatever the agent makes of such a request."""

from collections.abc import Callable, Mapping
from contextlib import aclosing, closing
from time import monotonic

import pytest

from data_collector.core.evidence import Oid, Varbind, oid
from data_collector.core.reading import Walk
from data_collector.core.walk_guard import WalkStop
from data_collector.snmp.conversation import Conversation
from data_collector.snmp.gufo import Gufo
from data_collector.snmp.memory import MemoryAgent, MemorySnmp
from data_collector.snmp.native import Native
from data_collector.snmp.port import Agent, SnmpLibrary, Version
from data_collector.snmp.pysnmp_adapter import Pysnmp
from tests.support.data_collector import GET_BULK, TOO_BIG, Answer, Asked, Rows, honest, snmp_agent

SIZES = {"1.3.6.1.2.1.2.2.1.6": 2, "1.3.6.1.2.1.43.10.2.1.4.1": 1, "1.3.6.1.2.1.43.11.1.1.9.1": 48,
         "1.3.6.1.2.1.43.12.1.1.4.1": 4, "1.3.6.1.2.1.43.18.1.1": 0, "1.3.6.1.4.1.99999.7": 6}  # fmt: skip
ROWS: Rows = {
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.99999.1",
    **{f"{root}.{row}": row for root, size in SIZES.items() for row in range(1, size + 1)},
    "1.3.6.1.4.1.99999.8.0": b"after all tables",
}
LARGE = oid("1.3.6.1.2.1.43.11.1.1.9.1")
WALKS = [Walk(root=oid(root), rows_max=512 if size > 9 else 64) for root, size in SIZES.items()]
KNOWN = {oid(root): size for root, size in SIZES.items()}
OLD = {oid(root): (size + 2) % 3 for root, size in SIZES.items()}
Answered = dict[Oid, tuple[list[Varbind], WalkStop]]


async def told(library: SnmpLibrary, agent: Agent, known: Mapping[Oid, int]) -> tuple[Answered, bool]:
    """What all tables bring, and whether the agent may be asked for several the next time."""
    found: Answered = {}
    with closing(Conversation(library.open(agent), agent.version, monotonic)) as talk:
        await talk.get([oid("1.3.6.1.2.1.43.10.2.1.4.1.1")])
        async with aclosing(talk.walks(WALKS, known)) as arriving:
            async for walk, walked in arriving:
                assert walk.root not in found
                found[walk.root] = (list(walked.rows), walked.stop)
    return found, talk.together


WHOLE: Answered = {
    oid(root): ([((*oid(root), row), row) for row in range(1, size + 1)], WalkStop.END) for root, size in SIZES.items()
}


def at(port: int, version: Version = Version.V2C) -> Agent:
    """An agent on loopback."""
    return Agent(address="127.0.0.1", port=port, community="public", version=version, timeout_s=0.2, attempts=1)


@pytest.mark.parametrize("known", [{}, KNOWN, OLD], ids=["first", "known", "changed"])
@pytest.mark.parametrize("library", [Native(), Gufo(), Pysnmp()], ids=["native", "gufo", "pysnmp"])
@pytest.mark.parametrize("version", [Version.V2C, Version.V1])
async def test_every_table_is_whole_whatever_was_known(
    library: SnmpLibrary, version: Version, known: dict[Oid, int]
) -> None:
    async with snmp_agent(honest(ROWS)) as live:
        found, _together = await told(library, at(live.port, version), known)

    assert found == WHOLE


@pytest.mark.parametrize("known", [{}, KNOWN, OLD], ids=["first", "known", "changed"])
async def test_so_is_it_in_memory(known: dict[Oid, int]) -> None:
    rows = {oid(name): value if isinstance(value, int) else b"" for name, value in ROWS.items()}

    found, together = await told(MemorySnmp({"127.0.0.1": MemoryAgent(rows=rows)}), at(0), known)

    assert (found, together) == (WHOLE, True)


def asked_at_once(change: Callable[[Asked], bytes | None]) -> Answer:
    """An honest agent, but for requests for several tables."""
    right = honest(ROWS)
    return lambda asked: change(asked) if asked.kind == GET_BULK and len(asked.oids) > 1 else right(asked)


def first_only(asked: Asked) -> bytes | None:
    """As if there were only one table in the request."""
    alone = Asked(
        version=asked.version, community=asked.community, kind=asked.kind, request_id=asked.request_id,
        repetitions=asked.repetitions, oids=asked.oids[asked.singles :][:1], source=asked.source,
    )  # fmt: skip
    return honest(ROWS)(alone)


@pytest.mark.parametrize(
    "change",
    [lambda asked: None, lambda asked: asked.reply([], error=TOO_BIG), lambda asked: b"\x30\x03\x02\x01", first_only,
     lambda asked: asked.reply([(one, None) for one in asked.oids])],
    ids=["silent", "too big", "garbage", "first table only", "nothing there"],
)  # fmt: skip
async def test_an_agent_that_cannot_tell_several_tables_at_once_is_asked_one_by_one(
    change: Callable[[Asked], bytes | None],
) -> None:
    async with snmp_agent(asked_at_once(change)) as live:
        found, together = await told(Native(), at(live.port), {})

    assert found == WHOLE
    assert not together


@pytest.mark.parametrize("varbinds_max", [1, 3, 7, 20])
async def test_an_answer_cut_short_is_walked_on(varbinds_max: int) -> None:
    async with snmp_agent(honest(ROWS, varbinds_max=varbinds_max)) as live:
        found, _together = await told(Native(), at(live.port), KNOWN)

    assert found == WHOLE


async def test_a_table_of_which_an_object_was_answered_is_not_believed_to_be_empty() -> None:
    hidden: Rows = {name: value for name, value in ROWS.items() if ".43.10." not in name}

    def blind(asked: Asked) -> bytes | None:
        return honest(hidden if asked.kind == GET_BULK and len(asked.oids) > 1 else ROWS)(asked)

    async with snmp_agent(blind) as live:
        found, _together = await told(Native(), at(live.port), {})

    assert found == WHOLE


async def test_a_printer_whose_tables_are_known_is_read_in_two_answers() -> None:
    known = {**KNOWN, LARGE: 38}
    rows: Rows = {
        name: value for name, value in ROWS.items() if not name.startswith("1.3.6.1.2.1.43.11") or value in range(39)
    }

    async with snmp_agent(honest(rows)) as live:
        await told(Native(), at(live.port), known)

    assert [asked.repetitions for asked in live.asked if asked.kind == GET_BULK] == [7, 39]


async def test_of_a_known_table_that_one_answer_cannot_hold_just_the_rest_is_asked_for() -> None:
    root = "1.3.6.1.2.1.43.11.1.1.9.1"
    rows: Rows = {f"{root}.{row}": row for row in range(1, 56)}

    async with snmp_agent(honest(rows)) as live:
        found, _together = await told(Native(), at(live.port), {**KNOWN, LARGE: 55})

    assert len(found[LARGE][0]) == 55
    assert [asked.repetitions for asked in live.asked if asked.kind == GET_BULK][1:] == [50, 6]


async def test_tables_that_are_to_be_read_in_turn_are_asked_for_one_by_one_after_the_others() -> None:
    turns = [Walk(root=one.root, rows_max=64, in_turn=True) for one in (WALKS[3], WALKS[0])]

    async with snmp_agent(honest(ROWS)) as live:
        with closing(Conversation(Native().open(at(live.port)), Version.V2C, monotonic)) as talk:
            got = [walk.root async for walk, _ in talk.walks([*turns, WALKS[1]], KNOWN)]

    assert got == [WALKS[1].root, WALKS[3].root, WALKS[0].root]
    assert [len(asked.oids) for asked in live.asked] == [1, 1, 1]
