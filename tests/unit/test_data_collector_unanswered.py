"""What an agent lacks is told from what it left unanswered."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from data_collector.core.evidence import Oid, Varbind
from data_collector.snmp.conversation import CHUNK_MAX, Conversation
from data_collector.snmp.port import Row, SilentError, UnreadableError, Version

ROOT: Oid = (1, 3, 6, 1, 4, 1, 99999)


class Agent:
    """Has the even objects. What it does with some others is in moods: "refuses", "falls silent" or "babbles"."""

    def __init__(self, moods: dict[int, str]) -> None:
        self._moods = moods
        self.refused: bool | None = False

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        moods = {self._moods.get(each[-1]) for each in oids}
        self.refused = "refuses" in moods
        if "falls silent" in moods:
            raise SilentError("no answer")
        if "babbles" in moods:
            raise UnreadableError("no message")
        return () if self.refused else tuple((each, 1) for each in oids if each[-1] % 2 == 0)

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        for _ in range(0):
            yield Row(0, root, None)

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> None:
        """Has no tables."""

    def close(self) -> None:
        """Nothing to give back."""


def asked(moods: dict[int, str], count: int = 6) -> set[int]:
    """Which of the first objects stay open."""
    talk = Conversation(Agent(moods), Version.V2C, lambda: 0.0)
    asyncio.run(talk.get([(*ROOT, number) for number in range(count)]))
    return {each[-1] for each in talk.unanswered}


def test_an_object_that_the_agent_says_it_lacks_is_answered() -> None:
    assert asked({}) == set()


@pytest.mark.parametrize("mood", ["refuses", "babbles"])
def test_only_the_object_that_it_refuses_stays_open(mood: str) -> None:
    assert asked({3: mood}) == {3}


def test_all_that_was_asked_in_a_question_without_an_answer_stays_open() -> None:
    assert asked({3: "falls silent"}) == set(range(6))


def test_what_is_asked_no_more_of_an_agent_that_went_silent_stays_open() -> None:
    silent = {0: "falls silent", CHUNK_MAX: "falls silent"}

    assert asked(silent, 3 * CHUNK_MAX) == set(range(3 * CHUNK_MAX))
