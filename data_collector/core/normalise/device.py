"""Who the printer says it is.

1. A model is the printer's, never its network card's: names of cards and empty phrases are passed over.
2. The maker's own object comes first, then hrDeviceDescr, the device ID, and sysDescr last.
3. prtGeneralSerialNumber comes before private serials (a definition may turn that round); every
   candidate must be a serial number at all.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from data_collector.core import mib
from data_collector.core.device_id import parse_device_id
from data_collector.core.evidence import Evidence, Oid, dotted
from data_collector.core.normalise.brands import brand_of, split_brand
from data_collector.core.normalise.snmp_view import SnmpView
from data_collector.core.serials import canonical_serial
from data_collector.core.text import decode_text, shorten
from wire_format.records import Config, Device

NO_MODEL: Final = re.compile(
    r"(network |laser |ink ?jet |color |colour |generic |local |usb |default )*(printer|print server|device|mfp|copier)"
    r"|unknown|none|n/?a|null|printer ?\d+|(ethernet|network|wireless|wired) (board|card|interface|adapter).*"
    r"|.*\b(jetdirect|print ?server|ZebraNet|OkiLAN)\b.*|HP ETHERNET MULTI-ENVIRONMENT.*|linux .*",
    re.IGNORECASE,
)
"""What devices write where a model should stand. Names of one maker's cards are in its definition."""

MODEL_TAIL: Final = re.compile(r"[;,\n].*$|\s+(version|firmware|rev\.?|ver\.?)\s.*$", re.IGNORECASE)
"""Versions after the model in sysDescr and in some hrDeviceDescr."""

MODEL_TEXT_MAX: Final = 255

MAC_LENGTH: Final = 6
MAC_TEXT: Final = re.compile(rb"([0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}|[0-9A-Fa-f]{12}")


def read_device(view: SnmpView, evidence: Evidence) -> Device:
    """The device of an SNMP voice."""
    definition = view.definition
    brand, model = _model(view)
    ids = [parse_device_id(text) for text, _ in _device_ids(view)]
    maker = next((brand_of(keys["MFG"]) or keys["MFG"] for keys in ids if "MFG" in keys), None)
    told, _ = split_brand(view.text(mib.SYS_DESCR, "device.description"))
    manufacturer = brand or maker or (None if _is_card(view, _sys_descr(view)) else told) or definition.manufacturer
    return Device(
        manufacturer=_optional(manufacturer, 128),
        model=_optional(model, 255),
        product_number=_optional(view.first(definition.product_number), 64),
        serial=_serial(view, ids),
        mac=read_mac(view),
        hostname=_optional(view.text(mib.SYS_NAME, "device.hostname"), 255)
        or _optional(view.first(definition.hostname), 255)
        or _optional(evidence.hostname, 255),
        ip=evidence.address,
        asset_number=_optional(view.first(definition.asset_number), 255),
        location=_optional(view.text(mib.SYS_LOCATION, "device.location"), 255),
        description=_optional(_sys_descr(view), 1024),
    )


def read_config(view: SnmpView, color_capable: bool | None) -> Config:
    """Firmware, and what the printer can do."""
    changes = view.number(view.of_printer(mib.PRT_CONFIG_CHANGES), "config.config_changes")
    kilobytes = view.number(mib.HR_MEMORY_SIZE, "config.memory_bytes")
    return Config(
        firmware=_optional(view.first(view.definition.firmware), 255),
        firmware_date=_optional(view.first(view.definition.firmware_date), 64),
        color_capable=color_capable,
        memory_bytes=kilobytes * 1024 if kilobytes is not None and kilobytes > 0 else None,
        config_changes=changes if changes is not None and changes >= 0 else None,
    )


def tidy_model(text: str, noise: Iterable[re.Pattern[str]] = ()) -> tuple[str | None, str | None]:
    """The maker and the model in a text that names both; (None, None) when it names no printer."""
    text = text[:MODEL_TEXT_MAX]
    for pattern in noise:
        text = pattern.sub(r"\1" if pattern.groups else "", text)
    brand, model = split_brand(MODEL_TAIL.sub("", text.strip()).strip())
    model = model.strip(" .,;:-_")
    if len(model) < 2 or NO_MODEL.fullmatch(model) or NO_MODEL.fullmatch(text.strip()):
        return None, None
    return brand, model


