"""LEDM, the XML that HP's office printers serve below /DevMgmt, as plain typed readings.

1. Elements are matched by local name: prefixes and namespace dates differ from firmware to firmware.
2. A name occurs at many places; only its place gives it a meaning (TotalImpressions: in PrinterSubunit alone).
3. XML from a printer is hostile: no DTD, no entity, a limit on size, depth, elements and rows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from data_collector.core.text import clean

DOCUMENT_BYTES_MAX: Final = 2 * 1024 * 1024
ELEMENTS_MAX: Final = 20_000
DEPTH_MAX: Final = 32
"""Real documents hold a few hundred elements, eight deep. Nested tables would else be searched again and again."""
ROWS_MAX: Final = 256

LEDM_FIRST: Final = "/DevMgmt/DiscoveryTree.xml"
DOCUMENTS: Final = (
    "/DevMgmt/ProductConfigDyn.xml",
    "/DevMgmt/ProductUsageDyn.xml",
    "/DevMgmt/ConsumableConfigDyn.xml",
    "/DevMgmt/ProductStatusDyn.xml",
)
JOB_LIST: Final = "/Jobs/JobList"
PATH: Final = re.compile(r"/[A-Za-z0-9._/-]{1,127}")


class LedmDecodeError(Exception):
    """A document that is not well-formed XML, or not safe to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One count: where it stands, such as PrinterSubunit/TotalImpressions, and the number."""

    place: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumable:
    """One consumable. percent: 255 and the like are already unknown. raw_percent: may be negative or decimal."""

    label: str = ""
    color: str = ""
    kind: str = ""
    station: str = ""
    percent: str = ""
    raw_percent: str = ""
    state: str = ""
    quantity: str = ""
    part_number: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedmAlert:
    """One row of ProductStatusDyn's AlertTable."""

    name: str
    severity: str = ""
    sequence: str = ""
    color: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedmJob:
    """One row of the job list."""

    url: str
    category: str = ""
    state: str = ""
    update: str = ""
    impressions: str = ""


def ledm_paths(discovery_tree: bytes | None, *, jobs: bool = False) -> tuple[str, ...]:
    """Which LEDM resources to fetch, given the document at LEDM_FIRST (None: it could not be had).

    A tree that names none of them is one of trees: then the usual places are tried. jobs: the list of jobs too.
    """
    if discovery_tree is None:
        return ()
    try:
        root = parse_document(discovery_tree)
    except LedmDecodeError:
        return ()
    if local(root) != "DiscoveryTree":
        return ()
    named = [text_of(each) for each in under(root, "ResourceURI")][: 4 * ROWS_MAX]
    wanted = {path.rpartition("/")[2]: path for path in (*DOCUMENTS, *([JOB_LIST] if jobs else []))}
    found = {name: path for path in named if PATH.fullmatch(path) and (name := path.rpartition("/")[2]) in wanted}
    return tuple(found[name] for name in wanted if name in found) or DOCUMENTS


