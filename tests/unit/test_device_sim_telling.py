"""What a fleet's firmware stores of what happens."""

from device_sim.core.events import Event, ImpressionsMade, JobFinished, JobStarted
from device_sim.core.telling import folded
from tests.support.device_sim import MONDAY_7, printer


def a_finished_job() -> JobFinished:
    one = printer("ecosys-p3155", index=0, at_s=MONDAY_7, address="127.1.3.1")
    at_s = MONDAY_7
    while True:
        at_s += 600.0
        for event in one.advance(at_s):
            if isinstance(event, JobFinished):
                return event


def test_a_jobs_beginning_is_told_by_its_record_alone() -> None:
    finished = a_finished_job()
    began = JobStarted(at_s=1.0, number=finished.job.number)

    assert folded([(0, began), (0, finished)]) == [(0, finished)]
    assert finished.job.record.started_at is not None


def test_impressions_of_a_printer_are_added_up_and_told_before_its_jobs() -> None:
    finished = a_finished_job()
    first, second = ImpressionsMade(at_s=1.0, count=3), ImpressionsMade(at_s=2.0, count=4)
    other = ImpressionsMade(at_s=1.5, count=50)

    story = folded([(0, first), (1, other), (0, finished), (0, second), (0, finished)])

    assert story == [(0, ImpressionsMade(at_s=2.0, count=7)), (1, other), (0, finished), (0, finished)]


def test_everything_else_stays_in_order() -> None:
    story: list[tuple[int, Event]] = [(number % 2, a_finished_job()) for number in range(3)]

    assert folded(story) == story
    assert folded([]) == []
