"""IPP of a recording, alive: Get-Printer-Attributes as it was answered, each printer with its own identity and counts.

1. Version and request-id are the request's, and only the attributes that it asks for are told; what the recorder
   could not ask (documents, jobs) is refused with server-error-operation-not-supported.
2. What tells who the printer is, is each one's own; a printer-uri-supported of the scheme that was dialled names
   what was dialled, so that a client finds back. Counts grow as `growth` has it, marker-levels and printer-supply
   follow `levels`.
3. Times follow the boot. The state is the recorded one at rest; recorded reasons stay, before those of now.
Source: RFC 8011, 4.1 and 4.2.5.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from device_sim.core.ipp import (
    BAD_REQUEST,
    FORMAT_NOT_SUPPORTED,
    GET_PRINTER_ATTRIBUTES,
    INTEGER,
    OK,
    PRINTER_GROUP,
    UNSUPPORTED_GROUP,
    URI,
    VERSION_NOT_SUPPORTED,
    encode_attribute,
    encode_response,
    encode_tagged,
)
from device_sim.core.ipp_operations import VERSION_FALLBACK, objection
from device_sim.core.ipp_printer import status_attributes
from device_sim.core.ipp_request import IppDecodeError, IppRequest, Tagged, attributes_of, read_ipp_request
from device_sim.core.ipp_template import TEMPLATE_NAMES
from device_sim.core.recorded.growth import Growth
from device_sim.core.recorded.identity import Namesakes, Word, woven
from device_sim.core.recorded.levels import Levels
from device_sim.core.state import LivePrinter
from wire_format.printer_mib import PrinterState

OPERATIONS: Final = (GET_PRINTER_ATTRIBUTES,)
URIS: Final = "printer-uri-supported"
STATE, REASONS, UUID, FORMATS = "printer-state", "printer-state-reasons", "printer-uuid", "document-format-supported"
SUPPLY: Final = "printer-supply"
_SUPPLY_PART: Final = re.compile(rb"([a-z]+)=([^;]*);")
DATABASE: Final = "media-col-database"
_IPV4: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_OF_NOW: Final = (
    "printer-up-time", "printer-current-time", "printer-state-change-time", "printer-state-change-date-time",
    "queued-job-count",
)  # fmt: skip
_FACES: Final = ("-default", "-supported", "-ready", "-actual")
_MORE_TEMPLATE_NAMES: Final = (
    "media-col", "job-sheets", "output-device", "overrides", "presentation-direction-number-up", "feed-orientation",
    "finishings-col", "imposition-template", "insert-sheet", "job-account-id", "job-delay-output-until",
    "print-darkness", "printer-resolution", "page-delivery", "sheet-collate", "x-image-position", "y-image-position",
    "media-bottom-margin", "media-top-margin", "media-left-margin", "media-right-margin", "media-size",
    "media-source", "media-type", "media-color", "job-priority", "job-mandatory-attributes", "output-mode",
)  # fmt: skip
_TEMPLATE: Final = frozenset((*TEMPLATE_NAMES, *_MORE_TEMPLATE_NAMES))

Live = Sequence[tuple[int, bytes | Word]]
"""The values of an attribute with their tags: as recorded, or each printer's own."""


def recorded_uris(answer: bytes) -> tuple[str, ...]:
    """printer-uri-supported of a recorded answer. Raises IppDecodeError."""
    return tuple(value.decode("utf-8", "replace") for _, value in _attribute(answer, URIS))


def recorded_address(answer: bytes) -> str:
    """The IPv4 address in printer-uri-supported, or nothing. Raises IppDecodeError."""
    hosts = (_parts(uri).netloc.rpartition(":")[0] or _parts(uri).netloc for uri in recorded_uris(answer))
    return next((host for host in hosts if _IPV4.fullmatch(host)), "")


def recorded_uuid(answer: bytes) -> str:
    """printer-uuid of a recorded answer without its urn:uuid:, or nothing. Raises IppDecodeError."""
    for _, value in _attribute(answer, UUID):
        return value.decode("latin-1").removeprefix("urn:uuid:")
    return ""


