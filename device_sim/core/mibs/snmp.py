"""What the SNMP agent of a printer says of itself: its engine, and what it could not answer.

Source: RFC 3418 (snmp group), RFC 3411 (snmpEngine), RFC 3412 (snmpMPDStats), RFC 3413 (snmpTargetObjects), RFC 3414
(usmStats).
"""

import functools
from collections.abc import Callable
from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.snmp.engine import Engine, EngineCounters, engine_id
from device_sim.core.snmp.layout import clocked
from device_sim.core.snmp.v3_agent import SNMP_MODULES
from device_sim.core.state import LivePrinter
from snmp_format.ber import Oid, counter32, integer, octets
from snmp_format.v3_seal import MESSAGE_BYTES_TAKEN

SNMP: Final = (*MIB_2, 11)
ENGINE: Final = (*SNMP_MODULES, 10, 2, 1)
MPD_STATS: Final = (*SNMP_MODULES, 11, 2, 1)
TARGET_OBJECTS: Final = (*SNMP_MODULES, 12, 1)
USM_STATS: Final = (*SNMP_MODULES, 15, 1, 1)
TRAPS_DISABLED: Final = 2

_COUNTED: Final[dict[Oid, Callable[[EngineCounters], int]]] = {
    (*SNMP, 3): lambda counters: counters.in_bad_versions,
    (*SNMP, 4): lambda counters: counters.in_bad_community_names,
    (*SNMP, 5): lambda counters: counters.in_bad_community_uses,
    (*SNMP, 6): lambda counters: counters.in_asn_parse_errs,
    (*SNMP, 31): lambda counters: counters.silent_drops,
    (*MPD_STATS, 1): lambda counters: counters.unknown_security_models,
    (*MPD_STATS, 2): lambda counters: counters.invalid_messages,
    (*MPD_STATS, 3): lambda counters: counters.unknown_pdu_handlers,
    (*TARGET_OBJECTS, 5): lambda counters: counters.unknown_contexts,
    (*USM_STATS, 1): lambda counters: counters.unsupported_security_levels,
    (*USM_STATS, 2): lambda counters: counters.not_in_time_windows,
    (*USM_STATS, 3): lambda counters: counters.unknown_user_names,
    (*USM_STATS, 4): lambda counters: counters.unknown_engine_ids,
    (*USM_STATS, 5): lambda counters: counters.wrong_digests,
    (*USM_STATS, 6): lambda counters: counters.decryption_errors,
}

_engine_id = functools.lru_cache(maxsize=4096)(engine_id)


def printer_engine(printer: LivePrinter, enterprise: int) -> Engine:
    """The SNMP engine of a printer, at its moment. enterprise: its maker's number."""
    counters = printer.snmp_counters
    if counters is None:
        counters = printer.snmp_counters = EngineCounters()
    return Engine(_engine_id(enterprise, printer.identity.mac), printer.boots, int(printer.uptime_s), counters)


def add_snmp(objects: ObjectList) -> None:
    """The counters of the agent. There is no proxy, and no context but the default one: their counters stay at 0."""
    for oid, count in _COUNTED.items():
        objects.scalar(oid, clocked(_counter(count)))
    objects.scalar((*SNMP, 30), integer(TRAPS_DISABLED))  # snmpEnableAuthenTraps
    objects.scalar((*SNMP, 32), counter32(0))  # snmpProxyDrops
    objects.scalar((*TARGET_OBJECTS, 4), counter32(0))  # snmpUnavailableContexts


def add_engine(objects: ObjectList, enterprise: int) -> None:
    """The group snmpEngine. enterprise: the maker's number."""
    objects.scalar((*ENGINE, 1), lambda printer: octets(_engine_id(enterprise, printer.identity.mac)))
    objects.scalar((*ENGINE, 2), lambda printer: integer(printer.boots))
    objects.scalar((*ENGINE, 3), clocked(_engine_time))
    objects.scalar((*ENGINE, 4), integer(MESSAGE_BYTES_TAKEN))


def _engine_time(printer: LivePrinter) -> bytes:
    return integer(int(printer.uptime_s))


def _counter(count: Callable[[EngineCounters], int]) -> Callable[[LivePrinter], bytes]:
    def value(printer: LivePrinter) -> bytes:
        counters = printer.snmp_counters
        return counter32(0 if counters is None else count(counters))

    return value
