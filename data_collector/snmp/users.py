"""SNMPv3 users: who the collector is to an agent, and how it proves that.

Passwords live here alone; keys are made of them where they are used, and neither stands in a repr, a log or an error.
"""

import enum
from dataclasses import dataclass, field
from typing import Final

PASSWORD_CHARACTERS_MIN: Final = 8
"""Source: RFC 3414, 11.2."""
NAME_BYTES_MAX: Final = 32
"""Source: RFC 3414, 2.4, msgUserName."""


class AuthProtocol(enum.Enum):
    """How messages are authenticated. Source: RFC 3414 (MD5, SHA-1), RFC 7860 (the rest)."""

    NONE = "none"
    MD5 = "MD5"
    SHA_1 = "SHA-1"
    SHA_224 = "SHA-224"
    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"


class PrivProtocol(enum.Enum):
    """How messages are hidden. Source: RFC 3414, 8 (DES, all that older printers have), RFC 3826 (AES-128)."""

    NONE = "none"
    DES = "DES"
    AES_128 = "AES-128"


class UserError(ValueError):
    """A user that SNMPv3 does not allow: the sentence says what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsmUser:
    """One user of the user-based security model.

    context: the name of the context that is read, empty for the device's own. The level follows from the protocols:
    none (noAuthNoPriv), auth only (authNoPriv), auth and priv (authPriv).
    Raises UserError for what the standard does not allow.
    """

    name: str
    auth_protocol: AuthProtocol = AuthProtocol.NONE
    auth_password: str = field(default="", repr=False)
    priv_protocol: PrivProtocol = PrivProtocol.NONE
    priv_password: str = field(default="", repr=False)
    context: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.encode()) <= NAME_BYTES_MAX:
            raise UserError(f'the v3 user name "{self.name[:40]}" must have 1 to {NAME_BYTES_MAX} bytes')
        if self.priv_protocol is not PrivProtocol.NONE and self.auth_protocol is AuthProtocol.NONE:
            raise UserError(
                f'the v3 user "{self.name}" has a privacy protocol but no authentication protocol: '
                "SNMPv3 hides only what it authenticates, so name both"
            )
        self._check("authentication", self.auth_protocol is not AuthProtocol.NONE, self.auth_password)
        self._check("privacy", self.priv_protocol is not PrivProtocol.NONE, self.priv_password)

    def _check(self, kind: str, wanted: bool, password: str) -> None:
        if wanted and len(password) < PASSWORD_CHARACTERS_MIN:
            raise UserError(
                f'the {kind} password of the v3 user "{self.name}" has {len(password)} characters, '
                f"and SNMPv3 asks for at least {PASSWORD_CHARACTERS_MIN}"
            )
        if password and not wanted:
            raise UserError(
                f'the v3 user "{self.name}" has a {kind} password but no {kind} protocol: name the protocol'
            )