class RecordedIpp:
    """What all printers that replay one recording answer over IPP. Raises IppDecodeError where it is no answer."""

    def __init__(self, answer: bytes, namesakes: Namesakes, growth: Growth, levels: Levels) -> None:
        self._growth, self._namesakes = growth, namesakes
        self._recorded: Final[dict[str, Tagged]] = {}
        for group, name, values, _ in attributes_of(answer):
            if group == PRINTER_GROUP and name:
                self._recorded.setdefault(name, values)
        live: dict[str, Live] = {
            name: tuple((tag, self._alive(name, tag, value)) for tag, value in values)
            for name, values in self._recorded.items()
        }
        self._live: Final = live | self._levels(levels)
        self.paths: Final = frozenset(path for uri in recorded_uris(answer) if (path := _parts(uri).path))

    def answer(self, printer: LivePrinter, uri: str, content: bytes) -> bytes:
        """The response to the octets of a request. uri: as it was dialled. Never raises for what a peer sent."""
        try:
            request = read_ipp_request(content)
        except IppDecodeError as error:
            return encode_response(error.request_id, BAD_REQUEST, (), VERSION_FALLBACK)
        status = objection(request, OPERATIONS)
        if status != OK:
            version = VERSION_FALLBACK if status == VERSION_NOT_SUPPORTED else request.version
            return encode_response(request.request_id, status, (), version)
        if (media_type := request.word("document-format")) is not None and not self._takes(media_type):
            sent = encode_tagged("document-format", request.attributes["document-format"])
            groups: tuple[bytes, ...] = (bytes((UNSUPPORTED_GROUP,)) + sent,)
            return encode_response(request.request_id, FORMAT_NOT_SUPPORTED, groups, request.version)
        told = b"".join(self._told(printer, uri, request))
        return encode_response(request.request_id, OK, (bytes((PRINTER_GROUP,)) + told,), request.version)

    def _takes(self, media_type: str) -> bool:
        formats = self._recorded.get(FORMATS, ())
        return not formats or media_type.encode() in (value for _, value in formats)

    def _told(self, printer: LivePrinter, uri: str, request: IppRequest) -> Iterator[bytes]:
        wanted = frozenset(request.words("requested-attributes")) or frozenset(("all",))
        now = dict(status_attributes(printer, accepting=True))
        for name, values in self._live.items():
            if not _is_wanted(name, wanted):
                continue
            if name in _OF_NOW or (name == STATE and printer.status is not PrinterState.IDLE):
                yield encode_attribute(name, now[name])
                continue
            rendered = tuple((tag, value(printer) if callable(value) else value) for tag, value in values)
            if name == URIS:
                rendered = tuple((tag, _dialled(value, uri)) for tag, value in rendered)
            if name == REASONS:
                tag, reasons = now[name]
                both = (*rendered, *((tag, reason) for reason in reasons))
                rendered = tuple(dict.fromkeys(pair for pair in both if pair[1] != b"none")) or rendered
            yield encode_tagged(name, rendered)

    def _alive(self, name: str, tag: int, value: bytes) -> bytes | Word:
        if tag != INTEGER or len(value) != 4:
            template = self._namesakes.template(value)
            return value if template is None else template.render
        number, growth = int.from_bytes(value, "big", signed=True), self._growth
        # A collection's counts carry the name of the whole, such as printer-impressions-completed-col.
        if not growth.of_number(number, name.removesuffix("-col")):
            return value
        return lambda printer: (growth.now(number, printer) & 0x7FFFFFFF).to_bytes(4, "big")

    def _levels(self, levels: Levels) -> dict[str, Live]:
        """marker-levels, which stand in the order of marker-names, and the levels in printer-supply."""
        live: dict[str, Live] = {}
        if SUPPLY in self._recorded:
            live[SUPPLY] = tuple((tag, _supply(value, levels)) for tag, value in self._recorded[SUPPLY])
        names, recorded = (self._recorded.get(f"marker-{what}", ()) for what in ("names", "levels"))
        if recorded and len(names) == len(recorded):
            pairs = zip(recorded, names, strict=True)
            live["marker-levels"] = tuple((tag, _marker(value, name, levels)) for (tag, value), (_, name) in pairs)
        return live


def _marker(value: bytes, name: bytes, levels: Levels) -> bytes | Word:
    percent = int.from_bytes(value, "big", signed=True)
    place = levels.of_description(name.decode("utf-8", "replace"), percent)
    return value if place is None else _percent(place)


def _supply(value: bytes, levels: Levels) -> bytes | Word:
    """A value of printer-supply. Source: PWG 5100.13, 5.6."""
    told = {found[1]: found for found in _SUPPLY_PART.finditer(value)}
    level, capacity, color = (told.get(key) for key in (b"level", b"maxcapacity", b"colorantname"))
    if level is None or capacity is None or not (level[2].isdigit() and capacity[2].isdigit() and int(capacity[2])):
        return value
    full = int(capacity[2])
    said = color[2].decode("latin-1").strip() if color is not None else ""
    place = levels.of_color("" if said in ("none", "unknown", "other") else said, 100 * int(level[2]) // full)
    template = None if place is None else woven(value, [(*level.span(2), levels.level(place, full))])
    return value if template is None else template.render


def _percent(place: int) -> Word:
    return lambda printer: (printer.supply_percent(place) or 0).to_bytes(4, "big")


def _parts(uri: str) -> SplitResult:
    """The parts of a URI; all empty where a printer's own is none."""
    try:
        return urlsplit(uri)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _attribute(answer: bytes, wanted: str) -> Tagged:
    for group, name, values, _ in attributes_of(answer):
        if group == PRINTER_GROUP and name == wanted:
            return tuple(pair for pair in values if pair[0] == URI)
    return ()


def _is_wanted(name: str, wanted: frozenset[str]) -> bool:
    if name in wanted:
        return True
    if name == DATABASE:  # it is large, and told to who names it only (PWG 5100.7)
        return False
    return "all" in wanted or ("job-template" if _is_template(name) else "printer-description") in wanted


def _is_template(name: str) -> bool:
    return any(name.endswith(face) and name.removesuffix(face) in _TEMPLATE for face in _FACES)


def _dialled(value: bytes, uri: str) -> bytes:
    dialled, recorded = _parts(uri), _parts(value.decode("utf-8", "replace"))
    if recorded.scheme != dialled.scheme:
        return value
    return f"{dialled.scheme}://{dialled.netloc}{recorded.path}".encode()
