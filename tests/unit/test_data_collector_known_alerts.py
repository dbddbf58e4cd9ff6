"""An alert that is gone from the printer's table is told once more, as cleared."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_collector.core.gathered import AlertSource, Gathered, plain
from data_collector.core.known_alerts import alerts_key, decode_alerts, encode_alerts, standing, with_ended
from wire_format.printer_mib import PrinterState
from wire_format.records import Alert, Device, Finding, Report, Status

FIRST = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
LATER = FIRST + timedelta(hours=3)
JAM = Alert(alert_id="4-8-8812", code=8, severity="critical", onset_at=FIRST - timedelta(minutes=3))
LOW = Alert(alert_id="5-1104-9000", code=1104, severity="warning")
BY_IPP = Alert(alert_id="ipp-media-empty", code=808, severity="critical")


BY_LEDM = Alert(alert_id="ledm-jamInPrinter-65537", code=8, severity="critical")
SNMP, LEDM, IPP = AlertSource


def reading(*alerts: Alert, at: datetime = LATER, by: AlertSource = SNMP) -> Gathered:
    """A reading by one source alone, which was read whole."""
    return Gathered(
        observed_at=at,
        device=Device(serial="CN1"),
        status=Status(state=PrinterState.IDLE),
        alerts=alerts,
        alerts_by=((by, frozenset(alert.alert_id for alert in alerts)),),
    )


def test_an_alert_that_has_gone_is_told_as_cleared_at_the_reading() -> None:
    told = with_ended(reading(LOW), (JAM, LOW))

    assert told.alerts == (LOW, replace(JAM, cleared_at=LATER))
    assert standing(told, (JAM, LOW)) == (LOW,)


def test_an_end_is_told_once() -> None:
    after = standing(with_ended(reading(), (JAM,)), (JAM,))

    assert after == ()
    assert with_ended(reading(), after).alerts == ()


@pytest.mark.parametrize(
    "interrupted",
    [
        replace(reading(), findings=(Finding(field="snmp", source="snmp", reason="the agent stopped answering"),)),
        replace(reading(), findings=(Finding(field="walk", source="1.3.6.1.2.1.43.18.1.1", reason="went back"),)),
        replace(reading(), status=None),
        replace(reading(), status=Status(state=PrinterState.UNKNOWN)),
        replace(reading(), alerts_by=()),
        plain(reading()),
    ],
)
def test_a_reading_that_did_not_go_well_ends_nothing(interrupted: Report) -> None:
    told = with_ended(interrupted, (JAM,))

    assert told.alerts == ()
    assert standing(told, (JAM,)) == (JAM,)


@pytest.mark.parametrize(("alert", "source"), [(JAM, SNMP), (BY_LEDM, LEDM), (BY_IPP, IPP)])
@pytest.mark.parametrize("by", AlertSource)
def test_an_alert_ends_only_by_a_reading_of_the_source_that_told_of_it(
    alert: Alert, source: AlertSource, by: AlertSource
) -> None:
    told = with_ended(reading(by=by), (alert,))

    assert told.alerts == ((replace(alert, cleared_at=LATER),) if by is source else ())
    assert standing(told, (alert,)) == (() if by is source else (alert,))


def test_an_alert_stands_while_its_source_shows_it_though_another_one_is_heard() -> None:
    both = replace(reading(LOW), alerts_by=((SNMP, frozenset({LOW.alert_id})), (LEDM, frozenset({BY_LEDM.alert_id}))))

    told = with_ended(both, (BY_LEDM, JAM))

    assert told.alerts == (LOW, replace(JAM, cleared_at=LATER))
    assert standing(told, (BY_LEDM, JAM)) == (LOW, BY_LEDM)


def test_damage_in_one_source_does_not_keep_the_alerts_of_another_alive() -> None:
    damaged = replace(reading(by=SNMP), findings=(Finding(field="ipp", source="ipp:reply", reason="cut off"),))

    assert with_ended(damaged, (JAM,)).alerts == (replace(JAM, cleared_at=LATER),)


def test_what_stands_is_read_back_from_the_spools_memory() -> None:
    assert decode_alerts(encode_alerts((JAM, LOW))) == (JAM, LOW)
    assert decode_alerts("[{]") == decode_alerts(None) == decode_alerts('[{"alert_id":1}]') == ()


def test_a_device_without_any_identity_is_not_remembered() -> None:
    assert alerts_key(Device()) is None
    assert alerts_key(Device(serial="CN1")) == "alerts:jobs:serial:CN1"
