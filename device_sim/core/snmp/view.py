"""One printer as an SNMP agent sees it: a layout shared with others of its kind, and its own live state."""

from collections.abc import Callable, Container
from typing import Final, Generic, Protocol, TypeVar

from device_sim.core.snmp.access import READ_ALL, Access, MibTree
from device_sim.core.snmp.engine import Engine
from device_sim.core.snmp.layout import Layout
from device_sim.core.snmp.message import Request, read_pdu, split_pdu
from device_sim.core.snmp.plan import Plan, Planner, make_plan
from device_sim.core.snmp.set_plan import SetPlan
from snmp_format.pdu import SET, VERSION_3

S = TypeVar("S")

PLANS_MAX: Final = 4096
"""Requests of which a layout remembers how to answer them; the oldest is forgotten first."""


class MibView(Protocol):
    """All that a responder needs to know of one printer. Small: make one for each printer, or one for each question.

    Promise: all values of one answer are of one moment, the moment of the call.
    """

    def answer_again(self, key: bytes, request_id: bytes, communities: Container[bytes], size_max: int) -> bytes | None:
        """The response to a request whose like was answered before, or None when it was not.

        key: of `message.split`. communities: who may ask.
        """

    def answer(self, request: Request, size_max: int, learn: bool, access: Access = READ_ALL) -> bytes:
        """The response to a request that was read and may be answered.

        size_max: of the datagram, in octets. learn: remember how, for `answer_again` under `request.key`: one community
        has the same access for as long as the plans are kept.
        """

    def answer_pdu(self, pdu: bytes, access: Access, size_max: int) -> bytes:
        """The response PDU to a request PDU of v3. size_max: of it, in octets. Raises DecodeError."""

    def engine(self) -> Engine | None:
        """The SNMP engine that shows this, as it is now; None where there is none, and v3 is not spoken."""


class PlanBook(Generic[S]):
    """A layout, and how to answer the requests met so far.

    engine_of: the SNMP engine of a subject. planner: see `make_plan`.
    """

    __slots__ = ("_cut", "engine_of", "layout", "planner", "plans")

    def __init__(
        self,
        layout: Layout[S],
        engine_of: Callable[[S], Engine] | None = None,
        planner: Planner[S] | None = None,
    ) -> None:
        self.layout: Final = layout
        self.engine_of: Final = engine_of
        self.planner: Final = planner
        self._cut: Final[dict[MibTree, Layout[S]]] = {}
        self.plans: Final[dict[bytes, Plan[S]]] = {}

    def layout_for(self, access: Access) -> Layout[S]:
        """The part of the layout that may be seen; made once for each view."""
        if access.tree is None:
            return self.layout
        known = self._cut.get(access.tree)
        if known is None:
            known = self._cut[access.tree] = self.layout.within(access.tree)
        return known

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

    def answer_again(self, key: bytes, request_id: bytes, communities: Container[bytes], size_max: int) -> bytes | None:
        plan = self._plans.get(key)
        if plan is None or plan.community not in communities:
            return None
        return plan.render(self.subject, request_id, size_max)

    def answer(self, request: Request, size_max: int, learn: bool, access: Access = READ_ALL) -> bytes:
        layout = self._book.layout_for(access)
        if request.kind == SET:
            return SetPlan(layout, request, access).render(self.itself, request.request_id, size_max)
        plan = make_plan(layout, request, size_max, self._book.planner)
        if learn:
            self._book.learn(request, plan)
        return plan.render(self.subject, request.request_id, size_max)

    def answer_pdu(self, pdu: bytes, access: Access, size_max: int) -> bytes:
        rights = access.key
        # A key of v1 or v2c begins with 0x30. The sizes in it keep rights and PDU apart.
        prefix = bytes((VERSION_3, size_max >> 8 & 0xFF, size_max & 0xFF, len(rights))) + rights
        key, request_id = split_pdu(pdu)
        plan = self._plans.get(prefix + key)
        if plan is not None:
            return plan.render(self.subject, request_id, size_max)
        request = read_pdu(pdu, prefix)
        return self.answer(request, size_max, request.key == prefix + key, access)

    def engine(self) -> Engine | None:
        engine_of = self._book.engine_of
        return None if engine_of is None else engine_of(self.itself)

    @property
    def itself(self) -> S:
        """What a SET changes and an engine counts for."""
        return self.subject


class CopyView(SubjectView[S]):
    """A view that shows a copy. itself: what it is a copy of."""

    __slots__ = ("_itself",)

    def __init__(self, book: PlanBook[S], subject: S, itself: S) -> None:
        super().__init__(book, subject)
        self._itself = itself

    @property
    def itself(self) -> S:
        return self._itself
