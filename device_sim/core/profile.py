"""What all printers of one model have in common, as data. Live values are in `state`.

Every list here has the order of the MIB rows: row n (1-based) of a Printer MIB table is item n-1.
Words are the standard's labels: RFC 3805 and IANA-PRINTER-MIB.
"""

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from device_sim.core.agent_spec import Channel, FinisherSpec, LanguageSpec, Module, VendorObject
from wire_format.records import Unit

SupplyReport = Literal["measured", "some-left", "unknown"]
Quality = Literal["draft", "normal", "high"]
Rhythm = Literal["office", "even"]
Category = Literal["mono-lines", "color-lines", "low-density", "full-color", "premium"]


class Family(enum.StrEnum):
    """What a printer counts: sheets of office formats, or area and ink from rolls."""

    OFFICE = "office"
    LARGE_FORMAT = "large-format"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplySpec:
    """One row of prtMarkerSuppliesTable.

    capacity: as the printer reports it, in unit. amount_max: what a full one holds in the fine unit of
    the state: microlitres of ink, or thousandths of an impression of dry or wearing supplies. born_amount: what is in
    it when the simulation starts; None leaves it to chance.
    """

    kind: str
    description: str
    unit: str
    capacity: int
    amount_max: int
    colorant: str | None = None
    letter: str = ""
    part_number: str | None = None
    low_percent: int = 10
    report: SupplyReport = "measured"
    receptacle: bool = False
    born_amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One row of prtInputTable. amount_max: full, in sheets, or in millimetres of a roll.

    kind: PrtInputTypeTC label. width_mm and length_mm of the media loaded; a roll has no length.
    capacity: as reported, in unit ("sheets", "meters", "feet"). report: as of a supply.
    weight_g_m2 and media_color: of the media, as prtInputMediaWeight and prtInputMediaColor tell them.
    """

    name: str
    kind: str
    unit: str
    capacity: int
    amount_max: int
    media_name: str
    media_type: str
    width_mm: int
    length_mm: int | None = None
    low_percent: int = 10
    born_amount: int | None = None
    report: SupplyReport = "measured"
    weight_g_m2: int = 80
    media_color: str = "white"

    @property
    def is_roll(self) -> bool:
        return self.length_mm is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """One row of prtOutputTable. capacity: sheets or items; remaining is live."""

    name: str
    kind: str
    capacity: int
    unit: str = "sheets"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeBand:
    """Jobs of impressions_min to impressions_max, as often as weight says."""

    weight: int
    impressions_min: int
    impressions_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """A format people print, in millimetres. On a roll, length is in feed direction."""

    name: str
    width_mm: int
    length_mm: int
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySpec:
    """A kind of print and the ink it takes, in microlitres a square metre (all colorants together)."""

    name: Category
    weight: int
    ink_ul_m2_min: int
    ink_ul_m2_max: int
    color: bool
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a printer of this model is asked to do on a working day. Shares are percent.

    day_starts_h, day_ends_h: by the clock of the site. rhythm: "office" with peaks, noon and quiet Fridays, "even"
    with as much in each hour.
    """

    jobs_per_day: int
    sizes: tuple[SizeBand, ...]
    formats: tuple[FormatSpec, ...]
    categories: tuple[CategorySpec, ...] = ()
    copy_percent: int = 0
    scan_percent: int = 0
    color_percent: int = 0
    duplex_percent: int = 0
    canceled_percent: int = 2
    aborted_percent: int = 1
    weekend_percent: int = 5
    day_starts_h: int = 8
    day_ends_h: int = 18
    rhythm: Rhythm = "office"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How often things go wrong, and how long people take. Zero switches a trouble off."""

    impressions_per_jam: int = 4000
    covers_opened_per_day_percent: int = 30
    repair_s_min: int = 60
    repair_s_max: int = 600
    refill_s_min: int = 120
    refill_s_max: int = 2400
    power_cuts_per_1000_days: int = 0
    reboots_per_1000_days: int = 0
    firmware_updates_per_1000_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast it prints. Office: impressions a minute. Large format: square metres an hour. boot_s: power to ready."""

    warm_up_s: float
    impressions_per_minute: float = 0.0
    m2_per_hour: float = 0.0
    scans_per_minute: float = 30.0
    boot_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSpec:
    """One lifetime count and its unit."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """How old a printer is when the simulation starts: impressions made so far."""

    impressions_min: int
    impressions_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """What a model's web server has beyond what its dialect always has.

    older_pages: HP's /hp/device/*.xml. subscription: LEDM's /ConsumableSubscription/Info, of models sold with ink by
    subscription. wireless: a second adapter, a radio, which is off.
    """

    older_pages: bool = False
    subscription: bool = False
    wireless: bool = False


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One model: who makes it, what it is made of, how it is used.

    printer_name: what prtGeneralPrinterName shows. split_meters: whether prints and copies are counted by colour, too.
    resolution_dpi: of the engine. languages, channels, finishers, mibs, vendor_objects: see `agent_spec`.
    docs/howto/profiles.md tells every key.
    """

    name: str
    manufacturer: str
    model: str
    family: Family
    product_number: str
    sys_descr: str
    sys_object_id: str
    firmware: str
    firmware_date: str
    serial_pattern: str
    mac_prefix: str
    hostname_prefix: str
    marker_technology: str
    counter_unit: str
    memory_bytes: int
    color: bool
    duplex: bool
    services: tuple[str, ...]
    dialect: str
    job_log_max: int
    pace: Pace
    life: Life
    workload: Workload
    trouble: Trouble = Trouble()
    web: Web = Web()
    supplies: tuple[SupplySpec, ...]
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    covers: tuple[str, ...]
    device_id: str = ""
    sys_contact: str = ""
    printer_name: Literal["hostname", "model"] = "hostname"
    split_meters: bool = False
    resolution_dpi: int = 600
    languages: tuple[LanguageSpec, ...] = ()
    channels: tuple[Channel, ...] = ("chPort9100", "chIPP")
    finishers: tuple[FinisherSpec, ...] = ()
    mibs: tuple[Module, ...] = ()
    vendor_objects: tuple[VendorObject, ...] = ()

    @cached_property
    def meters(self) -> tuple[MeterSpec, ...]:
        """The lifetime counts this model keeps, in the order of the state's values."""
        return _meters_of(self)

    @cached_property
    def meter_place(self) -> dict[str, int]:
        """Where in the state's values a meter stands."""
        return {spec.name: place for place, spec in enumerate(self.meters)}

    @cached_property
    def ink_colorants(self) -> tuple[str, ...]:
        """The colorants a job draws from, each once, in the order of the supplies."""
        return tuple(dict.fromkeys(s.colorant for s in self.supplies if s.colorant and not s.receptacle))


