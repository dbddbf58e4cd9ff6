"""The XML pages of HP printers from before LEDM, as plain typed readings.

1. `info_config.xml` is a flat ConfigurationPage. `hp_instant_support.xml` is a Device of typed Components (HP's
   "xdm"), whose words are those that LEDM took over.
2. They name the printer and its supplies. Their counters are not documented, so none is read: a bill needs better.

Source: pages shown by owners of a CP1518ni and a P2015 (elad-bar/ha-hpprinter, issues 181 and 186).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from data_collector.core.ledm import Consumable, anywhere, at, local, read_consumable, under

PAGES: Final = ("/hp/device/info_config.xml", "/hp/device/hp_instant_support.xml")
COMPONENTS_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderPage:
    """What the pages say of the printer itself; "" for what they do not. firmware_date: yyyymmdd or yyyy-mm-dd."""

    model: str = ""
    product_number: str = ""
    serial: str = ""
    firmware: str = ""
    firmware_date: str = ""
    mac: str = ""
    hostname: str = ""
    asset_number: str = ""
    location: str = ""
    duplex: str = ""


def read_older_page(roots: Mapping[str, Element]) -> OlderPage:
    """The printer of these documents, by the local names of their roots; the configuration page stands first."""
    flat = roots.get("ConfigurationPage")
    page = _flat(flat) if flat is not None else OlderPage()
    system = next((part for part in _components(roots) if part.get("componentType") == "system"), None)
    if system is None:
        return page
    return OlderPage(
        model=page.model or at(system, "MakeAndModel"),
        product_number=page.product_number or at(system, "ProductNumber"),
        serial=page.serial or at(system, "SerialNumber"),
        firmware=page.firmware or at(system, "Version/Revision"),
        firmware_date=page.firmware_date or at(system, "Version/Date"),
        mac=page.mac,
        hostname=page.hostname,
        asset_number=page.asset_number or at(system, "AssetNumber"),
        location=page.location or at(system, "DeviceLocation"),
        duplex=page.duplex,
    )


def read_older_consumables(roots: Mapping[str, Element]) -> tuple[Consumable, ...]:
    """The consumables among the components of hp_instant_support.xml."""
    return tuple(read_consumable(part) for part in _components(roots) if part.get("componentType") == "consumable")


def _flat(root: Element) -> OlderPage:
    return OlderPage(
        model=anywhere(root, "ProductName"),
        product_number=anywhere(root, "PrinterNumber"),
        serial=anywhere(root, "ProductSerialNumber"),
        firmware=anywhere(root, "FirmwareRevision"),
        firmware_date=anywhere(root, "FirmwareDatecode"),
        mac=anywhere(root, "HardwareAddress"),
        hostname=anywhere(root, "HostName"),
        asset_number=anywhere(root, "AssetNumber"),
        location=anywhere(root, "DeviceLocation"),
        duplex=anywhere(root, "DuplexInstalled"),
    )


def _components(roots: Mapping[str, Element]) -> list[Element]:
    root = roots.get("Device")
    if root is None or not any(local(part) == "Information" for part in root):
        return []
    return list(under(root, "Component"))[:COMPONENTS_MAX]
