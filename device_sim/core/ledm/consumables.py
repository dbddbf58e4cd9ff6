"""What the device uses up: ConsumableConfigDyn."""

from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.profile import SupplySpec
from device_sim.core.state import LivePrinter

NOT_KNOWN = 255  # HP's level for a consumable that is not measured or not there
_TYPES = {
    "tonerCartridge": "tonerCartridge",
    "toner": "toner",
    "inkCartridge": "inkCartridge",
    "ink": "ink",
    "opc": "imageDrum",
    "wasteInk": "maintenanceKit",
    "fuser": "fuserKit",
}


def consumable_config(state: LivePrinter) -> str:
    """ConsumableConfigDyn: one ConsumableInfo a supply, in the order of the supplies table."""
    rows = (_consumable(state, place, spec) for place, spec in enumerate(state.profile.supplies))
    return document(tag("ccdyn:ConsumableConfigDyn", rows, **spaces("ccdyn", "dd")))


def consumable_type(spec: SupplySpec) -> str:
    """ConsumableTypeEnum of a supply."""
    return _TYPES.get(spec.kind, "other")


def life_state(state: LivePrinter, place: int) -> str:
    """ConsumableState: ok, low or veryLow."""
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    if state.supply_amounts[place] <= 0:
        return "veryLow"
    return "low" if percent is not None and percent <= spec.low_percent else "ok"


def _consumable(state: LivePrinter, place: int, spec: SupplySpec) -> Markup:
    percent = state.supply_percent(place)
    return tag(
        "ccdyn:ConsumableInfo",
        tag("dd:ConsumableLabelCode", spec.letter) if spec.letter else None,
        tag("dd:ConsumableTypeEnum", consumable_type(spec)),
        tag("dd:ConsumableStation", place + 1),
        tag("dd:ConsumablePercentageLevelRemaining", NOT_KNOWN if percent is None else percent),
        tag("dd:MeasuredQuantityState", "unknown" if percent is None else "measured"),
        tag("dd:ProductNumber", spec.part_number) if spec.part_number else None,
        tag("dd:ConsumableSelectibilityNumber", spec.part_number) if spec.part_number else None,
        tag("dd:IsSubscription", "true" if state.profile.web.subscription else "false") if spec.colorant else None,
        tag("dd:Description", spec.description),
        tag("dd:Capacity", tag("dd:MaxCapacity", spec.capacity), tag("dd:Unit", spec.unit)),
        tag(
            "dd:ConsumableLifeState",
            tag("dd:ConsumableState", life_state(state, place)),
            tag("dd:Brand", state.profile.manufacturer),
        ),
    )
