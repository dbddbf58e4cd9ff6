"""What the device has done: ProductUsageDyn."""

from device_sim.core.ledm.consumables import NOT_KNOWN, consumable_type, life_state
from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import LivePrinter


def product_usage(state: LivePrinter) -> str:
    """ProductUsageDyn: lifetime counts by subunit. TotalImpressions stands in several; the printer's is the total."""
    parts = [_printer(state)]
    services = state.profile.services
    if "scan" in services:
        parts.append(tag("pudyn:ScannerEngineSubunit", tag("dd:ScanImages", state.meter("scan.images"))))
    if "copy" in services:
        parts.append(tag("pudyn:CopyApplicationSubunit", tag("dd:TotalImpressions", state.meter("copy.impressions"))))
    parts.append(tag("pudyn:ConsumableSubunit", (_consumable(state, at) for at in range(len(state.supply_amounts)))))
    return document(tag("pudyn:ProductUsageDyn", parts, **spaces("pudyn", "dd", "dd2")))


def _printer(state: LivePrinter) -> Markup:
    total = state.meter("total.impressions")
    mono = state.meter("total.impressions.monochrome")
    duplex = state.meter("total.sheets.duplex")
    sheets = state.meter("total.sheets")
    return tag(
        "pudyn:PrinterSubunit",
        tag("dd:TotalImpressions", total, PEID=5082),
        tag("dd:MonochromeImpressions", total if mono is None else mono),
        _count("dd:ColorImpressions", state.meter("total.impressions.color")),
        None if sheets is None else tag("dd:SimplexSheets", sheets - (duplex or 0)),
        _count("dd:DuplexSheets", duplex),
        tag("dd:JamEvents", state.jams),
    )


def _consumable(state: LivePrinter, place: int) -> Markup:
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    return tag(
        "pudyn:Consumable",
        tag("dd:MarkerColor", spec.colorant.title().replace(" ", "")) if spec.colorant else None,
        tag("dd:ConsumableTypeEnum", consumable_type(spec)),
        tag("dd:ConsumableStation", place + 1),
        tag("dd:ConsumableRawPercentageLevelRemaining", NOT_KNOWN if percent is None else percent),
        tag("dd:EstimatedPagesRemaining", state.supply_amounts[place] // 1000) if percent is not None else None,
        tag("dd:ConsumableState", life_state(state, place)),
    )


def _count(name: str, value: int | None) -> Markup | None:
    return None if value is None else tag(name, value)
