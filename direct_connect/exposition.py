"""Figures as a file for Prometheus: the text format that node_exporter's textfile collector reads.

The direct connection listens on nothing, so nobody can scrape it; a file is written, whole or not at all.
Source: Prometheus text exposition format 0.0.4.
"""

import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from direct_connect.errors import ConfigError
from direct_connect.telling import FIGURES
from wire_format.strict_json import JsonValue

PREFIX: Final = "inkwire_connect_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One family of samples. name: without the prefix. samples: labels and value."""

    name: str
    counter: bool
    says: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def connection_metrics(documents: Mapping[str, Mapping[str, JsonValue]]) -> list[Metric]:
    """The figures of connections, by name of the printer ("" for one that has none)."""
    metrics = []
    for figure in FIGURES:
        samples: list[tuple[Mapping[str, str], float]] = []
        for name, document in documents.items():
            if (value := figure.read(document)) is None:
                continue
            labels = {"sender": str(document.get("sender", ""))} | ({"printer": name} if name else {})
            samples.append(({} if figure.whole_file else labels, value))
            if figure.whole_file:
                break
        metrics.append(Metric(name=figure.name, counter=figure.counter, says=figure.says, samples=tuple(samples)))
    return metrics


def exposition(metrics: Iterable[Metric]) -> str:
    """The text; a family without samples is left out."""
    lines: list[str] = []
    for metric in metrics:
        if not metric.samples:
            continue
        name = PREFIX + metric.name
        lines += [f"# HELP {name} {_escaped(metric.says)}", f"# TYPE {name} {'counter' if metric.counter else 'gauge'}"]
        for labels, value in metric.samples:
            told = ",".join(f'{label}="{_escaped(text, quoted=True)}"' for label, text in sorted(labels.items()))
            lines.append(f"{name}{f'{{{told}}}' if told else ''} {_number(value)}")
    return "".join(f"{line}\n" for line in lines)


def write_exposition(path: Path, text: str) -> None:
    """Put the file in place in one stroke, readable by all, as its reader is another user. Raises ConfigError."""
    # Its name must not end in .prom, or the collector would read it half written.
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        try:
            aside.write_text(text, encoding="utf-8")
            aside.chmod(0o644)
            os.replace(aside, path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
    except OSError as error:
        raise ConfigError(f"the figures can not be written to {path}: {error.strerror}; choose another file") from error


def _escaped(text: str, *, quoted: bool = False) -> str:
    escaped = text.replace("\\", r"\\").replace("\n", r"\n")
    return escaped.replace('"', r"\"") if quoted else escaped


def _number(value: float) -> str:
    if math.isinf(value) or math.isnan(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    return repr(int(value)) if value == int(value) else repr(float(value))
