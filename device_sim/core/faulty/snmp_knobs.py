"""Knobs of SNMP on the wire: what becomes of questions, answers and datagrams."""

from dataclasses import dataclass

from device_sim.core.faulty.knob import knob
from device_sim.core.faulty.moment_knobs import MomentFaults


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpFaults(MomentFaults):
    """How the SNMP agent breaks the protocol."""

    snmp_silent: bool = knob(
        False,
        "snmp",
        "SNMP is never answered, while HTTP and IPP are.",
        expect="Read what HTTP and IPP tell; do not call the printer gone.",
        case="F6: silent SNMP with HTTP alive",
    )
    snmp_v1_only: bool = knob(
        False,
        "snmp",
        "Only SNMP v1 is answered; v2c and v3 are met with silence.",
        expect="Try v1 as well.",
        case="RFC 3584, old print servers",
    )
    snmp_delay_ms: int | None = knob(
        None,
        "snmp",
        "Every reply comes so much later.",
        expect="Wait for it within the deadline, match it by request-id, let no other printer wait.",
        case="F6: slow SNMP",
        example=1500,
        unit="milliseconds",
        low=1,
        high=60_000,
    )
    snmp_loss_percent: float | None = knob(
        None,
        "snmp",
        "Such a share of the requests is lost.",
        expect="Ask again, a limited number of times.",
        case="S Testing: loss",
        example=30.0,
        unit="percent",
        low=0.1,
        high=100,
    )
    snmp_answers_every: int | None = knob(
        None,
        "snmp",
        "Only every so-manieth request is answered.",
        expect="Ask again, with patience.",
        case="S Testing: loss",
        example=2,
        unit="requests",
        low=2,
        high=1000,
    )
    snmp_duplicates: int | None = knob(
        None,
        "snmp",
        "Every reply comes so many times more.",
        expect="Take the first, ignore the others.",
        case="S Testing: duplicate",
        example=1,
        unit="copies",
        low=1,
        high=100,
    )
    snmp_other_address: bool = knob(
        False,
        "snmp",
        "Replies leave from a neighbour's address (the last bit of the address turned).",
        expect="Take a reply only from the address that was asked.",
        case="S10",
    )
    snmp_wrong_request_id: bool = knob(
        False,
        "snmp",
        "Replies of v1 and v2c carry a request-id that was not asked with.",
        expect="Ignore them: they answer nobody.",
        case="S10",
    )
    snmp_cut_octets: int | None = knob(
        None,
        "snmp",
        "So many octets are missing at the end of every reply.",
        expect="Discard it whole, ask again, give up in time.",
        case="S10, S Testing: truncate",
        example=7,
        unit="octets",
        low=1,
        high=65_000,
    )
    snmp_broken_ber: bool = knob(
        False,
        "snmp",
        "The outermost length of every reply points past its end.",
        expect="Discard it; never read past the end.",
        case="S10",
    )
    snmp_endless_walk: bool = knob(
        False,
        "snmp",
        "Tables have no end: behind the last row of a column comes another one, always a larger OID, for ever.",
        expect="Limit rows and time of a walk.",
        case="S10",
    )
    snmp_repeats: str | None = knob(
        None,
        "snmp",
        "GETNEXT and GETBULK give the OID that was asked from once more (same), or go back to the first (back).",
        expect="End the walk where an OID is not larger than the one before.",
        case="S10",
        example="same",
        words=("same", "back"),
    )
    snmp_more_varbinds: int | None = knob(
        None,
        "snmp",
        "Every reply has so many variable bindings more than were asked for.",
        expect="Refuse the reply, or ignore what was not asked.",
        case="S10",
        example=2500,
        unit="bindings",
        low=1,
        high=2500,
    )
    snmp_reply_octets: int | None = knob(
        None,
        "snmp",
        "The last value of every reply is a string that makes the datagram so large.",
        expect="Limit the datagram before decoding it.",
        case="S10, S Also: 64 kB",
        example=60_000,
        unit="octets",
        low=500,
        high=65_000,
    )
    snmp_wrong_types: bool = knob(
        False,
        "snmp",
        "Counters, gauges, integers and times are sent as strings of digits.",
        expect="Report a finding for a value of a wrong type; do not guess.",
        case="S10, E15",
    )
    snmp_gen_err_percent: float | None = knob(
        None,
        "snmp",
        "Asking for such a share of the objects gives genErr, always for the same ones.",
        expect="Ask for the others without it; one bad field never costs the device's record.",
        case="E15",
        example=10.0,
        unit="percent",
        low=0.1,
        high=100,
    )
    snmp_too_big_above: int | None = knob(
        None,
        "snmp",
        "Requests for more objects than this get tooBig; 0: all requests do.",
        expect="Ask for fewer at once, and give up at one.",
        case="RFC 3416, 4.2",
        example=8,
        unit="objects",
        low=0,
        high=1000,
    )
    snmp_no_such_name_percent: float | None = knob(
        None,
        "snmp",
        "Such a share of the requests gets noSuchName, whatever they ask for, in v2c too.",
        expect="Do not conclude that an object is missing from one such answer.",
        case="RFC 3584",
        example=30.0,
        unit="percent",
        low=0.1,
        high=100,
    )
    snmp_no_bulk: bool = knob(
        False,
        "snmp",
        "GETBULK gets genErr.",
        expect="Walk by GETNEXT.",
        case="RFC 3416, old print servers",
    )
    snmp_engine_shared: bool = knob(
        False,
        "snmp",
        "All printers of one maker that have this fault have one snmpEngineID.",
        expect="Keep the keys and the time of an engine by address as well; never take one printer for another.",
        case="RFC 3414, 1.5.1",
    )
    snmp_engine_boots: int | None = knob(
        None,
        "snmp",
        "snmpEngineBoots is always this, as if it were never counted.",
        expect="Work all the same where nothing goes backwards; say what is wrong where it does.",
        case="RFC 3414, 2.2",
        example=0,
        low=0,
        high=2**31 - 1,
    )
    snmp_engine_time_off_s: int | None = knob(
        None,
        "snmp",
        "snmpEngineTime is so many seconds off the time since power-on.",
        expect="Take the engine's time from its own report, and ask again.",
        case="RFC 3414, 2.2",
        example=100_000,
        unit="seconds",
        low=-2_000_000_000,
        high=2_000_000_000,
    )
