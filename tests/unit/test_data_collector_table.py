"""The table that a person sees after a scan."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_collector.table import clean, render
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import Alert, Device, Meter, Report, Status, Supply, Unit

AT = datetime(2026, 11, 22, tzinfo=UTC)


def report(**device: str) -> Report:
    """A printer with a bit of everything."""
    return Report(
        observed_at=AT,
        device=Device(
            **{"ip": "10.0.0.7", "manufacturer": "HP", "model": "DesignJet T1600dr", "serial": "CN1", **device}
        ),
        status=Status(state=PrinterState.PRINTING),
        meters=(
            Meter(name="media.length", unit=Unit.MM, value=9, source="x"),
            Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=1_234_567, source="x"),
        ),
        supplies=(
            Supply(index=1, kind="ink", colorant="cyan", percent=40, state=SupplyState.MEASURED),
            Supply(index=2, kind="ink", colorant="yellow", percent=8, state=SupplyState.MEASURED),
            Supply(index=3, kind="wasteInk", state=SupplyState.UNKNOWN),
        ),
        alerts=(
            Alert(alert_id="1", code=807, severity="warning", description="Tray 2 low"),
            Alert(alert_id="2", code=8, severity="critical", description="Jam in tray 2"),
        ),
    )


def test_a_line_tells_the_whole_printer() -> None:
    head, line = render([report()], width=140, colour=False).splitlines()

    assert head.split() == ["ADDRESS", "MODEL", "SERIAL", "STATE", "TOTAL", "LOWEST", "SUPPLY", "ALERTS"]
    for said in (
        "10.0.0.7",
        "HP DesignJet T1600dr",
        "CN1",
        "printing",
        "1,234,567",
        "8 % yellow",
        "Jam in tray 2 (+1)",
    ):
        assert said in line


@pytest.mark.parametrize("width", [80, 90, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = report(ip="100.100.100.100", model="A model with a name that goes on and on and on", serial="S" * 40)

    for line in render([long, report()], width=width, colour=False).splitlines():
        assert len(line) <= width


def test_an_address_is_never_cut_and_alerts_that_say_nothing_give_way_first() -> None:
    named = report(ip="100.100.100.100", model="Color LaserJet Enterprise MFP M479fdw", serial="AA2M02194000K")
    quiet = replace(named, alerts=())

    head, line = render([quiet, quiet], width=80, colour=False).splitlines()[:2]

    assert "100.100.100.100" in line and "AA2M02194000K" in line
    assert "ALERTS" not in head
    assert "100.100.100.100" in render([report(ip="100.100.100.100", serial="S" * 40)], width=80, colour=False)


def test_a_model_that_is_cut_keeps_its_number() -> None:
    line = render([report(model="Color LaserJet Enterprise MFP M479fdw", serial="S" * 20)], width=80, colour=False)

    assert "M479fdw" in line


def test_east_asian_letters_take_two_columns() -> None:
    wide = report(serial="コピー機")

    lines = render([wide, report()], width=120, colour=False).splitlines()

    columns = [
        sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line.split("printing")[0])
        for line in lines[1:]
    ]
    assert columns[0] == columns[1]


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\nb", "\u202egpj.exe", "\x00\x07"])
def test_nothing_a_device_says_can_move_the_cursor(hostile: str) -> None:
    shown = render([report(model=hostile, serial=hostile)], width=120, colour=False)

    assert len(shown.splitlines()) == 2
    assert all(letter.isprintable() for line in shown.splitlines() for letter in line)


def test_unknown_is_a_dash_and_never_a_zero() -> None:
    bare = Report(observed_at=AT, device=Device(ip="10.0.0.7"))

    _head, line = render([bare], width=100, colour=False).splitlines()

    assert line.split() == ["10.0.0.7", "–", "–", "–", "–", "–", "none"]


@pytest.mark.parametrize(
    ("supply", "says"),
    [
        (Supply(index=1, kind="toner", colorant="black", percent=0, state=SupplyState.EMPTY), "black empty"),
        (Supply(index=1, kind="toner", colorant="black", state=SupplyState.LOW), "black low"),
        (Supply(index=1, kind="toner", state=SupplyState.SOME_LEFT), "some left"),
        (Supply(index=1, kind="wasteToner", percent=90, state=SupplyState.MEASURED), "90 % waste toner"),
    ],
)
def test_the_lowest_supply_is_told_in_words(supply: Supply, says: str) -> None:
    one = Report(observed_at=AT, device=Device(ip="10.0.0.7"), supplies=(supply,))

    assert says in render([one], width=120, colour=False)


def test_colour_adds_nothing_but_escapes() -> None:
    coloured = render([report()], width=120, colour=True)

    plain = coloured
    for code in ("0", "1", "2", "31", "32", "33"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert "\x1b[31m" in coloured
    assert [line.rstrip() for line in plain.splitlines()] == render([report()], width=120, colour=False).splitlines()


def test_text_is_cleaned_to_one_line() -> None:
    assert clean("  a \t b\r\nc ") == "a b c"
    assert clean(None) == clean("") == clean("\x00") == "–"
