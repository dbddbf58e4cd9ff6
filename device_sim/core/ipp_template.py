"""What a job may ask for, what it asked for, and what of that this printer cannot do.

1. Every attribute of a job is either supported with that value, or it goes back to the client as unsupported.
2. Of what is supported, copies, sides, media, colour, quality, number-up, page-ranges and hold change what is
   printed and counted; the others are taken and change nothing that a simulation shows.
Source: RFC 8011, 5.2; PWG 5100.7 (media-col), PWG 5100.13 (print-color-mode).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from device_sim.core.ipp import (
    BEGIN_COLLECTION,
    ENUM,
    INTEGER,
    KEYWORD,
    NAME,
    RANGE,
    RESOLUTION,
    Values,
    boolean,
    enums,
    integers,
    keywords,
    no_value,
    ranges,
    resolutions,
)
from device_sim.core.ipp_media import ROLL_MIN_MM, media_attributes, media_supported, source_of
from device_sim.core.ipp_request import Tagged, members_of, number_of
from device_sim.core.ipp_words import as_keyword
from device_sim.core.media_names import media_size
from device_sim.core.profile import Family, Profile
from device_sim.core.state import LivePrinter

COPIES_MAX: Final = 999
FINISHINGS_NONE: Final = 3
QUALITIES: Final = (3, 4, 5)
ORIENTATIONS: Final = (3, 4, 5, 6)
NUMBERS_UP: Final = (1, 2, 4, 6, 9, 16)
HOLDS: Final = ("no-hold", "indefinite")
SIDES: Final = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
HANDLINGS: Final = ("separate-documents-collated-copies", "separate-documents-uncollated-copies")
OPTIMIZATIONS: Final = ("auto", "graphic", "photo", "text", "text-and-graphic")
INTENTS: Final = ("auto", "perceptual", "relative", "saturation")
SCALINGS: Final = ("auto", "auto-fit", "fill", "fit", "none")
RANGES_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTemplate:
    """What of a job's attributes changes what is printed; None where the job does not say.

    media: width and length in hundredths of a millimetre. color: False where the job wants none. quality: the enum
    of print-quality. ranges: of faces, from 1. given: every supported attribute as it came, for who asks later.
    """

    copies: int | None = None
    duplex: bool | None = None
    media: tuple[int, int] | None = None
    color: bool | None = None
    quality: int | None = None
    number_up: int = 1
    ranges: tuple[tuple[int, int], ...] = ()
    hold: bool = False
    given: tuple[tuple[str, Tagged], ...] = ()


def template_attributes(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    """Defaults and supported values of all job template attributes."""
    profile = printer.profile
    yield "copies-default", integers(1)
    yield "copies-supported", ranges((1, COPIES_MAX))
    yield "finishings-default", enums(FINISHINGS_NONE)
    yield "finishings-supported", enums(FINISHINGS_NONE)
    yield "job-hold-until-default", keywords(HOLDS[0])
    yield "job-hold-until-supported", keywords(*HOLDS)
    yield "job-sheets-default", keywords("none")
    yield "job-sheets-supported", keywords("none")
    yield from media_attributes(printer)
    yield "multiple-document-handling-default", keywords(HANDLINGS[0])
    yield "multiple-document-handling-supported", keywords(*HANDLINGS)
    yield "number-up-default", integers(1)
    yield "number-up-supported", integers(*NUMBERS_UP)
    yield "orientation-requested-default", no_value()
    yield "orientation-requested-supported", enums(*ORIENTATIONS)
    bins = output_bins(profile)
    yield "output-bin-default", keywords(bins[0])
    yield "output-bin-supported", keywords(*bins)
    yield "page-ranges-supported", boolean(True)
    yield "print-color-mode-default", keywords("auto")
    yield "print-color-mode-supported", keywords(*color_modes(profile))
    yield "print-content-optimize-default", keywords(OPTIMIZATIONS[0])
    yield "print-content-optimize-supported", keywords(*OPTIMIZATIONS)
    yield "print-quality-default", enums(4)
    yield "print-quality-supported", enums(*QUALITIES)
    yield "print-rendering-intent-default", keywords(INTENTS[0])
    yield "print-rendering-intent-supported", keywords(*INTENTS)
    yield "print-scaling-default", keywords(SCALINGS[0])
    yield "print-scaling-supported", keywords(*SCALINGS)
    dpi = resolutions_dpi(profile)
    yield "printer-resolution-default", resolutions(dpi[-1])
    yield "printer-resolution-supported", resolutions(*dpi)
    yield "sides-default", keywords(SIDES[0])
    yield "sides-supported", keywords(*sides(profile))


def sides(profile: Profile) -> tuple[str, ...]:
    """sides-supported."""
    return SIDES if profile.duplex else SIDES[:1]


def color_modes(profile: Profile) -> tuple[str, ...]:
    """print-color-mode-supported."""
    return ("auto", "color", "monochrome") if profile.color else ("auto", "monochrome")


def resolutions_dpi(profile: Profile) -> tuple[int, ...]:
    """printer-resolution-supported, the finest last."""
    return (300, 600) if profile.family is Family.OFFICE else (300, 600, 1200)


def output_bins(profile: Profile) -> tuple[str, ...]:
    """output-bin-supported."""
    return tuple(dict.fromkeys(as_keyword(spec.name) for spec in profile.outputs))


def read_template(profile: Profile, job: Mapping[str, Tagged]) -> tuple[JobTemplate, tuple[tuple[str, Tagged], ...]]:
    """What a job asks for, and the attributes of it that this printer does not support as they are."""
    given: list[tuple[str, Tagged]] = []
    unsupported: list[tuple[str, Tagged]] = []
    for name, values in job.items():
        rule = _RULES.get(name)
        (given if rule is not None and values and rule(profile, values) else unsupported).append((name, values))
    said = dict(given)
    side, mode = _word(said.get("sides", ())), _word(said.get("print-color-mode", ()))
    template = JobTemplate(
        copies=number_of(said.get("copies", ())),
        duplex=None if side is None else side != SIDES[0],
        media=_media_of(said),
        color={None: None, "auto": None, "color": True}.get(mode, False),
        quality=number_of(said.get("print-quality", ())),
        number_up=number_of(said.get("number-up", ())) or 1,
        ranges=_ranges(said.get("page-ranges", ())) or (),
        hold=_word(said.get("job-hold-until", ())) == HOLDS[1],
        given=tuple(given),
    )
    return template, tuple(unsupported)


def _word(values: Tagged) -> str | None:
    for tag, value in values[:1]:
        if tag in (KEYWORD, NAME):
            return value.decode("utf-8", "replace")
    return None


def _ranges(values: Tagged) -> tuple[tuple[int, int], ...] | None:
    found = []
    for tag, value in values[:RANGES_MAX]:
        if tag != RANGE or len(value) != 8:
            return None
        low, high = (int.from_bytes(value[at : at + 4], "big", signed=True) for at in (0, 4))
        if not 1 <= low <= high:
            return None
        found.append((low, high))
    return tuple(found)


def _media_of(said: Mapping[str, Tagged]) -> tuple[int, int] | None:
    """media-col wins over media, as PWG 5100.7 has it when a client sends both."""
    if "media-col" in said:
        size = _column_size(said["media-col"])
        if size is not None:
            return size
    name = _word(said.get("media", ()))
    return None if name is None or name.startswith("roll_") else media_size(name)


def _column_size(values: Tagged) -> tuple[int, int] | None:
    members = members_of(values)
    width = number_of(members.get("media-size.x-dimension", ()))
    length = number_of(members.get("media-size.y-dimension", ()))
    return None if width is None or length is None else (width, length)


def _takes(profile: Profile, size: tuple[int, int]) -> bool:
    """Whether media of that size goes through: on a roll any length, else a supported sheet, within a millimetre."""
    if profile.family is Family.LARGE_FORMAT:
        widest = max(part.width_mm for part in profile.inputs) * 100
        longest = max(part.amount_max for part in profile.inputs) * 100
        least = ROLL_MIN_MM * 100
        return least <= min(size) <= widest and max(size) <= longest
    known = (media_size(name) for name in media_supported(profile))
    return any(one and abs(one[0] - size[0]) <= 100 and abs(one[1] - size[1]) <= 100 for one in known)


def _media(profile: Profile, values: Tagged) -> bool:
    name = _word(values)
    if name is None:
        return False
    size = media_size(name)
    return name in media_supported(profile) or (size is not None and _takes(profile, size))


def _media_col(profile: Profile, values: Tagged) -> bool:
    if values[0][0] != BEGIN_COLLECTION:
        return False
    members = members_of(values)
    source, kind = _word(members.get("media-source", ())), _word(members.get("media-type", ()))
    size = _column_size(values)
    return (
        (size is None or _takes(profile, size))
        and (source in (None, "auto") or source in (source_of(profile, n) for n in range(len(profile.inputs))))
        and (kind in (None, "auto") or kind in (part.media_type for part in profile.inputs))
    )


def _number(tag: int, allowed: Callable[[int], bool]) -> Callable[[Profile, Tagged], bool]:
    def rule(profile: Profile, values: Tagged) -> bool:
        number = number_of(values)
        return len(values) == 1 and values[0][0] == tag and number is not None and allowed(number)

    return rule


def _one_of(allowed: Callable[[Profile], tuple[str, ...]]) -> Callable[[Profile, Tagged], bool]:
    def rule(profile: Profile, values: Tagged) -> bool:
        return len(values) == 1 and _word(values) in allowed(profile)

    return rule


def _finishings(profile: Profile, values: Tagged) -> bool:
    return all(tag == ENUM and value == FINISHINGS_NONE.to_bytes(4, "big") for tag, value in values)


def _resolution(profile: Profile, values: Tagged) -> bool:
    allowed = {resolutions(dpi)[1][0] for dpi in resolutions_dpi(profile)}
    return len(values) == 1 and values[0][0] == RESOLUTION and values[0][1] in allowed


_RULES: Final[dict[str, Callable[[Profile, Tagged], bool]]] = {
    "copies": _number(INTEGER, lambda number: 1 <= number <= COPIES_MAX),
    "finishings": _finishings,
    "job-hold-until": _one_of(lambda profile: HOLDS),
    "job-sheets": _one_of(lambda profile: ("none",)),
    "media": _media,
    "media-col": _media_col,
    "multiple-document-handling": _one_of(lambda profile: HANDLINGS),
    "number-up": _number(INTEGER, lambda number: number in NUMBERS_UP),
    "orientation-requested": _number(ENUM, lambda number: number in ORIENTATIONS),
    "output-bin": _one_of(output_bins),
    "page-ranges": lambda profile, values: _ranges(values) is not None,
    "print-color-mode": _one_of(color_modes),
    "print-content-optimize": _one_of(lambda profile: OPTIMIZATIONS),
    "print-quality": _number(ENUM, lambda number: number in QUALITIES),
    "print-rendering-intent": _one_of(lambda profile: INTENTS),
    "print-scaling": _one_of(lambda profile: SCALINGS),
    "printer-resolution": _resolution,
    "sides": _one_of(sides),
}
TEMPLATE_NAMES: Final = tuple(_RULES)
"""The job template attributes a job may have."""
