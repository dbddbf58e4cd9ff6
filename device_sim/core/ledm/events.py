"""What happened lately: EventTable, the resource that clients long-poll, and ProductLogsDyn.

1. An event's AgingStamp changes when it happens again, and only then; the table's ETag changes with any stamp.
2. A job's stamp tells where it stands (waits, runs, stopped, ended), not each impression: nobody is woken for those.
3. Stamps begin with the number of the power-on, because the device's counters start anew there.
"""

from device_sim.core.ledm.jobs import listed
from device_sim.core.ledm.names import spaces
from device_sim.core.markup import Markup, document, tag
from device_sim.core.state import ActiveAlert, LivePrinter

EVENT_TABLE = "/EventMgmt/EventTable"
_WAITS, _RUNS, _STOPPED, _ENDED = range(4)


def modification_number(state: LivePrinter) -> int:
    """AlertTable/ModificationNumber: goes up by one with each alert that comes or goes, from power-on."""
    return 2 * state.all_events - len(state.alerts)


def event_table(state: LivePrinter) -> str:
    """EventTable: the device's events, then one a job, newest first."""
    boot = state.boots
    return document(
        tag(
            "ev:EventTable",
            tag("dd:Version", tag("dd:Revision", "SVN.3295")),
            _event("DeviceCapabilitiesChanged", f"{boot}-{state.config_changes}"),
            _event("PowerUpEvent", f"{boot}-1"),
            _event("AlertTableChanged", f"{boot}-{modification_number(state)}", "/DevMgmt/ProductStatusDyn.xml"),
            _jobs(state),
            **spaces("ev", "dd"),
        )
    )


def product_logs(state: LivePrinter) -> str:
    """ProductLogsDyn: an Event for each alert that stands, the newest first, and the number of all since power-on."""
    events = (_logged(state, alert) for alert in reversed(state.alerts))
    errors = "\n".join(alert.description for alert in state.alerts if alert.critical)
    return document(
        tag(
            "pldyn:ProductLogsDyn",
            tag("pldyn:EventLog", tag("dd:TotalEvents", state.all_events), events),
            tag("pldyn:ErrorLog", errors),
            **spaces("pldyn", "dd"),
        )
    )


def _jobs(state: LivePrinter) -> list[Markup]:
    places = [(waiting.number, _WAITS) for waiting in reversed(state.waiting)]
    if state.job is not None:
        places.append((state.job.number, _STOPPED if state.job.stopped else _RUNS))
    places += ((done.number, _ENDED) for done in reversed(listed(state)))
    return [_event("JobEvent", f"{number}-{place}", f"/Jobs/JobList/{number}") for number, place in places]


def _event(category: str, stamp: str, uri: str | None = None) -> Markup:
    payload = tag(
        "ev:Payload",
        tag("dd:ResourceURI", uri),
        tag("dd:ResourceType", "j:Job" if category == "JobEvent" else "ledm:hpLedmProductStatusDyn"),
    )
    return tag(
        "ev:Event",
        tag("dd:UnqualifiedEventCategory", category),
        tag("dd:AgingStamp", stamp),
        payload if uri else None,
    )


def _logged(state: LivePrinter, alert: ActiveAlert) -> Markup:
    total = state.meter("total.impressions")
    return tag(
        "pldyn:Event",
        tag("dd:SequenceNumber", alert.index),
        tag("dd:EventOccurrences", 1),
        tag("dd:EventCode", 65_000 + alert.code),
        tag("dd:EventDescription", alert.description),
        tag("dd:CycleCount", total),
    )
