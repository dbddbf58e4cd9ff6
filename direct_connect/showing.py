"""Where connections stand, for a person at a terminal of 80 columns: one of them in lines, or many as a table."""

import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from wire_format.codec import parse_instant
from wire_format.strict_json import JsonValue

Document = Mapping[str, JsonValue]
WIDTH: Final = 80
_RED, _YELLOW, _GREEN, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
_REASONS: Final = {
    "interval": "the regular report",
    "boot": "the report after a restart, spread so that not all call at once",
    "jobs": "enough jobs have ended",
    "impressions": "enough impressions were made",
    "alert": "an alert",
    "manual": "a person asked",
}


def as_lines(document: Document, now: datetime, *, colour: bool = False) -> str:
    """One connection. document: of `as_document`; what it does not know is left out. now: aware."""
    enrolled = document.get("enrolled") is True
    problem = document.get("problem")
    rows = [
        ("sender", str(document.get("sender"))),
        ("portal", f"{document.get('portal_url')}{'' if enrolled else ' (not enrolled)'}"),
    ]
    for name, key in (("address", "address"), ("proxy", "proxy"), ("clock", "clock")):
        if document.get(key) is not None:
            rows.append((name, str(document[key])))
    if document.get("captive") is True:
        rows.append(("network", "a login page answers for the portal: somebody must log in to this network"))
    rows += [
        ("last push", f"{_when(document.get('delivered_at'), now, 'never')}, {document.get('delivered')} in all"),
        ("unsent", _unsent(document, now)),
        ("waiting", _waiting(document)),
        ("next deadline", _deadline(document, now, enrolled)),
        ("spool", _fill(document)),
        ("refused", f"{document.get('jobs_refused')} jobs since enrolment"),
        ("set aside", _aside(document)),
    ]
    if document.get("key_renewed_at") is not None:
        rows.append(("key", f"made {_when(document['key_renewed_at'], now, '')}"))
    if document.get("key_expires_at") is not None:
        rows.append(("", f"renewed before {_when(document['key_expires_at'], now, '')}"))
    if problem is not None:
        rows.append(("problem", str(problem)))
    if isinstance(aside := document.get("set_aside"), list):
        rows += [("", _aside_row(each)) for each in aside[:10] if isinstance(each, dict)]
    return "\n".join(_wrapped(name, value, colour) for name, value in rows)


def _wrapped(name: str, value: str, colour: bool) -> str:
    lines = textwrap.wrap(value, WIDTH - 15, break_on_hyphens=False, break_long_words=False) or [""]
    if name == "problem":
        lines = [_coloured(line, _RED, colour) for line in lines]
    return "\n".join(f"{name if number == 0 else '':14} {line}" for number, line in enumerate(lines))


def as_table(documents: Mapping[str, Document | str], now: datetime, *, colour: bool = False) -> str:
    """Many connections by name, one a line, and under it every problem once. A string: why one can not be shown."""
    lines = [f"{'printer':20} {'state':9} {'last push':>10} {'unsent':>7} {'oldest':>8} {'aside':>6} {'next':>8}"]
    problems: dict[str, list[str]] = {}
    for name, document in documents.items():
        if isinstance(document, str):
            lines.append(f"{_cut(name, 20):20} {_coloured('unread', _RED, colour)}")
            problems.setdefault(document, []).append(name)
            continue
        state, tone = _state(document)
        unsent, pushed = document.get("unsent"), _ago(document.get("delivered_at"), now)
        aside = document.get("set_aside")
        lines.append(
            f"{_cut(name, 20):20} {_coloured(f'{state:9}', tone, colour)} {pushed:>10} "
            f"{unsent!s:>7} {_ago(document.get('oldest_unsent_at'), now):>8} "
            f"{len(aside) if isinstance(aside, list) else aside!s:>6} {_ahead(document.get('deadline_at'), now):>8}"
        )
        if document.get("problem") is not None:
            problems.setdefault(str(document["problem"]), []).append(name)
    for problem, names in problems.items():
        lines.append(f"{_coloured(_names(names), _YELLOW, colour)}: {problem}")
    return "\n".join(lines)


def span(seconds: float) -> str:
    """A length of time as a person says it: the two largest units."""
    left = int(abs(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def _state(document: Document) -> tuple[str, str]:
    if document.get("enrolled") is not True:
        return "new", _YELLOW
    if document.get("problem") is not None:
        return "trouble", _RED
    return ("sending", _YELLOW) if document.get("unsent") else ("well", _GREEN)


def _unsent(document: Document, now: datetime) -> str:
    if not document.get("unsent"):
        return "nothing"
    oldest = _when(document.get("oldest_unsent_at"), now, "unknown")
    tried = document.get("next_try_at")
    again = "" if tried is None else f"; tried again in {_ahead(tried, now)}"
    return f"{document['unsent']} batches, the oldest of {oldest}{again}"


def _waiting(document: Document) -> str:
    jobs, impressions, alerts = (document.get(f"{name}_waiting") for name in ("jobs", "impressions", "alerts"))
    return f"{jobs} jobs, {impressions} impressions, {alerts} alerts"


def _deadline(document: Document, now: datetime, enrolled: bool) -> str:
    if document.get("deadline_at") is None:
        return "none before a first push" if enrolled else "none until the portal has accepted this sender"
    reason = str(document.get("deadline_reason"))
    return f"{_when(document['deadline_at'], now, '')}: {_REASONS.get(reason, reason)}{_sooner(document)}"


def _sooner(document: Document) -> str:
    """What would make a report leave before: only a running program knows its thresholds."""
    left = []
    for what in ("jobs", "impressions"):
        most, waiting = document.get(f"{what}_max"), document.get(f"{what}_waiting")
        if isinstance(most, int) and isinstance(waiting, int):
            left.append(f"{max(0, most - waiting)} more {what}")
    return f"; sooner after {' or '.join(left)}, or at once for a critical alert" if left else ""


def _fill(document: Document) -> str:
    used, cap = document.get("used_bytes"), document.get("cap_bytes")
    if not isinstance(used, int) or not isinstance(cap, int) or not cap:
        return f"{used} bytes"
    return f"{used} of {cap} bytes, {100 * used // cap} % full"


def _aside(document: Document) -> str:
    aside = document.get("set_aside")
    if isinstance(aside, list):
        return f"{len(aside)} batches" + (" (inkwire connect aside list)" if aside else "")
    return f"{aside} batches since enrolment"


def _aside_row(each: Document) -> str:
    return f"number {each.get('sequence')} of {each.get('created_at')}: {each.get('why')}"


def _when(value: JsonValue, now: datetime, otherwise: str) -> str:
    if not isinstance(value, str):
        return otherwise
    apart = (parse_instant(value) - now).total_seconds()
    return f"{value[:16].replace('T', ' ')} UTC ({f'in {span(apart)}' if apart > 0 else f'{span(apart)} ago'})"


def _ago(value: JsonValue, now: datetime) -> str:
    if not isinstance(value, str):
        return "-"
    return " ".join(span((now - parse_instant(value)).total_seconds()).split(" ")[:2])


def _ahead(value: JsonValue, now: datetime) -> str:
    if not isinstance(value, str):
        return "-"
    seconds = (parse_instant(value) - now).total_seconds()
    return "now" if seconds <= 0 else " ".join(span(seconds).split(" ")[:2])


def _names(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _coloured(text: str, tone: str, colour: bool) -> str:
    return f"{tone}{text}{_PLAIN}" if colour else text
