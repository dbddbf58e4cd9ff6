"""Pictures and evidence for tests of the collector's core, from our own words and from recordings.

Recordings of real printers are others' data and stay outside of the repository: they are looked for in
$INKWIRE_PRINTERS, or in ../shared/printers beside it.
"""

import ast
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from data_collector.core.evidence import Evidence, Oid, Picture, SnmpValue, Varbind, oid
from data_collector.core.normalise import report
from data_collector.core.reading import IDENTIFY, is_printer, ledm_paths, questions
from data_collector.vendor_files import load_definitions
from wire_format.codec import encode_record
from wire_format.records import Report

REPOSITORY = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADDRESS = "192.0.2.7"
DEFINITIONS = load_definitions()

PRINTER: dict[str, SnmpValue] = {
    "1.3.6.1.2.1.1.1.0": b"Examplo Press 9",
    "1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.99999.1"),
    "1.3.6.1.2.1.1.3.0": 8_640_000,
    "1.3.6.1.2.1.25.3.2.1.2.1": oid("1.3.6.1.2.1.25.3.1.5"),
    "1.3.6.1.2.1.25.3.2.1.3.1": b"Examplo Press 9",
    "1.3.6.1.2.1.25.3.2.1.5.1": 2,
    "1.3.6.1.2.1.25.3.5.1.1.1": 3,
    "1.3.6.1.2.1.25.3.5.1.2.1": b"\x00",
    "1.3.6.1.2.1.43.5.1.1.17.1": b"EX-4711-A",
    "1.3.6.1.2.1.43.10.2.1.3.1.1": 7,
    "1.3.6.1.2.1.43.10.2.1.4.1.1": 12345,
}
"""Synthetic, from RFC 2790 and RFC 3805: a content printer of a maker nobody has a definition for."""


def picture(*tables: Mapping[str, SnmpValue]) -> Picture:
    """A picture from dotted identifiers; later tables win."""
    return Picture((oid(name), value) for table in tables for name, value in table.items())


def evidence(*tables: Mapping[str, SnmpValue]) -> Evidence:
    """Evidence of a printer that speaks SNMP only."""
    return Evidence(address=ADDRESS, observed_at=NOON, picture=picture(*tables))


def report_of(*tables: Mapping[str, SnmpValue]) -> Report:
    """The report of the content printer, changed by tables."""
    return report(evidence(PRINTER, *tables), DEFINITIONS)


def supply_row(row: int, **columns: SnmpValue) -> dict[str, SnmpValue]:
    """A row of prtMarkerSuppliesTable. columns: colorant, kind, description, unit, capacity, level."""
    numbers = {"colorant": 3, "role": 4, "kind": 5, "description": 6, "unit": 7, "capacity": 8, "level": 9}
    return {f"1.3.6.1.2.1.43.11.1.1.{numbers[name]}.1.{row}": value for name, value in columns.items()}


def alert_row(index: int, **columns: SnmpValue) -> dict[str, SnmpValue]:
    """A row of prtAlertTable. columns: severity, group, part, code, description, ticks."""
    numbers = {"severity": 2, "group": 4, "part": 5, "code": 7, "description": 8, "ticks": 9}
    return {f"1.3.6.1.2.1.43.18.1.1.{numbers[name]}.1.{index}": value for name, value in columns.items()}


def answered(agent: Picture, *, gets: Iterable[Oid] = (), walks: Iterable[Oid] = ()) -> Iterator[Varbind]:
    """What an agent that holds these objects answers to GETs and walks."""
    for identifier in gets:
        if (value := agent.value(identifier)) is not None:
            yield identifier, value
    for root in walks:
        for suffix, value in agent.column(root):
            yield (*root, *suffix), value


def read_in_two_stages(agent: Picture) -> Picture | None:
    """What a collector learns from an agent: only what it asks for. None when it is taken for no printer."""
    seen = Picture(answered(agent, gets=IDENTIFY))
    if not is_printer(seen, DEFINITIONS):
        return None
    asked = questions(seen, DEFINITIONS, jobs=True)
    seen.extend(answered(agent, gets=asked.gets, walks=[walk.root for walk in asked.walks]))
    return seen


def printers_folder() -> Path:
    """Where the recordings are. Skips the test, loudly, when they are not there."""
    folder = Path(os.environ.get("INKWIRE_PRINTERS", REPOSITORY.parent / "shared" / "printers"))
    if not (folder / "expected_dev.json").is_file():
        pytest.skip(f"NO RECORDINGS: {folder} has no expected_dev.json; set INKWIRE_PRINTERS")
    return folder


