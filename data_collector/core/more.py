"""Which other protocols are worth asking, after SNMP had its say.

1. SNMP answers everything in the fewest bytes, so a printer that told all by SNMP is asked nothing else: LEDM
   documents are tens of kilobytes and an IPP reply several, and a scan has a budget on the wire.
2. LEDM is HP's dialect: asked when SNMP is silent (the maker is unknown then), or when an HP printer left a gap.
3. A value of the wrong type is none: a count sent as text is asked for elsewhere.
4. IPP is every maker's: asked when SNMP is silent, when what answers SNMP hides its Printer MIB, or for a gap.
5. What was needed at the last visit is asked once more after SNMP came back, so that an alert it told of can end.
"""

from dataclasses import dataclass
from typing import Final

from data_collector.core import mib
from data_collector.core.evidence import Oid, Picture

HP: Final[Oid] = (1, 3, 6, 1, 4, 1, 11)
_LEVELS: Final[Oid] = (*mib.PRT_SUPPLIES, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What else to ask."""

    ledm: bool
    ipp: bool

    def with_last(self, last: "More | None") -> "More":
        """This, and what was read at the last visit."""
        return self if last is None else More(ledm=self.ledm or last.ledm, ipp=self.ipp or last.ipp)

    def owed(self, last: "More | None", read: "More") -> "More":
        """What to ask at the next visit whatever SNMP says then: what was needed now and was read, and what was asked
        once more and was not. last: what was owed at this visit; read: what answered."""
        ledm, ipp = (last.ledm, last.ipp) if last is not None else (False, False)
        return More(
            ledm=read.ledm if self.ledm else ledm and not read.ledm,
            ipp=read.ipp if self.ipp else ipp and not read.ipp,
        )

    @property
    def any(self) -> bool:
        """Whether there is anything to ask."""
        return self.ledm or self.ipp


SILENT: Final = More(ledm=True, ipp=True)
"""For an address where SNMP did not answer."""

NO_PRINTER: Final = More(ledm=False, ipp=True)
"""For an agent without a Printer MIB: a print server, or a printer whose agent is cut short."""


def may_be_hp(picture: Picture) -> bool:
    """Whether SNMP says that HP made it, or says nothing."""
    maker = picture.value(mib.SYS_OBJECT_ID)
    return not isinstance(maker, tuple) or maker[: len(HP)] == HP


def more(picture: Picture) -> More:
    """What else to ask a printer that answered SNMP with this picture."""
    supplies = _told(picture, _LEVELS, int)
    model = _told(picture, mib.HR_DEVICE_DESCR, bytes) or _told(picture, mib.PRT_NAME, bytes)
    count = _told(picture, mib.PRT_MARKER_LIFE_COUNT, int)
    serial = _told(picture, mib.PRT_SERIAL, bytes)
    maker = picture.value(mib.SYS_OBJECT_ID)
    hp = isinstance(maker, tuple) and maker[: len(HP)] == HP
    return More(ledm=hp and not (supplies and count and serial), ipp=not (supplies and model))


def _told(picture: Picture, column: Oid, kind: type) -> bool:
    return any(isinstance(value, kind) for _, value in picture.column(column))
