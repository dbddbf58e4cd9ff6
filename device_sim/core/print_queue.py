"""A job between its arrival and its turn."""

from dataclasses import replace

from device_sim.core.run import Run
from device_sim.core.state import WaitingJob
from device_sim.core.workload import Order
from wire_format.records import Outcome, Service

_NUMBER_EPOCH_MS = 1_577_836_800_000  # 2020-01-01
_NUMBER_STEP_MS = 300_000


class Waiting:
    """An order with its job number. shown: the job as the agents tell it; made once, since it is told often."""

    __slots__ = ("number", "order", "shown")

    def __init__(self, number: int, order: Order) -> None:
        self.number = number
        self.order = order
        self.shown = WaitingJob(
            number=number,
            name=order.name,
            service=order.service,
            submitted_s=order.arrived_ms / 1000,
            wanted=order.images if order.service is Service.SCAN else order.impressions,
        )

    def taken_back(self, now_ms: int, outcome: Outcome) -> Run:
        """The run of a job that ends before its turn: nothing is printed."""
        order = replace(self.order, outcome=outcome, stops_after=0)
        return Run(order=order, number=self.number, started_ms=now_ms, ready_ms=now_ms)


def first_number(now_ms: int) -> int:
    """The number of the first job of a printer that is switched on then: no number is given twice in its life."""
    return (now_ms - _NUMBER_EPOCH_MS) // _NUMBER_STEP_MS
