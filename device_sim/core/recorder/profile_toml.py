"""A profile as the TOML text that `parse_profile` reads."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from device_sim.core.profile import Profile


def profile_toml(profile: Profile, remark: str) -> str:
    """The profile, with a first line that says where it comes from. What has its default is left out."""
    tables: list[str] = []
    lines = [f"# {remark}"]
    for key, value in _settings(profile):
        if dataclasses.is_dataclass(value):
            tables += ["", f"[{key}]", *(f"{name} = {_value(item)}" for name, item in _settings(value))]
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join([*lines, *tables, ""])


def _settings(table: Any) -> Iterator[tuple[str, object]]:
    for field in dataclasses.fields(table):
        value = getattr(table, field.name)
        if value is not None and value != field.default:
            yield field.name, value


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # JSON's escapes are TOML's too, once DEL is written as one.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case tuple() if value and dataclasses.is_dataclass(value[0]):
            return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "]"
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _ if dataclasses.is_dataclass(value):
            return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in _settings(value)) + " }"
        case _:
            return repr(value)
