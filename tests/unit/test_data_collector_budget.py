"""One visit spends one budget, over all protocols."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from data_collector.core.budget import STALLS_MAX, VisitBudget, VisitLimits
from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, Varbind
from data_collector.core.ledm import ELEMENTS_MAX, LedmDecodeError, parse_document
from data_collector.core.reading import Walk
from data_collector.core.walk_guard import WalkStop
from data_collector.snmp.conversation import Conversation, Walked
from data_collector.snmp.port import Row, UnreadableError, Version

ROOT: Oid = (1, 3, 6, 1, 2, 1, 43)


def test_a_fresh_budget_is_not_over_and_each_limit_ends_it() -> None:
    limits = VisitLimits(requests_max=2, rows_max=3, received_octets_max=10)
    requests, rows, octets = VisitBudget(limits), VisitBudget(limits), VisitBudget(limits)
    assert requests.over is None

    requests.asked()
    requests.asked()
    rows.received(0, rows=3)
    octets.received(10)

    assert [one.over for one in (requests, rows, octets)] == ["2 requests", "3 SNMP objects", "10 octets"]
    assert octets.body_octets_max == 0


def test_a_web_server_is_left_alone_after_it_stalled_twice_and_the_one_at_another_port_is_not() -> None:
    budget = VisitBudget()
    stuck = []
    for _ in range(STALLS_MAX):
        stuck.append(budget.is_stuck(80))
        budget.stalled(80)

    assert stuck == [False] * STALLS_MAX
    assert budget.is_stuck(80)
    assert not budget.is_stuck(631)


def test_after_a_body_that_took_all_it_could_there_is_still_a_budget_for_the_next_protocol() -> None:
    budget = VisitBudget(VisitLimits(received_octets_max=1_000))
    budget.received(budget.body_octets_max)

    assert budget.over is None
    assert budget.body_octets_max == 250


class Endless:
    """An agent whose every table goes on for ever, as it should, and which can read no GET of more than one object."""

    def __init__(self) -> None:
        self.requests = 0
        self.refused: bool | None = False

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        self.requests += 1
        if len(oids) > 1:
            raise UnreadableError("too many at once")
        return ((oids[0], b"x" * 1_000),)

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        answer, row = 0, 0
        while True:
            self.requests += 1
            answer += 1
            for _ in range(repetitions):
                row += 1
                yield Row(answer, (*root, row), b"x" * 100)

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered]:
        self.requests += 1
        return [((*root, row), b"x" * 100) for row in range(1, repetitions + 1) for root in columns]

    def close(self) -> None:
        """Nothing to give back."""


def conversation(agent: Endless, **limits: int) -> Conversation:
    budget = VisitBudget(VisitLimits(**limits))
    return Conversation(agent, Version.V2C, lambda: 0.0, budget)


def test_a_walk_that_keeps_every_rule_ends_with_the_budget_of_its_visit() -> None:
    agent = Endless()
    talk = conversation(agent, rows_max=500)

    walks = [asyncio.run(talk.walk((*ROOT, table), 400)) for table in range(4)]

    assert [walked.stop for walked in walks] == [WalkStop.ROWS, *[WalkStop.BUDGET] * 3]
    assert sum(len(walked.rows) for walked in walks) <= 500 + 20
    assert agent.requests <= 500 / 20 + 2


def test_tables_asked_for_together_end_with_the_budget_of_their_visit() -> None:
    agent = Endless()
    talk = conversation(agent, rows_max=500)

    async def read() -> list[Walked]:
        tables = [Walk(root=(*ROOT, table), rows_max=400) for table in range(4)]
        return [walked async for _, walked in talk.walks(tables, {})]

    walks = asyncio.run(read())

    assert [walked.stop for walked in walks] == [WalkStop.ROWS, *[WalkStop.BUDGET] * 3]
    assert sum(len(walked.rows) for walked in walks) <= 500 + 40
    assert agent.requests <= 500 / 20 + 2
    assert talk.together


def test_large_strings_use_up_the_octets_of_a_visit() -> None:
    agent = Endless()
    talk = conversation(agent, received_octets_max=20_000)

    found = asyncio.run(talk.get([(*ROOT, number) for number in range(400)]))

    assert 18 <= len(found) <= 20
    assert talk.unanswered == frozenset((*ROOT, number) for number in range(400)) - {one for one, _ in found}


def test_questions_that_are_halved_again_and_again_use_up_the_requests_of_a_visit() -> None:
    agent = Endless()
    talk = conversation(agent, requests_max=30)

    asyncio.run(talk.get([(*ROOT, number) for number in range(400)]))

    assert agent.requests == 30


def test_a_document_of_too_many_elements_is_refused_before_a_tree_is_made_of_it() -> None:
    bomb = b"<a>" + b"<b/>" * (2 * ELEMENTS_MAX) + b"</a>"

    try:
        parse_document(bomb)
    except LedmDecodeError as error:
        assert str(error) == f"the document has more than {ELEMENTS_MAX} elements"
    else:
        raise AssertionError("it was read")
