"""What media a printer has and takes, as IPP says it.

A roll is ready at its whole length; a length that suits a document is cut from it. Margins are those of the usual
engine: 4.23 mm, and 5 mm at a roll. Source: PWG 5101.1, PWG 5100.7 (media-col), PWG 5100.13 (printer-input-tray).
"""

from collections.abc import Iterator
from typing import Final

from device_sim.core.ipp import OCTET_STRING, Values, collection, integers, keywords, names, ranges, words
from device_sim.core.ipp_words import keyword_or_name
from device_sim.core.media_names import STANDARD, media_name, media_size
from device_sim.core.profile import Family, InputSpec, Profile
from device_sim.core.state import LivePrinter

LEVEL_UNKNOWN: Final = -2
LETTER_MM: Final = 216
LEGAL_MM: Final = 356
ROLL_MIN_MM: Final = 210
_MARGIN, _ROLL_MARGIN = 423, 500
_SIDES: Final = ("bottom", "left", "right", "top")


def media_attributes(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    """The media attributes of the job template."""
    profile = printer.profile
    sizes = [size for name in media_supported(profile) if (size := media_size(name))]
    sources = [source_of(profile, place) for place in range(len(profile.inputs))]
    margin = _ROLL_MARGIN if profile.family is Family.LARGE_FORMAT else _MARGIN
    yield "media-default", keywords(media_default(profile))
    yield "media-supported", keywords(*media_supported(profile))
    yield "media-ready", keywords(*dict.fromkeys(map(ready_name, profile.inputs)))
    yield "media-col-default", collection(_column(profile, _default_place(profile), media_default(profile)))
    ready = [_column(profile, place, ready_name(part)) for place, part in enumerate(profile.inputs)]
    yield "media-col-ready", collection(*ready)
    yield "media-col-supported", keywords(*ready[0])
    yield "media-size-supported", collection(*_sizes(profile, sizes))
    yield "media-source-supported", keywords(*sources)
    yield "media-type-supported", keyword_or_name(*dict.fromkeys(part.media_type for part in profile.inputs))
    for side in _SIDES:
        yield f"media-{side}-margin-supported", integers(margin)


def media_database(printer: LivePrinter) -> Values:
    """media-col-database, which is told only to who asks for it by name."""
    profile = printer.profile
    place = _default_place(profile)
    return collection(*(_column(profile, place, name) for name in media_supported(profile) if _is_sheet(name)))


def tray_attributes(printer: LivePrinter) -> Iterator[tuple[str, Values]]:
    """printer-input-tray: the inputs with their levels."""
    trays = (_tray(printer, place) for place in range(len(printer.profile.inputs)))
    yield "printer-input-tray", words(OCTET_STRING, *trays)
    yield "printer-input-tray-description", names(*(part.name for part in printer.profile.inputs))


def media_default(profile: Profile) -> str:
    """The media of a job that names none: what this model is loaded with most."""
    sheet = profile.workload.formats[0]
    return media_name(min(sheet.width_mm, sheet.length_mm), max(sheet.width_mm, sheet.length_mm))


def media_supported(profile: Profile) -> tuple[str, ...]:
    """Every media a job may name, and for a roll the least and most of any other size."""
    # Every tray for A4 takes Letter too, which is wider.
    width_mm = max(LETTER_MM, *(part.width_mm for part in profile.inputs))
    rolls = [part for part in profile.inputs if part.is_roll]
    length_mm = max((part.length_mm or part.amount_max for part in profile.inputs), default=0)
    fits = [
        name
        for name in STANDARD
        if (size := media_size(name)) and size[0] // 100 <= width_mm and size[1] // 100 <= max(length_mm, LEGAL_MM)
    ]
    fits += [name for name in (media_default(profile), *map(ready_name, profile.inputs)) if name not in fits]
    if rolls:
        fits += [f"custom_min_{ROLL_MIN_MM}x{ROLL_MIN_MM}mm", f"custom_max_{width_mm}x{length_mm}mm"]
    return tuple(dict.fromkeys(fits))


def ready_name(part: InputSpec) -> str:
    """The name of what is loaded in an input."""
    if part.length_mm is None:
        return f"roll_current_{part.width_mm}x{part.amount_max}mm"
    return media_name(part.width_mm, part.length_mm)


def source_of(profile: Profile, place: int) -> str:
    """media-source of an input."""
    part = profile.inputs[place]
    if part.is_roll:
        return f"roll-{place + 1}"
    return "by-pass-tray" if part.kind == "sheetFeedManual" else f"tray-{place + 1}"


def _default_place(profile: Profile) -> int:
    return 0 if profile.family is Family.LARGE_FORMAT else len(profile.inputs) - 1


def _is_sheet(name: str) -> bool:
    return not name.startswith(("custom_min", "custom_max", "roll_"))


def _column(profile: Profile, place: int, name: str) -> dict[str, Values]:
    width, length = media_size(name) or (0, 0)
    part = profile.inputs[place]
    margin = _ROLL_MARGIN if part.is_roll else _MARGIN
    return {
        "media-size": collection({"x-dimension": integers(width), "y-dimension": integers(length)}),
        "media-type": keyword_or_name(part.media_type),
        "media-source": keywords(source_of(profile, place)),
        **{f"media-{side}-margin": integers(margin) for side in _SIDES},
    }


def _sizes(profile: Profile, sizes: list[tuple[int, int]]) -> Iterator[dict[str, Values]]:
    for width, length in dict.fromkeys(sizes):
        yield {"x-dimension": integers(width), "y-dimension": integers(length)}
    if profile.family is Family.LARGE_FORMAT:
        widest = max(part.width_mm for part in profile.inputs) * 100
        longest = max(part.amount_max for part in profile.inputs) * 100
        yield {
            "x-dimension": ranges((ROLL_MIN_MM * 100, widest)),
            "y-dimension": ranges((ROLL_MIN_MM * 100, longest)),
        }


def _tray(printer: LivePrinter, place: int) -> str:
    spec = printer.profile.inputs[place]
    feed_um = spec.length_mm * 1000 if spec.length_mm else LEVEL_UNKNOWN
    return (
        f"type={spec.kind};mediafeed={feed_um};mediaxfeed={spec.width_mm * 1000};maxcapacity={spec.capacity};"
        f"level={printer.input_level(place)};unit={spec.unit};name={spec.name};"
    )