def parse_document(raw: bytes) -> Element:
    """The root of a document. Raises LedmDecodeError for what is not safe, well-formed XML."""
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise LedmDecodeError(f"the document is longer than {DOCUMENT_BYTES_MAX} bytes")
    if raw.count(b"<") > 2 * ELEMENTS_MAX:  # before a tree of it takes a hundred times the room
        raise LedmDecodeError(f"the document has more than {ELEMENTS_MAX} elements")
    try:
        root = fromstring(raw, forbid_dtd=True)
    except DefusedXmlException as error:
        raise LedmDecodeError("the document has a DTD or entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise LedmDecodeError(f"the document is not well-formed XML ({error})") from error
    _check_shape(root)
    return root


def _check_shape(root: Element) -> None:
    """Raises LedmDecodeError for a document that is deeper or larger than any honest one."""
    count, layer, depth = 1, [root], 1
    while layer := [inner for element in layer for inner in element]:
        count, depth = count + len(layer), depth + 1
        if count > ELEMENTS_MAX or depth > DEPTH_MAX:
            raise LedmDecodeError(f"the document has more than {ELEMENTS_MAX} elements or {DEPTH_MAX} levels")


def documents(ledm: Mapping[str, bytes]) -> tuple[dict[str, Element], list[tuple[str, str]]]:
    """Documents by the local name of their root, and (path, reason) of those that could not be read."""
    roots: dict[str, Element] = {}
    refused: list[tuple[str, str]] = []
    for path, raw in ledm.items():
        try:
            root = parse_document(raw)
        except LedmDecodeError as error:
            refused.append((path, str(error)))
        else:
            roots.setdefault(local(root), root)
    return roots, refused


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def under(element: Element, name: str) -> Iterator[Element]:
    """All descendants of that local name."""
    return (each for each in element.iter() if local(each) == name and each is not element)


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    return next((each for each in element if local(each) == name), None)


def text_of(element: Element | None) -> str:
    """The cleaned text of an element; "" when there is none."""
    return clean(element.text or "") if element is not None else ""


def at(element: Element, path: str) -> str:
    """The text at a path of local names, from one child to the next; "" when a step is missing."""
    place: Element | None = element
    for name in path.split("/"):
        place = child(place, name) if place is not None else None
    return text_of(place)


def anywhere(element: Element, name: str) -> str:
    """The text of a child of that name, or else of the first descendant."""
    return text_of(child(element, name)) or text_of(next(under(element, name), None))


def read_counters(usage: Element, subunit: str, names: Mapping[str, str]) -> Iterator[tuple[str, Counter]]:
    """The counts that stand directly in a subunit, as (what names says they are, count)."""
    for unit in list(under(usage, subunit))[:1]:
        for name, meaning in names.items():
            written = text_of(child(unit, name))
            if written.isdecimal() and len(written) < 16:
                yield meaning, Counter(place=f"{subunit}/{name}", value=int(written))


def read_consumables(root: Element) -> tuple[Consumable, ...]:
    """The consumables of ConsumableConfigDyn, or those of ProductUsageDyn's ConsumableSubunit."""
    rows = list(under(root, "ConsumableInfo")) or [
        row for unit in under(root, "ConsumableSubunit") for row in unit if local(row) == "Consumable"
    ]
    return tuple(read_consumable(row) for row in rows[:ROWS_MAX])


def read_consumable(row: Element) -> Consumable:
    """One consumable, from an element that holds the words of HP's dictionary for it."""
    return Consumable(
        label=at(row, "ConsumableLabelCode"),
        color=at(row, "MarkerColor"),
        kind=at(row, "ConsumableTypeEnum"),
        station=at(row, "ConsumableStation"),
        percent=at(row, "ConsumablePercentageLevelRemaining"),
        raw_percent=at(row, "ConsumableRawPercentageLevelRemaining"),
        state=at(row, "ConsumableLifeState/ConsumableState") or at(row, "ConsumableState"),
        quantity=at(row, "ConsumableLifeState/MeasuredQuantityState") or at(row, "MeasuredQuantityState"),
        part_number=_part_number(row),
        serial=at(row, "SerialNumber") or at(row, "SupplySerialNumber"),
    )


def _part_number(row: Element) -> str:
    """What to order: the number on the box, or the product's own; a phrase such as a subscription is none."""
    named = (at(row, name) for name in ("ConsumableSelectibilityNumber", "ProductNumber"))
    return next((text for text in named if any(character.isdigit() for character in text)), "")


def read_alert_table(status: Element) -> tuple[LedmAlert, ...]:
    """The rows of ProductStatusDyn's AlertTable."""
    return tuple(
        LedmAlert(
            name=anywhere(row, "ProductStatusAlertID"),
            severity=anywhere(row, "Severity"),
            sequence=anywhere(row, "SequenceNumber"),
            color=anywhere(row, "AlertDetailsMarkerColor"),
            kind=anywhere(row, "AlertDetailsConsumableTypeEnum"),
        )
        for table in under(status, "AlertTable")
        for row in list(under(table, "Alert"))[:ROWS_MAX]
    )


def read_job_list(jobs: Element) -> tuple[LedmJob, ...]:
    """The rows of the job list. Names, users and settings are not read."""
    return tuple(
        LedmJob(
            url=at(row, "JobUrl"),
            category=at(row, "JobCategory"),
            state=at(row, "JobState"),
            update=at(row, "JobStateUpdate"),
            impressions=at(row, "ImpressionsCompleted"),
        )
        for row in list(under(jobs, "Job"))[:ROWS_MAX]
    )
