"""One printer as an SNMP agent sees it: a layout shared with others of its kind, and its own live state."""

from typing import Final, Generic, Protocol, TypeVar

from device_sim.core.snmp.layout import Layout
from device_sim.core.snmp.message import Request
from device_sim.core.snmp.plan import Plan, make_plan

S = TypeVar("S")

PLANS_MAX: Final = 4096
"""Requests of which a layout remembers how to answer them; the oldest is forgotten first."""


class MibView(Protocol):
    """All that a responder needs to know of one printer. Small: make one for each printer, or one for each question.

    Promise: all values of one answer are of one moment, the moment of the call.
    """

    def answer_again(self, key: bytes, request_id: bytes, communities: frozenset[bytes], size_max: int) -> bytes | None:
        """The response to a request whose like was answered before, or None when it was not.

        key: of `message.split`. communities: who may ask.
        """

    def answer(self, request: Request, size_max: int, learn: bool) -> bytes:
        """The response to a request that was read and may be answered.

        size_max: of the datagram, in octets. learn: remember how, for `answer_again` under `request.key`.
        """


class PlanBook(Generic[S]):
    """A layout, and how to answer the requests met so far."""

    __slots__ = ("layout", "plans")

    def __init__(self, layout: Layout[S]) -> None:
        self.layout: Final = layout
        self.plans: Final[dict[bytes, Plan[S]]] = {}

    def learn(self, request: Request, plan: Plan[S]) -> None:
        """Remember a plan, and forget the oldest when there are too many."""
        if len(self.plans) >= PLANS_MAX:
            del self.plans[next(iter(self.plans))]
        self.plans[request.key] = plan


class SubjectView(Generic[S]):
    """A MibView on one subject through the plans of its kind."""

    __slots__ = ("_book", "_plans", "subject")

    def __init__(self, book: PlanBook[S], subject: S) -> None:
        self._book = book
        self._plans = book.plans
        self.subject = subject

    def answer_again(self, key: bytes, request_id: bytes, communities: frozenset[bytes], size_max: int) -> bytes | None:
        plan = self._plans.get(key)
        if plan is None or plan.community not in communities:
            return None
        return plan.render(self.subject, request_id, size_max)

    def answer(self, request: Request, size_max: int, learn: bool) -> bytes:
        plan = make_plan(self._book.layout, request, size_max)
        if learn:
            self._book.learn(request, plan)
        return plan.render(self.subject, request.request_id, size_max)
