"""Profiles as files: those that come with the simulator, and an operator's own."""

import difflib
from importlib import resources
from pathlib import Path

from device_sim.core.errors import ConfigError
from device_sim.core.profile import Profile
from device_sim.core.profile_rules import parse_profile

_SHELF = resources.files("device_sim") / "profiles"


def profile_names() -> tuple[str, ...]:
    """The names of the profiles that come with the simulator, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _SHELF.iterdir() if entry.name.endswith(".toml")))


def load_profile(name: str) -> Profile:
    """The profile of that name, or of the file at that path (it ends in .toml or holds a slash).

    Raises ConfigError.
    """
    if name.endswith(".toml") or "/" in name:
        try:
            return parse_profile(Path(name).read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigError(name, "", f"cannot be read ({reason}); give the path of a profile file") from error
    if name not in profile_names():
        near = difflib.get_close_matches(name, profile_names(), n=3, cutoff=0.4)
        alike = f"like it: {', '.join(near)}; " if near else ""
        remedy = f"is no profile; {alike}`inkwire sim profiles` lists them all, or give the path of a .toml file"
        raise ConfigError(name, "", remedy)
    return parse_profile((_SHELF / f"{name}.toml").read_text(encoding="utf-8"), f"profile {name}")
