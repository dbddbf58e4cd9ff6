"""Pages of HP models from before LEDM, which newer ones still carry: /hp/device/info_config.xml and its sister.

Their shape is that of pages shown by owners of a CP1518ni and a P2015 (elad-bar/ha-hpprinter, issues 186 and 181):
a flat ConfigurationPage, and a Device of typed Components in the words that LEDM took over. What else real pages
hold is not known, so counters are left out.
"""

from device_sim.core.ledm.consumables import NOT_KNOWN, consumable_type
from device_sim.core.ledm.names import FLAT_PAGES, spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.profile import SupplySpec
from device_sim.core.state import LivePrinter


def info_config(state: LivePrinter) -> str:
    """info_config.xml: who the device is, in the old flat words."""
    profile, identity = state.profile, state.identity
    about = tag(
        "ProductInformation",
        tag("ProductName", f"{profile.manufacturer} {profile.model}"),
        tag("FormatterNumber", identity.mac.replace(":", "").upper()[-7:]),
        tag("PrinterNumber", profile.product_number),
        tag("ProductSerialNumber", identity.serial),
        tag("FirmwareDatecode", profile.firmware_date.replace("-", "")),
        tag("IPAddress", identity.address),
        tag("HardwareAddress", identity.mac),
        tag("HostName", identity.hostname),
    )
    return document(tag("ConfigurationPage", about, tag("ProductSettings"), xmlns=FLAT_PAGES))


def instant_support(state: LivePrinter) -> str:
    """hp_instant_support.xml: what support asks for first: identity and supplies."""
    profile = state.profile
    system = _component(
        "i1000",
        "system",
        tag("dd:MakeAndModel", f"{profile.manufacturer} {profile.model}"),
        tag("dd:ProductNumber", profile.product_number),
        tag("dd:SerialNumber", state.identity.serial),
        tag("dd:Version", tag("dd:Date", profile.firmware_date)),
    )
    supplies = (_supply(state, place, spec) for place, spec in enumerate(profile.supplies))
    return document(
        tag(
            "xdm:Device",
            tag("xdm:Configuration"),
            tag("xdm:Information", system, tag("xdm:ComponentGroup", supplies)),
            **spaces("xdm", "dd"),
        )
    )


def _supply(state: LivePrinter, place: int, spec: SupplySpec) -> Markup:
    percent = state.supply_percent(place)
    return _component(
        f"i{2600 + place}",
        "consumable",
        tag("dd:ConsumableTypeEnum", consumable_type(spec)),
        tag("dd:ConsumableLabelCode", spec.letter) if spec.letter else None,
        tag("dd:ProductNumber", spec.part_number) if spec.part_number else None,
        tag("dd:ConsumablePercentageLevelRemaining", NOT_KNOWN if percent is None else percent),
    )


def _component(number: str, kind: str, *parts: Markup | None) -> Markup:
    return tag("xdm:Component", *parts, id=number, componentType=kind)
