"""Where a connection stands, told: as one JSON object, and as figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from wire_format.codec import format_instant, parse_instant
from wire_format.strict_json import JsonValue


def as_document(told: Any) -> dict[str, JsonValue]:
    """A flat dataclass of plain values, words and times, such as `ConnectionStatus`, as JSON-able values."""
    return {each.name: _as_json(getattr(told, each.name)) for each in fields(told)}


def _as_json(value: object) -> JsonValue:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return format_instant(value)
        case Mapping():
            return {str(name): _as_json(item) for name, item in value.items()}
        case tuple() | list() | frozenset():
            return [_as_json(item) for item in value]
    return as_document(value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a connection. name: after Prometheus' rules, with its unit; a counter's ends in _total.

    read: from the document of a connection (`as_document`), or None when it is unknown: then it is left out.
    whole_file: the same for every connection that shares the spool file.
    """

    name: str
    counter: bool
    says: str
    read: Callable[[Mapping[str, JsonValue]], float | None]
    whole_file: bool = False


def _number(*keys: str) -> Callable[[Mapping[str, JsonValue]], float | None]:
    def read(document: Mapping[str, JsonValue]) -> float | None:
        value = next((document[key] for key in keys if key in document), None)
        return value if isinstance(value, int | float) else None

    return read


def _moment(key: str) -> Callable[[Mapping[str, JsonValue]], float | None]:
    def read(document: Mapping[str, JsonValue]) -> float | None:
        value = document.get(key)
        return parse_instant(value).timestamp() if isinstance(value, str) else None

    return read


FIGURES: Final = (
    Figure("batches_delivered_total", True, "Batches that the portal has acknowledged.", _number("delivered")),
    Figure("jobs_refused_total", True, "Jobs refused because the spool was full.", _number("jobs_refused")),
    Figure("batches_unsent", False, "Batches formed and not yet acknowledged.", _number("unsent")),
    Figure("batches_set_aside_total", True, "Batches set aside for a person.", _number("set_aside_total", "set_aside")),
    Figure("jobs_waiting", False, "Finished jobs not yet in a batch.", _number("jobs_waiting")),
    Figure("impressions_waiting", False, "Impressions made since the last batch.", _number("impressions_waiting")),
    Figure("alerts_waiting", False, "Alerts with news not yet in a batch.", _number("alerts_waiting")),
    Figure("enrolled", False, "1 when the portal has accepted this sender.", _number("enrolled")),
    Figure("captive", False, "1 when a network's login page answers for the portal.", _number("captive")),
    Figure(
        "trouble", False, "1 when a person may have to act: status says why.",
        lambda document: None if "problem" not in document else float(document["problem"] is not None),
    ),
    Figure("last_delivery_timestamp_seconds", False, "When a batch was last acknowledged.", _moment("delivered_at")),
    Figure(
        "oldest_unsent_timestamp_seconds", False, "When the oldest unsent one was formed.", _moment("oldest_unsent_at")
    ),
    Figure("next_deadline_timestamp_seconds", False, "When a report is due at the latest.", _moment("deadline_at")),
    Figure("next_try_timestamp_seconds", False, "When what is unsent is tried again.", _moment("next_try_at")),
    Figure("key_renewed_timestamp_seconds", False, "When the sender's key was made.", _moment("key_renewed_at")),
    Figure("spool_used_bytes", False, "Bytes used of the spool file.", _number("used_bytes"), True),
    Figure("spool_capacity_bytes", False, "Cap of the spool file.", _number("cap_bytes"), True),
)  # fmt: skip


def figures(document: Mapping[str, JsonValue]) -> dict[str, float]:
    """The figures of one connection, by name; what is unknown is left out. Times are Unix seconds."""
    return {each.name: value for each in FIGURES if (value := each.read(document)) is not None}
