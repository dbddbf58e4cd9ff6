"""Tenants and users as the command line and the first start make them."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.auth.audit import record_act
from portal.auth.passwords import Passwords, check_password
from portal.domain.access import Role
from portal.errors import ConfigError
from portal.storage.database import Database
from portal.storage.models import Session, Tenant, User

FIRST_TENANT: Final = "Main"
FIRST_EMAIL: Final = "admin@localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLogin:
    """The account made at the first start. password: said once, stored as a hash only."""

    email: str
    password: str


async def choose_tenant(database: Database, name: str | None, now: datetime) -> Tenant:
    """The tenant of that name, or without a name the only one; the first is made when there is none.

    Raises ConfigError, naming the tenants there are.
    """
    tenants = await Tenant.all().order_by("id")
    if not tenants:
        async with database.writing() as transaction:
            return await Tenant.create(name=name or FIRST_TENANT, created_at=now, using_db=transaction)
    if name is None and len(tenants) == 1:
        return tenants[0]
    for tenant in tenants:
        if tenant.name == name:
            return tenant
    names = ", ".join(repr(tenant.name) for tenant in tenants)
    if name is None:
        raise ConfigError(f"there are several tenants ({names}); say which with --tenant NAME")
    raise ConfigError(f"there is no tenant {name!r}; there are {names}")


async def create_user(
    database: Database,
    passwords: Passwords,
    *,
    tenant: Tenant,
    email: str,
    password: str,
    role: Role,
    now: datetime,
    actor: str,
) -> bool:
    """The account exists with this password. False: it existed, and its password was changed and sessions ended.

    Raises ConfigError for a bad email or password, or an account of another tenant.
    """
    email = email.strip().lower()
    name, at_sign, domain = email.partition("@")
    if not name or not at_sign or not domain or len(email) > 254 or any(letter.isspace() for letter in email):
        raise ConfigError(f"{email!r} is no email address; write it as name@domain")
    check_password(password)
    password_hash = await passwords.hash(password)
    async with database.writing() as transaction:
        user = await User.filter(email=email).using_db(transaction).first()
        if user is None:
            await User.create(
                tenant=tenant, email=email, role=role, password_hash=password_hash, created_at=now, using_db=transaction
            )
        elif user.tenant_id != tenant.id:
            raise ConfigError(f"{email} is an account of another tenant; an address belongs to one")
        else:
            user.password_hash, user.role = password_hash, role
            await user.save(using_db=transaction, update_fields=["password_hash", "role"])
            await Session.filter(user_id=user.id).using_db(transaction).delete()
        action = "create-user" if user is None else "set-password"
        await record_act(
            transaction, tenant_id=tenant.id, at=now, actor=actor, action=action, object_kind="user",
            object_id=email[:64], detail=role,
        )  # fmt: skip
    return user is None


async def create_first_login(database: Database, passwords: Passwords, now: datetime) -> FirstLogin | None:
    """An admin with a random password, if nobody can log in yet; else None."""
    if await User.exists():
        return None
    password = secrets.token_urlsafe(12)
    tenants = await Tenant.all().order_by("id").limit(1)
    tenant = tenants[0] if tenants else await choose_tenant(database, None, now)
    await create_user(
        database,
        passwords,
        tenant=tenant,
        email=FIRST_EMAIL,
        password=password,
        role=Role.ADMIN,
        now=now,
        actor="first start",
    )
    return FirstLogin(email=FIRST_EMAIL, password=password)
