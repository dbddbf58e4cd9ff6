"""The configuration page: who the printer is, and how it stands in the network."""

from device_sim.core.ews.frame import page
from device_sim.core.ews.parts import joined, moment_of, number, pairs
from device_sim.core.markup import html_tag
from device_sim.core.state import LivePrinter


def configuration_page(state: LivePrinter) -> str:
    """Identity, network and capabilities; nothing can be changed here."""
    profile, identity = state.profile, state.identity
    device = (
        ("Manufacturer", profile.manufacturer),
        ("Model", profile.model),
        ("Product number", profile.product_number),
        ("Serial number", identity.serial),
        ("Asset number", identity.asset_number),
        ("Location", identity.location),
        ("Firmware", profile.firmware),
        ("Firmware date", _date(profile.firmware_date)),
        ("Memory", _memory(profile.memory_bytes)),
    )
    network = (
        ("Host name", identity.hostname),
        ("IPv4 address", identity.address),
        ("Hardware address", identity.mac.upper()),
        ("Wired", "connected"),
        *((("Wireless", "off"),) if profile.web.wireless else ()),
        ("Clock", moment_of(state.now_s)),
        ("Powered on", moment_of(state.booted_s)),
    )
    capabilities = (
        ("Services", ", ".join(profile.services)),
        ("Color", "yes" if profile.color else "no"),
        ("Both sides", "yes" if profile.duplex else "no"),
        ("Languages", _languages(profile.device_id)),
        ("Job log", f"the last {number(profile.job_log_max)} jobs" if profile.job_log_max else "none"),
        ("Changes of configuration", number(state.config_changes)),
    )
    sections = (("Device", device), ("Network", network), ("Capabilities", capabilities))
    columns = (html_tag("section", html_tag("h2", title), pairs(entries)) for title, entries in sections)
    return page(state, "/configuration", joined(html_tag("div", columns, class_="columns")))


def _languages(device_id: str) -> str:
    """The page description languages of an IEEE 1284 device id."""
    fields = dict(part.partition(":")[::2] for part in device_id.split(";") if ":" in part)
    return fields.get("CMD", "").replace(",", ", ")


def _memory(size_bytes: int) -> str:
    mebibytes = size_bytes // (1024 * 1024)
    return f"{mebibytes // 1024:,} GB" if mebibytes % 1024 == 0 and mebibytes else f"{mebibytes:,} MB"


def _date(written: str) -> str:
    """20250122 as 2025-01-22; anything else as it is."""
    return f"{written[:4]}-{written[4:6]}-{written[6:]}" if len(written) == 8 and written.isdecimal() else written
