"""Reads a real printer over the network: SNMP, its web server's LEDM and start page, and IPP.

Every answer is a stranger's: sizes, counts and times are bounded, XML is parsed by defusedxml before it is kept, and no
link leads to another machine.
"""

import asyncio
import os
import re
import xml.etree.ElementTree
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import defusedxml
import defusedxml.ElementTree

from device_sim.core import ipp
from device_sim.core.errors import ConfigError
from device_sim.core.recorder.recording import Document, Recorded

DOCUMENT_BYTES_MAX: Final = 2 * 1024 * 1024
DOCUMENTS_MAX: Final = 60
TOTAL_S_MAX: Final = 120.0
REQUEST_S_MAX: Final = 10.0
TREE: Final = "/DevMgmt/DiscoveryTree.xml"
IPP_PATHS: Final = ("/ipp/print", "/ipp/printer", "/")

_LEDM_PATH: Final = re.compile(r"/[\w./-]{1,200}")


async def read_web(host: str, port: int, say: Callable[[str], None]) -> tuple[Document, ...]:
    """The start page and the LEDM documents that the discovery tree names; nothing where no web server answers."""
    found: list[Document] = []
    async with _session() as session:
        base = f"http://{_bracketed(host)}:{port}"
        page = await _get(session, base, "/")
        if page is not None:
            found.append(page)
        tree = await _get(session, base, TREE)
        if tree is not None and (paths := _paths(tree.body)) is not None:
            found.append(tree)
            for path in paths[:DOCUMENTS_MAX]:
                document = await _get(session, base, path)
                if document is not None and _well_formed(document.body):
                    found.append(document)
                    say(f"{len(found)} documents")
    return tuple(found)


async def read_ipp(host: str, port: int) -> bytes:
    """The answer to Get-Printer-Attributes, or nothing where no IPP is spoken."""
    async with _session() as session:
        for path in IPP_PATHS:
            where = f"{_bracketed(host)}:{port}"
            request = _get_printer_attributes(f"ipp://{where}{path}")
            try:
                async with session.post(
                    f"http://{where}{path}", data=request, headers={"Content-Type": "application/ipp"},
                    allow_redirects=False,
                ) as response:  # fmt: skip
                    body = await _bounded(response)
            except (aiohttp.ClientError, TimeoutError, OSError):
                return b""
            if response.status == 200 and body is not None and len(body) > 8 and body[2:4] < b"\x01\x00":
                return body
    return b""


def write_recording(folder: Path, recorded: Recorded) -> None:
    """Make the folder and the files in it. Raises ConfigError when it holds other things, or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = {entry.name for entry in folder.iterdir()}
        if strangers:
            raise ConfigError("-o", "", f"{folder} is not empty; name a new folder")
        for name, content in recorded.files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        remedy = f"{folder} cannot be written ({error.strerror or os.strerror(error.errno or 0)}); name another folder"
        raise ConfigError("-o", "", remedy) from error


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=REQUEST_S_MAX)
    async with (
        asyncio.timeout(TOTAL_S_MAX),
        aiohttp.ClientSession(timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield session


async def _get(session: aiohttp.ClientSession, base: str, path: str) -> Document | None:
    try:
        async with session.get(base + path, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response:
            body = await _bounded(response)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
    if response.status != 200 or not body:
        return None
    return Document(path=path, kind=response.content_type, body=body, charset=response.charset or "")


async def _bounded(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > DOCUMENT_BYTES_MAX:
            return None
    return bytes(body)


def _paths(tree: bytes) -> list[str] | None:
    """The documents a discovery tree names, each once; None where it is no XML."""
    try:
        root = defusedxml.ElementTree.fromstring(tree, forbid_dtd=True)
    except (xml.etree.ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError):
        return None
    named = [
        (element.text or "").strip() for element in root.iter() if str(element.tag).rpartition("}")[2] == "ResourceURI"
    ]
    return list(dict.fromkeys(path for path in named if _LEDM_PATH.fullmatch(path) and ".." not in path))


def _well_formed(body: bytes) -> bool:
    try:
        defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except (xml.etree.ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError):
        return False
    return True


def _get_printer_attributes(uri: str) -> bytes:
    attributes: dict[str, ipp.Values] = {
        "attributes-charset": ipp.words(ipp.CHARSET, "utf-8"),
        "attributes-natural-language": ipp.words(ipp.LANGUAGE, "en"),
        "printer-uri": ipp.words(ipp.URI, uri),
        "requested-attributes": ipp.words(ipp.KEYWORD, "all", "media-col-database"),
    }
    encoded = b"".join(ipp.encode_attribute(name, values) for name, values in attributes.items())
    head = bytes((2, 0)) + ipp.GET_PRINTER_ATTRIBUTES.to_bytes(2, "big") + (1).to_bytes(4, "big")
    return head + bytes((ipp.OPERATION_GROUP,)) + encoded + bytes((ipp.END_OF_ATTRIBUTES,))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
