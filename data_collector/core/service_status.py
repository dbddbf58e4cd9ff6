"""The state of the service as a few lines for a person, from its state file: no root, no socket, no portal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wire_format.codec import parse_instant
from wire_format.errors import DecodeError

HUNG_AFTER_S: Final = 60.0
"""A service that wrote no heartbeat for so long does not work any more. It writes one every five seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is to be said. well: it runs, it scans, and nobody needs to act."""

    lines: tuple[str, ...]
    well: bool


def standing(document: Mapping[str, object], manager: str | None, at: datetime, *, alive: bool) -> Standing:
    """What a state file says. manager: what systemd says of the service; None where nothing was asked.

    at: aware UTC. alive: its process is there. Raises ValueError for a document that is none of ours.
    """
    beat_at = _time(document.get("heartbeat_at"))
    if beat_at is None:
        raise ValueError("it has no heartbeat_at")
    silent_s = (at - beat_at).total_seconds()
    running = alive and abs(silent_s) <= HUNG_AFTER_S
    trouble = document.get("trouble")
    state = f"running, process {document.get('pid')}"
    if not running:
        state = f"{'hangs' if alive else 'not running'}: the last sign of it is of {_when(beat_at, at)}"
    pairs = [("service", state if manager is None else f"{state}; systemd: {manager}")]
    if trouble:
        pairs.append(("trouble", str(trouble)))
    pairs += [
        ("last scan", _scan(document.get("scan"), at)),
        ("next scan", _when(_time(document.get("next_scan_at")), at) if running else "when it runs again"),
        ("printers", f"{_count(document, 'known_printers'):,} known"),
        ("unsent", _unsent(document)),
        ("portal", "enrolled" if document.get("enrolled") else "not enrolled yet"),
        *_settings(document),
        ("sender", str(document.get("sender"))),
    ]
    wide = max(len(name) for name, _text in pairs)
    return Standing(
        lines=tuple(f"{name:<{wide}}  {_plain(text)}" for name, text in pairs), well=running and not trouble
    )


def _scan(scan: object, at: datetime) -> str:
    if not isinstance(scan, dict):
        return "none since the service was started"
    counts = (
        f"{_several(_count(scan, 'addresses'), 'address', 'addresses')}, "
        f"{_several(_count(scan, 'printers'), 'printer', 'printers')}"
    )
    changes = ", ".join(f"{_count(scan, name):,} {name}" for name in ("new", "gone", "moved"))
    finished = _time(scan.get("finished_at"))
    if finished is None:
        return f"under way: {_count(scan, 'visited'):,} of {counts}, {changes}"
    return f"{_when(finished, at)}: {counts}, {changes}"


def _settings(document: Mapping[str, object]) -> list[tuple[str, str]]:
    told = document.get("settings")
    return [("settings", f"{told} (version {document.get('settings_version')})")] if told else []


def _unsent(document: Mapping[str, object]) -> str:
    aside = _count(document, "set_aside")
    told = f"{_several(_count(document, 'unsent'), 'batch', 'batches')}; {_count(document, 'delivered'):,} delivered"
    return f"{told}; {aside:,} set aside for a person" if aside else told


def _several(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _when(moment: datetime | None, at: datetime) -> str:
    if moment is None:
        return "unknown"
    apart = moment - at
    told = _long(abs(apart))
    return f"{moment:%Y-%m-%d %H:%M} UTC ({f'in {told}' if apart > timedelta() else f'{told} ago'})"


def _long(apart: timedelta) -> str:
    seconds = int(apart.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _time(text: object) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except DecodeError as error:
        raise ValueError(str(error)) from error


def _count(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) else 0


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
