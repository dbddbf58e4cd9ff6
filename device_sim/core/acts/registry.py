"""Every act by its name, and acts from tables of their parameters."""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from device_sim.core.acts import conditions, identity, jobs, power, supplies
from device_sim.core.acts.act import Act
from device_sim.core.typed_table import TableError, read_table

ACTS: Final[Mapping[str, type[Act]]] = {
    "print": jobs.Print,
    "cancel": jobs.Cancel,
    "jam": conditions.Jam,
    "open-cover": conditions.OpenCover,
    "close-cover": conditions.CloseCover,
    "paper-out": conditions.PaperOut,
    "refill": conditions.Refill,
    "raise": conditions.RaiseAlert,
    "clear": conditions.ClearAlert,
    "offline": conditions.Offline,
    "online": conditions.Online,
    "supply-level": supplies.SupplyLevel,
    "replace-supply": supplies.ReplaceSupply,
    "shake-supply": supplies.ShakeSupply,
    "set-meter": supplies.SetMeter,
    "power-cut": power.CutPower,
    "power-on": power.PowerOn,
    "reboot": power.Reboot,
    "network-down": power.CutNetwork,
    "network-up": power.PlugNetwork,
    "update-firmware": power.UpdateFirmware,
    "swap-formatter": power.SwapFormatter,
    "factory-reset": power.FactoryReset,
    "move": identity.Move,
    "swap-address": identity.SwapAddress,
    "rename": identity.Rename,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an act. kind: "text", "number" or "yes-no"; default: as it is written, None: must be given."""

    name: str
    kind: str
    says: str
    default: str | None


def act_of(name: str, parameters: Mapping[str, object]) -> Act:
    """The act of that name with these parameters. Raises TableError, whose key is the parameter or `act`."""
    kind = ACTS.get(name)
    if kind is None:
        raise TableError("act", f"{name!r} is no act; known here: {', '.join(ACTS)}")
    return read_table(kind, parameters)


def parameters_of(name: str) -> tuple[Parameter, ...]:
    """What the act of that name may be told."""
    kind = ACTS[name]
    hints = typing.get_type_hints(kind)
    return tuple(
        Parameter(
            name=field.name,
            kind={str: "text", int: "number", bool: "yes-no"}[hints[field.name]],
            says=field.metadata["says"],
            default=None if field.default is dataclasses.MISSING else _written(field.default),
        )
        for field in dataclasses.fields(typing.cast(typing.Any, kind))
    )


def says(name: str) -> str:
    """What the act of that name does, in a sentence."""
    return (ACTS[name].__doc__ or "").strip()


def described() -> list[dict[str, object]]:
    """Every act with its parameters, for a machine."""
    return [
        {
            "act": name,
            "says": says(name),
            "parameters": [
                {"name": one.name, "kind": one.kind, "says": one.says, "default": one.default}
                for one in parameters_of(name)
            ],
        }
        for name in ACTS
    ]


def _written(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
