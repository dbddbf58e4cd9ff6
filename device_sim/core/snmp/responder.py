"""An SNMP agent without a socket: datagram in, datagram or silence out.

Silence is an answer: broken BER, an unknown version and an unknown community are discarded (RFC 1157, 4.1), and
counted at the engine that was asked.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from device_sim.core.snmp.access import READ_ALL, Access
from device_sim.core.snmp.message import UnknownVersionError, read_request, split
from device_sim.core.snmp.usm import User
from device_sim.core.snmp.v3_agent import TIME_WINDOW_S, UsmAgent
from device_sim.core.snmp.view import MibView
from snmp_format.ber import DecodeError
from snmp_format.pdu import SET
from snmp_format.v3_message import is_version_3

MESSAGE_BYTES_MAX: Final = 1472
"""What fits in one Ethernet frame: 1,500 octets without the IP and UDP headers."""
MESSAGE_BYTES_LEAST: Final = 484
"""What every SNMP entity must take. Source: RFC 3417, 3.2."""


class SnmpResponder:
    """SNMP for any number of printers: which one is asked comes with the datagram."""

    __slots__ = ("_communities", "_size_max", "_usm")

    def __init__(
        self,
        communities: Iterable[bytes] | Mapping[bytes, Access] = (b"public",),
        size_max: int = MESSAGE_BYTES_MAX,
        *,
        users: Iterable[User] = (),
        salt: int = 0,
        window_s: float = TIME_WINDOW_S,
    ) -> None:
        """communities: who may ask in v1 and v2c, and what for; names alone may read everything.

        size_max: of an answer, in octets, at least 484. users: who may ask in v3; without any,
        v3 is not spoken. salt, window_s: see `UsmAgent`.
        """
        named = communities if isinstance(communities, Mapping) else dict.fromkeys(communities, READ_ALL)
        self._communities: Final = dict(named)
        self._size_max: Final = max(size_max, MESSAGE_BYTES_LEAST)
        known = tuple(users)
        agent = UsmAgent(known, size_max=self._size_max, salt=salt, window_s=window_s)
        self._usm: Final = agent if known else None

    def receive(self, datagram: bytes, view: MibView) -> bytes | None:
        """The answer to a datagram, or None for silence. Never raises for what a peer sent."""
        key, request_id = split(datagram)
        known = view.answer_again(key, request_id, self._communities, self._size_max)
        if known is not None:
            return known
        if is_version_3(datagram):
            return self._counted(view, "in_bad_versions") if self._usm is None else self._usm.receive(datagram, view)
        try:
            request = read_request(datagram)
        except UnknownVersionError:
            return self._counted(view, "in_bad_versions")
        except DecodeError:
            return self._counted(view, "in_asn_parse_errs")
        access = self._communities.get(request.community)
        if access is None:
            return self._counted(view, "in_bad_community_names")
        if request.kind == SET and not access.writes:
            self._counted(view, "in_bad_community_uses")
        return view.answer(request, self._size_max, request.key == key, access)

    @staticmethod
    def _counted(view: MibView, counter: str) -> None:
        """Silence, or a refusal, that the engine asked counts. counter: a field of EngineCounters."""
        engine = view.engine()
        if engine is not None:
            setattr(engine.counters, counter, getattr(engine.counters, counter) + 1)
