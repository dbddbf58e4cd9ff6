"""An IPP client for tests: request octets out, response octets read without the code under test."""

from collections.abc import Mapping
from dataclasses import dataclass

from device_sim.core import ipp
from device_sim.core.ipp_operations import IppPrinter
from device_sim.core.print_desk import PrintDesk
from device_sim.core.printer import Printer
from device_sim.core.state import LivePrinter


def answer_ipp(content: bytes, state: LivePrinter, uri: str) -> bytes:
    """What a printer in this state answers to a request that brings no document."""
    printer = Printer(state.profile, seed=1, index=0, address=state.identity.address, at_s=state.now_s)
    said = IppPrinter(printer, PrintDesk(), uri, 0.0, tell=lambda _: state).answer(content)
    assert isinstance(said, bytes)
    return said


def ipp_request(
    operation: int,
    more: Mapping[str, ipp.Values] | None = None,
    job: Mapping[str, ipp.Values] | None = None,
    *,
    uri: str | None = "ipp://127.1.0.1:631/ipp/print",
    version: tuple[int, int] = (2, 0),
    request_id: int = 77,
    charset: str = "utf-8",
) -> bytes:
    """A request with the attributes every request has, and more. uri: None leaves the target out."""
    attributes: dict[str, ipp.Values] = {
        "attributes-charset": ipp.words(ipp.CHARSET, charset),
        "attributes-natural-language": ipp.words(ipp.LANGUAGE, "en"),
    }
    if uri is not None:
        attributes["printer-uri"] = ipp.words(ipp.URI, uri)
    encoded = b"".join(ipp.encode_attribute(name, values) for name, values in (attributes | dict(more or {})).items())
    head = bytes(version) + operation.to_bytes(2, "big") + request_id.to_bytes(4, "big")
    wishes = b"".join(ipp.encode_attribute(name, values) for name, values in (job or {}).items())
    asked = bytes((ipp.JOB_GROUP,)) + wishes if job else b""
    return head + bytes((ipp.OPERATION_GROUP,)) + encoded + asked + bytes((ipp.END_OF_ATTRIBUTES,))


@dataclass(frozen=True)
class IppAnswer:
    """A response. groups: group tag, and values by attribute name; a collection's members stand among the values."""

    version: tuple[int, int]
    status: int
    request_id: int
    groups: list[tuple[int, dict[str, list[object]]]]

    def only(self, tag: int) -> dict[str, list[object]]:
        (group,) = [group for found, group in self.groups if found == tag]
        return group


def read_ipp_answer(content: bytes) -> IppAnswer:
    """What a response says; fails the test where its octets are not whole."""
    at, name = 8, ""
    groups: list[tuple[int, dict[str, list[object]]]] = []
    while (tag := content[at]) != ipp.END_OF_ATTRIBUTES:
        if tag <= ipp.GROUP_LAST:
            groups.append((tag, {}))
            at += 1
            continue
        label_size = int.from_bytes(content[at + 1 : at + 3], "big")
        label = content[at + 3 : at + 3 + label_size].decode()
        at += 3 + label_size
        size = int.from_bytes(content[at : at + 2], "big")
        value = content[at + 2 : at + 2 + size]
        assert len(value) == size
        at += 2 + size
        name = label or name
        groups[-1][1].setdefault(name, []).append(_plain(tag, value))
    assert at == len(content) - 1
    return IppAnswer(
        version=(content[0], content[1]),
        status=int.from_bytes(content[2:4], "big"),
        request_id=int.from_bytes(content[4:8], "big"),
        groups=groups,
    )


def _plain(tag: int, value: bytes) -> object:
    match tag:
        case ipp.INTEGER | ipp.ENUM:
            return int.from_bytes(value, "big", signed=True)
        case ipp.BOOLEAN:
            return value == b"\x01"
        case ipp.OCTET_STRING | ipp.DATE_TIME | ipp.RANGE | ipp.RESOLUTION:
            return value
        case _:
            return value.decode()
