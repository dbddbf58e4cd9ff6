"""Which LEDM documents a model serves, by path. The discovery tree names exactly these."""

from collections.abc import Callable
from typing import Final

from device_sim.core.ledm import events, jobs, older, product, services
from device_sim.core.ledm.consumables import consumable_config
from device_sim.core.ledm.status import product_status
from device_sim.core.ledm.usage import product_usage
from device_sim.core.profile import Family, Profile
from device_sim.core.state import LivePrinter

Renderer = Callable[[LivePrinter], str]
DISCOVERY_TREE: Final = "/DevMgmt/DiscoveryTree.xml"
_ALWAYS: Final[dict[str, tuple[str, Renderer]]] = {
    "/DevMgmt/ProductConfigDyn.xml": ("ledm:hpLedmProductConfigDyn", product.product_config),
    "/DevMgmt/ConsumableConfigDyn.xml": ("ledm:hpLedmConsumableConfigDyn", consumable_config),
    "/DevMgmt/ProductUsageDyn.xml": ("ledm:hpLedmProductUsageDyn", product_usage),
    "/DevMgmt/ProductStatusDyn.xml": ("ledm:hpLedmProductStatusDyn", product_status),
    "/DevMgmt/ProductLogsDyn.xml": ("ledm:hpLedmProductLogsDyn", events.product_logs),
    "/DevMgmt/NetAppsDyn.xml": ("ledm:hpLedmNetAppsDyn", services.net_apps),
    "/DevMgmt/SecurityDyn.xml": ("ledm:hpLedmSecurityDyn", services.security),
    "/IoMgmt/Adapters": ("ledm:hpLedmIoMgmt", services.adapters),
    "/Jobs/JobList": ("ledm:hpLedmJobManager", jobs.job_list),
    events.EVENT_TABLE: ("ledm:hpLedmEventMgmt", events.event_table),
    "/FirmwareUpdate/WebFWUpdate/State": ("ledm:hpLedmFirmwareUpdate", services.firmware_update),
    "/ePrint/ePrintConfigDyn.xml": ("ledm:hpLedmEPrintConfigDyn", services.eprint_config),
}
_SUBSCRIPTION: Final[dict[str, tuple[str, Renderer]]] = {
    "/ConsumableSubscription/Info": ("ledm:hpLedmConsumableSubscription", services.subscription),
}
_OLDER: Final[dict[str, Renderer]] = {
    "/hp/device/info_config.xml": older.info_config,
    "/hp/device/hp_instant_support.xml": older.instant_support,
}


def speaks_ledm(profile: Profile) -> bool:
    """Whether this model has HP's office dialect."""
    return profile.dialect == "hp" and profile.family is Family.OFFICE


def discovered(profile: Profile) -> dict[str, tuple[str, Renderer]]:
    """Path to (resource type, renderer) of what this model's discovery tree names; empty without LEDM."""
    if not speaks_ledm(profile):
        return {}
    return _ALWAYS | _SUBSCRIPTION if profile.web.subscription else _ALWAYS


def ledm_document(state: LivePrinter, path: str) -> tuple[str, str | None] | None:
    """The document at a path and, for a job, its ETag; None where this model has none."""
    profile = state.profile
    if profile.web.older_pages and path in _OLDER:
        return _OLDER[path](state), None
    known = discovered(profile)
    if not known:
        return None
    if path == DISCOVERY_TREE:
        return product.discovery_tree((at, kind) for at, (kind, _) in known.items()), None
    if path in known:
        return known[path][1](state), None
    number = path.removeprefix("/Jobs/JobList/")
    if number != path and number.isascii() and number.isdigit() and len(number) < 12:
        return jobs.job(state, int(number))
    return None
