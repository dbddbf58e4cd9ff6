"""From a counted document and what was asked for it to the job a printer makes of it.

1. Faces that page-ranges choose become impressions, number_up of them on each; what the client asks for wins over
   what the document says, and that over the printer's defaults.
2. An engine counts a job as colour or as monochrome: a document with one coloured face is in colour. Where the
   document does not say, it is taken to be.
3. Sheets: the size asked for, or the document's if the printer has it, else the printer's usual one (it scales).
4. Rolls: the size asked for, or the document's; turned or shrunk where it is too wide. Faces of several sizes are
   averaged, so that length and area of the whole stay right.
5. What a plot is accounted as is guessed from its colour and pictures: lines without pictures, full colour with
   them, premium when the best quality is asked for, low density where nothing is known.
"""

from collections.abc import Sequence
from typing import Final

from device_sim.core.documents.counted import COPIES_MAX, ColorUse, CountedDocument, Faces
from device_sim.core.ipp_media import media_supported
from device_sim.core.ipp_template import JobTemplate
from device_sim.core.media_names import media_name, media_size
from device_sim.core.profile import CategorySpec, Family, FormatSpec, Profile, Quality
from device_sim.core.workload import Wish

UNNAMED: Final = "Untitled"
NAME_CHARACTERS_MAX: Final = 255
IMPRESSIONS_MAX: Final = 1_000_000
_QUALITIES: Final[dict[int, Quality]] = {3: "draft", 4: "normal", 5: "high"}
_NEAR_MM: Final = 6


def wish_of(
    profile: Profile, document: CountedDocument, template: JobTemplate, name: str, *, gray: bool = False
) -> Wish | None:
    """The job for a document, or None where page-ranges leave nothing of it. gray: the document asks for it itself."""
    faces = document.within(template.ranges)
    count = sum(run.count for run in faces)
    if not count:
        return None
    color = not gray and template.color is not False and any(run.color is not ColorUse.MONOCHROME for run in faces)
    each = -(-count // template.number_up)
    copies = max(1, min(template.copies or document.copies or 1, COPIES_MAX, IMPRESSIONS_MAX // each or 1))
    category = _category(profile, faces, template, color=color)
    return Wish(
        name=(name.strip() or UNNAMED)[:NAME_CHARACTERS_MAX],
        impressions=each,
        copies=copies,
        color=color and profile.color,
        duplex=bool(document.duplex if template.duplex is None else template.duplex),
        format=_format(profile, faces, template),
        category=category,
        quality=_QUALITIES.get(template.quality or 0),
    )


def _format(profile: Profile, faces: Sequence[Faces], template: JobTemplate) -> FormatSpec:
    asked = None if template.media is None else (template.media[0] / 100, template.media[1] / 100)
    if profile.family is Family.LARGE_FORMAT:
        return _plot(profile, asked or _average(faces))
    return _sheet(profile, asked or _commonest(faces))


def _commonest(faces: Sequence[Faces]) -> tuple[float, float] | None:
    counts: dict[tuple[int, int], int] = {}
    for run in faces:
        if run.width_mm and run.length_mm:
            size = run.width_mm, run.length_mm
            counts[size] = counts.get(size, 0) + run.count
    return max(counts, key=counts.__getitem__) if counts else None


def _average(faces: Sequence[Faces]) -> tuple[float, float] | None:
    known = [(run.count, run.width_mm, run.length_mm) for run in faces if run.width_mm and run.length_mm]
    count, length = sum(run[0] for run in known), sum(run[0] * run[2] for run in known)
    if not count:
        return None
    return sum(run[0] * run[1] * run[2] for run in known) / length, length / count


def _sheet(profile: Profile, size: tuple[float, float] | None) -> FormatSpec:
    usual = profile.workload.formats
    if size is None:
        return usual[0]
    short, long = sorted(size)
    for spec in usual:
        if _near(short, min(spec.width_mm, spec.length_mm)) and _near(long, max(spec.width_mm, spec.length_mm)):
            return spec
    for name in media_supported(profile):
        known = media_size(name)
        if known and _near(short, known[0] / 100) and _near(long, known[1] / 100):
            return FormatSpec(name=name, width_mm=round(known[0] / 100), length_mm=round(known[1] / 100))
    return usual[0]


def _plot(profile: Profile, size: tuple[float, float] | None) -> FormatSpec:
    if size is None:
        return profile.workload.formats[0]
    widest = max(part.width_mm for part in profile.inputs)
    longest = max(part.amount_max for part in profile.inputs if part.width_mm == widest)
    width, length = size
    if width > widest >= length:
        width, length = length, width
    shrink = min(1.0, widest / width)
    width_mm = max(1, round(width * shrink))
    length_mm = max(1, min(round(length * shrink), longest))
    return FormatSpec(name=media_name(width_mm, length_mm), width_mm=width_mm, length_mm=length_mm)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR_MM


def _category(profile: Profile, faces: Sequence[Faces], template: JobTemplate, *, color: bool) -> CategorySpec | None:
    categories = profile.workload.categories
    if not categories:
        return None
    if not color:
        wanted = "mono-lines"
    elif all(run.color is ColorUse.UNKNOWN for run in faces):
        wanted = "low-density"
    elif any(run.images for run in faces):
        wanted = "premium" if template.quality == 5 else "full-color"
    else:
        wanted = "color-lines"
    alike = [spec for spec in categories if spec.name == wanted] or [spec for spec in categories if spec.color == color]
    return (alike or list(categories))[0]
