"""One visit to one address that is worth it: what it says, by each protocol that it speaks.

1. Who is there and how SNMP answers was found by the sweep; in version 3 the users are tried in order, and why a device
   turned one away is kept.
2. Where SNMP is silent, HTTP and IPP are tried; where it left something open, they are asked for that.
3. A printer whose last reading is known is asked only whether anything changed (see core/short_reading.py), and read
   whole when that cannot be told for sure.
4. A visit ends after `VISIT_MAX_S`, or when its budget is used up, whatever the device does; what was read until then
   is kept, with a finding.
"""

import asyncio
import enum
from collections.abc import Callable
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

from data_collector.accounting_probe import accounting_page
from data_collector.core.budget import VisitBudget
from data_collector.core.evidence import Evidence, Oid, Picture, dotted
from data_collector.core.known_readings import KnownReadings
from data_collector.core.more import NO_PRINTER, SILENT, More, may_be_hp, more
from data_collector.core.reading import IDENTIFY, is_printer, job_questions, lists_jobs, questions
from data_collector.core.targets import Target
from data_collector.core.vendors import Definitions
from data_collector.core.walk_guard import WalkStop
from data_collector.http_probe import HttpProbe
from data_collector.ipp_probe import finished_jobs, printer_attributes
from data_collector.short_visit import read_short
from data_collector.snmp.conversation import Conversation
from data_collector.snmp.port import Agent, NotAllowedError, SnmpLibrary
from data_collector.snmp.users import UsmUser
from data_collector.sweep import Contact, SweepMemory
from wire_format.records import Finding

VISIT_MAX_S: Final = 90.0
USAGE: Final = "/ProductUsageDyn.xml"
"""The document with the counts. Without it, IPP is asked too: older pages have none, and a web server may stall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """How to reach a printer. users: SNMPv3, tried in order; timeout_s: real seconds for one answer.

    jobs: whether to read what it tells of finished jobs. job_pages: from HP's accounting page too.
    """

    snmp_port: int = 161
    http_port: int = 80
    https_port: int = 443
    ipp_port: int = 631
    communities: tuple[str, ...] = field(default=("public",), repr=False)
    users: tuple[UsmUser, ...] = ()
    timeout_s: float = 1.0
    jobs: bool = False
    job_pages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The open protocols of one scan. readings: of earlier scans; None: every printer is read whole."""

    snmp: SnmpLibrary
    http: HttpProbe
    definitions: Definitions
    memory: SweepMemory
    now: Callable[[], datetime]
    readings: KnownReadings | None = None


class Unread(enum.StrEnum):
    """Why an address that answered gave no report; the value is the sentence for a person."""

    NO_PRINTER = "answered SNMP, but is no printer"
    TURNED_AWAY = "turned the SNMPv3 user away: check name, protocols and passwords"
    MALFORMED = "answered SNMP with what is none"
    BUDGET = "used up the time of a visit before it said what it is"
    NO_SNMP = "has HTTP or IPP open, but said nothing by SNMP: check the community, and that SNMP is switched on"
    PING_ONLY = "answered ping only"


