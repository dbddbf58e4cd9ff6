"""The variables of a service in a file that systemd reads. Source: systemd.exec(5), EnvironmentFile=."""

from collections.abc import Mapping


def environment_of(text: str) -> dict[str, str]:
    """The variables of such a file. Comments, and lines that set nothing, are passed over."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith(("#", ";")):
            continue
        found[name.strip()] = _bare(value.strip())
    return found


def with_variables(text: str, named: Mapping[str, str]) -> str:
    """The file with these variables set: where they stand already, else at its end; every other line as it was."""
    lines, left = [], dict(named)
    for line in text.splitlines():
        name = line.strip().partition("=")[0].strip()
        lines.append(_line(name, left.pop(name)) if name in left else line)
    lines += [_line(name, value) for name, value in left.items()]
    return "".join(f"{line}\n" for line in lines)


def _bare(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) >= 2 and value[0] == value[-1] == '"':
        inner, out, escaped = value[1:-1], "", False
        for letter in inner:
            if letter == "\\" and not escaped:
                escaped = True
                continue
            out += letter if not escaped or letter in '"\\`$' else f"\\{letter}"
            escaped = False
        return out
    return value


def _line(name: str, value: str) -> str:
    quoted = "".join(f"\\{letter}" if letter in '"\\`$' else letter for letter in value.replace("\n", ","))
    return f'{name}="{quoted}"'
