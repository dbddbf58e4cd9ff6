"""A reading waits only while it says what the portal was told already."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.holding import Holding
from portal.console.usage import series_steps
from portal.storage.reads.meters import MeterSeries, Seen
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Alert, Device, Finding, Job, Meter, Outcome, Report, Service, Status, Supply, Unit

AT = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
HOLD_S = 8_000.0
READ = Report(
    observed_at=AT,
    uptime_ms=1_000,
    device=Device(serial="SN1"),
    status=Status(state=PrinterState.IDLE),
    meters=(Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=100, source="1.3.6.1"),),
    supplies=(Supply(index=1, kind="toner", level=-2, state=SupplyState.UNKNOWN),),
    alerts=(Alert(alert_id="a", code=8, severity="critical", onset_at=AT),),
)


def later(report: Report, seconds: float) -> Report:
    """The same printer as it is read again, with nothing new to say."""
    by = timedelta(seconds=seconds)
    alerts = tuple(replace(each, onset_at=AT + timedelta(milliseconds=7)) for each in report.alerts)
    return replace(report, observed_at=report.observed_at + by, uptime_ms=1_000 + int(seconds * 1000), alerts=alerts)


def told(*reports: Report) -> Holding:
    holding = Holding()
    holding.sent(reports, 0.0)
    return holding


def test_a_printer_is_told_at_once_when_it_is_new() -> None:
    assert Holding().due([READ], HOLD_S, 0.0) == [READ]


def test_what_says_nothing_new_waits_until_the_hold_is_nearly_over() -> None:
    holding = told(READ)

    assert [holding.due([later(READ, at_s)], HOLD_S, at_s) for at_s in (0.0, 3_000.0, 6_999.0)] == [[], [], []]
    assert holding.due([later(READ, 7_000.0)], HOLD_S, 7_000.0) == [later(READ, 7_000.0)]


def test_without_a_hold_everything_goes() -> None:
    assert told(READ).due([later(READ, 0.0)], 0.0, 0.0) == [later(READ, 0.0)]


@pytest.mark.parametrize(
    "news",
    [
        replace(READ, meters=(replace(READ.meters[0], value=101),)),
        replace(READ, meters=()),
        replace(READ, supplies=(replace(READ.supplies[0], level=-1, state=SupplyState.UNKNOWN),)),
        replace(READ, status=Status(state=PrinterState.STOPPED)),
        replace(READ, status=None),
        replace(READ, device=Device(serial="SN1", location="2nd floor")),
        replace(READ, alerts=()),
        replace(READ, alerts=(replace(READ.alerts[0], cleared_at=AT),)),
        replace(READ, alerts=(*READ.alerts, Alert(alert_id="b", code=8, severity="critical"))),
        replace(READ, jobs=(Job(job_id="1", service=Service.PRINT, outcome=Outcome.COMPLETED),)),
        replace(READ, findings=(Finding(field="visit", source="collector", reason="fell silent"),)),
    ],
    ids=["count", "no-count", "supply", "state", "no-state", "place", "gone", "cleared", "alert", "job", "finding"],
)
def test_whatever_is_news_goes_at_once(news: Report) -> None:
    assert told(READ).due([news], HOLD_S, 1.0) == [news]


def test_a_clock_that_stays_wrong_is_news_only_once() -> None:
    def off(shows: str, minutes: int) -> Report:
        reason = f"clock-off: the printer's clock is {minutes} minutes behind"
        return replace(READ, findings=(Finding(field="clock", source="hr", raw=shows, reason=reason),))

    holding = told(off("2026-11-30T21:00:00", 60))

    assert holding.due([off("2026-11-30T22:00:01", 59)], HOLD_S, 3_600.0) == []
    assert holding.due([READ], HOLD_S, 3_600.0) == [READ]


def test_what_returns_to_an_earlier_state_is_news_too() -> None:
    holding = told(READ)
    printing = replace(READ, status=Status(state=PrinterState.PRINTING))
    holding.sent([printing], 10.0)

    assert holding.due([later(READ, 20.0)], HOLD_S, 20.0) == [later(READ, 20.0)]


def test_the_hold_counts_from_what_was_sent_and_not_from_what_waited() -> None:
    holding = told(READ)
    for at_s in (1_000.0, 5_000.0):
        holding.sent(holding.due([later(READ, at_s)], HOLD_S, at_s), at_s)

    assert holding.due([later(READ, 7_000.0)], HOLD_S, 7_000.0) != []


def test_what_waited_for_three_quarters_of_the_hold_rides_along_with_news_of_another() -> None:
    other = replace(READ, device=Device(serial="SN2"))
    holding = told(READ)

    assert holding.due([later(READ, 5_999.0), other], HOLD_S, 5_999.0) == [other]
    assert holding.due([later(READ, 6_000.0), other], HOLD_S, 6_000.0) == [later(READ, 6_000.0), other]


def test_a_printer_without_any_identity_never_waits() -> None:
    nameless = replace(READ, device=Device(model="unknown"))

    assert told(nameless).due([later(nameless, 1.0)], HOLD_S, 1.0) == [later(nameless, 1.0)]


def seen_before(moments_ms: list[int], readings: list[Seen]) -> MeterSeries:
    """What the portal takes for a bill: the last reading before each moment."""
    return MeterSeries(
        device_id=1, name="total.impressions", source="1.3.6.1", unit="impressions", latest_ms=readings[-1].at_ms,
        first_value=readings[0].value, color_capable=None,
        seen=tuple(next((one for one in reversed(readings) if one.at_ms < moment), None) for moment in moments_ms),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_every_days_usage_is_the_same_as_if_nothing_had_waited(seed: int) -> None:
    dice, holding, count = random.Random(seed), Holding(), 1_000
    every_s, day_s, hold_s = dice.choice((300, 900, 3_600, 10_800)), 86_400, 12 * 3_600.0
    read, sent = [], []
    for at_s in range(dice.randrange(every_s), 5 * day_s, every_s):
        count += dice.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 7))
        report = replace(later(READ, at_s), meters=(replace(READ.meters[0], value=count),))
        read.append(Seen(at_ms=at_s * 1000, value=count))
        for each in holding.due([report], hold_s, float(at_s)):
            holding.sent([each], float(at_s))
            sent.append(read[-1])

    midnights_ms = [day * day_s * 1000 for day in range(1, 6)]
    bills = [series_steps(seen_before(midnights_ms, readings), midnights_ms) for readings in (read, sent)]
    assert len(sent) < len(read)
    assert bills[0] == bills[1]
    assert None not in bills[1]
