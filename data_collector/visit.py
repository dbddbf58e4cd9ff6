"""One visit to one address: who is there, by which protocol, and what it says.

1. The first question is one SNMP object, in version 2c, with the first community; ICMP echo goes beside it.
2. Silence: the same once more, and at the same time version 1, the other communities, and one TCP connect to HTTP and
   IPP. So a blank address costs two timeouts, however many communities there are, and a silent SNMP hides nobody.
3. A refused SNMP port is asked again too, after the same time: a device that is just waking up refuses at first.
   The first community in the given order that answered is kept.
4. A visit ends after `VISIT_MAX_S` whatever the device does; what was read until then is kept, with a finding.
"""

import asyncio
import enum
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Final

from data_collector.core.evidence import Evidence, Picture, dotted
from data_collector.core.more import NO_PRINTER, SILENT, More, more
from data_collector.core.reading import IDENTIFY, PROBE, is_printer, questions
from data_collector.core.targets import Target
from data_collector.core.vendors import Definitions
from data_collector.http_probe import HttpProbe, answers_tcp
from data_collector.icmp import Echo
from data_collector.ipp_probe import printer_attributes
from data_collector.snmp.conversation import Conversation
from data_collector.snmp.port import Agent, NotAllowedError, SilentError, SnmpError, SnmpLibrary, Version
from data_collector.snmp.users import UsmUser
from wire_format.records import Finding

VISIT_MAX_S: Final = 90.0
ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """How to reach a printer. users: SNMPv3, tried in order; timeout_s: real seconds for one answer."""

    snmp_port: int = 161
    http_port: int = 80
    https_port: int = 443
    ipp_port: int = 631
    communities: tuple[str, ...] = field(default=("public",), repr=False)
    users: tuple[UsmUser, ...] = ()
    timeout_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The open protocols of one scan."""

    snmp: SnmpLibrary
    http: HttpProbe
    echo: Echo | None
    definitions: Definitions
    now: Callable[[], datetime]


class Unread(enum.StrEnum):
    """Why an address that answered gave no report; the value is the sentence for a person."""

    NO_PRINTER = "answered SNMP, but is no printer"
    TURNED_AWAY = "turned the SNMPv3 user away: check name, protocols and passwords"
    MALFORMED = "answered SNMP with what is none"
    BUDGET = "used up the time of a visit before it said what it is"
    NO_SNMP = "has HTTP or IPP open, but said nothing by SNMP: check the community, and that SNMP is switched on"
    PING_ONLY = "answered ping only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a visit found. alive: something answered there; evidence: None when it is no printer, or tells nobody.

    unread: why there is no evidence although something answered.
    """

    target: Target
    alive: bool
    evidence: Evidence | None = None
    unread: Unread | None = None


@dataclass(slots=True)
class _Notes:
    """What a visit has gathered so far."""

    picture: Picture = field(default_factory=Picture)
    ledm: dict[str, bytes] = field(default_factory=dict)
    ipp: bytes | None = None
    findings: list[Finding] = field(default_factory=list)
    odd: list[Finding] = field(default_factory=list)
    """What is only worth telling of a printer: a stranger may well be silent, or refuse."""
    printer: bool = False
    alive: bool = False
    unread: Unread = Unread.PING_ONLY


async def visit(target: Target, dialling: Dialling, probes: Probes) -> Visited:
    """Ask everything of one address. Never raises for what is there."""
    notes = _Notes()
    at = probes.now()
    try:
        async with asyncio.timeout(VISIT_MAX_S):
            await _Visit(target.address, dialling, probes, notes).go()
    except TimeoutError:
        notes.findings.append(Finding(field="visit", source="collector", reason="the visit took too long"))
        notes.unread = Unread.BUDGET
    if not notes.printer:
        return Visited(target=target, alive=notes.alive, unread=notes.unread if notes.alive else None)
    evidence = Evidence(
        address=target.address,
        observed_at=at,
        hostname=target.hostname,
        picture=notes.picture,
        ledm=notes.ledm,
        ipp=notes.ipp,
        findings=(*notes.findings, *notes.odd),
    )
    return Visited(target=target, alive=True, evidence=evidence)


