"""What a printer's own firmware says of itself: the live state as the records of the wire."""

from datetime import UTC, datetime, timedelta

from device_sim.core.state import ActiveAlert, LivePrinter
from wire_format.printer_mib import ALERT_GROUPS, ALERT_SEVERITIES, SupplyState
from wire_format.records import Alert, Config, Device, Meter, Status, Supply

SOURCE = "firmware"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at_s: float) -> datetime:
    """Virtual Unix seconds as an aware UTC datetime, exact to the millisecond."""
    return _EPOCH + timedelta(milliseconds=round(at_s * 1000))


def device_of(state: LivePrinter) -> Device:
    """Who the printer is."""
    identity, profile = state.identity, state.profile
    return Device(
        manufacturer=profile.manufacturer,
        model=profile.model.removeprefix(f"{profile.manufacturer} "),
        product_number=profile.product_number,
        serial=identity.serial,
        mac=identity.mac,
        hostname=identity.hostname,
        ip=identity.address,
        asset_number=identity.asset_number or None,
        location=identity.location,
        description=profile.sys_descr,
    )


def config_of(state: LivePrinter) -> Config:
    """What it can do."""
    profile = state.profile
    return Config(
        firmware=profile.firmware,
        firmware_date=profile.firmware_date,
        color_capable=profile.color,
        duplex_capable=profile.duplex,
        memory_bytes=profile.memory_bytes,
        config_changes=state.config_changes,
    )


def status_of(state: LivePrinter) -> Status:
    """What it does."""
    return Status(state=state.status, detected_errors=state.detected_errors, console_text=state.console_text)


def meters_of(state: LivePrinter) -> tuple[Meter, ...]:
    """Its lifetime counts."""
    return tuple(
        Meter(name=spec.name, unit=spec.unit, value=value, source=SOURCE)
        for spec, value in zip(state.profile.meters, state.meters, strict=True)
    )


def supplies_of(state: LivePrinter) -> tuple[Supply, ...]:
    """What it uses up. percent only where the printer measures."""
    return tuple(
        Supply(
            index=place + 1,
            kind=spec.kind,
            colorant=spec.colorant,
            description=spec.description,
            part_number=spec.part_number,
            unit=spec.unit,
            capacity=spec.capacity,
            level=state.supply_level(place),
            percent=state.supply_percent(place),
            state=_supply_state(state, place),
        )
        for place, spec in enumerate(state.profile.supplies)
    )


def alert_record(alert: ActiveAlert) -> Alert:
    """An alert at its onset."""
    return Alert(
        alert_id=alert.alert_id,
        code=alert.code,
        severity=ALERT_SEVERITIES[alert.severity],
        group=ALERT_GROUPS[alert.group],
        location=alert.location,
        description=alert.description,
        onset_at=moment(alert.onset_s),
    )


def _supply_state(state: LivePrinter, place: int) -> SupplyState:
    spec, amount = state.profile.supplies[place], state.supply_amounts[place]
    if spec.report == "unknown":
        return SupplyState.UNKNOWN
    if state.supply_level(place) == 0:
        return SupplyState.EMPTY
    if spec.report == "some-left":
        return SupplyState.SOME_LEFT
    return SupplyState.LOW if amount * 100 <= spec.amount_max * spec.low_percent else SupplyState.MEASURED
