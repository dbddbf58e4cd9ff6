"""Where SNMP objects hold an identity, and a walk without it.

Left out altogether: tables of neighbours, routes and connections, which tell of others and nothing of printing.
"""

from collections.abc import Iterable
from typing import Final

from device_sim.core.recorded import known
from device_sim.core.recorded.rows import content_of, text_of
from device_sim.core.recorder import fakes
from device_sim.core.recorder.anonymiser import Anonymiser
from snmp_format.ber import IP_ADDRESS, OCTET_STRING, Oid, octets, parse_dotted, wrap

LEFT_OUT: Final = tuple(
    parse_dotted(oid)
    for oid in (
        "1.3.6.1.2.1.3",  # atTable
        "1.3.6.1.2.1.4.21", "1.3.6.1.2.1.4.22", "1.3.6.1.2.1.4.24",  # routes, ARP
        "1.3.6.1.2.1.4.32", "1.3.6.1.2.1.4.34", "1.3.6.1.2.1.4.35", "1.3.6.1.2.1.4.37",  # addresses
        "1.3.6.1.2.1.6.13", "1.3.6.1.2.1.6.19", "1.3.6.1.2.1.6.20",  # TCP connections
        "1.3.6.1.2.1.7.5", "1.3.6.1.2.1.7.7",  # UDP listeners
        "1.3.6.1.2.1.55.1",  # IPv6 MIB of old
        "1.3.6.1.6.3.12", "1.3.6.1.6.3.13", "1.3.6.1.6.3.15", "1.3.6.1.6.3.16", "1.3.6.1.6.3.18",  # users
    )
)  # fmt: skip

IDENTITIES: Final = tuple(
    (parse_dotted(oid), kind)
    for oid, kind in (
        ("1.3.6.1.2.1.1.4", fakes.CONTACT),
        ("1.3.6.1.2.1.1.5", fakes.NAME),
        ("1.3.6.1.2.1.1.6", fakes.LOCATION),
        ("1.3.6.1.2.1.31.1.1.1.18", fakes.NAME),  # ifAlias
        ("1.3.6.1.2.1.43.5.1.1.4", fakes.CONTACT),  # prtGeneralCurrentOperator
        ("1.3.6.1.2.1.43.5.1.1.5", fakes.CONTACT),  # prtGeneralServicePerson
        ("1.3.6.1.2.1.43.5.1.1.16", fakes.NAME),  # prtGeneralPrinterName
        ("1.3.6.1.2.1.47.1.1.1.1.14", fakes.NAME),  # entPhysicalAlias
        ("1.3.6.1.2.1.47.1.1.1.1.15", fakes.ASSET),  # entPhysicalAssetID
        ("1.3.6.1.4.1.2699.1.1", fakes.DOCUMENT),  # Job Monitoring MIB: names of jobs and owners
        ("1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.12", fakes.ASSET),  # HP asset-number
        ("1.3.6.1.4.1.11.2.3.9.4.2.1.1.6.5", fakes.DOCUMENT),  # HP job table
        ("1.3.6.1.4.1.11.2.3.9.4.2.1.3.9.1.1", fakes.NAME),
        ("1.3.6.1.4.1.11.2.4.3.5", fakes.NAME),  # HP network card: names
    )
)
_ENGINE: Final = parse_dotted("1.3.6.1.6.3.10.2.1.1")
Row = tuple[Oid, bytes]


def learn_rows(rows: Iterable[Row], anonymiser: Anonymiser) -> None:
    """Learn every identity of a walk."""
    for oid, tlv in rows:
        content = content_of(tlv)
        if tlv[0] == IP_ADDRESS and len(content) == 4:
            anonymiser.learn(fakes.ADDRESS, ".".join(map(str, content)))
        elif tlv[0] == OCTET_STRING:
            if _under(oid, known.IF_PHYS_ADDRESS):
                anonymiser.learn(fakes.STATION, content.hex() if len(content) == 6 else _widened(text_of(content)))
            elif (kind := kind_of(oid)) is not None:
                anonymiser.learn(kind, text_of(content))


def without_identity(rows: Iterable[Row], anonymiser: Anonymiser) -> tuple[list[Row], int]:
    """The rows rewritten, in order, and how many were left out."""
    kept: dict[Oid, bytes] = {}
    left_out = 0
    for oid, tlv in rows:
        if any(_under(oid, root) for root in LEFT_OUT):
            left_out += 1
        else:
            kept[_renamed(oid, anonymiser)] = _rewritten(oid, tlv, anonymiser)
    return sorted(kept.items()), left_out


def kind_of(oid: Oid) -> str | None:
    """What kind of identity an object holds as its whole value."""
    if any(_under(oid, root) for root in known.SERIALS):
        return fakes.SERIAL
    return next((kind for root, kind in IDENTITIES if _under(oid, root)), None)


def _rewritten(oid: Oid, tlv: bytes, anonymiser: Anonymiser) -> bytes:
    content = content_of(tlv)
    if tlv[0] == IP_ADDRESS and len(content) == 4:
        return wrap(IP_ADDRESS, anonymiser.address(content))
    if tlv[0] != OCTET_STRING:
        return tlv
    kind = kind_of(oid)
    if kind is None or not content.strip(b" \0"):
        made = anonymiser.octets(content)
        return octets(_blurred(made) if _under(oid, _ENGINE) and made == content else made)
    if kind == fakes.DOCUMENT and not text_of(content):
        return octets(anonymiser.octets(content))
    return octets(anonymiser.whole(kind, content.decode("latin-1")).encode("latin-1", "replace"))


def _blurred(engine_id: bytes) -> bytes:
    """An engine ID keeps its maker and format; what follows may be anything that identifies."""
    return engine_id[:5] + bytes(len(engine_id) - 5) if len(engine_id) > 5 else engine_id


def _renamed(oid: Oid, anonymiser: Anonymiser) -> Oid:
    """An index may hold an address: of ipAddrTable, and of makers' tables."""
    arcs = oid
    for at in range(8, len(oid) - 3):
        window = oid[at : at + 4]
        if max(window) < 256 and anonymiser.knows_address(window):
            arcs = (*arcs[:at], *anonymiser.address(bytes(window)), *arcs[at + 4 :])
    return arcs


def _widened(spelt: str) -> str:
    """A station address spelt out with single digits, such as 0:15:99:7d:b1:6a."""
    return "".join(part.rjust(2, "0") for part in spelt.split(":"))


def _under(oid: Oid, root: Oid) -> bool:
    return oid[: len(root)] == root
