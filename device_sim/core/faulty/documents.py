"""What misbehaving printers make of an HTTP or IPP answer: another answer, and how it is sent.

Pure: an answer and faults in, an answer and a `Sending` out. The shell sends it (`device_sim.http_faults`).
"""

import re
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Final

from device_sim.core.faults import KNOBS, Faults, set_faults
from device_sim.core.faulty.texts import on_the_wire
from device_sim.core.faulty.told import Over

SILENT_S: Final = 120.0
SEND_S_MAX: Final = 300.0
ENDLESS_BYTES_MAX: Final = 256 * 1024 * 1024
LOGIN: Final = "/login.html"
_HTML: Final = "text/html; charset=utf-8"
_MIB: Final = 1024 * 1024

_PREFIXES: Final = {"dd": "d3x", "dd2": "dic2", "pudyn": "usage", "prdcfgdyn": "prd", "ccdyn": "cons", "psdyn": "st"}
_PREFIX: Final = re.compile(r"(</?|xmlns:)(" + "|".join(sorted(_PREFIXES, key=len, reverse=True)) + r")(?=[:=])")
_DATE: Final = re.compile(r"(xmlns:\w+=\"[^\"]*?)/\d{4}/\d{2}/\d{2}\"")
_COUNT: Final = re.compile(r"<(\w+:\w*(?:Impressions|Sheets|Events|Images))>")
_LEVEL: Final = re.compile(r"(<\w+:Consumable(?:Raw)?PercentageLevelRemaining>)(\d+)(?:\.\d+)?(</)")
_SUBUNIT: Final = re.compile(r"<(\w+):PrinterSubunit>")
_DECOY: Final = "<{0}:MediaSubunit><dd:TotalImpressions>7</dd:TotalImpressions></{0}:MediaSubunit>"
_ENTITIES: Final = '<!DOCTYPE bomb [<!ENTITY a "{0}">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. headers: without Content-Length."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")

    def with_header(self, name: str, value: str | None) -> "Answer":
        """The answer with that header and no other of its name; None: without it."""
        rest = tuple((known, kept) for known, kept in self.headers if known.lower() != name.lower())
        return replace(self, headers=rest if value is None else (*rest, (name, value)))

    @property
    def is_xml(self) -> bool:
        return "xml" in self.header("Content-Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How an answer is sent. silent: not at all. length: what Content-Length says, None for none.

    pause_s: between two octets of the body. endless: blanks follow the body. cut: octets of the body that are sent.
    """

    delay_s: float = 0.0
    silent: bool = False
    length: int | None = None
    pause_s: float = 0.0
    endless: bool = False
    cut: int | None = None
    raw: bool = False


_USUAL: Final = Sending()


@lru_cache(maxsize=4096)
def misbehaves(faults: Faults, over: Over) -> bool:
    """Whether answers over that protocol are other than usual."""
    on = set_faults(faults)
    known = {"http": "http", "ipp": "ipp"}.get(over)
    return "hostile_text" in on or any(KNOBS[name].described.subject == known for name in on)


def spoilt_http(answer: Answer, faults: Faults, url: str) -> tuple[Answer, Sending]:
    """What an HTTP answer becomes. url: what was asked for."""
    answer = _headed(_redirected(_document(answer, faults), faults, url), faults)
    if faults.hostile_text is not None:
        answer = replace(answer, body=on_the_wire(answer.body))
    if faults.http_gzip_bomb_mib is not None:
        answer = replace(answer, body=gzip_bomb(faults.http_gzip_bomb_mib))
        answer = answer.with_header("Content-Encoding", "gzip")
    size = len(answer.body)
    length: int | None = size + (faults.http_length_off or 0)
    raw = any((faults.http_length_off, faults.http_half, faults.http_drip_ms, faults.http_endless))
    sending = Sending(
        delay_s=(faults.http_delay_ms or 0) / 1000,
        silent=faults.http_silent,
        length=None if faults.http_endless else max(length or 0, 0),
        pause_s=(faults.http_drip_ms or 0) / 1000,
        endless=faults.http_endless,
        cut=size // 2 if faults.http_half else None,
        raw=raw,
    )
    return answer, sending


def spoilt_ipp(answer: Answer, faults: Faults) -> tuple[Answer, Sending]:
    """What an IPP answer becomes."""
    body = answer.body
    if answer.status == 200 and len(body) > 8:
        if faults.hostile_text is not None:
            body = on_the_wire(body)
        if faults.ipp_latin1:
            body = _latin1(body)
        if faults.ipp_unknown_tags:
            body = _unknown_tags(body)
        if faults.ipp_wrong_request_id:
            body = body[:7] + bytes((body[7] ^ 0x55,)) + body[8:]
        if faults.ipp_truncated:
            body = body[: len(body) // 2]
    return replace(answer, body=body), replace(_USUAL, silent=faults.ipp_silent)


def _document(answer: Answer, faults: Faults) -> Answer:
    """The document with other content."""
    if answer.status != 200 or not answer.is_xml:
        return answer
    text = answer.body.decode(errors="surrogateescape")  # a recording may have another charset
    if faults.ledm_more_totals:
        text = _SUBUNIT.sub(lambda found: _DECOY.format(found[1]) + found[0], text, count=1)
    if faults.ledm_peid:
        numbers = iter(range(5000, 1 << 30))
        text = _COUNT.sub(lambda found: f'<{found[1]} PEID="{next(numbers)}">', text)
    if faults.ledm_level is not None:
        level = "255" if faults.ledm_level == "255" else r"\g<2>.6"
        text = _LEVEL.sub(rf"\g<1>{level}\g<3>", text)
    if faults.ledm_namespace_dates:
        text = _DATE.sub(r'\1/2029/02/03"', text)
    if faults.ledm_prefixes:
        text = _PREFIX.sub(lambda found: found[1] + _PREFIXES[found[2]], text)
    if faults.xml_entity_bomb:
        head, _, root = text.partition("?>")
        name = root.lstrip().removeprefix("<").split(">")[0].split()[0]
        text = f"{head}?>{_ENTITIES.format('ha' * 50)}{root.replace('>', '>&i;', 1)}".replace("bomb", name, 1)
    body = text.encode(errors="surrogateescape")
    if faults.xml_truncated:
        body = body[: len(body) * 2 // 3]
    answer = replace(answer, body=body)
    if faults.http_html_instead:
        page = "<!doctype html><html><head><title>Busy</title></head><body><p>The device is busy.</p></body></html>"
        answer = replace(answer, body=page.encode()).with_header("Content-Type", _HTML)
    return answer


def _redirected(answer: Answer, faults: Faults, url: str) -> Answer:
    """Not the document but a refusal, or a redirect."""
    path = "/" + url.split("://", 1)[-1].partition("/")[2]
    if faults.http_login == "redirect" and path == LOGIN:
        page = f"<!doctype html><html><body><form><input type=password></form>{escape(url)}</body></html>"
        return replace(answer, status=200, body=page.encode()).with_header("Content-Type", _HTML)
    if faults.http_login == "401":
        refused = replace(answer, status=401, body=b"Sign in.\n").with_header("Content-Type", "text/plain")
        return refused.with_header("WWW-Authenticate", 'Basic realm="printer"')
    target = LOGIN if faults.http_login else url if faults.http_redirect == "self" else faults.http_redirect
    if target is not None:
        return replace(answer, status=302, body=b"").with_header("Location", target)
    if faults.http_status is not None:
        text = f"Status {faults.http_status}.\n".encode()
        return replace(answer, status=faults.http_status, body=text).with_header("Content-Type", "text/plain")
    return answer


def _headed(answer: Answer, faults: Faults) -> Answer:
    """The answer with other headers."""
    if faults.http_etag_missing:
        answer = answer.with_header("ETag", None)
    if faults.http_content_type is not None:
        answer = answer.with_header("Content-Type", faults.http_content_type)
    if faults.http_server_header is not None:
        answer = replace(answer, headers=(("Server", faults.http_server_header), *answer.headers))
    if faults.http_headers_kib is not None:
        padding = tuple((f"X-Padding-{number}", "x" * 1000) for number in range(faults.http_headers_kib))
        answer = replace(answer, headers=answer.headers + padding)
    return answer


@lru_cache(maxsize=8)
def gzip_bomb(size_mib: int) -> bytes:
    """So many MiB of blanks, compressed a thousandfold as one gzip member, without making them."""
    blanks = b" " * _MIB
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = press.compress(blanks) + press.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(size_mib):
        check = zlib.crc32(blanks, check)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    size = size_mib * _MIB & 0xFFFFFFFF
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + block * size_mib + end + check.to_bytes(4, "little") + size.to_bytes(4, "little")


_UTF8: Final = b"\x47\x00\x12attributes-charset\x00\x05utf-8"
_ISO_8859_1: Final = b"\x47\x00\x12attributes-charset\x00\x0aiso-8859-1"
_LOCATION: Final = b"\x41\x00\x10printer-location"
_TEXT_TAG, _UNKNOWN_TAG = 0x41, 0x7E


def _latin1(body: bytes) -> bytes:
    body = body.replace(_UTF8, _ISO_8859_1, 1)
    at = body.find(_LOCATION)
    if at < 0:
        return body
    at += len(_LOCATION)
    stop = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[:at] + b"\x00\x05B\xfcro " + body[stop:]


def _unknown_tags(body: bytes) -> bytes:
    """Every named text attribute with another value tag. Names of printer attributes begin with printer-."""
    return re.sub(
        rb"\x41(\x00[\x08-\x40]printer-)", lambda found: bytes((_UNKNOWN_TAG,)) + found[1], body, flags=re.DOTALL
    )
