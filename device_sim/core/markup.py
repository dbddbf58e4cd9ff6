"""XML and HTML built from values: whatever is not markup already is escaped.

1. `Markup` is text that is safe to send; only this module makes it from parts.
2. Characters that XML 1.0 cannot hold become U+FFFD, so that no name can make a document unreadable.
"""

import re
from collections.abc import Iterable
from html import escape

_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_VOID = frozenset({"meta", "link", "br"})


class Markup(str):
    """Text that is markup."""

    __slots__ = ()


Part = Markup | str | int | float | None


def text(value: str) -> Markup:
    """The value as character data or attribute value."""
    return Markup(escape(_UNSPEAKABLE.sub("\ufffd", value)))


def tag(name: str, /, *parts: Part | Iterable[Part], **attributes: str | int | None) -> Markup:
    """An XML element. None as a part or attribute is left out; `_` ends, `__` stands for `:` in attribute names."""
    return Markup(f"<{name}{_attributes(attributes)}>{join(*parts)}</{name}>")


def html_tag(name: str, /, *parts: Part | Iterable[Part], **attributes: str | int | None) -> Markup:
    """An HTML element; the few void ones get no end tag. Attribute names: `class_`, `data_l` for data-l."""
    opened = f"<{name}{_attributes({key.replace('_', '-'): v for key, v in _plain(attributes)})}>"
    return Markup(opened if name in _VOID else f"{opened}{join(*parts)}</{name}>")


def join(*parts: Part | Iterable[Part]) -> Markup:
    """The parts one after the other, escaped where they are not markup."""
    return Markup("".join(_part(part) for part in parts))


def document(root: Markup) -> str:
    """A whole XML document."""
    return XML_HEAD + root


def _part(part: Part | Iterable[Part]) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str):
        return text(part)
    if isinstance(part, int | float):
        return str(part)
    return "".join(_part(inner) for inner in part)


def _attributes(attributes: dict[str, str | int | None]) -> str:
    return "".join(
        f' {key.replace("__", ":")}="{text(str(value))}"' for key, value in attributes.items() if value is not None
    )


def _plain(attributes: dict[str, str | int | None]) -> Iterable[tuple[str, str | int | None]]:
    return ((key.rstrip("_"), value) for key, value in attributes.items())
