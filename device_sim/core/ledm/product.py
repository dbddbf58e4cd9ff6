"""What the device is: DiscoveryTree and ProductConfigDyn."""

from collections.abc import Iterable
from datetime import UTC, datetime

from device_sim.core.ledm.names import spaces
from device_sim.core.markup import document, tag
from device_sim.core.state import LivePrinter


def discovery_tree(paths: Iterable[tuple[str, str]]) -> str:
    """The resources this device supports. paths: (path, type)."""
    trees = (
        tag("ledm:SupportedTree", tag("dd:ResourceURI", path), tag("dd:ResourceType", kind)) for path, kind in paths
    )
    return document(tag("ledm:DiscoveryTree", trees, **spaces("ledm", "dd")))


def product_config(state: LivePrinter) -> str:
    """ProductConfigDyn: identity, firmware, memory and clock."""
    profile, identity = state.profile, state.identity
    now = datetime.fromtimestamp(state.now_s, UTC)
    product = tag(
        "prdcfgdyn:ProductInformation",
        tag("dd:Version", tag("dd:Revision", profile.firmware), tag("dd:Date", profile.firmware_date)),
        tag("dd:MakeAndModel", profile.model),
        tag("dd:MakeAndModelFamily", profile.model),
        tag("dd:SKUIdentifier", profile.product_number),
        tag("dd:SerialNumber", identity.serial),
        tag("dd:ProductNumber", profile.product_number),
        tag("dd:ServiceID", identity.asset_number),
        tag("dd:Manufacturer", tag("dd:Name", profile.manufacturer)),
        tag("dd:AssetNumber", identity.asset_number),
        tag("dd:DeviceLocation", identity.location),
        tag("dd:TotalMemory", profile.memory_bytes // 1024, Unit="kilobytes"),
        tag("dd:PasswordStatus", "notSet"),
        tag("dd:PowerSave", "enabled"),
        tag("dd:TimeStamp", f"{now:%Y-%m-%dT%H:%M:%S}"),
    )
    network = tag(
        "prdcfgdyn:NetworkInformation",
        tag("dd:HostName", identity.hostname),
        tag("dd:MACAddress", identity.mac.replace(":", "").upper()),
        tag("dd:IPAddress", identity.address),
    )
    return document(tag("prdcfgdyn:ProductConfigDyn", product, network, **spaces("prdcfgdyn", "dd")))
