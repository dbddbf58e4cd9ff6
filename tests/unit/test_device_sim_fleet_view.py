"""A fleet on a terminal: what it shows comes from events alone, and it fits the terminal it is drawn on."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from device_sim.core.clockwork import Happening
from device_sim.core.events import AlertCleared, AlertRaised, Event
from device_sim.core.glance import Glance
from device_sim.core.printer import Printer
from device_sim.core.state import ActiveAlert
from device_sim.event_log import EventLog
from device_sim.fleet_view import FleetView
from tests.support.device_sim import HOUR_S, MONDAY_7, impressions, printer
from wire_format.printer_mib import PrinterState

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def alert(number: int, severity: int, onset_s: float = 0.0) -> ActiveAlert:
    return ActiveAlert(
        index=number, alert_id=str(number), severity=severity, training=1, group=10, group_index=1, location=-2, code=8,
        description=f"Jam {number}", console_text="", onset_s=onset_s, onset_ticks=0, error=5,
    )  # fmt: skip


def raised(one: Printer, what: ActiveAlert) -> Happening:
    return Happening(printer=one, events=(AlertRaised(at_s=what.onset_s, alert=what),))


def drawn(glance: Glance, width: int, height: int, view: FleetView | None = None) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    view = view or FleetView(
        out, speed=60.0, faults=("serial_zeros",), console=console, real_s=iter([0.0, 2.0, 4.0]).__next__
    )
    console.print(view.frame(glance, AT, {"SNMP": 500}))
    return out.getvalue().splitlines()


def test_a_glance_agrees_with_the_printers_it_never_asked() -> None:
    fleet = [printer("color-laserjet-m479", index=index) for index in range(30)]
    glance = Glance(printers=len(fleet))
    made = 0
    for minute in range(0, 180, 2):
        for one in fleet:
            events: list[Event] = one.advance(MONDAY_7 + HOUR_S + 60 * minute)
            made += impressions(events)
            glance.note(Happening(printer=one, events=tuple(events)))

    states = [one.state.status for one in fleet]
    assert glance.states() == {PrinterState.IDLE: states.count(PrinterState.IDLE)} | {
        s: states.count(s) for s in states
    }
    assert glance.impressions == made > 0
    assert glance.alerts_count() == sum(len(one.state.alerts) for one in fleet)


def test_the_worst_alert_is_the_oldest_critical_one_and_a_cleared_one_is_gone() -> None:
    one, other = printer("ecosys-p3155"), printer("ecosys-p3155", index=1)
    glance = Glance(printers=2)
    glance.note(raised(one, alert(1, severity=4, onset_s=1.0)))
    glance.note(raised(other, alert(2, severity=3, onset_s=9.0)))
    glance.note(raised(one, alert(3, severity=3, onset_s=5.0)))
    assert [standing.alert.index for standing in glance.worst(9)] == [3, 2, 1]

    glance.note(Happening(printer=one, events=(AlertCleared(at_s=10.0, alert=alert(3, severity=3)),)))

    assert [standing.alert.index for standing in glance.worst(1)] == [2] and glance.alerts_count() == 2


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 40), (40, 12), (200, 60)])
def test_a_frame_fits_its_terminal_however_many_alerts_stand(width: int, height: int) -> None:
    glance = Glance(printers=65_536)
    one = printer("ecosys-p3155")
    for number in range(500):
        glance.note(raised(one, alert(number, severity=3)))

    lines = drawn(glance, width, height)

    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 19)
    text = "\n".join(lines)
    assert "65,536 printers" in text and "jam" in text
    if width >= 80:
        assert "250.0" in text and "faults on: serial_zeros" in text and "alerts: 500, the worst first, " in text


def test_what_is_said_is_shown_and_said_again_at_the_end() -> None:
    out = io.StringIO()
    view = FleetView(out, speed=1.0, console=Console(file=out, width=80, height=24))
    for number in range(9):
        view.say(f"sentence {number}")

    text = "\n".join(drawn(Glance(printers=1), 80, 24, view)) + out.getvalue()

    assert view.end() == tuple(f"sentence {number}" for number in range(9))
    assert "sentence 8" not in text or "sentence 0" not in text


def test_the_log_has_one_line_an_event() -> None:
    one, out = printer("ecosys-p3155"), io.StringIO()

    EventLog(out).note(raised(one, alert(7, severity=3, onset_s=MONDAY_7)))

    assert out.getvalue() == (
        f"2026-11-16T07:00:00Z 127.1.0.1 {one.state.identity.serial} alert raised: critical jam: Jam 7\n"
    )
