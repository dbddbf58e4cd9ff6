"""Agents in memory behind the same port: for tests of everything above it."""

from bisect import bisect_right
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, SnmpValue, Varbind
from data_collector.snmp.port import Agent, RefusedError, Row, SilentError, SnmpSession, Version


@dataclass(slots=True, kw_only=True)
class MemoryAgent:
    """A device's objects, whom it answers, and how much it can answer at once. asked: the requests it saw."""

    rows: Mapping[Oid, SnmpValue]
    communities: tuple[str, ...] = ("public",)
    versions: tuple[Version, ...] = (Version.V1, Version.V2C)
    varbinds_max: int = 60
    silent: bool = False
    asked: list[tuple[Oid, ...]] = field(default_factory=list)


class MemorySession:
    """Requests to one agent in memory, by the rules of RFC 1157 and RFC 3416."""

    def __init__(self, agent: Agent, device: MemoryAgent | None) -> None:
        self._agent, self._device = agent, device
        self._order = sorted(device.rows) if device else []

    @property
    def refused(self) -> bool | None:
        """See SnmpSession.refused: not told."""
        return None

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """See SnmpSession.get."""
        device = self._answering()
        device.asked.append(tuple(oids))
        if len(oids) > device.varbinds_max:
            return ()
        found = tuple((one, device.rows[one]) for one in oids if one in device.rows)
        if self._agent.version is Version.V1 and len(found) < len(oids):
            return ()
        return found

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        """See SnmpSession.walk."""
        device = self._answering()
        bulk = min(repetitions, device.varbinds_max) if self._agent.version is Version.V2C else 1
        start = bisect_right(self._order, root)
        for number, identifier in enumerate(self._order[start:]):
            if number % bulk == 0:
                device.asked.append((self._order[start + number - 1] if number else root,))
            yield Row(number // bulk, identifier, device.rows[identifier])

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered] | None:
        """See SnmpSession.bulk."""
        device = self._answering()
        if self._agent.version is Version.V1:
            return None
        device.asked.append((*singles, *columns))
        answer = [self._after(one) for one in singles]
        row = list(columns)
        for _ in range(repetitions):
            cells = [self._after(one) for one in row]
            answer += cells
            row = [identifier for identifier, _value in cells]
        return answer[: device.varbinds_max]

    def _after(self, identifier: Oid) -> Answered:
        place = bisect_right(self._order, identifier)
        if self._device is None or place == len(self._order):
            return identifier, None
        return self._order[place], self._device.rows[self._order[place]]

    def close(self) -> None:
        """See SnmpSession.close."""
        self._device = None

    def _answering(self) -> MemoryAgent:
        device = self._device
        if device is None:
            raise RefusedError("port closed")
        if device.silent or self._agent.version not in device.versions:
            raise SilentError("no answer")
        if self._agent.community not in device.communities:
            raise SilentError("no answer")
        return device


class MemorySnmp:
    """A network of agents by address; every other address refuses."""

    def __init__(self, agents: Mapping[str, MemoryAgent]) -> None:
        self._agents = agents

    def open(self, agent: Agent) -> SnmpSession:
        """See SnmpLibrary.open."""
        return MemorySession(agent, self._agents.get(agent.address))
