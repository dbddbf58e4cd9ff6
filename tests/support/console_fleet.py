"""The printers of the console's seeded fleet: what each prints, and what it then says."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import (
    Alert,
    Config,
    Device,
    InkUse,
    Job,
    Media,
    Meter,
    Outcome,
    Report,
    Service,
    Status,
    Supply,
    Unit,
)

HOSTILE_NAME: Final = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """One printer of the seeded fleet. pace: jobs a push. quiet_h: hours since it last spoke."""

    model: str
    serial: str | None
    customer: str
    site: str
    collector: str | None = None
    wide: bool = False
    mono_only: bool = False
    pace: int = 1
    quiet_h: float = 0.0
    levels: tuple[int, ...] = (62, 51, 48, 31)
    coarse: bool = False
    alert: tuple[str, int, str, str] | None = None
    mac: str | None = None
    job_names: bool = False


FLEET: Final = (
    Printer(model="DesignJet Z9+ 44", serial="SG8AQ2H1M0", customer="Atelier Roux", site="Lyon", wide=True,
            levels=(44, 63, 71, 80), alert=("Paper jam, roll 2", 8, "critical", "mediaPath")),
    Printer(model="DesignJet T1700dr", serial="CN0BK3H07V", customer="Baumann Ingenieure", site="Erfurt", wide=True,
            levels=(38, 55, 61, 0), alert=("Matte black empty", 1102, "critical", "markerSupplies")),
    Printer(model="PageWide XL 5200 MFP", serial="SG62K1D04V", customer="Nordplan Repro", site="Leipzig", wide=True,
            pace=4, levels=(62, 9, 48, 31), job_names=True,
            alert=("Magenta ink low", 1105, "warning", "markerSupplies")),
    Printer(model="Color LaserJet E877", serial="MXBCP4J0F2", customer="Kreisamt Auental", site="Hall", pace=3,
            levels=(41, 52, 66, 7), alert=("Waste toner nearly full", 1107, "warning", "markerSupplies")),
    Printer(model="LaserJet E826", serial="MXBCQ120H7", customer="Hafen Logistik", site="Kiel", collector="HAF-01",
            mono_only=True, pace=6, levels=(52,)),
    Printer(model="DesignJet T830 MFP", serial="CN7A91H0QK", customer="Ostermann Architekten", site="Weimar",
            wide=True, quiet_h=76, levels=(52, 27, 55, 60)),
    Printer(model="DesignJet Z6 44", serial="SG7BT1H0W9", customer="Lindqvist Survey", site="Malmö", wide=True,
            quiet_h=7.2, levels=(60, 55, 4, 41)),
    Printer(model="PageWide XL 8000", serial="SG5CN1D11B", customer="Repro Süd", site="Augsburg", wide=True, pace=5,
            levels=(70, 66, 38, 81)),
    Printer(model="LaserJet M507dn", serial=None, customer="Carver & Holt", site="Bremen", collector="HAF-01",
            mono_only=True, mac="3c:52:82:10:20:1f", levels=(61,)),
    Printer(model="bizhub C300i", serial="A9HJ021004417", customer="Museum am Wall", site="Bremen",
            collector="HAF-01", coarse=True, levels=(0, 0, 0, 0)),
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Counts:
    """Where a seeded printer's lifetime meters stand."""

    mono: int
    colour: int
    area_mm2: int
    jobs: int = 20_000
    finished: list[Job] = field(default_factory=list)


