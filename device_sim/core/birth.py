"""A printer on the day the simulation starts: who it is and how much it has done already.

Everything is a pure function of (profile, seed, index): the same fleet has the same serials for ever.
"""

from array import array
from dataclasses import replace

from device_sim.core.dice import Dice
from device_sim.core.profile import Family, InputSpec, Profile, SupplySpec, meter_words
from device_sim.core.state import Identity, JobLog, LivePrinter

_ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
_PLACES = ("Reception", "Floor 1 east", "Floor 1 west", "Floor 2 copy room", "Floor 3 studio", "Plot room")
_AREA_MM2 = 841 * 800  # between A1 and A0 on a 36-inch roll, the usual drawing


def born(profile: Profile, seed: int, index: int, address: str, at_s: float) -> LivePrinter:
    """The printer `index` of a fleet at virtual time at_s, idle, with the meters of a used one."""
    dice = Dice(seed, index, "birth")
    booted_s = at_s - dice.between(60, 20 * 86400)
    meters = array("q", _life_so_far(profile, dice))
    return LivePrinter(
        identity=identity_of(profile, seed, index, address),
        profile=profile,
        now_s=at_s,
        booted_s=booted_s,
        meters=meters,
        jams=_jams_so_far(profile, meters[profile.meter_place["total.impressions"]]),
        supply_amounts=array("q", [_amount(spec, dice.between(14, 100)) for spec in profile.supplies]),
        input_amounts=array("q", [_amount(spec, dice.between(35, 100)) for spec in profile.inputs]),
        output_counts=array("q", bytes(8 * len(profile.outputs))),
        covers_open=bytearray(len(profile.covers)),
        finished=JobLog(max(profile.job_log_max, 1)),
        config_changes=dice.between(1, 40),
        boots=dice.between(1, 200),
    )


def _amount(spec: SupplySpec | InputSpec, percent: int) -> int:
    return spec.amount_max * percent // 100 if spec.born_amount is None else min(spec.born_amount, spec.amount_max)


def identity_of(profile: Profile, seed: int, index: int, address: str) -> Identity:
    """Serial, MAC and names. Serials differ within a fleet: the index is written into them."""
    dice = Dice(seed, index, "identity")
    station = (index + 40_503 * (seed % 400)) & 0xFFFFFF
    mac = f"{profile.mac_prefix}:{station >> 16:02x}:{station >> 8 & 255:02x}:{station & 255:02x}"
    return Identity(
        index=index,
        serial=_serial(profile.serial_pattern, seed, index),
        mac=mac,
        hostname=f"{profile.hostname_prefix}{mac.replace(':', '')[6:].upper()}",
        address=address,
        location=_PLACES[dice.between(0, len(_PLACES) - 1)],
        asset_number=f"{dice.between(0, 9999):04d}{index % 10000:04d}",
    )


def other_station(profile: Profile, known: Identity, seed: int, serial: str, at_ms: int) -> Identity:
    """Who a printer is after its board was changed or reset.

    serial: "kept"; "blank", as a board that nobody has written to; "new"; or "reset": the same board, whose names are
    those of the factory.
    """
    if serial == "reset":
        return replace(identity_of(profile, seed, known.index, known.address), serial=known.serial, location="")
    dice = Dice(seed, known.index, "board", at_ms)
    mac = f"{profile.mac_prefix}:{dice.between(0, 255):02x}:{dice.between(0, 255):02x}:{dice.between(0, 255):02x}"
    serials = {
        "kept": known.serial,
        "blank": "X" * 10,
        "new": _serial(profile.serial_pattern, dice.between(0, 1 << 30), known.index),
    }
    hostname = f"{profile.hostname_prefix}{mac.replace(':', '')[6:].upper()}"
    return replace(known, serial=serials[serial], mac=mac, hostname=hostname)


def _serial(pattern: str, seed: int, index: int) -> str:
    """The pattern with its # filled: the first from the seed, the last four from the index."""
    dice = Dice(seed, index >> 16, "serial")
    room = pattern.count("#")
    base = len(_ALPHABET)
    ends = []
    rest = index + 17 * (seed % 997)
    for _ in range(4):
        rest, digit = divmod(rest, base)
        ends.append(_ALPHABET[digit])
    filled = [_ALPHABET[dice.between(0, 9)] for _ in range(room - 4)] + ends[::-1]
    letters = iter(filled)
    return "".join(next(letters) if mark == "#" else mark for mark in pattern)


def _jams_so_far(profile: Profile, impressions: int) -> int:
    """Each of which spoiled an impression."""
    every = profile.trouble.impressions_per_jam
    return impressions // every if every else 0


def _life_so_far(profile: Profile, dice: Dice) -> list[int]:
    """Lifetime meters that agree with each other: total = monochrome + color, print + copy = total."""
    total = dice.between(profile.life.impressions_min, profile.life.impressions_max)
    color = total * (profile.workload.color_percent if profile.color else 0) // 100
    copies = total * profile.workload.copy_percent // 100 if "copy" in profile.services else 0
    duplex = total * profile.workload.duplex_percent // 200 if profile.duplex else 0
    copies_color = copies * color // total if total else 0
    area = total * _AREA_MM2
    known = {
        "total.impressions": total,
        "total.impressions.monochrome": total - color,
        "total.impressions.color": color,
        "print.impressions": total - copies,
        "print.impressions.monochrome": total - copies - (color - copies_color),
        "print.impressions.color": color - copies_color,
        "copy.impressions": copies,
        "copy.impressions.monochrome": copies - copies_color,
        "copy.impressions.color": copies_color,
        "scan.images": total * profile.workload.scan_percent // 50,
        "total.sheets": total - duplex,
        "total.sheets.duplex": duplex,
        "print.area": (total - copies) * _AREA_MM2,
        "copy.area": copies * _AREA_MM2,
        "media.length": area // 841,
        "waste.impressions": _jams_so_far(profile, total),
        "maintenance.impressions": 12 + total // 2500,
    }
    if profile.family is Family.LARGE_FORMAT:
        for word in meter_words(profile):
            known[f"ink.volume.{word}"] = area // 1_000_000 * dice.between(150, 400)
    return [known[spec.name] for spec in profile.meters]
