"""Sealing a v3 message and opening one, whoever is authoritative: digest, privacy, scoped PDU.

Source: RFC 3414, 3.1 and 3.2, 6 to 8; RFC 3826, 3.
"""

import hmac
from typing import Final, NamedTuple

from snmp_format.ber import OCTET_STRING, DecodeError, octets, read_header
from snmp_format.usm import SALT_BYTES, LocalKeys
from snmp_format.v3_message import AUTH, PRIV, ScopedPdu, V3Message, read_scoped_pdu, scoped_pdu, write_message

MESSAGE_BYTES_TAKEN: Final = 8192
"""msgMaxSize of what we send, and snmpEngineMaxMessageSize."""


class Seal(NamedTuple):
    """How a message is secured. keys: of the user at the authoritative engine, where flags ask for any."""

    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user_name: bytes
    keys: LocalKeys | None


def seal(how: Seal, message_id: int, salt: bytes, context: ScopedPdu, *, size_max: int = MESSAGE_BYTES_TAKEN) -> bytes:
    """A message with its digest, hidden where it should be. salt: eight octets that were never used before.

    size_max: what the sender of this takes himself, in octets.
    """
    data = scoped_pdu(context.context_engine_id, context.context_name, context.pdu)
    keys, flags = how.keys, how.flags
    if flags & PRIV:
        assert keys is not None
        data = octets(keys.encrypt(how.boots, how.time_s, salt, data))
    message, digest_at = write_message(
        message_id=message_id,
        size_max=size_max,
        flags=flags,
        engine_id=how.engine_id,
        boots=how.boots,
        time_s=how.time_s,
        user_name=how.user_name,
        digest_bytes=keys.digest_bytes if keys and flags & AUTH else 0,
        salt=salt if flags & PRIV else b"",
        data=data,
    )
    if not flags & AUTH:
        return message
    assert keys is not None
    digest = keys.digest(message)
    return message[:digest_at] + digest + message[digest_at + len(digest) :]


def is_signed_by(datagram: bytes, message: V3Message, keys: LocalKeys) -> bool:
    """Whether the digest of a message is that of who has the keys."""
    at, end = message.digest_at, message.digest_end
    blank = datagram[:at] + bytes(end - at) + datagram[end:]
    return hmac.compare_digest(datagram[at:end], keys.digest(blank))


def opened(message: V3Message, keys: LocalKeys | None) -> ScopedPdu:
    """The scoped PDU of a message, made readable. Raises DecodeError; a wrong key is one, as CFB cannot tell it."""
    if not message.flags & PRIV:
        return read_scoped_pdu(message.data)
    if keys is None or not keys.hides or len(message.salt) != SALT_BYTES:
        raise DecodeError("a hidden PDU has no salt, or no key")
    start, end = read_header(message.data, 0, OCTET_STRING, len(message.data))
    return read_scoped_pdu(keys.decrypt(message.boots, message.time_s, message.salt, message.data[start:end]))