def counts_from(start: int) -> Counts:
    """Meters that stand at about start."""
    return Counts(mono=start, colour=start // 2, area_mm2=start * 620_000)


def print_some(dice: random.Random, printer: Printer, counts: Counts, at: datetime) -> None:
    """A few jobs, more of them in working hours."""
    working = at.weekday() < 5 and 6 <= at.hour <= 18
    for _ in range(dice.randint(1, 3) * printer.pace if working else dice.randint(0, 1)):
        made, colour = dice.randint(1, 12), not printer.mono_only and dice.random() < 0.55
        counts.jobs += 1
        counts.mono += 0 if colour else made
        counts.colour += made if colour else 0
        width, length = dice.choice(((594, 841), (841, 1189), (914, 1600))) if printer.wide else (210, 297)
        area = width * length * made
        counts.area_mm2 += area
        cancelled = dice.random() < 0.05
        inks = tuple(
            InkUse(colorant=name, volume_ul=dice.randint(40, 900) * made) for name in ("cyan", "magenta", "yellow")
        )
        counts.finished.append(
            Job(
                job_id=str(counts.jobs),
                name=HOSTILE_NAME if printer.job_names and counts.jobs % 5 == 0 else None,
                service=Service.PRINT if dice.random() < 0.9 else Service.COPY,
                outcome=Outcome.CANCELED if cancelled else Outcome.COMPLETED,
                completed_at=at - timedelta(minutes=dice.randint(1, 170)),
                quality="normal",
                color_mode="color" if colour else "monochrome",
                copies=1,
                impressions=made,
                sheets=made,
                media=Media(type="Uncoated 80 g", width_mm=width, length_mm=length, area_mm2=area, source="roll 1"),
                inks=(*(inks if colour else ()), InkUse(colorant="black", volume_ul=dice.randint(60, 700) * made))
                if printer.wide
                else (),
                category="color-lines" if colour else "mono-lines",
                submitted_by="network",
            )
        )


def report_of(printer: Printer, counts: Counts, at: datetime, *, last: bool = True) -> Report:
    """What the printer says now; its finished jobs are told once. last: with its alert."""
    jobs, counts.finished = tuple(counts.finished), []
    source = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0" if printer.collector else "firmware"

    def meter(name: str, unit: Unit, value: int) -> Meter:
        return Meter(name=name, unit=unit, value=value, source=source)

    meters = [meter("total.impressions", Unit.IMPRESSIONS, counts.mono + counts.colour)]
    if not printer.mono_only:
        meters.append(meter("total.impressions.monochrome", Unit.IMPRESSIONS, counts.mono))
        meters.append(meter("total.impressions.color", Unit.IMPRESSIONS, counts.colour))
    if printer.wide:
        meters.append(meter("print.area", Unit.MM2, counts.area_mm2))
        meters.append(meter("media.length", Unit.MM, counts.area_mm2 // 841))
    colorants = ("black",) if printer.mono_only else ("cyan", "magenta", "yellow", "black")
    supplies = [
        Supply(
            index=index, kind="inkCartridge" if printer.wide else "tonerCartridge", colorant=colorant,
            description=f"{colorant.capitalize()} cartridge", unit="tenthsOfMilliliters" if printer.wide else "percent",
            capacity=None if printer.coarse else 4_000 if printer.wide else 100,
            level=None if printer.coarse else level * (40 if printer.wide else 1),
            percent=None if printer.coarse else level,
            state=SupplyState.SOME_LEFT if printer.coarse else SupplyState.EMPTY if level == 0
            else SupplyState.MEASURED,
        )
        for index, (colorant, level) in enumerate(zip(colorants, printer.levels, strict=True), start=1)
    ]  # fmt: skip
    if printer.wide:
        supplies.append(
            Supply(index=9, kind="wasteInk", description="Maintenance", percent=74, state=SupplyState.MEASURED)
        )
    alerts: tuple[Alert, ...] = ()
    if printer.alert and last:
        words, code, severity, group = printer.alert
        alerts = (
            Alert(
                alert_id=f"{code}-1", code=code, severity=severity, group=group, description=words,
                onset_at=at - timedelta(seconds=3),
            ),
            Alert(
                alert_id="808-1", code=808, severity="critical", group="input", description="Roll 1 empty",
                onset_at=at - timedelta(hours=4), cleared_at=at - timedelta(hours=3, minutes=48),
            ),
        )  # fmt: skip
    return Report(
        observed_at=at,
        device=Device(
            manufacturer="HP" if "bizhub" not in printer.model else "Konica Minolta", model=printer.model,
            serial=printer.serial, mac=printer.mac, product_number="4VW17A",
            ip="192.0.2.7" if printer.collector else None,
            hostname=None, location=printer.site,
        ),
        config=Config(firmware="XLP_04_21_03.2", color_capable=not printer.mono_only),
        status=Status(
            state=PrinterState.IDLE, console_text="Ready",
            detected_errors=("jammed",) if printer.alert and printer.alert[1] == 8 and last else (),
        ),
        meters=tuple(meters),
        supplies=tuple(supplies),
        alerts=alerts,
        jobs=jobs,
    )  # fmt: skip
