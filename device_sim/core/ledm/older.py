"""Pages of HP models from before LEDM, which newer ones still carry: /hp/device/info_config.xml and its sister."""

from device_sim.core.markup import document, tag
from device_sim.core.state import LivePrinter


def info_config(state: LivePrinter) -> str:
    """info_config.xml: who the device is and what it has made, in the old flat words."""
    profile, identity = state.profile, state.identity
    return document(
        tag(
            "device_info",
            tag("ProductName", profile.model),
            tag("ProductModel", profile.product_number),
            tag("ProductSerialNumber", identity.serial),
            tag("FormatterNumber", identity.mac.replace(":", "").upper()[-7:]),
            tag("FirmwareDatecode", profile.firmware_date.replace("-", "")),
            tag("FirmwareRevision", profile.firmware),
            tag("TotalMemory", profile.memory_bytes // 1024),
            tag("TotalEngineImpressions", state.meter("total.impressions")),
            tag("DeviceLocation", identity.location),
            tag("AssetNumber", identity.asset_number),
        )
    )


def instant_support(state: LivePrinter) -> str:
    """hp_instant_support.xml: what support asks for first: identity, supplies, and what is wrong."""
    supplies = (
        tag(
            "Supply",
            tag("Description", spec.description),
            tag("PartNumber", spec.part_number) if spec.part_number else None,
            tag("PercentLifeRemaining", percent) if percent is not None else tag("PercentLifeRemaining", "unknown"),
        )
        for place, spec in enumerate(state.profile.supplies)
        for percent in (state.supply_percent(place),)
    )
    return document(
        tag(
            "hp_instant_support",
            tag("ModelName", state.profile.model),
            tag("SerialNumber", state.identity.serial),
            tag("PageCount", state.meter("total.impressions")),
            tag("Supplies", supplies),
            tag("EventLog", (tag("Event", alert.description, number=alert.index) for alert in state.alerts)),
        )
    )
