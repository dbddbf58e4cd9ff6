"""What was read of one printer becomes the files of a recording, with or without its identity."""

import json
from dataclasses import dataclass, field, replace
from typing import Final

from device_sim.core.profile import Profile
from device_sim.core.recorded.model import model_name, recorded_model
from device_sim.core.recorded.rows import Rows
from device_sim.core.recorder.anonymiser import Anonymiser
from device_sim.core.recorder.fakes import ADDRESS, HOST
from device_sim.core.recorder.ipp_identity import ipp_without_identity, learn_ipp
from device_sim.core.recorder.profile_toml import profile_toml
from device_sim.core.recorder.snmp_identity import Row, learn_rows, without_identity
from device_sim.core.recorder.xml_identity import learn_xml, xml_without_identity
from device_sim.core.snmp.layout import Leaf
from device_sim.core.walk import snmprec_line

WALK: Final = "walk.snmprec"
PROFILE: Final = "profile.toml"
IPP: Final = "printer-attributes.ipp"
DOCUMENTS: Final = "documents.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a printer's web server sent. path: with a slash in front. kind: media type without charset.

    charset: as it was sent, or nothing.
    """

    path: str
    kind: str
    body: bytes
    charset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Everything that was read of a printer. host: as it was asked for. ipp: empty where it speaks none."""

    host: str
    rows: tuple[Row, ...] = ()
    documents: tuple[Document, ...] = ()
    ipp: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recording: its files by name, the model's name, and what was done to it."""

    files: dict[str, bytes]
    model: str
    replaced: dict[str, int]
    left_out: int


def recorded(told: Told, key: bytes | None) -> Recorded:
    """The files of a recording. key: unpredictable octets, or None to keep the identity.

    Raises IppRecordingError where the IPP answer cannot be read.
    """
    model = model_name(Rows(_leaves(told.rows)))
    replaced: dict[str, int] = {}
    left_out = 0
    if key is not None:
        anonymiser = Anonymiser(key, model)
        told, left_out = _anonymous(told, anonymiser)
        replaced = anonymiser.fakes.counts()
    profile = _profile(told)
    files = {
        PROFILE: profile_toml(profile, f"Recorded from a {profile.model} by `inkwire sim record`.").encode(),
        WALK: "".join(f"{snmprec_line(oid, tlv)}\n" for oid, tlv in told.rows).encode(),
    }
    if told.ipp:
        files[IPP] = told.ipp
    index = []
    for number, document in enumerate(told.documents, 1):
        name = f"document-{number:02d}.{'xml' if 'xml' in document.kind else 'html'}"
        files[name] = document.body
        charset = {"charset": document.charset} if document.charset else {}
        index.append({"path": document.path, "type": document.kind, **charset, "file": name})
    if index:
        files[DOCUMENTS] = (json.dumps(index, indent=1) + "\n").encode()
    return Recorded(files=files, model=profile.model, replaced=replaced, left_out=left_out)


def _leaves(rows: tuple[Row, ...]) -> list[Leaf[None]]:
    return [Leaf(oid, tlv) for oid, tlv in rows]


def _anonymous(told: Told, anonymiser: Anonymiser) -> tuple[Told, int]:
    is_address = all(part.isdecimal() for part in told.host.split("."))
    anonymiser.learn(ADDRESS if is_address else HOST, told.host)
    learn_rows(told.rows, anonymiser)
    texts = [document.body.decode("latin-1") for document in told.documents]
    for text in texts:
        learn_xml(text, anonymiser)
    if told.ipp:
        learn_ipp(told.ipp, anonymiser)
    rows, left_out = without_identity(told.rows, anonymiser)
    documents = tuple(
        replace(
            document,
            path=anonymiser.text(document.path),
            body=xml_without_identity(text, anonymiser).encode("latin-1", "replace"),
        )
        for document, text in zip(told.documents, texts, strict=True)
    )
    ipp = ipp_without_identity(told.ipp, anonymiser) if told.ipp else b""
    return Told(host="", rows=tuple(rows), documents=documents, ipp=ipp), left_out


def _profile(told: Told) -> Profile:
    rows = Rows(_leaves(told.rows))
    name = "".join(mark if mark.isalnum() else "-" for mark in model_name(rows).lower()).strip("-") or "printer"
    return recorded_model(rows, name).profile
