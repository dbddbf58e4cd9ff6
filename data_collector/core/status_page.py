"""The status page as HTML: every word of a device escaped, no script, no inline style, one picture of one moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from data_collector.core.known_printers import MISSED_MAX, Sighting
from wire_format.records import Report

ROWS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the page shows. at and all times: of the service's clock. told: the last report sent of each printer.

    settings: what became of the portal's wishes, in one sentence.
    """

    at: datetime
    sender: str
    enrolled: bool
    started_at: datetime
    trouble: str | None = None
    scanning: bool = False
    last_scan_at: datetime | None = None
    last_scan: str = ""
    next_scan_at: datetime | None = None
    settings: str = ""
    settings_version: int | None = None
    unsent: int = 0
    set_aside: int = 0
    delivered: int = 0
    sightings: Sequence[Sighting] = ()
    told: Sequence[Report] = ()
    notes: Sequence[str] = field(default=())


def page(picture: Picture) -> str:
    """The whole document."""
    printers = len({one.key for one in picture.sightings})
    silent = len({one.key for one in picture.sightings if one.missed})
    figures = (
        ("Printers known", f"{printers:,}", f"{silent:,} silent at the last reading" if silent else "all answered"),
        (
            "Last scan",
            _moment(picture.last_scan_at, picture.at),
            "under way now" if picture.scanning else picture.last_scan,
        ),
        ("Next scan", _moment(picture.next_scan_at, picture.at), _ahead(picture)),
        ("Batches unsent", f"{picture.unsent:,}", _sent(picture)),
    )
    settings = ""
    if picture.settings:
        settings = f'<p class="who">Settings, version {picture.settings_version}: {_t(picture.settings)}.</p>'
    strip = "".join(f"<div><dt>{_t(a)}</dt><dd>{_t(b)}</dd><small>{_t(c)}</small></div>" for a, b, c in figures)
    trouble = f'<p class="problem" role="status">{_t(picture.trouble)}</p>' if picture.trouble else ""
    enrolled = "enrolled" if picture.enrolled else "not enrolled yet"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Collector</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="30">'
        '<link rel="stylesheet" href="/status.css"></head><body><main><h1>Collector</h1>'
        f'<p class="who"><code>{_t(picture.sender)}</code>, {enrolled}, running since '
        f"{_time(picture.started_at, picture.at)}</p>{settings}{trouble}"
        f'<dl class="strip">{strip}</dl>{_printers(picture)}{_findings(picture)}{_notes(picture)}</main>'
        f"<footer>As of {_time(picture.at, picture.at)} UTC. Read only; the page asks nothing of a printer. "
        'The same as data: <a href="/status.json">status.json</a>.</footer></body></html>'
    )


def _ahead(picture: Picture) -> str:
    if picture.next_scan_at is None or picture.next_scan_at <= picture.at:
        return ""
    return f"in {_age(picture.next_scan_at, picture.at)}"


def _sent(picture: Picture) -> str:
    aside = f", {picture.set_aside:,} set aside for a person" if picture.set_aside else ""
    return f"{picture.delivered:,} delivered{aside}"


def _printers(picture: Picture) -> str:
    if not picture.sightings:
        return _section("Printers", '<p class="empty">No printer yet. One appears after the scan that found it.</p>')
    shown = sorted(
        picture.sightings, key=lambda one: (-one.missed, one.profile, tuple(map(int, one.address.split("."))))
    )
    rows = []
    for one in shown[:ROWS_MAX]:
        device = one.device
        state = "Gone" if one.missed >= MISSED_MAX else "Silent" if one.missed else "Reporting"
        marked = f'<span class="{"critical" if state == "Gone" else "warning"}">{state}</span>' if one.missed else state
        model = " ".join(dict.fromkeys(filter(None, (device.manufacturer, device.model)))) or "–"
        rows.append(
            _row(
                ("State", marked),
                ("Address", f"<code>{_t(one.address)}</code>"),
                ("Model", f"{_t(model)}<small>{_t(device.location or '')}</small>"),
                ("Serial", _t(device.serial or "–")),
                ("Profile", _t(one.profile)),
                ("Last read", f"{_time(one.seen_at, picture.at)}<small>{_age(picture.at, one.seen_at)} ago</small>"),
            )
        )
    more = len(shown) - ROWS_MAX
    foot = f'<p class="who">These {ROWS_MAX:,} of {len(shown):,}, the silent ones first.</p>' if more > 0 else ""
    return _section("Printers", _table(("State", "Address", "Model", "Serial", "Profile", "Last read"), rows) + foot)


def _findings(picture: Picture) -> str:
    rows = []
    for report in picture.told:
        who = report.device.serial or report.device.hostname or report.device.mac or report.device.ip or "–"
        for one in report.findings:
            rows.append(
                _row(
                    ("Printer", f"{_t(who)}<small>{_t(report.device.model or '')}</small>"),
                    ("Field", _t(one.field)),
                    ("What is odd", f"{_t(one.reason)}<small>{_t(f'raw: {one.raw}' if one.raw else '')}</small>"),
                    ("Source", f"<code>{_t(one.source)}</code>"),
                )
            )
    if not rows:
        return _section("Findings", '<p class="empty">Nothing odd in what was sent last of each printer.</p>')
    foot = f'<p class="who">These {ROWS_MAX:,} of {len(rows):,}.</p>' if len(rows) > ROWS_MAX else ""
    return _section("Findings", _table(("Printer", "Field", "What is odd", "Source"), rows[:ROWS_MAX]) + foot)


def _notes(picture: Picture) -> str:
    if not picture.notes:
        return ""
    return _section("Notes of the last scan", "".join(f'<p class="empty">{_t(one)}</p>' for one in picture.notes))


def _section(title: str, body: str) -> str:
    name = title.split()[0].lower()
    body = body.replace("<table>", f'<table aria-labelledby="{name}">', 1)
    return f'<section><h2 id="{name}">{_t(title)}</h2>{body}</section>'


def _table(titles: Iterable[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{_t(title)}</th>' for title in titles)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(*cells: tuple[str, str]) -> str:
    return "<tr>" + "".join(f'<td data-l="{_t(label)}"><span>{html}</span></td>' for label, html in cells) + "</tr>"


def _moment(one: datetime | None, at: datetime) -> str:
    if one is None:
        return "–"
    return f"{one:%H:%M}" if one.date() == at.date() else f"{one.day} {one:%b %H:%M}"


def _time(one: datetime, at: datetime) -> str:
    text = f"{one:%H:%M:%S}" if one.date() == at.date() else f"{one.day} {one:%b %Y %H:%M}"
    return f'<time datetime="{one:%Y-%m-%dT%H:%M:%SZ}">{text}</time>'


def _age(at: datetime, one: datetime) -> str:
    seconds = max(0, int((at - one).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _t(text: str) -> str:
    """Text of whoever, as text: control and direction characters are dropped too."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