class _Visit:
    def __init__(self, address: str, dialling: Dialling, probes: Probes, notes: _Notes) -> None:
        self._address, self._dialling, self._probes, self._notes = address, dialling, probes, notes

    async def go(self) -> None:
        agent, web = await self._contact()
        if agent is None:
            wanted = SILENT
            reason = "silent: no answer to any version and community; read by HTTP or IPP"
            self._notes.odd.append(Finding(field="protocols", source="snmp", reason=reason))
        else:
            self._notes.alive = True
            wanted = await self._read_snmp(agent)
        if wanted.ipp or wanted.ledm:
            await self._read_web(wanted, web)

    async def _contact(self) -> tuple[Agent | None, tuple[bool, bool] | None]:
        """Who answers SNMP, and whether (HTTP, IPP) accept connections, where that was asked already."""
        first, *others = self._agents()
        life = asyncio.create_task(self._ping())
        again_s = monotonic() + self._dialling.timeout_s
        try:
            answered = await self._first_to_answer([first])
            if answered is not None:
                return answered, None
            # A lost datagram, another version or another community: all at once, in this order of preference.
            found, http, ipp = await asyncio.gather(
                self._first_to_answer([first, *others], after_s=again_s - monotonic()),
                answers_tcp(self._address, self._dialling.http_port, self._dialling.timeout_s),
                answers_tcp(self._address, self._dialling.ipp_port, self._dialling.timeout_s),
            )
            self._notes.alive = http or ipp or self._notes.unread is not Unread.PING_ONLY or (await life)
            if (http or ipp) and self._notes.unread is Unread.PING_ONLY:
                self._notes.unread = Unread.NO_SNMP
            return found, (http, ipp)
        finally:
            life.cancel()

    def _agents(self) -> list[Agent]:
        """Every way to be heard, best first: each v3 user in order, 2c with each community, then version 1."""
        users = [
            Agent(
                address=self._address,
                port=self._dialling.snmp_port,
                user=user,
                version=Version.V3,
                timeout_s=self._dialling.timeout_s,
                attempts=1,
            )
            for user in self._dialling.users
        ]
        return users + [
            Agent(
                address=self._address,
                port=self._dialling.snmp_port,
                community=community,
                version=version,
                timeout_s=self._dialling.timeout_s,
                attempts=1,
            )
            for version in (Version.V2C, Version.V1)
            for community in self._dialling.communities
        ]

    async def _ping(self) -> bool:
        echo = self._probes.echo
        return echo is not None and await echo.ping(self._address, self._dialling.timeout_s)

    async def _first_to_answer(self, agents: Sequence[Agent], *, after_s: float = 0.0) -> Agent | None:
        """The first of these, in their order, that answers; all are asked at once, after so many seconds."""
        await asyncio.sleep(max(0.0, after_s))
        tasks = [asyncio.create_task(self._answers(agent)) for agent in agents]
        try:
            for agent, task in zip(agents, tasks, strict=True):
                if await task:
                    return agent
        finally:
            for task in tasks:
                task.cancel()
        return None

    async def _answers(self, agent: Agent) -> bool:
        try:
            with closing(self._probes.snmp.open(agent)) as session:
                await session.get(PROBE)
        except SilentError:
            return False
        except NotAllowedError:
            self._notes.unread = Unread.TURNED_AWAY
            return False
        except SnmpError:
            self._notes.unread = Unread.MALFORMED
            return True
        return True

    async def _read_snmp(self, agent: Agent) -> More:
        notes, definitions = self._notes, self._probes.definitions
        patient = replace(agent, attempts=ATTEMPTS)
        with closing(Conversation(self._probes.snmp.open(patient), patient.version, monotonic)) as talk:
            notes.picture.extend(await talk.get(IDENTIFY))
            if not is_printer(notes.picture, definitions):
                if self._notes.unread is not Unread.MALFORMED:
                    self._notes.unread = Unread.NO_PRINTER
                return NO_PRINTER
            notes.printer = True
            asked = questions(notes.picture, definitions)
            notes.picture.extend(await talk.get(asked.gets))
            for wanted in asked.walks:
                walked = await talk.walk(wanted.root, wanted.rows_max)
                notes.picture.extend(walked.rows)
                if walked.stop.broken:
                    notes.findings.append(Finding(field="walk", source=dotted(wanted.root), reason=walked.stop.value))
            if talk.refused:
                reason = "refused: the agent answers these objects with an error"
                raw = " ".join(dotted(one) for one in talk.refused)[:1024]
                notes.findings.append(Finding(field="protocols", source="snmp", raw=raw, reason=reason))
            if talk.lost:
                notes.findings.append(
                    Finding(field="snmp", source="snmp", reason="the agent stopped answering while it was read")
                )
        return more(notes.picture)

    async def _read_web(self, wanted: More, web: tuple[bool, bool] | None) -> None:
        notes, dialling, http = self._notes, self._dialling, self._probes.http
        web_open, ipp_open = web or (True, True)
        if wanted.ledm and web_open:
            documents, findings = await http.ledm(self._address, dialling.http_port, dialling.https_port)
            notes.ledm.update(documents)
            notes.printer = notes.printer or bool(documents)
            notes.odd.extend(findings)
        if wanted.ipp and ipp_open and not notes.ledm:
            notes.ipp, findings = await printer_attributes(http, self._address, dialling.ipp_port)
            notes.printer = notes.printer or notes.ipp is not None
            notes.odd.extend(findings)
