"""Status for people at 80 columns, and figures that Prometheus' own reader takes."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from direct_connect.errors import ConfigError
from direct_connect.exposition import PREFIX, Metric, connection_metrics, exposition, write_exposition
from direct_connect.logs import JsonFormatter
from direct_connect.showing import WIDTH, as_lines, as_table, span
from direct_connect.telling import FIGURES, figures
from wire_format.codec import format_instant
from wire_format.strict_json import JsonValue

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def document(**changes: JsonValue) -> dict[str, JsonValue]:
    """A connection that is well."""
    return {
        "sender": "A" * 43, "portal_url": "https://portal.example", "enrolled": True, "problem": None, "delivered": 12,
        "delivered_at": format_instant(NOW - timedelta(minutes=70)), "unsent": 0, "oldest_unsent_at": None,
        "next_try_at": None, "set_aside": 0, "jobs_waiting": 3, "jobs_refused": 0, "impressions_waiting": 41,
        "alerts_waiting": 0, "deadline_at": format_instant(NOW + timedelta(hours=2)), "deadline_reason": "interval",
        "used_bytes": 40_960, "cap_bytes": 4_096_000, "captive": False, **changes,
    }  # fmt: skip


def test_a_connection_is_told_in_words_with_what_is_next_and_why() -> None:
    said = as_lines(document(), NOW)

    assert "last push      2026-11-24 10:50 UTC (1 h 10 min ago), 12 in all" in said
    assert "next deadline  2026-11-24 14:00 UTC (in 2 h): the regular report" in said
    assert "40960 of 4096000 bytes, 1 % full" in said
    assert max(len(line) for line in said.splitlines()) <= WIDTH
    assert "\x1b" not in said
    live = as_lines(document(jobs_max=19, impressions_max=100), NOW)
    assert "sooner after 16 more jobs or 59 more impressions, or at once" in " ".join(live.split())
    assert max(len(line) for line in live.splitlines()) <= WIDTH
    fresh = as_lines(document(enrolled=False, deadline_at=None, delivered_at=None), NOW)
    assert "(not enrolled)" in fresh and "last push      never" in fresh
    assert "none until the portal has accepted this sender" in fresh


def test_what_is_wrong_stands_out_and_says_when_it_is_tried_again() -> None:
    told = document(
        problem="the portal portal.example:443 can not be reached", unsent=4, captive=True,
        oldest_unsent_at=format_instant(NOW - timedelta(days=3, hours=4)),
        next_try_at=format_instant(NOW + timedelta(seconds=90)),
    )  # fmt: skip

    plain, coloured = as_lines(told, NOW), as_lines(told, NOW, colour=True)

    waits = " ".join(plain.split())
    assert "4 batches, the oldest of 2026-11-21 08:00 UTC (3 d 4 h ago); tried again in 1 min" in waits
    assert "somebody must log in to this network" in " ".join(plain.split())
    assert "\x1b[31mthe portal portal.example:443 can not be reached\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_many_printers_are_a_table_that_fits_and_a_problem_is_said_once() -> None:
    away = "the portal can not be reached"
    rows: dict[str, dict[str, JsonValue] | str] = {f"printer-{each}": document(problem=away) for each in range(7)}
    rows["a-printer-with-a-name-longer-than-its-column"] = document(enrolled=False, set_aside=[{}, {}])
    rows["gone"] = "there is no identity in /x; enrol this sender first"

    said = as_table(rows, NOW).splitlines()

    assert max(len(line) for line in said[:10]) <= WIDTH
    assert len({len(line) for line in said[:9]}) == 1
    assert said[1].split() == ["printer-0", "trouble", "1", "h", "0", "-", "0", "2", "h"]
    assert said[8].startswith("a-printer-with-a-...") and said[8].split()[1] == "new"
    assert said[9].split() == ["gone", "unread"]
    assert said[10] == f"printer-0, printer-1, printer-2, printer-3, printer-4 and 2 more: {away}"
    assert len(said) == 12


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (100_000, "1 d 3 h")]
)
def test_spans_are_said_in_two_units(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_the_figures_are_what_prometheus_reads() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="NOT TESTED: prometheus_client is not installed")
    documents = {"p1": document(), 'odd "name"\\': document(delivered_at=None, sender="B" * 43)}
    extra = Metric(name="agent_lines_total", counter=True, says='a "help"\\\nline', samples=(({"code": "a\nb"}, 2.5),))

    text = exposition([*connection_metrics(documents), extra])

    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    delivered = families[f"{PREFIX}batches_delivered"]
    assert (delivered.type, {sample.labels["printer"]: sample.value for sample in delivered.samples}) == (
        "counter", {"p1": 12, 'odd "name"\\': 12},
    )  # fmt: skip
    last = families[f"{PREFIX}last_delivery_timestamp_seconds"]
    assert [sample.value for sample in last.samples] == [(NOW - timedelta(minutes=70)).timestamp()]
    assert [(sample.labels, sample.value) for sample in families[f"{PREFIX}spool_used_bytes"].samples] == [({}, 40_960)]
    assert families[f"{PREFIX}agent_lines"].samples[0].labels == {"code": "a\nb"}
    assert all(family.documentation for family in families.values())


def test_names_follow_the_rules_of_prometheus() -> None:
    units = ("_total", "_bytes", "_seconds", "_unsent", "_waiting", "enrolled", "captive", "trouble")
    for figure in FIGURES:
        assert re.fullmatch(r"[a-z][a-z_]*", figure.name) and figure.name.endswith(units), figure.name
        assert figure.counter == figure.name.endswith("_total")
        assert figure.says.endswith(".")
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    assert figures(document(problem="x"))["trouble"] == 1
    assert "last_delivery_timestamp_seconds" not in figures(document(delivered_at=None))


def test_the_file_is_put_in_place_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "inkwire.prom"
    write_exposition(path, "a 1\n")
    write_exposition(path, "a 2\n")

    assert path.read_text() == "a 2\n"
    assert [each.name for each in tmp_path.iterdir()] == ["inkwire.prom"]
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(ConfigError, match="choose another file"):
        write_exposition(tmp_path / "no" / "inkwire.prom", "a 1\n")


def test_a_log_line_is_one_object_without_what_an_error_says() -> None:
    import json
    import logging
    import sys

    try:
        raise ValueError("a job's name")
    except ValueError:
        record = logging.LogRecord("there", logging.ERROR, "f", 1, "snapshot failed", None, sys.exc_info())
    record.printer = "p\n1"

    line = JsonFormatter().format(record)

    told = json.loads(line)
    assert (told["message"], told["level"], told["printer"], told["fault"]) == (
        "snapshot failed", "error", "p\n1", "ValueError",
    )  # fmt: skip
    assert "\n" not in line and "job's name" not in line
    assert told["trace"][0].endswith("test_a_log_line_is_one_object_without_what_an_error_says")
