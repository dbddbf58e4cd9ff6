"""A recorded printer, ready to be replayed as a fleet: the first one as it was, the others like it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from device_sim.core.fleet import FleetSpec, Group
from device_sim.core.profile import Life, Profile
from device_sim.core.recorded.growth import Growth
from device_sim.core.recorded.identity import Namesakes
from device_sim.core.recorded.ipp_answers import RecordedIpp, recorded_address, recorded_uuid
from device_sim.core.recorded.levels import Levels
from device_sim.core.recorded.mib import own_address, recorded_book
from device_sim.core.recorded.model import METRES_A_PRINT, RecordedModel, recorded_model
from device_sim.core.recorded.rows import Rows
from device_sim.core.recorded.site import RecordedSite
from device_sim.core.recorder.recording import Document
from device_sim.core.snmp.view import PlanBook
from device_sim.core.state import LivePrinter

FIRST: Final = "recording, the first"
OTHERS: Final = "recording"


@dataclass(frozen=True, slots=True)
class RecordedPrinter:
    """model: what the recording shows; book, site, ipp: its agents, for all that replay it; None where it has none."""

    model: RecordedModel
    book: PlanBook[LivePrinter]
    site: RecordedSite | None = None
    ipp: RecordedIpp | None = None

    def profiles(self) -> dict[str, Profile]:
        """The profiles of a fleet: the first printer begins with the recorded serial, counts and levels."""
        profile = self.model.profile
        prints = (profile.life.impressions_min + profile.life.impressions_max) // 2
        if self.model.life is not None:
            count = self.model.life[1]
            prints = round(count / METRES_A_PRINT + 0.499) if profile.counter_unit == "meters" else count
        first = replace(profile, life=Life(impressions_min=prints, impressions_max=prints))
        if self.model.serial:
            first = replace(first, serial_pattern=self.model.serial)
        others = replace(
            profile,
            supplies=tuple(replace(spec, born_amount=None) for spec in profile.supplies),
            inputs=tuple(replace(spec, born_amount=None) for spec in profile.inputs),
        )
        return {FIRST: first, OTHERS: others}

    def fleet(self, fleet: FleetSpec) -> FleetSpec:
        """A fleet of so many printers, all of this recording."""
        count = sum(group.count for group in fleet.groups)
        groups = (Group(profile=FIRST), *((Group(profile=OTHERS, count=count - 1),) if count > 1 else ()))
        return replace(fleet, groups=groups)


def recorded_printer(rows: Rows, name: str, documents: Sequence[Document] = (), ipp: bytes = b"") -> RecordedPrinter:
    """The printer of a recording. name: of its profile. ipp: its answer, empty where there is none.

    Raises IppDecodeError where that is no answer.
    """
    model = recorded_model(rows, name)
    address = ".".join(map(str, own_address(rows))) or (recorded_address(ipp) if ipp else "")
    namesakes = Namesakes(model, address, recorded_uuid(ipp) if ipp else "")
    growth, levels = Growth(rows, model), Levels(model)
    return RecordedPrinter(
        model,
        recorded_book(rows, model, namesakes, growth),
        RecordedSite(documents, namesakes, growth, levels) if documents else None,
        RecordedIpp(ipp, namesakes, growth, levels) if ipp else None,
    )
