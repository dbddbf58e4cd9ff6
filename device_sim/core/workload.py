"""What people ask of a printer: which jobs arrive when.

1. The jobs of an hour are a pure function of (profile, seed, printer, hour), so a fleet may start at any
   time and any printer may be computed alone.
2. An order is decided when it arrives, its end included: people who will cancel know already after how
   many impressions.
3. The day and the week go by the clock of the site (see `rhythm`).
"""

from dataclasses import dataclass
from datetime import UTC, tzinfo

from device_sim.core.dice import Dice
from device_sim.core.profile import CategorySpec, Family, FormatSpec, Profile, Quality
from device_sim.core.rhythm import share_of_day
from wire_format.records import Outcome, Service

HOUR_MS = 3_600_000
_COPIES = (1, 1, 1, 1, 1, 1, 2, 2, 3, 5)
_LETTERS = (
    "Quarterly report.pdf", "Offer 2026-114.docx", "Invoice.pdf", "Minutes R&D <draft>.docx", "Boarding pass.pdf",
    "Übersicht Filialen.xlsx", "Delivery note.pdf", 'Training "week 2".pptx', "Time sheet.xlsx",
)  # fmt: skip
_DRAWINGS = (
    "Ground floor plan.dwg", "Section A-A.pdf", "Site map 1:500.tif", "Facade <north>.dwg", "Wiring R&D lab.pdf",
    "Lageplan Süd.pdf", "Poster lobby.pdf", 'Detail "stairs".dwg',
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One job as it was sent. Times in virtual milliseconds.

    impressions: as wanted, all copies together; stops_after: after how many it ends, with outcome.
    images: originals scanned. draws: what one impression takes of each supply, in the supply's fine unit.
    inks_ul: what one impression takes of each of the profile's ink_colorants.
    """

    arrived_ms: int
    name: str
    service: Service
    impressions: int
    images: int
    copies: int
    stops_after: int
    outcome: Outcome
    color: bool
    duplex: bool
    format: FormatSpec
    input_place: int
    category: CategorySpec | None
    quality: Quality
    draws: tuple[int, ...]
    inks_ul: tuple[int, ...]
    submitted_by: str
    step_ms: int

    def sheets(self, impressions: int) -> int:
        """Sheets used for the first impressions of this job."""
        if not self.duplex:
            return impressions
        whole, rest = divmod(impressions, self.impressions // self.copies)
        return whole * -(-(self.impressions // self.copies) // 2) + -(-rest // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A job that somebody asks for by hand or over a protocol; what is None, the printer chooses.

    impressions: of one copy, for a scan images. format: None for the first of the profile. category: of a large
    format printer's accounting.
    """

    name: str = "Test document"
    service: Service = Service.PRINT
    impressions: int = 1
    copies: int = 1
    color: bool | None = None
    duplex: bool = False
    format: FormatSpec | None = None
    category: CategorySpec | None = None
    quality: Quality | None = None
    submitted_by: str = "network"


def order_of(profile: Profile, wish: Wish, dice: Dice) -> Order:
    """The order that a printer of this model makes of a wish; what it cannot do, it does plainly.

    dice: decide inks and draws. The order arrives when it is submitted.
    """
    large = profile.family is Family.LARGE_FORMAT
    sheet = wish.format or profile.workload.formats[0]
    category = (wish.category or profile.workload.categories[0]) if large else None
    color = profile.color and (category.color if category and wish.color is None else wish.color is not False)
    wanted = wish.impressions * wish.copies
    inks = () if wish.service is Service.SCAN else _inks_ul(profile, sheet, category, color, dice)
    return Order(
        arrived_ms=0,
        name=wish.name,
        service=wish.service,
        impressions=wanted,
        images=wish.impressions if wish.service is not Service.PRINT else 0,
        copies=wish.copies,
        stops_after=wanted,
        outcome=Outcome.COMPLETED,
        color=color,
        duplex=wish.duplex and profile.duplex and wish.impressions > 1,
        format=sheet,
        input_place=_input_place(profile, sheet, dice),
        category=category,
        quality=wish.quality or (category.quality if category else "normal"),
        draws=() if wish.service is Service.SCAN else _draws(profile, inks, color, dice),
        inks_ul=inks,
        submitted_by=wish.submitted_by,
        step_ms=_step_ms(profile, wish.service, sheet),
    )


def arrivals(profile: Profile, seed: int, printer: int, hour: int, zone: tzinfo = UTC) -> tuple[int, ...]:
    """When jobs arrive in that hour (hours since 1970), in virtual milliseconds, in order. zone: of the site."""
    expected = jobs_expected(profile, hour, zone) * _busyness(seed, printer)
    if expected <= 0:
        return ()
    dice = Dice(seed, printer, "arrivals", hour)
    wanted = expected * (0.5 + dice.unit())
    count = int(wanted) + (dice.unit() < wanted % 1)
    return tuple(sorted(hour * HOUR_MS + dice.between(0, HOUR_MS - 1) for _ in range(count)))


def jobs_expected(profile: Profile, hour: int, zone: tzinfo = UTC) -> float:
    """How many jobs a typical printer of this model gets in that hour (hours since 1970), at a site in that zone."""
    return profile.workload.jobs_per_day * share_of_day(profile.workload, hour, zone)


def _busyness(seed: int, printer: int) -> float:
    return 0.6 + 0.8 * Dice(seed, printer, "busyness").unit()


def order_at(profile: Profile, seed: int, printer: int, arrived_ms: int, ordinal: int) -> Order:
    """The ordinal-th order of its hour, which arrives then."""
    dice = Dice(seed, printer, "order", arrived_ms // HOUR_MS, ordinal)
    work = profile.workload
    service = _service(profile, dice)
    large = profile.family is Family.LARGE_FORMAT
    band = work.sizes[dice.weighted([band.weight for band in work.sizes])]
    each = dice.between(band.impressions_min, band.impressions_max)
    copies = 1 if service is Service.SCAN or each > (4 if large else 60) else _COPIES[dice.between(0, len(_COPIES) - 1)]
    sheet = work.formats[dice.weighted([entry.weight for entry in work.formats])]
    category = None
    if large:
        category = work.categories[dice.weighted([entry.weight for entry in work.categories])]
    color = profile.color and (category.color if category else dice.percent(work.color_percent))
    wanted = each * copies
    ends = dice.between(0, 99)
    outcome = Outcome.COMPLETED
    if ends < work.canceled_percent:
        outcome = Outcome.CANCELED
    elif ends < work.canceled_percent + work.aborted_percent:
        outcome = Outcome.ABORTED
    inks = _inks_ul(profile, sheet, category, color, dice)
    titles = _DRAWINGS if large else _LETTERS
    return Order(
        arrived_ms=arrived_ms,
        name=_name(titles, arrived_ms, dice),
        service=service,
        impressions=wanted,
        images=each if service is not Service.PRINT else 0,
        copies=copies,
        stops_after=wanted if outcome is Outcome.COMPLETED else dice.between(0, wanted - 1),
        outcome=outcome,
        color=color,
        duplex=profile.duplex and each > 1 and dice.percent(work.duplex_percent),
        format=sheet,
        input_place=_input_place(profile, sheet, dice),
        category=category,
        quality=category.quality if category else ("draft" if dice.percent(10) else "normal"),
        draws=() if service is Service.SCAN else _draws(profile, inks, color, dice),
        inks_ul=inks,
        submitted_by=_submitted_by(service, dice),
        step_ms=_step_ms(profile, service, sheet),
    )


def _name(titles: tuple[str, ...], arrived_ms: int, dice: Dice) -> str:
    return f"{arrived_ms // 1000 % 10000:04d} {titles[dice.between(0, len(titles) - 1)]}"


def _service(profile: Profile, dice: Dice) -> Service:
    thrown = dice.between(0, 99)
    if thrown < profile.workload.copy_percent:
        return Service.COPY
    if thrown < profile.workload.copy_percent + profile.workload.scan_percent:
        return Service.SCAN
    return Service.PRINT


def _submitted_by(service: Service, dice: Dice) -> str:
    if service is not Service.PRINT:
        return "front-panel"
    return "usb" if dice.percent(3) else "network"


def _input_place(profile: Profile, sheet: FormatSpec, dice: Dice) -> int:
    fitting = [place for place, part in enumerate(profile.inputs) if part.width_mm >= sheet.width_mm]
    if not fitting:
        return len(profile.inputs) - 1
    if profile.family is Family.LARGE_FORMAT:
        return fitting[0] if dice.percent(80) else fitting[dice.between(0, len(fitting) - 1)]
    return fitting[0] if dice.percent(4) else fitting[-1]


def _step_ms(profile: Profile, service: Service, sheet: FormatSpec) -> int:
    pace = profile.pace
    if service is Service.SCAN:
        return max(1, round(60_000 / pace.scans_per_minute))
    if profile.family is Family.LARGE_FORMAT:
        return max(1, round(sheet.width_mm * sheet.length_mm * 3.6 / pace.m2_per_hour))
    return max(1, round(60_000 / pace.impressions_per_minute))


def _inks_ul(
    profile: Profile, sheet: FormatSpec, category: CategorySpec | None, color: bool, dice: Dice
) -> tuple[int, ...]:
    """Ink of one impression for each colorant. Colour jobs share it out; a monochrome one takes blacks and greys."""
    if category is None:
        return ()
    rate = dice.between(category.ink_ul_m2_min, category.ink_ul_m2_max)
    whole_ul = rate * sheet.width_mm * sheet.length_mm // 1_000_000
    used = [color or "black" in word or "gray" in word for word in profile.ink_colorants]
    weights = [dice.between(5, 40) if use else 0 for use in used]
    return tuple(whole_ul * weight // sum(weights) for weight in weights)


def _draws(profile: Profile, inks_ul: tuple[int, ...], color: bool, dice: Dice) -> tuple[int, ...]:
    """What one impression takes of each supply: ink in microlitres, dry supplies in thousandths of an impression."""
    if inks_ul:
        by_colorant = dict(zip(profile.ink_colorants, inks_ul, strict=True))
        spent_ul = sum(inks_ul)
        return tuple(
            spent_ul // 50 if spec.receptacle else by_colorant.get(spec.colorant or "", 1000)
            for spec in profile.supplies
        )
    draws = []
    for spec in profile.supplies:
        if spec.colorant is None or spec.receptacle:
            draws.append(1000)
        elif color or spec.colorant == "black":
            draws.append(dice.between(500, 1700))
        else:
            draws.append(0)
    return tuple(draws)
