"""Where a Get-Printer-Attributes answer holds an identity, and the answer without it.

Values are read flat: the members of a collection are values like others, with names of their own. Lengths are written
anew, all else stays octet by octet. Source: RFC 8010, 3.1.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from device_sim.core.errors import DeviceSimError
from device_sim.core.ipp import END_OF_ATTRIBUTES, GROUP_LAST, MEMBER_NAME, NAME, TEXT, URI
from device_sim.core.recorder import fakes
from device_sim.core.recorder.anonymiser import Anonymiser

ATTRIBUTES: Final = {
    "printer-serial-number": fakes.SERIAL, "printer-name": fakes.NAME, "printer-info": fakes.NAME,
    "printer-dns-sd-name": fakes.NAME, "printer-location": fakes.LOCATION, "printer-organization": fakes.CONTACT,
    "printer-organizational-unit": fakes.CONTACT, "printer-wifi-ssid": fakes.NAME, "printer-asset-tag": fakes.ASSET,
    "contact-name": fakes.CONTACT, "contact-vcard": fakes.CONTACT, "job-name": fakes.DOCUMENT,
    "job-originating-user-name": fakes.DOCUMENT, "document-name": fakes.DOCUMENT,
}  # fmt: skip
TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE, NAME_URI_SCHEME, OCTET_STRING = 0x35, 0x36, 0x46, 0x30
TEXTS: Final = (TEXT, NAME, URI, OCTET_STRING, TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE)
_SERIAL_OF_DEVICE_ID: Final = re.compile(r"(?:^|;)\s*(?:SN|SERN|SERIALNUMBER):\s*([^;]+)", re.IGNORECASE)
_URI_HOST: Final = re.compile(r"^[a-z]+s?://(\[[^\]]+\]|[^/:?#]+)")


class IppRecordingError(DeviceSimError):
    """Octets that are no IPP answer."""


def learn_ipp(answer: bytes, anonymiser: Anonymiser) -> None:
    """Learn every identity of an answer. Raises IppRecordingError."""

    def look(name: str, tag: int, value: bytes) -> bytes:
        text = value.decode("utf-8", "replace")
        if name in ATTRIBUTES and tag in (TEXT, NAME):
            anonymiser.learn(ATTRIBUTES[name], text)
        elif name == "printer-device-id" and (serial := _SERIAL_OF_DEVICE_ID.search(text)):
            anonymiser.learn(fakes.SERIAL, serial[1])
        elif tag == URI and (host := _URI_HOST.match(text)) and _may_be_own(name):
            bare = host[1].strip("[]")
            v4, v6 = re.fullmatch(r"[\d.]+", bare), ":" in bare
            anonymiser.learn(fakes.ADDRESS if v4 else fakes.ADDRESS_6 if v6 else fakes.HOST, bare)
        return value

    rewrite_ipp(answer, look)


def ipp_without_identity(answer: bytes, anonymiser: Anonymiser) -> bytes:
    """The answer rewritten. Raises IppRecordingError."""

    def rewritten(name: str, tag: int, value: bytes) -> bytes:
        if tag not in TEXTS:
            return value
        if name in ATTRIBUTES and tag in (TEXT, NAME):
            return anonymiser.whole(ATTRIBUTES[name], value.decode("latin-1")).encode("latin-1", "replace")
        return anonymiser.octets(value)

    return rewrite_ipp(answer, rewritten)


def rewrite_ipp(answer: bytes, change: Callable[[str, int, bytes], bytes]) -> bytes:
    """The answer with each value as `change` (name, value tag, value) says. Raises IppRecordingError."""
    return answer[:8] + b"".join(_rewritten(answer, change)) + bytes((END_OF_ATTRIBUTES,))


def _rewritten(answer: bytes, change: Callable[[str, int, bytes], bytes]) -> Iterator[bytes]:
    at, name = 8, ""
    try:
        while (tag := answer[at]) != END_OF_ATTRIBUTES:
            if tag <= GROUP_LAST:
                yield answer[at : at + 1]
                at += 1
                continue
            label, at = _sized(answer, at + 1)
            value, at = _sized(answer, at)
            name = label.decode("utf-8", "replace") or name
            new = change(name, tag, value)
            if tag == MEMBER_NAME:
                name = value.decode("utf-8", "replace")
            yield bytes((tag,)) + len(label).to_bytes(2, "big") + label + len(new).to_bytes(2, "big") + new
    except IndexError as error:
        raise IppRecordingError("the IPP answer ends too early") from error


def _sized(answer: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(answer[at : at + 2], "big")
    end = at + 2 + size
    if end > len(answer):
        raise IndexError(end)
    return answer[at + 2 : end], end


def _may_be_own(name: str) -> bool:
    """Links to the maker's shop are not the printer's own name."""
    return name in ("printer-uri-supported", "printer-more-info", "printer-icons", "printer-supply-info-uri")
