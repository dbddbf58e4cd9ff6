"""Print jobs that come over the network, before the printer has them and after it is done with them.

1. A job has its number from its first octet, and is shown while it comes in or is held; the printer gets it when its
   document is whole and nobody holds it.
2. Who sent a job is not known here: user and host names of a request are not kept.
3. A client that went away without its document has its job aborted after INCOMING_S_MAX real seconds.
4. What a printer told of the end of such a job is kept for who asks by its number, for the last TICKETS_MAX jobs.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from device_sim.core.clockwork import Happening
from device_sim.core.dice import Dice
from device_sim.core.document_wish import wish_of
from device_sim.core.documents.counted import CountedDocument
from device_sim.core.events import JobFinished
from device_sim.core.ipp_template import JobTemplate
from device_sim.core.printer import Printer
from device_sim.core.state import FinishedJob, LivePrinter
from device_sim.core.workload import Order, Wish, order_of
from wire_format.records import Outcome

INCOMING_S_MAX: Final = 120
INCOMING_MAX: Final = 50
WAITING_MAX: Final = 500
TICKETS_MAX: Final = 100


class Standing(enum.Enum):
    """Where a job is."""

    INCOMING = "incoming"
    HELD = "held"
    PASSED_ON = "passed on"
    ENDED = "ended"


class Ended(enum.Enum):
    """What came of an attempt to end, hold or release a job."""

    DONE = "done"
    NOT_POSSIBLE = "not possible"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A document that came in whole. gray: it asks for a grey rendering itself."""

    document: CountedDocument
    size_bytes: int
    gray: bool = False


@dataclass(slots=True, kw_only=True)
class Ticket:
    """One job. created_s: virtual; touched_s: real. order: once its document is known. finished: once it is over."""

    number: int
    name: str
    template: JobTemplate
    created_s: float
    touched_s: float
    standing: Standing = Standing.INCOMING
    receiving: bool = False
    size_bytes: int = 0
    guess: str | None = None
    order: Order | None = None
    finished: FinishedJob | None = None

    @property
    def over(self) -> bool:
        """Whether the job has ended, perhaps while its document was still coming."""
        return self.standing is Standing.ENDED


