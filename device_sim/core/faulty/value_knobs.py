"""Knobs of values: meters, supplies, job log."""

from dataclasses import dataclass

from device_sim.core.faulty.identity_knobs import IdentityFaults
from device_sim.core.faulty.knob import knob


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFaults(IdentityFaults):
    """What the printer says of its counts and of what is left."""

    total_rolls_over_at: int | None = knob(
        None,
        "values",
        "The total of impressions goes back to zero at this count, on every protocol.",
        expect="Continue at a known modulus when the rise is plausible, else hold the reading for review.",
        case="E17",
        example=1_000_000,
        unit="impressions",
        low=100,
        high=2**32,
    )
    counter_wrap_left: int | None = knob(
        None,
        "values",
        "prtMarkerLifeCount starts so far before its wrap at 4,294,967,296 (over SNMP only).",
        expect="Add up over the wrap of a Counter32.",
        case="E17",
        example=50,
        unit="impressions",
        low=0,
        high=2**31,
    )
    counter_jitter: int | None = knob(
        None,
        "values",
        "Every other minute the total of impressions reads so much lower.",
        expect="Clamp the fall to no usage, and do not count the rise a second time.",
        case="E2",
        example=1,
        unit="impressions",
        low=1,
        high=1000,
    )
    life_count_off: int | None = knob(
        None,
        "values",
        "prtMarkerLifeCount reads so much more than the vendor's own total.",
        expect="Store the source with each reading; never switch the source of a meter silently.",
        case="E3",
        example=4,
        unit="counts",
        low=-1000,
        high=1000,
    )
    nvram_loss: int | None = knob(
        None,
        "values",
        "At each power-on after the first, up to so many impressions of the total are lost for good.",
        expect="A small step back after a reboot is no alarm.",
        case="E18",
        example=9,
        unit="impressions",
        low=1,
        high=1000,
    )
    counter_unit_meters: bool = knob(
        False,
        "values",
        "prtMarkerCounterUnit says meters, and prtMarkerLifeCount counts metres of media.",
        expect="Never take metres for impressions.",
        case="F2 Marker",
    )
    supply_level_code: int | None = knob(
        None,
        "values",
        "Every supply's level is this code: -1 no restriction, -2 unknown, -3 some is left.",
        expect="Show the state in words, never a percentage; -3 is not full.",
        case="E22, F2 Supplies",
        example=-3,
        low=-3,
        high=-1,
    )
    supply_capacity: int | None = knob(
        None,
        "values",
        "Every supply's capacity is this: -2 (the level is a percentage then), or 0.",
        expect="Do not divide by it; unknown is a value.",
        case="E21",
        example=0,
        low=-2,
        high=0,
    )
    supply_over_percent: int | None = knob(
        None,
        "values",
        "Every supply's level stands at so many percent of its capacity.",
        expect="Over 100 percent the level is unknown, not clamped to full.",
        case="E21",
        example=150,
        unit="percent",
        low=101,
        high=10_000,
    )
    supply_steps: bool = knob(
        False,
        "values",
        "Supplies report three levels only: 100, 10 or 1 percent.",
        expect='No "days left" from two or three values.',
        case="E20",
    )
    receptacle_inverted: bool = knob(
        False,
        "values",
        "A waste receptacle reports what is in it instead of the room that is left.",
        expect="Know the model, or distrust the level; a full one must still become an alarm by its alert.",
        case="E23",
    )
    job_log_last: int | None = knob(
        None,
        "values",
        "The printer's job list holds only so many of the last finished jobs.",
        expect="Report the gap when more jobs came than it holds; lifetime totals stay right.",
        case="E34",
        example=2,
        unit="jobs",
        low=0,
        high=1000,
    )
    status_display_empty: bool = knob(
        False,
        "values",
        "HP's gdStatusDisplay is always empty, as DesignJets have it by nature.",
        expect="Use the console lines of the Printer MIB.",
        case="F3, F6",
    )
    error_state_octets: int | None = knob(
        None,
        "values",
        "hrPrinterDetectedErrorState has always so many octets: cut to them, or filled with zeros.",
        expect="Read 0, 1 and 2 octets alike; missing bits are not set.",
        case="F1, F6",
        example=0,
        unit="octets",
        low=0,
        high=2,
    )
    hostile_text: str | None = knob(
        None,
        "values",
        "Location, host name, console text, job and supply names carry hostile characters: NUL octets, octets that "
        "are no UTF-8, bidi controls, a spreadsheet formula, HTML, or 64 kB of text (cut to what each protocol holds).",
        expect="Clean and escape them, at every exit; never fail on them, never run them.",
        case="S13, S Also",
        example="formula",
        words=("nul", "not-utf8", "bidi", "formula", "html", "long"),
    )
    stale_minutes: int | None = knob(
        None,
        "values",
        "Answers stay as they were for so many minutes at a time, then jump to the present.",
        expect="Keep the moment of each reading; usage belongs to the whole span.",
        case="E13, E16",
        example=30,
        unit="minutes",
        low=1,
        high=1440,
    )
