"""Who may ask a fleet's printers by SNMP, as an operator writes it: communities, users, views.

1. A view is named, and is a set of subtrees; "all" is everything and needs no description.
2. A community is a name, which may read everything, or a table that says more. A user's rights hold at the level his
   passwords make possible, and not below.
3. Passwords are in no message and in no repr.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from device_sim.core.errors import ConfigError
from device_sim.core.snmp.access import Access, MibTree
from device_sim.core.snmp.usm import User
from snmp_format.ber import Oid, parse_dotted
from snmp_format.usm import AUTH_PROTOCOLS, PASSWORD_CHARACTERS_MIN, PRIV_PROTOCOLS, USER_NAME_BYTES_MAX, password_key

ALL: Final = "all"
Rights = Literal["read", "write"]
AuthWord = Literal["MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivWord = Literal["AES-128"]
USER_FORM: Final = "NAME, NAME:AUTH:PASSWORD or NAME:AUTH:PASSWORD:PRIV:PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSpec:
    """Some of the objects: those under an included subtree, but not those under an excluded one inside it."""

    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunitySpec:
    """A community of SNMP v1 and v2c. view: "all" or the name of a view."""

    name: str
    access: Rights = "read"
    view: str = ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpec:
    """A user of SNMPv3. Without auth: noAuthNoPriv; with auth: authNoPriv; with priv as well: authPriv."""

    name: str
    auth: AuthWord | None = None
    auth_password: str = field(default="", repr=False)
    priv: PrivWord | None = None
    priv_password: str = field(default="", repr=False)
    access: Rights = "read"
    view: str = ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapSinkSpec:
    """A manager that is told of critical alerts and boots. user: of the fleet, for v3. inform: he must acknowledge."""

    address: str
    port: int = 162
    version: Literal["v1", "v2c", "v3"] = "v2c"
    community: str = "public"
    user: str = ""
    inform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A trap sink, checked. user: with v3 alone. where: the key of it, for messages."""

    address: str
    port: int
    version: Literal["v1", "v2c", "v3"]
    community: bytes = field(repr=False)
    user: User | None
    inform: bool
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpAccess:
    """Who may ask, ready for an agent, and who is told."""

    communities: dict[bytes, Access] = field(repr=False)
    users: tuple[User, ...]
    sinks: tuple[Sink, ...] = ()


def snmp_access(
    communities: Iterable[str | CommunitySpec],
    users: Iterable[UserSpec],
    views: Iterable[ViewSpec],
    where: str,
    sinks: Iterable[TrapSinkSpec] = (),
) -> SnmpAccess:
    """The rights an operator gave. where: his file, for messages. Raises ConfigError."""
    trees = _trees(views, where)
    opened: dict[bytes, Access] = {}
    for number, named in enumerate(communities, 1):
        spec = CommunitySpec(name=named) if isinstance(named, str) else named
        at = f"communities[{number}]"
        if not 1 <= len(spec.name) <= 255 or not spec.name.isascii():
            raise ConfigError(where, at, "must be 1 to 255 ASCII characters")
        if spec.name.encode() in opened:
            raise ConfigError(where, at, "stands there twice; give each community once")
        opened[spec.name.encode()] = _access(spec.access, spec.view, trees, where, f"{at}.view")
    known: dict[bytes, User] = {}
    for number, user in enumerate(users, 1):
        at = f"users[{number}]"
        made = _user(user, _access(user.access, user.view, trees, where, f"{at}.view"), where, at)
        if made.name in known:
            raise ConfigError(where, f"{at}.name", "stands there twice; give each user once")
        known[made.name] = made
    if not opened and not known:
        raise ConfigError(where, "communities", "needs at least one, such as public, where there is no user either")
    told = tuple(_sink(sink, known, where, f"trap_sinks[{number}]") for number, sink in enumerate(sinks, 1))
    return SnmpAccess(communities=opened, users=tuple(known.values()), sinks=told)


def parse_user(word: str, where: str) -> UserSpec:
    """The user in `NAME:AUTH:PASSWORD:PRIV:PASSWORD`, or in the beginning of it. Raises ConfigError."""
    parts = word.split(":")
    if len(parts) not in (1, 3, 5):
        raise ConfigError(where, "", f"must be {USER_FORM}; a password with a colon belongs into a FLEET.toml")
    name, auth, auth_password, priv, priv_password = (*parts, "", "", "", "")[:5]
    auth_word: AuthWord | None = next((known for known in _AUTH_WORDS if known == auth), None)
    priv_word: PrivWord | None = "AES-128" if priv == "AES-128" else None
    if len(parts) > 1 and auth_word is None:
        raise ConfigError(where, "", f"must name as AUTH one of {', '.join(AUTH_PROTOCOLS)}")
    if len(parts) > 3 and priv_word is None:
        raise ConfigError(where, "", f"must name as PRIV {', '.join(PRIV_PROTOCOLS)}")
    return UserSpec(name=name, auth=auth_word, auth_password=auth_password, priv=priv_word, priv_password=priv_password)


