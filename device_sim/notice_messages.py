"""Notifications as octets, built by pysnmp: whole messages of v1 and v2c, the PDU alone for v3."""

from typing import Any

from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v1, v2c

from device_sim.core.notification import Notification
from snmp_format.ber import Oid

SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
SNMP_TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)

# pysnmp and pyasn1 have no types worth the name.
_types: Any = rfc1902
_v1: Any = v1
_v2c: Any = v2c
_encode: Any = encoder.encode


def v1_trap(told: Notification, community: bytes, agent_address: str, sys_object_id: Oid) -> bytes:
    """A Trap-PDU of version 1 in its message. agent_address: of the printer. Source: RFC 1157, 4.1.6."""
    pdu = _v1.TrapPDU()
    _v1.apiTrapPDU.set_defaults(pdu)
    _v1.apiTrapPDU.set_enterprise(pdu, told.enterprise or sys_object_id)
    _v1.apiTrapPDU.set_agent_address(pdu, agent_address)
    _v1.apiTrapPDU.set_generic_trap(pdu, told.generic)
    _v1.apiTrapPDU.set_specific_trap(pdu, told.specific)
    _v1.apiTrapPDU.set_timestamp(pdu, told.uptime_ticks)
    _v1.apiTrapPDU.set_varbinds(pdu, [(oid, _v1.Integer(value)) for oid, value in told.objects])
    return _message(_v1, community, pdu)


def v2c_message(told: Notification, community: bytes, request_id: int, *, inform: bool) -> bytes:
    """A trap or an inform of version 2c in its message."""
    return _message(_v2c, community, _v2_pdu(told, request_id, inform))


def v2_pdu(told: Notification, request_id: int, *, inform: bool) -> bytes:
    """An SNMPv2-Trap-PDU or an InformRequest-PDU by itself. Source: RFC 3416, 4.2.6 and 4.2.7."""
    encoded: bytes = _encode(_v2_pdu(told, request_id, inform))
    return encoded


def _v2_pdu(told: Notification, request_id: int, inform: bool) -> Any:
    pdu = _v2c.InformRequestPDU() if inform else _v2c.TrapPDU()
    (_v2c.apiPDU if inform else _v2c.apiTrapPDU).set_defaults(pdu)
    _v2c.apiPDU.set_request_id(pdu, request_id)
    always: list[tuple[Oid, Any]] = [
        (SYS_UP_TIME, _types.TimeTicks(told.uptime_ticks)),
        (SNMP_TRAP_OID, _types.ObjectIdentifier(told.oid)),
    ]
    _v2c.apiPDU.set_varbinds(pdu, always + [(oid, _types.Integer32(value)) for oid, value in told.objects])
    return pdu


def _message(version: Any, community: bytes, pdu: Any) -> bytes:
    message = version.Message()
    version.apiMessage.set_defaults(message)
    version.apiMessage.set_community(message, community)
    version.apiMessage.set_pdu(message, pdu)
    encoded: bytes = _encode(message)
    return encoded