Row = tuple[str, bool, object, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """The scorer's own comparison and its way of reading recordings."""

    compare: Callable[[object, object], Iterable[Row]]
    recording: Callable[[Path, object], str]


def yardstick(folder: Path) -> Yardstick:
    """The functions of the scorer beside the recordings, without running it. Skips when it is not there."""
    source = folder.parent / "tools" / "score.py"
    if not source.is_file():
        pytest.skip(f"NO SCORER: {source} is missing")
    tree = ast.parse(source.read_text())
    wanted = {"norm", "compare", "recording", "oid_key"}
    tree.body = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in wanted]
    names: dict[str, Callable[..., object]] = {}
    exec(compile(tree, str(source), "exec"), {"re": re, "json": json}, names)
    scope = {"re": re, "json": json, **names}
    for each in names.values():
        each.__globals__.update(scope)
    return Yardstick(
        compare=cast("Callable[[object, object], Iterable[Row]]", names["compare"]),
        recording=cast("Callable[[Path, object], str]", names["recording"]),
    )


def expectations(folder: Path) -> dict[str, dict[str, object]]:
    """What others read from the recordings that are there."""
    everything = json.loads((folder / "expected_dev.json").read_text())
    return {
        key: want
        for key, want in everything.items()
        if want.get("files") and all((folder / file).exists() for file in want["files"])
    }


def recorded_evidence(folder: Path, want: Mapping[str, object], ruler: Yardstick) -> Evidence | None:
    """Evidence a collector would gather from one recording; None when it is taken for no printer."""
    files = want["files"]
    assert isinstance(files, list)
    first = folder / files[0]
    if first.suffix in (".snmprec", ".json"):
        seen = read_in_two_stages(Picture(varbinds(ruler.recording(first, want))))
        return None if seen is None else Evidence(address=ADDRESS, observed_at=NOON, picture=seen)
    if first.suffix == ".xml":
        rows = "".join(f"<r><ResourceURI>/DevMgmt/{Path(file).name}</ResourceURI></r>" for file in files)
        wanted = ledm_paths(f"<DiscoveryTree>{rows}</DiscoveryTree>".encode())
        held = {f"/DevMgmt/{Path(file).name}": (folder / file).read_bytes() for file in files}
        return Evidence(address=ADDRESS, observed_at=NOON, ledm={path: held[path] for path in wanted if path in held})
    return Evidence(address=ADDRESS, observed_at=NOON, ipp=first.read_bytes())


def varbinds(recording: str) -> Iterator[Varbind]:
    """The objects of a recording in the format of snmpsim: identifier|tag|value."""
    for line in recording.rstrip("\n").split("\n"):
        name, tag, value = line.split("|", 2)
        decoded = _value(tag, value)
        if decoded is not None:
            yield oid(name), decoded


def as_json(reported: Report) -> dict[str, object]:
    """A report as the command line prints it."""
    encoded = json.loads(json.dumps(encode_record(reported)))
    assert isinstance(encoded, dict)
    return encoded


def _value(tag: str, value: str) -> SnmpValue | None:
    match tag:
        case "4":
            return value.encode("utf-8", "surrogateescape")
        case "4x":
            return bytes.fromhex(value)
        case "6":
            return oid(value)
        case "2" | "65" | "66" | "67" | "70":
            return int(value)
    return None


INTEGER, BOOLEAN, ENUM, OCTETS, NAME, TEXT, KEYWORD = 0x21, 0x22, 0x23, 0x30, 0x42, 0x41, 0x44
BEGIN_COLLECTION, END_COLLECTION, MEMBER_NAME = 0x34, 0x37, 0x4A


def ipp_value(tag: int, name: str, value: int | bool | str | bytes) -> bytes:
    """One attribute of an IPP reply, or one more value of it when name is empty. Source: RFC 8010, 3.1."""
    if isinstance(value, bool):
        octets = bytes([value])
    elif isinstance(value, int):
        octets = value.to_bytes(4, signed=True)
    else:
        octets = value.encode() if isinstance(value, str) else value
    return bytes([tag]) + len(name).to_bytes(2) + name.encode() + len(octets).to_bytes(2) + octets


def ipp_list(tag: int, name: str, *values: int | str | bytes) -> bytes:
    """An attribute with several values."""
    return b"".join(ipp_value(tag, name if place == 0 else "", value) for place, value in enumerate(values))


def ipp_reply(*attributes: bytes, status: int = 0) -> bytes:
    """A reply to Get-Printer-Attributes with these attributes in its printer group."""
    operation = ipp_value(0x47, "attributes-charset", "utf-8")
    header = b"\x02\x00" + status.to_bytes(2) + b"\x00\x00\x00\x01"
    return b"".join((header, b"\x01", operation, b"\x04", *attributes, b"\x03"))
