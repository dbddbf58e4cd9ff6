"""Who may see which objects: subtrees put into a view or left out of it. Source: RFC 3415, 4 (VACM's view trees)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from snmp_format.ber import Oid


@dataclass(frozen=True, slots=True, kw_only=True)
class MibTree:
    """A named part of a MIB. An object is in it when the longest of the subtrees that hold it is an included one."""

    name: str
    included: tuple[Oid, ...]
    excluded: tuple[Oid, ...] = ()

    def holds(self, oid: Oid) -> bool:
        """Whether an object instance, or all below a subtree that no other one cuts, is in the view."""
        return _longest(self.included, oid) > _longest(self.excluded, oid)

    def cuts(self, root: Oid) -> bool:
        """Whether some below `root` may be in the view and some not."""
        return any(len(tree) > len(root) and tree[: len(root)] == root for tree in (*self.included, *self.excluded))


def _longest(trees: Iterable[Oid], oid: Oid) -> int:
    return max((len(tree) for tree in trees if oid[: len(tree)] == tree), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one community or user may do. tree: what is seen, None for everything. writes: whether SET is allowed."""

    tree: MibTree | None = None
    writes: bool = False

    @property
    def key(self) -> bytes:
        """Octets that are the same for the same rights within one run."""
        return b"" if self.tree is None else self.tree.name.encode()


READ_ALL: Final = Access()
