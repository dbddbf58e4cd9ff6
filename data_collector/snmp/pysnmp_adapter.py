"""pysnmp behind the port: pure Python, for machines where gufo_snmp has no wheel.

Only its codec is used. Its own transport takes answers from any address, and its own walks never end on a device
that repeats itself; here every request goes through a connected socket and every row through the walk guard.
"""

import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.error import PySnmpError
from pysnmp.proto import api

from data_collector.core.bundles import Answered
from data_collector.core.evidence import Oid, SnmpValue, Varbind
from data_collector.snmp.datagram import Exchange
from data_collector.snmp.port import NO_V3, Agent, NotAllowedError, Row, SnmpSession, UnreadableError, Version

_MODULES: Final = {
    Version.V1: api.PROTOCOL_MODULES[api.SNMP_VERSION_1],
    Version.V2C: api.PROTOCOL_MODULES[api.SNMP_VERSION_2C],
}


class PysnmpSession:
    """Requests to one agent, encoded and decoded by pysnmp."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._exchange = Exchange(agent)
        self._module = _MODULES[agent.version]

    @property
    def refused(self) -> bool | None:
        """See SnmpSession.refused: not told."""
        return None

    async def get(self, oids: Sequence[Oid]) -> tuple[Varbind, ...]:
        """See SnmpSession.get."""
        answered = await self._ask(self._module.GetRequestPDU(), oids)
        return tuple((identifier, value) for identifier, value in answered if value is not None)

    async def walk(self, root: Oid, repetitions: int) -> AsyncGenerator[Row, None]:
        """See SnmpSession.walk."""
        bulk = repetitions > 1 and self._agent.version is not Version.V1
        here, answer = root, 0
        while True:
            request = self._module.GetBulkRequestPDU() if bulk else self._module.GetNextRequestPDU()
            rows = await self._ask(request, [here], repetitions=repetitions if bulk else 0)
            answer += 1
            if not rows:
                return
            for identifier, value in rows:
                if value is None:
                    return  # endOfMibView: nothing follows
                yield Row(answer, identifier, value)
                here = identifier

    async def bulk(self, singles: Sequence[Oid], columns: Sequence[Oid], repetitions: int) -> Sequence[Answered] | None:
        """See SnmpSession.bulk: not with this library."""
        return None

    def close(self) -> None:
        """See SnmpSession.close."""
        self._exchange.close()

    async def _ask(
        self, request: Any, oids: Sequence[Oid], *, repetitions: int = 0
    ) -> tuple[tuple[Oid, SnmpValue | None], ...]:
        module, number = self._module, secrets.randbelow(2**31 - 1) + 1
        api_of = module.apiBulkPDU if repetitions else module.apiPDU
        api_of.set_defaults(request)
        api_of.set_request_id(request, number)
        if repetitions:
            api_of.set_non_repeaters(request, 0)
            api_of.set_max_repetitions(request, repetitions)
        api_of.set_varbinds(request, [(one, module.Null("")) for one in oids])
        message = module.Message()
        module.apiMessage.set_defaults(message)
        module.apiMessage.set_community(message, self._agent.community)
        module.apiMessage.set_pdu(message, request)
        return await self._exchange.ask(encoder.encode(message), lambda datagram: self._read(datagram, number))

    def _read(self, datagram: bytes, number: int) -> tuple[tuple[Oid, SnmpValue | None], ...] | None:
        """The varbinds of the answer with this number; None for an answer to something else."""
        module = self._module
        try:
            message, _rest = decoder.decode(datagram, asn1Spec=module.Message())
            response = module.apiMessage.get_pdu(message)
            if not response.isSameTypeWith(module.GetResponsePDU()):
                return None
            if int(module.apiPDU.get_request_id(response)) != number:
                return None
            if int(module.apiPDU.get_error_status(response)):
                return ()
            return tuple((tuple(name), _value(value)) for name, value in module.apiPDU.get_varbinds(response))
        except (PyAsn1Error, PySnmpError, ValueError, IndexError, RecursionError) as error:
            raise UnreadableError("not an SNMP answer") from error


def _value(value: Any) -> SnmpValue | None:
    match value:
        case univ.Null():
            return None  # noSuchObject, noSuchInstance and endOfMibView are Nulls too
        case univ.ObjectIdentifier():
            return tuple(value)
        case univ.OctetString():
            return bytes(value)
        case _:
            return int(value)


class Pysnmp:
    """The library; holds nothing between sessions."""

    def open(self, agent: Agent) -> SnmpSession:
        """See SnmpLibrary.open. Communities only: SNMPv3 is the native library's."""
        if agent.version is Version.V3:
            raise NotAllowedError(NO_V3)
        return PysnmpSession(agent)
