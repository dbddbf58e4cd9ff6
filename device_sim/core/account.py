"""What is told of a printer to whoever leads a fleet: a line of a list, and all of it."""

from collections.abc import Mapping

from device_sim.core.faults import set_faults
from device_sim.core.state import LivePrinter

Told = Mapping[str, object]
FINISHED_MAX = 10


def line_of(state: LivePrinter) -> dict[str, object]:
    """A printer in a list."""
    identity = state.identity
    return {
        "printer": identity.index,
        "address": identity.address,
        "serial": identity.serial,
        "model": state.profile.model,
        "power": state.power.value,
        "network": state.plugged,
        "status": state.status.value,
        "console": state.console_text,
        "impressions": state.meters[0],
        "job": None if state.job is None else state.job.number,
        "waiting": len(state.waiting),
        "alerts": [alert.description for alert in state.alerts],
        "faults": set_faults(state.faults),
    }


def account_of(state: LivePrinter) -> dict[str, object]:
    """All that a printer is and does."""
    profile, identity, job = state.profile, state.identity, state.job
    return {
        **line_of(state),
        "hostname": identity.hostname,
        "mac": identity.mac,
        "location": identity.location,
        "firmware": profile.firmware,
        "uptime_s": round(state.uptime_s),
        "meters": {spec.name: value for spec, value in zip(profile.meters, state.meters, strict=True)},
        "supplies": [
            {"supply": place + 1, "description": spec.description, "percent": 100 * amount // spec.amount_max}
            for place, (spec, amount) in enumerate(zip(profile.supplies, state.supply_amounts, strict=True))
        ],
        "inputs": [
            {"input": place + 1, "name": spec.name, "percent": 100 * amount // spec.amount_max}
            for place, (spec, amount) in enumerate(zip(profile.inputs, state.input_amounts, strict=True))
        ],
        "alert_table": [
            {"index": alert.index, "code": alert.code, "description": alert.description, "critical": alert.critical}
            for alert in state.alerts
        ],
        "running": None
        if job is None
        else {"job": job.number, "name": job.name, "done": job.done, "wanted": job.wanted, "stopped": job.stopped},
        "queue": [{"job": one.number, "name": one.name, "wanted": one.wanted} for one in state.waiting],
        "finished": [
            {
                "job": one.number,
                "name": one.record.name,
                "outcome": one.record.outcome.value if one.record.outcome else None,
                "impressions": one.record.impressions,
            }
            for one in list(state.finished)[-FINISHED_MAX:]
        ],
    }
