"""The supplies page, and the tanks that the status page shows of them."""

from device_sim.core.ews.frame import page
from device_sim.core.ews.parts import UNKNOWN, bar, ink_class, joined, number, second, table, tank
from device_sim.core.markup import Markup, Part, html_tag
from device_sim.core.profile import SupplySpec
from device_sim.core.state import LEVEL_SOME_LEFT, LivePrinter


def supplies_page(state: LivePrinter) -> str:
    """Every supply with its level, as far as the device measures it."""
    rows = [_row(state, place) for place in range(len(state.supply_amounts))]
    return page(
        state,
        "/supplies",
        joined(
            html_tag("h2", "Supplies"),
            table(
                "What is left; of a receptacle, the room left",
                (("Supply", "lead"), ("Part number", "word"), ("Level", "bar"), ("Left", "n"), ("State", "word")),
                rows,
                "This model has no supplies.",
            ),
        ),
    )


def tanks(state: LivePrinter) -> Markup:
    """The supplies at a glance: a tank each, with letter and level."""
    return html_tag("ul", (_tank(state, place) for place in range(len(state.supply_amounts))), class_="tanks")


def supply_name(spec: SupplySpec) -> str:
    """What a person calls it: the colour of ink or toner, or else what it is."""
    return spec.colorant.capitalize() if spec.colorant and _marks(spec) else spec.description


def _row(state: LivePrinter, place: int) -> tuple[Part, ...]:
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    said = level_words(state, place)
    word, kind = _state_of(state, place)
    return (
        second(supply_name(spec), spec.description if supply_name(spec) != spec.description else ""),
        spec.part_number or UNKNOWN,
        bar(percent, ink_class(spec.colorant), said),
        second(said, _in_unit(state, place)) if percent is not None else said,
        html_tag("span", word, class_=f"{kind}-word") if kind else word,
    )


def level_words(state: LivePrinter, place: int) -> str:
    """The level for a person: "63 %", "some left", or a dash where the device does not know."""
    percent = state.supply_percent(place)
    if percent is not None:
        return f"{percent} %"
    level = state.supply_level(place)
    if level == LEVEL_SOME_LEFT:
        return "some left"
    return "none left" if level == 0 else UNKNOWN


def _in_unit(state: LivePrinter, place: int) -> str:
    spec, level = state.profile.supplies[place], state.supply_level(place)
    if spec.unit == "percent":
        return ""
    if spec.unit == "tenthsOfMilliliters":
        return f"{level / 10:,.0f} of {spec.capacity / 10:,.0f} ml"
    return f"{number(level)} of {number(spec.capacity)} {spec.unit}"


def _state_of(state: LivePrinter, place: int) -> tuple[str, str]:
    """A word and its colour."""
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    if state.supply_amounts[place] <= 0 or percent == 0:
        return ("Full" if spec.receptacle else "Empty"), "critical"
    if percent is not None and percent <= spec.low_percent:
        return ("Almost full" if spec.receptacle else "Low"), "warning"
    return ("OK", "ok") if percent is not None else ("Not measured", "")


def _tank(state: LivePrinter, place: int) -> Markup:
    spec, percent = state.profile.supplies[place], state.supply_percent(place)
    said = level_words(state, place)
    kind = {"critical": "empty", "warning": "low"}.get(_state_of(state, place)[1])
    return html_tag(
        "li",
        tank(percent, ink_class(spec.colorant), f"{supply_name(spec)}: {said}"),
        html_tag("b", spec.letter or _short(spec.description)),
        html_tag("span", said, class_=kind),
    )


def _marks(spec: SupplySpec) -> bool:
    return not spec.receptacle and ("ink" in spec.kind.lower() or "toner" in spec.kind.lower())


def _short(description: str) -> str:
    words = description.split()
    return " ".join(words[:2])