def parse_sink(word: str, where: str) -> TrapSinkSpec:
    """The sink in HOST:PORT or HOST, which is told in v2c. Raises ConfigError."""
    host, _, port = word.partition(":")
    if not host or not (port or "162").isdecimal():
        raise ConfigError(where, "", "must be HOST:PORT, such as 127.0.0.1:162")
    return TrapSinkSpec(address=host, port=int(port or 162))


_AUTH_WORDS: Final[tuple[AuthWord, ...]] = ("MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")


def _sink(spec: TrapSinkSpec, users: dict[bytes, User], where: str, at: str) -> Sink:
    user = users.get(spec.user.encode())
    if not spec.address:
        raise ConfigError(where, f"{at}.address", "must be a host name or an IPv4 address such as 127.0.0.1")
    if not 1 <= spec.port <= 65535:
        raise ConfigError(where, f"{at}.port", "must be a port from 1 to 65535; managers listen on 162")
    if spec.version == "v1" and spec.inform:
        raise ConfigError(where, f"{at}.inform", 'needs version "v2c" or "v3": version 1 has no informs')
    if spec.version == "v3" and user is None:
        raise ConfigError(where, f"{at}.user", "must be one of the users of this fleet")
    if spec.version != "v3" and spec.user:
        raise ConfigError(where, f"{at}.user", 'needs version "v3"; v1 and v2c have a community')
    if not spec.community.isascii() or len(spec.community) > 255:
        raise ConfigError(where, f"{at}.community", "must be at most 255 ASCII characters")
    return Sink(
        address=spec.address,
        port=spec.port,
        version=spec.version,
        community=spec.community.encode(),
        user=user,
        inform=spec.inform,
        where=f"{where}: {at}",
    )


def _trees(views: Iterable[ViewSpec], where: str) -> dict[str, MibTree]:
    trees: dict[str, MibTree] = {}
    for number, view in enumerate(views, 1):
        at = f"views[{number}]"
        if view.name in ("", ALL) or view.name in trees or len(view.name.encode()) > 255:
            raise ConfigError(where, f"{at}.name", 'must be a name of its own, other than "all"')
        included = _subtrees(view.include, where, f"{at}.include")
        excluded = _subtrees(view.exclude, where, f"{at}.exclude")
        if not included or set(included) & set(excluded):
            raise ConfigError(where, f"{at}.include", "must hold a subtree, and none that exclude holds too")
        trees[view.name] = MibTree(name=view.name, included=included, excluded=excluded)
    return trees


def _subtrees(written: Iterable[str], where: str, at: str) -> tuple[Oid, ...]:
    try:
        return tuple(parse_dotted(word) for word in written)
    except ValueError as error:
        raise ConfigError(where, at, "must hold object identifiers such as 1.3.6.1.2.1.43") from error


def _access(rights: Rights, view: str, trees: dict[str, MibTree], where: str, at: str) -> Access:
    if view != ALL and view not in trees:
        known = ", ".join((ALL, *trees))
        raise ConfigError(where, at, f"is no view; known here: {known}")
    return Access(tree=trees.get(view), writes=rights == "write")


def _user(spec: UserSpec, access: Access, where: str, at: str) -> User:
    name = spec.name.encode()
    if not 1 <= len(name) <= USER_NAME_BYTES_MAX:
        raise ConfigError(where, f"{at}.name", f"must be 1 to {USER_NAME_BYTES_MAX} octets")
    if spec.priv and not spec.auth:
        raise ConfigError(where, f"{at}.priv", "needs auth too: SNMPv3 hides nothing that is not signed")
    for key, word, password in (("auth", spec.auth, spec.auth_password), ("priv", spec.priv, spec.priv_password)):
        if word is None and password:
            raise ConfigError(where, f"{at}.{key}", f"is missing beside {key}_password; name the protocol")
        if word is not None and len(password) < PASSWORD_CHARACTERS_MIN:
            remedy = f"must have at least {PASSWORD_CHARACTERS_MIN} characters (RFC 3414)"
            raise ConfigError(where, f"{at}.{key}_password", remedy)
    if spec.auth is None:
        return User(name=name, access=access)
    protocol = AUTH_PROTOCOLS[spec.auth]
    return User(
        name=name,
        access=access,
        auth=protocol,
        auth_key=password_key(protocol, spec.auth_password.encode()),
        priv_key=password_key(protocol, spec.priv_password.encode()) if spec.priv else b"",
    )