class PrintDesk:
    """The tickets of a fleet's printers, by the printer's index."""

    def __init__(self) -> None:
        self._books: dict[int, dict[int, Ticket]] = {}

    def tickets(self, state: LivePrinter) -> dict[int, Ticket]:
        """The tickets of a printer, by job number, in the order they came."""
        return self._books.get(state.identity.index, {})

    def note(self, happening: Happening) -> None:
        """Hear how jobs ended."""
        book = self._books.get(happening.printer.state.identity.index)
        if book is None:
            return
        for event in happening.events:
            if isinstance(event, JobFinished) and (ticket := book.get(event.job.number)) is not None:
                ticket.finished = event.job
                ticket.standing = Standing.ENDED

    def open(self, printer: Printer, name: str, template: JobTemplate, real_s: float) -> Ticket | None:
        """Begin a job; None where too many are coming in already."""
        book = self._books.setdefault(printer.state.identity.index, {})
        here = sum(ticket.standing in (Standing.INCOMING, Standing.HELD) for ticket in book.values())
        if here >= INCOMING_MAX or len(printer.state.waiting) >= WAITING_MAX:
            return None
        ticket = Ticket(
            number=printer.reserve(),
            name=name,
            template=template,
            created_s=printer.state.now_s,
            touched_s=real_s,
        )
        book[ticket.number] = ticket
        ended = [number for number, one in book.items() if one.standing is Standing.ENDED]
        for number in ended[: max(0, len(book) - TICKETS_MAX)]:
            del book[number]
        return ticket

    def receive(self, printer: Printer, ticket: Ticket, counted: Counted) -> None:
        """Take note of a document that came in whole."""
        document = counted.document
        ticket.size_bytes, ticket.guess = counted.size_bytes, document.guess
        wish = wish_of(printer.state.profile, document, ticket.template, ticket.name, gray=counted.gray)
        if wish is None:
            self.end(printer, ticket, Outcome.ABORTED)
        else:
            ticket.order = self._order(printer, ticket, wish)

    def close(self, printer: Printer, ticket: Ticket) -> None:
        """No more documents come: the printer gets the job, or it is held; without a document it is aborted."""
        if ticket.standing is not Standing.INCOMING:
            return
        if ticket.order is None:
            self.end(printer, ticket, Outcome.ABORTED)
        elif ticket.template.hold:
            ticket.standing = Standing.HELD
        else:
            self._pass_on(printer, ticket, ticket.order)

    def end(self, printer: Printer, ticket: Ticket, outcome: Outcome) -> None:
        """End a job that the printer does not have."""
        if ticket.standing in (Standing.INCOMING, Standing.HELD):
            ticket.standing = Standing.ENDED
            order = ticket.order or self._order(printer, ticket, Wish(name=ticket.name))
            printer.turn_away(order, ticket.number, outcome)

    def cancel(self, printer: Printer, number: int) -> Ended:
        """Cancel a job wherever it is."""
        ticket = self.tickets(printer.state).get(number)
        if ticket is not None and ticket.standing in (Standing.INCOMING, Standing.HELD):
            self.end(printer, ticket, Outcome.CANCELED)
            return Ended.DONE
        if printer.cancel(number):
            return Ended.DONE
        return self._not_there(printer, number)

    def hold(self, printer: Printer, number: int) -> Ended:
        """Keep a job that waits from being printed."""
        ticket = self.tickets(printer.state).get(number)
        if ticket is not None and ticket.standing is Standing.HELD:
            return Ended.DONE
        if ticket is not None and ticket.standing is Standing.INCOMING:
            ticket.template = replace(ticket.template, hold=True)
            return Ended.DONE
        order = printer.withdraw(number)
        if order is None:
            return self._not_there(printer, number)
        book = self._books.setdefault(printer.state.identity.index, {})
        ticket = book.setdefault(
            number,
            Ticket(
                number=number,
                name=order.name,
                template=JobTemplate(),
                created_s=order.arrived_ms / 1000,
                touched_s=0.0,
            ),
        )
        ticket.order, ticket.standing = order, Standing.HELD
        return Ended.DONE

    def release(self, printer: Printer, number: int) -> Ended:
        """Let a held job be printed."""
        ticket = self.tickets(printer.state).get(number)
        if ticket is not None and ticket.standing is Standing.HELD and ticket.order is not None:
            self._pass_on(printer, ticket, ticket.order)
            return Ended.DONE
        if ticket is not None and ticket.standing is Standing.INCOMING:
            ticket.template = replace(ticket.template, hold=False)
            return Ended.DONE
        return self._not_there(printer, number)

    def sweep(self, printer: Printer, real_s: float) -> None:
        """Abort jobs whose clients went away (rule 3)."""
        for ticket in list(self.tickets(printer.state).values()):
            waited_s = real_s - ticket.touched_s
            if ticket.standing is Standing.INCOMING and not ticket.receiving and waited_s > INCOMING_S_MAX:
                self.end(printer, ticket, Outcome.ABORTED)

    def _pass_on(self, printer: Printer, ticket: Ticket, order: Order) -> None:
        # Marked first: with no more jobs taken, the job ends while it is being submitted.
        ticket.standing = Standing.PASSED_ON
        printer.submit(order, ticket.number)

    def _order(self, printer: Printer, ticket: Ticket, wish: Wish) -> Order:
        dice = Dice(printer.seed, printer.state.identity.index, "document", ticket.number)
        order = order_of(printer.state.profile, wish, dice)
        return replace(order, arrived_ms=int(ticket.created_s * 1000))

    def _not_there(self, printer: Printer, number: int) -> Ended:
        return Ended.NOT_POSSIBLE if number in known_numbers(printer.state, self) else Ended.NOT_FOUND


def known_numbers(state: LivePrinter, desk: PrintDesk) -> Iterator[int]:
    """The numbers of all jobs a printer can say something of."""
    yield from desk.tickets(state)
    if state.job is not None:
        yield state.job.number
    yield from (job.number for job in state.waiting)
    yield from (job.number for job in state.finished)