class Depth(enum.Enum):
    """How much of a printer was read: all; what moves, beside what stands; or only that nothing changed."""

    WHOLE = "whole"
    MOVING = "moving"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a visit found. alive: something answered there; evidence: None when it is no printer, or tells nobody.

    depth: how it was read; alone: SNMP answered all that was wanted, so no other protocol was asked.
    unread: why there is no evidence although something answered. turned_away: why no v3 user was let in.
    """

    target: Target
    alive: bool
    evidence: Evidence | None = None
    depth: Depth = Depth.WHOLE
    alone: bool = False
    unread: Unread | None = None
    turned_away: str | None = None


@dataclass(slots=True)
class _Notes:
    """What a visit has gathered so far."""

    picture: Picture = field(default_factory=Picture)
    ledm: dict[str, bytes] = field(default_factory=dict)
    ipp: bytes | None = None
    ipp_jobs: bytes | None = None
    job_page: bytes | None = field(default=None, repr=False)
    findings: list[Finding] = field(default_factory=list)
    unanswered: frozenset[Oid] = frozenset()
    odd: list[Finding] = field(default_factory=list)
    """What is only worth telling of a printer: a stranger may well be silent, or refuse."""
    printer: bool = False
    depth: Depth = Depth.WHOLE
    alone: bool = False
    alive: bool = False
    unread: Unread = Unread.PING_ONLY
    turned_away: str | None = None
    budget: VisitBudget = field(default_factory=VisitBudget)


async def visit(contact: Contact, dialling: Dialling, probes: Probes) -> Visited:
    """Ask everything of one address. Never raises for what is there."""
    target = contact.target
    notes = _Notes(alive=contact.alive, unread=Unread.MALFORMED if contact.malformed else Unread.PING_ONLY)
    at = probes.now()
    try:
        async with asyncio.timeout(VISIT_MAX_S):
            await _Visit(contact, dialling, probes, notes, at).go()
    except TimeoutError:
        notes.findings.append(Finding(field="visit", source="collector", reason="the visit took too long"))
        notes.unread = Unread.BUDGET
    if (over := notes.budget.over) is not None:
        reason = f"budget: the device took more than the {over} of one visit; what was read until then is kept"
        notes.findings.append(Finding(field="visit", source="collector", reason=reason))
        notes.unread = Unread.BUDGET
    if not notes.printer:
        unread = notes.unread if notes.alive else None
        return Visited(target=target, alive=notes.alive, unread=unread, turned_away=notes.turned_away)
    evidence = Evidence(
        address=target.address,
        observed_at=at,
        hostname=target.hostname,
        picture=notes.picture,
        ledm=notes.ledm,
        ipp=notes.ipp,
        ipp_jobs=notes.ipp_jobs,
        job_page=notes.job_page,
        findings=(*notes.findings, *notes.odd),
        unanswered=notes.unanswered,
    )
    return Visited(
        target=target,
        alive=True,
        evidence=evidence,
        depth=notes.depth,
        alone=notes.alone,
        turned_away=notes.turned_away,
    )


class _Visit:
    def __init__(self, contact: Contact, dialling: Dialling, probes: Probes, notes: _Notes, at: datetime) -> None:
        self._contact, self._dialling, self._probes, self._notes, self._at = contact, dialling, probes, notes, at
        self._address = contact.target.address
        self._ipp_open = True

    async def go(self) -> None:
        await self._read_printer()
        if self._dialling.jobs and self._notes.printer:
            await self._read_jobs()

    async def _read_printer(self) -> None:
        dialling, wanted = self._dialling, SILENT
        known = self._probes.memory.users
        let_in = known.get(self._address)
        users = sorted(dialling.users, key=lambda one: one != let_in)
        agents = self._contact.agents(dialling.snmp_port, dialling.timeout_s, users, dialling.communities)
        for agent in agents:
            try:
                if await self._read_short(agent):
                    return
                wanted = await self._read_snmp(agent)
                if self._notes.printer and agent.user is not None:
                    known[self._address] = agent.user
            except NotAllowedError as error:
                self._notes.unread, self._notes.turned_away = Unread.TURNED_AWAY, str(error)
                continue
            if self._notes.picture:
                break
        if agents and not self._notes.picture:
            reason = "unreadable: the agent answers, but nothing that can be read; read by HTTP or IPP"
            self._notes.odd.append(Finding(field="protocols", source="snmp", reason=reason))
        last = self._probes.memory.web.pop(self._address, None)
        read = wanted.with_last(last)
        if not (read.ipp or read.ledm):
            self._notes.alone = True
            return
        web = None
        if self._contact.way is None:
            reason = "silent: no answer to any version and community; read by HTTP or IPP"
            self._notes.odd.append(Finding(field="protocols", source="snmp", reason=reason))
            # Two connects tell at once where a request would only time out.
            web = await asyncio.gather(
                self._probes.http.answers(self._address, dialling.http_port),
                self._probes.http.answers(self._address, dialling.ipp_port),
            )
            self._ipp_open = web[1]
            self._notes.alive = self._notes.alive or any(web)
            if any(web) and self._notes.unread is Unread.PING_ONLY:
                self._notes.unread = Unread.NO_SNMP
        await self._read_web(read, None if web is None else (web[0], web[1]))
        if (owed := wanted.owed(last, More(ledm=bool(self._notes.ledm), ipp=self._notes.ipp is not None))).any:
            self._probes.memory.web[self._address] = owed

    async def _read_short(self, agent: Agent) -> bool:
        """Whether the printer is told by what is known of it and a short question."""
        notes, probes = self._notes, self._probes
        known = None if probes.readings is None else probes.readings.at(self._address, self._at)
        if known is None or self._dialling.jobs:  # a job may have ended without anything else to show for it
            return False
        with closing(Conversation(probes.snmp.open(agent), agent.version, monotonic, notes.budget)) as talk:
            read = await read_short(talk, known, self._contact.answers, self._at, probes.definitions)
        if read is None:
            return False
        notes.picture, notes.printer, notes.alone = read.picture, True, True
        notes.depth = Depth.UNCHANGED if read.unchanged else Depth.MOVING
        return True

    async def _read_snmp(self, agent: Agent) -> More:
        notes, definitions = self._notes, self._probes.definitions
        with closing(Conversation(self._probes.snmp.open(agent), agent.version, monotonic, notes.budget)) as talk:
            notes.picture.extend(await talk.get(IDENTIFY))
            if not is_printer(notes.picture, definitions):
                if self._notes.unread is not Unread.MALFORMED:
                    self._notes.unread = Unread.NO_PRINTER
                return NO_PRINTER if len(notes.picture) else SILENT
            notes.printer = True
            asked = questions(notes.picture, definitions, jobs=self._dialling.jobs)
            notes.picture.extend(await talk.get(asked.gets))
            tables = self._probes.memory.tables(self._address)
            talk.together = tables.together
            async with aclosing(talk.walks(asked.walks, tables.rows)) as arriving:
                async for wanted, walked in arriving:
                    notes.picture.extend(walked.rows)
                    if walked.stop is WalkStop.END:
                        tables.rows[wanted.root] = len(walked.rows)
                    if walked.stop.broken:
                        source, reason = dotted(wanted.root), walked.stop.value
                        notes.findings.append(Finding(field="walk", source=source, reason=reason))
            tables.together = talk.together
            if self._dialling.jobs:
                notes.picture.extend(await talk.get(job_questions(notes.picture, definitions)))
            notes.unanswered = talk.unanswered
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
            documents, findings = await http.ledm(
                self._address, dialling.http_port, dialling.https_port, jobs=dialling.jobs, budget=notes.budget
            )
            notes.ledm.update(documents)
            notes.printer = notes.printer or bool(documents)
            notes.odd.extend(findings)
        if wanted.ipp and ipp_open and not any(path.endswith(USAGE) for path in notes.ledm):
            notes.ipp, findings = await printer_attributes(http, self._address, dialling.ipp_port, notes.budget)
            notes.printer = notes.printer or notes.ipp is not None
            notes.odd.extend(findings)

    async def _read_jobs(self) -> None:
        """The jobs by IPP, or from HP's page where the site wants it, if SNMP lists none or did not at first."""
        notes, first = self._notes, self._probes.memory.jobs_by_web
        listed = lists_jobs(notes.picture, self._probes.definitions)
        if listed and not first.setdefault(self._address, False):
            return
        http, dialling = self._probes.http, self._dialling
        if dialling.job_pages and may_be_hp(notes.picture):
            notes.job_page, findings = await accounting_page(
                http, self._address, dialling.http_port, dialling.https_port, notes.budget
            )
            notes.odd.extend(findings)
            if notes.job_page is not None:
                first.setdefault(self._address, True)
                return
        if not self._ipp_open:
            return
        notes.ipp_jobs, findings = await finished_jobs(http, self._address, dialling.ipp_port, notes.budget)
        notes.odd.extend(findings)
        if notes.ipp_jobs is not None:
            first.setdefault(self._address, True)
