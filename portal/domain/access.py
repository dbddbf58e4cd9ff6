"""Who may do what: one function, asked before every act.

1. Everything belongs to a tenant. Another tenant's object does not exist: NotFoundError, never ForbiddenError.
2. Roles: a viewer reads; billing reads and exports; an operator also cares for devices, senders and codes; an
   admin does everything within the tenant.
"""

import enum
from typing import Final, Protocol

from portal.errors import ForbiddenError, NotFoundError


class Role(enum.StrEnum):
    """What a user may do within the tenant."""

    ADMIN = "admin"
    OPERATOR = "operator"
    BILLING = "billing"
    VIEWER = "viewer"


class Action(enum.StrEnum):
    """An act that is asked for."""

    VIEW = "view"
    EXPORT = "export"
    MANAGE_DEVICES = "manage-devices"
    MANAGE_SENDERS = "manage-senders"
    MANAGE_USERS = "manage-users"
    MANAGE_SETTINGS = "manage-settings"


_READS: Final = frozenset({Action.VIEW, Action.EXPORT})
ALLOWED: Final = {
    Role.VIEWER: frozenset({Action.VIEW}),
    Role.BILLING: _READS,
    Role.OPERATOR: _READS | {Action.MANAGE_DEVICES, Action.MANAGE_SENDERS},
    Role.ADMIN: frozenset(Action),
}


class Actor(Protocol):
    """Who asks."""

    @property
    def tenant_id(self) -> int: ...

    @property
    def role(self) -> Role: ...


class Owned(Protocol):
    """Anything that belongs to a tenant: a model, a row, a record."""

    @property
    def tenant_id(self) -> int: ...


def may(actor: Actor, action: Action) -> bool:
    """Whether the actor's role allows the act at all; for showing or hiding a button."""
    return action in ALLOWED[actor.role]


def authorize(actor: Actor, action: Action, owned: Owned | None = None) -> None:
    """Returns if the actor may do this to that. owned None: the tenant as a whole.

    Raises NotFoundError for another tenant's object, ForbiddenError for an act beyond the role.
    """
    if owned is not None and owned.tenant_id != actor.tenant_id:
        raise NotFoundError
    if not may(actor, action):
        raise ForbiddenError(f"the role {actor.role} may not {action}")
