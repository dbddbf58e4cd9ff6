"""ENTITY-MIB: the printer as one piece of hardware, with its serial number. Source: RFC 6933."""

from typing import Final

from device_sim.core.mibs.objects import MIB_2, ObjectList
from device_sim.core.profile import Profile
from snmp_format.ber import integer, object_identifier, parse_dotted, text, time_ticks

ENTITY: Final = (*MIB_2, 47)
PHYSICAL_ENTRY: Final = (*ENTITY, 1, 1, 1, 1)
CHASSIS: Final = 3
NO_PARENT: Final = -1
TRUE: Final = 1


def add_entity(objects: ObjectList, profile: Profile) -> None:
    """entPhysicalTable with its one row, and entLastChangeTime."""
    objects.row(
        PHYSICAL_ENTRY,
        (1,),
        {
            2: text(profile.model),
            3: object_identifier(parse_dotted(profile.sys_object_id)),
            4: integer(0),
            5: integer(CHASSIS),
            6: integer(NO_PARENT),
            7: text(profile.product_number),
            8: text(""),
            9: text(""),
            10: text(profile.firmware),
            11: lambda printer: text(printer.identity.serial),
            12: text(profile.manufacturer),
            13: text(profile.model),
            14: text(""),
            15: lambda printer: text(printer.identity.asset_number),
            16: integer(TRUE),
        },
    )
    objects.scalar((*ENTITY, 1, 4, 1), time_ticks(0))
