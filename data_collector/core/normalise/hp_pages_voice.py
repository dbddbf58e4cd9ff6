"""What HP's pages from before LEDM say: who the printer is, and its supplies. Their counts are not read."""

from collections.abc import Mapping
from typing import Final

from data_collector.core.hp_pages import OlderPage, read_older_consumables, read_older_page
from data_collector.core.ledm import documents
from data_collector.core.normalise.device import parse_mac, tidy_model
from data_collector.core.normalise.findings import Findings
from data_collector.core.normalise.ledm_voice import read_supply
from data_collector.core.normalise.voice import Voice
from data_collector.core.serials import canonical_serial
from data_collector.core.text import shorten
from wire_format.records import Config, Device

DUPLEX: Final = {"1": True, "true": True, "0": False, "false": False}


def hp_pages_voice(pages: Mapping[str, bytes], address: str, findings: Findings) -> Voice:
    """The voice of the older pages among the fetched documents, by their paths."""
    if not pages:
        return Voice()
    roots, _ = documents(pages)  # what cannot be read is the finding of LEDM's voice, which reads all
    page = read_older_page(roots)
    rows = read_older_consumables(roots)
    if page == OlderPage() and not rows:
        return Voice()
    supplies = tuple(
        read_supply(place, row, findings, source="ledm:hp_instant_support") for place, row in enumerate(rows, start=1)
    )
    colours = {supply.colorant for supply in supplies if supply.colorant}
    return Voice(
        device=_device(page, address),
        config=Config(
            firmware=shorten(page.firmware, 255) or shorten(page.firmware_date, 255) or None,
            firmware_date=shorten(page.firmware_date, 64) or None,
            color_capable=not all(colour.endswith(("black", "gray")) for colour in colours) if colours else None,
            duplex_capable=DUPLEX.get(page.duplex.casefold()),
        ),
        supplies=supplies,
    )


def _device(page: OlderPage, address: str) -> Device:
    brand, model = tidy_model(page.model)
    return Device(
        manufacturer=brand or "HP",
        model=shorten(model, 255) if model else None,
        product_number=shorten(page.product_number, 64) or None,
        serial=canonical_serial(page.serial),
        mac=parse_mac(page.mac.encode()) if page.mac else None,
        hostname=shorten(page.hostname, 255) or None,
        ip=address,
        asset_number=shorten(page.asset_number, 255) or None,
        location=shorten(page.location, 255) or None,
    )