_TOTAL: Final = "total.impressions"


def _meters_of(profile: Profile) -> tuple[MeterSpec, ...]:
    made = [MeterSpec(name=_TOTAL, unit=Unit.IMPRESSIONS)]
    if profile.color:
        made += [
            MeterSpec(name=f"{_TOTAL}.monochrome", unit=Unit.IMPRESSIONS),
            MeterSpec(name=f"{_TOTAL}.color", unit=Unit.IMPRESSIONS),
        ]
    for service in ("print", "copy"):
        if service in profile.services:
            split = ("", ".monochrome", ".color") if profile.split_meters and profile.color else ("",)
            made += [MeterSpec(name=f"{service}.impressions{part}", unit=Unit.IMPRESSIONS) for part in split]
    if "scan" in profile.services:
        made.append(MeterSpec(name="scan.images", unit=Unit.IMAGES))
    if profile.family is Family.OFFICE or profile.counter_unit == "sheets":
        made.append(MeterSpec(name="total.sheets", unit=Unit.SHEETS))
        if profile.duplex:
            made.append(MeterSpec(name="total.sheets.duplex", unit=Unit.SHEETS))
    if profile.family is Family.LARGE_FORMAT:
        areas = [MeterSpec(name=f"{service}.area", unit=Unit.MM2) for service in ("print", "copy")]
        made += areas if "copy" in profile.services else areas[:1]
        made.append(MeterSpec(name="media.length", unit=Unit.MM))
        made += [MeterSpec(name=f"ink.volume.{word}", unit=Unit.UL) for word in meter_words(profile)]
    if "imaging-counters" in profile.mibs:
        made += [MeterSpec(name=f"{work}.impressions", unit=Unit.IMPRESSIONS) for work in ("waste", "maintenance")]
    return tuple(made)


def meter_words(profile: Profile) -> tuple[str, ...]:
    """The colorants as they stand in meter names: lower case, hyphens for spaces."""
    return tuple(colorant.lower().replace(" ", "-") for colorant in profile.ink_colorants)
