"""Communities and SNMPv3 users: where a configuration says that they stand, and read from there.

A secret stands in an environment variable that the file names, or in a file that only its owner may read; never in a
message.
"""

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from data_collector.snmp.users import AuthProtocol, PrivProtocol, UserError, UsmUser
from data_collector.toml_table import ConfigError, Table

SECRET_BYTES_MAX: Final = 64 * 1024


def communities_of(table: Table, environment: Mapping[str, str], *, with_users: bool) -> tuple[str, ...]:
    """In the order they are tried. A profile with v3 users may have none."""
    named = table.texts("communities", ("public",))
    secret = secret_of(table, "communities", environment)
    if secret is not None:
        named = tuple(one.strip() for one in secret.replace("\n", ",").split(",") if one.strip())
    if not named and not with_users:
        raise table.error("communities", 'is empty: write for example ["public"], or name a v3 user')
    return named


def user_of(table: Table, environment: Mapping[str, str], *, plain: bool = False) -> UsmUser:
    """A v3 user. plain: the table stands in a private file, and may hold the passwords themselves."""

    def password(key: str) -> str:
        said = table.text(key, "") if plain else ""
        return secret_of(table, key, environment) or said

    try:
        user = UsmUser(
            name=table.text("name", ""),
            auth_protocol=AuthProtocol(table.choice("auth", tuple(one.value for one in AuthProtocol))),
            auth_password=password("auth_password"),
            priv_protocol=PrivProtocol(table.choice("priv", tuple(one.value for one in PrivProtocol))),
            priv_password=password("priv_password"),
            context=table.text("context", ""),
        )
    except UserError as error:
        raise table.error("name", f"cannot be used: {error}") from error
    table.finish()
    return user


def secret_of(table: Table, key: str, environment: Mapping[str, str]) -> str | None:
    """What KEY_env or KEY_file leads to; None when the file names neither. Never in a message."""
    variable, file = table.text(f"{key}_env", ""), table.text(f"{key}_file", "")
    if variable and file:
        raise table.error(f"{key}_env", f"and {key}_file are both given: keep one")
    if variable:
        value = environment.get(variable, "")
        if not value:
            raise table.error(
                f"{key}_env", f"names the variable {variable}, which is empty: set it, for a list by commas"
            )
        return value
    return from_file(table, f"{key}_file", Path(file)) if file else None


def from_file(table: Table, key: str, path: Path) -> str:
    """The secret in a file of its owner alone. Raises ConfigError."""
    try:
        value = private_text(path)
    except SecretFileError as error:
        raise table.error(key, f"names {path}, {error}") from error
    if not value:
        raise table.error(key, f"names {path}, which is empty: write the secret into it")
    return value


class SecretFileError(Exception):
    """A file cannot be taken for a secret: why, and what to do. The message is the end of a sentence."""


def private_text(path: Path) -> str:
    """The text of a file that only its owner may read, without the line end. Raises SecretFileError."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretFileError(f"which others may read: chmod 600 {path}")
        return path.read_text(encoding="utf-8")[:SECRET_BYTES_MAX].strip("\r\n")
    except UnicodeDecodeError as error:
        raise SecretFileError("which is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise SecretFileError(f"which cannot be read ({error.strerror}): check path and owner") from error


def users_in(text: str, name: str, environment: Mapping[str, str]) -> tuple[UsmUser, ...]:
    """The v3 users of a file of [[user]] tables, in their order. name: of the file. Raises ConfigError."""
    try:
        top = Table(name, "", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        # Its words can show the line, and that line may hold a password.
        raise ConfigError(f"{name} is not TOML, or a text in it is not in quotes") from error
    users = tuple(user_of(one, environment, plain=True) for one in top.tables("user"))
    top.finish()
    if not users:
        raise ConfigError(f'{name} has no [[user]]: write [[user]], and under it name = "...", auth = "SHA-256", ...')
    return users


def communities_in(text: str, name: str) -> tuple[str, ...]:
    """The communities of a file, one a line. name: of the file. Raises ConfigError."""
    found = tuple(one.strip() for one in text.splitlines() if one.strip())
    if not found:
        raise ConfigError(f"{name} has no community: write one a line, in the order they are tried")
    return found