def read_mac(view: SnmpView) -> str | None:
    """The first hardware address of a real interface, as aa:bb:cc:dd:ee:ff."""
    zeros: Oid | None = None
    for suffix, value in view.picture.column(mib.IF_PHYS_ADDRESS):
        if not isinstance(value, bytes) or not value:
            continue
        mac = parse_mac(value)
        if mac is not None:
            return mac
        if len(value) == MAC_LENGTH and not any(value):
            zeros = suffix
        if any(value):
            view.findings.add(
                "device.mac", dotted((*mib.IF_PHYS_ADDRESS, *suffix)), value, "this is no hardware address"
            )
    if zeros is not None:
        source = dotted((*mib.IF_PHYS_ADDRESS, *zeros))
        view.findings.add("device.mac", source, bytes(MAC_LENGTH), "zeros are no hardware address")
    return None


def parse_mac(value: bytes) -> str | None:
    """A hardware address from six octets or from its text; None for zeros, groups and other lengths."""
    if len(value) != MAC_LENGTH:
        text = value.rstrip(b"\x00 ")
        if not MAC_TEXT.fullmatch(text):
            return None
        parts = re.split("[:-]", text.decode("ascii"))
        value = bytes.fromhex("".join(part.zfill(2) for part in parts))
    if not any(value) or value[0] & 1:
        return None
    return value.hex(":")


def _model(view: SnmpView) -> tuple[str | None, str | None]:
    for text in _model_texts(view):
        if _is_card(view, text):
            continue
        brand, model = tidy_model(text, view.definition.model_noise)
        if model is not None:
            return brand, _without(view.definition.manufacturer, model)
    return None, None


def _without(maker: str | None, model: str) -> str:
    """model without the maker's name before it."""
    if maker is not None and model.casefold().startswith(f"{maker.casefold()} "):
        return model[len(maker) + 1 :].strip()
    return model


def _model_texts(view: SnmpView) -> Iterator[str]:
    yield from (text for text, _ in view.read(view.definition.model))
    yield view.text(view.of_printer(mib.HR_DEVICE_DESCR), "device.model")
    for text, _ in _device_ids(view):
        keys = parse_device_id(text)
        if "MDL" in keys:
            brand = brand_of(keys.get("MFG", "")) or ""
            yield f"{brand} {keys['MDL']}".strip()
    yield _sys_descr(view)


def _device_ids(view: SnmpView) -> Iterator[tuple[str, str]]:
    for suffix, value in view.picture.column(mib.PPM_DEVICE_ID):
        if isinstance(value, bytes):
            yield decode_text(value, view.charset), dotted((*mib.PPM_DEVICE_ID, *suffix))
    yield from view.read(view.definition.device_id)


def _serial(view: SnmpView, ids: list[dict[str, str]]) -> str | None:
    standard = view.of_printer(mib.PRT_SERIAL)
    told = [(view.text(standard, "device.serial"), dotted(standard))]
    private = list(view.read(view.definition.serial))
    candidates = [*private, *told] if view.definition.serial_first else [*told, *private]
    for suffix, value in view.picture.column(mib.ENT_SERIAL):
        if isinstance(value, bytes):
            candidates.append((decode_text(value, view.charset), dotted((*mib.ENT_SERIAL, *suffix))))
    candidates += [(keys["SN"], "device ID") for keys in ids if "SN" in keys]
    for text, source in candidates:
        serial = canonical_serial(text, view.definition.canonical_serial)
        if serial is not None:
            return serial
        if text:
            view.findings.add("device.serial", source, text, "this is a placeholder, not a serial number")
    return None


def _is_card(view: SnmpView, text: str) -> bool:
    return not text or any(pattern.search(text) for pattern in view.definition.network_cards)


def _sys_descr(view: SnmpView) -> str:
    return view.text(mib.SYS_DESCR, "device.description")


def _optional(text: str | None, length_max: int) -> str | None:
    return shorten(text, length_max) or None if text else None
