"""Batches to test with: one written by hand, and any that the shapes allow."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from wire_format.codec import declared_fields
from wire_format.printer_mib import PrinterState, SupplyState
from wire_format.records import (
    Alert,
    Batch,
    Clock,
    Config,
    Device,
    Finding,
    Gap,
    InkUse,
    Job,
    Media,
    Meter,
    Outcome,
    Reason,
    Report,
    SenderState,
    Service,
    Status,
    Supply,
    Unit,
)
from wire_format.shapes import Choice, Instant, Integer, ListOf, Nested, Shape, Text, Truth

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
SENDER = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
STREAM = "5f1d7a3c9e2b48d6a0c4e8f21b3d5a79"


def full_batch(sender: str = SENDER, sequence: int = 1842) -> Batch:
    """A batch in which every field is set that schema 1 had at first: the golden one."""
    meters = (
        Meter(name="total.impressions", unit=Unit.IMPRESSIONS, value=92_373, source="1.3.6.1.2.1.43.10.2.1.4.1.1"),
        Meter(name="print.area", unit=Unit.MM2, value=55_423_900_000, source="firmware"),
        Meter(name="ink.volume.matte-black", unit=Unit.UL, value=1_204_500, source="firmware"),
    )
    supply = Supply(
        index=1,
        kind="inkCartridge",
        colorant="cyan",
        description="HP 745 cyan",
        part_number="F9K03A",
        serial="4F81A207",
        unit="tenthsOfMilliliters",
        capacity=3000,
        level=1860,
        percent=62,
        state=SupplyState.MEASURED,
    )
    alert = Alert(
        alert_id="17-4",
        code=8,
        severity="critical",
        group="mediaPath",
        location=1,
        description="Paper jam, roll 2",
        onset_at=NOON - timedelta(minutes=9),
        cleared_at=NOON - timedelta(minutes=2),
        count=2,
    )
    job = Job(
        job_id="17-000231",
        name="a-drawing",
        service=Service.PRINT,
        submitted_at=NOON - timedelta(minutes=8),
        started_at=NOON - timedelta(minutes=7),
        completed_at=NOON - timedelta(minutes=5),
        outcome=Outcome.COMPLETED,
        quality="normal",
        color_mode="color",
        copies=2,
        impressions=2,
        sheets=2,
        media=Media(type="bond", width_mm=914, length_mm=1189, area_mm2=1_086_746, source="roll 2"),
        inks=(InkUse(colorant="cyan", volume_ul=1_240),),
        category="color-lines",
        submitted_by="network",
    )
    report = Report(
        observed_at=NOON,
        uptime_ms=7_203_311,
        device=Device(
            manufacturer="HP",
            model="DesignJet T1700dr",
            product_number="W6B56A",
            serial="CN81B2H0TR",
            mac="48:ba:4e:01:9c:c2",
            hostname="plan-room-2",
            ip="10.20.0.17",
            asset_number="A-1204",
            location="Plan room",
            description="HP DesignJet T1700dr PS",
        ),
        config=Config(
            firmware="XLP_04_21_03.2",
            firmware_date="20260301",
            color_capable=True,
            duplex_capable=False,
            memory_bytes=137_438_953_472,
            config_changes=12,
        ),
        status=Status(state=PrinterState.PRINTING, detected_errors=("lowPaper",), console_text="Printing"),
        meters=meters,
        supplies=(supply,),
        alerts=(alert,),
        jobs=(job,),
        findings=(
            Finding(field="supplies/3/level", source="1.3.6.1.2.1.43.11.1.1.9.1.3", raw="-7", reason="no sense"),
        ),
    )
    return Batch(
        v=1,
        batch_id="019a9c3e-5b00-7a31-8c42-0d5e6f708192",
        sender=sender,
        stream=STREAM,
        sequence=sequence,
        boot=17,
        uptime_ms=7_203_311,
        created_at=NOON,
        clock=Clock.SYNCED,
        reason=Reason.JOBS,
        state=SenderState(
            jobs_refused=0,
            batches_set_aside=1,
            spooled=3,
            gap=Gap(previous_stream="0" * 32, last_sequence=1840, reason="the spool file was damaged"),
        ),
        reports=(report,),
    )


def of_shape(shape: Shape) -> st.SearchStrategy[Any]:
    """Any value that a shape allows, lists kept short."""
    match shape:
        case Text():
            if shape.pattern is not None:
                return st.from_regex(shape.pattern, fullmatch=True).filter(lambda text: len(text) <= shape.length_max)
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=min(shape.length_max, 20))
        case Integer():
            return st.integers(shape.lowest, shape.highest)
        case Truth():
            return st.booleans()
        case Instant():
            return st.integers(0, 32_000_000_000_000).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
        case Choice():
            return st.sampled_from(list(shape.kind) if shape.kind is not None else shape.words)
        case Nested():
            return records(shape.record)
        case ListOf():
            return st.lists(of_shape(shape.item), max_size=3).map(tuple)


def records(record: type[Any]) -> st.SearchStrategy[Any]:
    """Any record of a class, optional fields sometimes missing."""
    arguments: dict[str, st.SearchStrategy[Any]] = {}
    for name, declared in declared_fields(record).items():
        values = of_shape(declared.shape)
        missing = st.just(()) if isinstance(declared.shape, ListOf) else st.none()
        arguments[name] = values if declared.required else st.one_of(missing, values)
    return st.builds(record, **arguments)
