"""The SNMP engine of one agent: its name, its age, and what it counts.

Source: RFC 3411, 5 (snmpEngineID, snmpEngineBoots, snmpEngineTime); counters: RFC 3418, RFC 3412, RFC 3413, RFC 3414.
"""

from dataclasses import dataclass
from typing import Final

BOOTS_MAX: Final = 2**31 - 1
_MAC_FORMAT: Final = 3


@dataclass(slots=True, kw_only=True)
class EngineCounters:
    """What an engine did not answer as it was asked to, since its agent was started. Counter32 each."""

    in_bad_versions: int = 0
    in_bad_community_names: int = 0
    in_bad_community_uses: int = 0
    in_asn_parse_errs: int = 0
    silent_drops: int = 0
    unknown_security_models: int = 0
    invalid_messages: int = 0
    unknown_pdu_handlers: int = 0
    unknown_contexts: int = 0
    unsupported_security_levels: int = 0
    not_in_time_windows: int = 0
    unknown_user_names: int = 0
    unknown_engine_ids: int = 0
    wrong_digests: int = 0
    decryption_errors: int = 0


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine at one moment. time_s: since it was last started. counters: live, to be counted up."""

    engine_id: bytes
    boots: int
    time_s: int
    counters: EngineCounters


def engine_id(enterprise: int, mac: str) -> bytes:
    """The snmpEngineID of a device that names itself after its network card: 11 octets.

    enterprise: its maker's number (IANA). mac: aa:bb:cc:dd:ee:ff. Source: RFC 3411, SnmpEngineID, format 3.
    """
    return (enterprise | 1 << 31).to_bytes(4, "big") + bytes((_MAC_FORMAT,)) + bytes.fromhex(mac.replace(":", ""))


FALLBACK_ENTERPRISE: Final = 8072
"""net-snmp's number, for a device whose own sysObjectID names no maker."""


def enterprise_number(sys_object_id: str) -> int:
    """The maker's number in 1.3.6.1.4.1.N...; another one where there is none."""
    arcs = sys_object_id.removeprefix(".").split(".")
    return int(arcs[6]) if arcs[:6] == ["1", "3", "6", "1", "4", "1"] and len(arcs) > 6 else FALLBACK_ENTERPRISE
