"""SNMPv3 messages with USM parameters: octets to fields, fields to octets. What they mean is decided in `v3_agent`.

1. Reading keeps positions into the datagram: where the digest stands must be known to check it.
2. Everything out of the ranges of RFC 3412, 6 or RFC 3414, 2.4 is a DecodeError; a security model other than USM
   is not read further.
"""

from typing import Final, NamedTuple

from device_sim.core.snmp.ber import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    DecodeError,
    header,
    integer,
    octets,
    read_header,
    read_integer,
    wrap,
)
from device_sim.core.snmp.usm import USER_NAME_BYTES_MAX

VERSION_3: Final = 3
USM: Final = 3
AUTH: Final = 1
PRIV: Final = 2
REPORTABLE: Final = 4
ENGINE_ID_BYTES: Final = (5, 32)
MESSAGE_BYTES_LEAST: Final = 484
"""What every engine must take: the least that may stand in msgMaxSize. Source: RFC 3412, 6."""
MESSAGE_BYTES_SHORTEST: Final = 5

_VERSION_TLV: Final = bytes((INTEGER, 1, VERSION_3))
_USM_TLV: Final = bytes((INTEGER, 1, USM))


class V3Message(NamedTuple):
    """A message before anything of it is believed.

    size_max: msgMaxSize, what the sender takes. flags: AUTH, PRIV, REPORTABLE. digest_at, digest_end: where
    msgAuthenticationParameters stand. salt: msgPrivacyParameters. data: msgData, a scoped PDU or an OCTET STRING that
    hides one, with its header.
    """

    message_id: int
    size_max: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user_name: bytes
    digest_at: int
    digest_end: int
    salt: bytes
    data: bytes


class UnknownModelError(DecodeError):
    """A message under a security model that is not USM."""


def is_version_3(datagram: bytes) -> bool:
    """Whether a datagram says it is SNMPv3."""
    if len(datagram) < MESSAGE_BYTES_SHORTEST:
        return False
    at = 2 if datagram[1] < 0x80 else datagram[1] - 0x7E
    return datagram[at : at + 3] == _VERSION_TLV


def read_message(datagram: bytes) -> V3Message:
    """The fields of a v3 message. Raises DecodeError; UnknownModelError where another model secures it."""
    at, end = read_header(datagram, 0, SEQUENCE, len(datagram))
    if end != len(datagram):
        raise DecodeError("octets follow the message")
    _, at = read_integer(datagram, at, end)
    start, at = read_header(datagram, at, SEQUENCE, end)
    message_id, start = read_integer(datagram, start, at)
    size_max, start = read_integer(datagram, start, at)
    flags_at, flags_end = read_header(datagram, start, OCTET_STRING, at)
    model, stop = read_integer(datagram, flags_end, at)
    if message_id < 0 or size_max < MESSAGE_BYTES_LEAST or flags_end - flags_at != 1 or model < 1 or stop != at:
        raise DecodeError("the global data of a v3 message are out of range")
    if model != USM:
        raise UnknownModelError(f"security model {model} is not spoken here")
    start, data_at = read_header(datagram, at, OCTET_STRING, end)
    start, stop = read_header(datagram, start, SEQUENCE, data_at)
    if stop != data_at:
        raise DecodeError("octets follow the security parameters")
    engine_at, engine_end = read_header(datagram, start, OCTET_STRING, stop)
    boots, at = read_integer(datagram, engine_end, stop)
    time_s, at = read_integer(datagram, at, stop)
    name_at, name_end = read_header(datagram, at, OCTET_STRING, stop)
    digest_at, digest_end = read_header(datagram, name_end, OCTET_STRING, stop)
    salt_at, salt_end = read_header(datagram, digest_end, OCTET_STRING, stop)
    if salt_end != stop or boots < 0 or time_s < 0 or name_end - name_at > USER_NAME_BYTES_MAX:
        raise DecodeError("the security parameters of a v3 message are out of range")
    hidden = data_at < end and datagram[data_at] == OCTET_STRING
    _, stop = read_header(datagram, data_at, OCTET_STRING if hidden else SEQUENCE, end)
    if stop != end:
        raise DecodeError("octets follow the data of a v3 message")
    return V3Message(
        message_id,
        size_max,
        datagram[flags_at],
        datagram[engine_at:engine_end],
        boots,
        time_s,
        datagram[name_at:name_end],
        digest_at,
        digest_end,
        datagram[salt_at:salt_end],
        datagram[data_at:],
    )


class ScopedPdu(NamedTuple):
    """Whose objects are spoken of, and what is said. pdu: with its header."""

    context_engine_id: bytes
    context_name: bytes
    pdu: bytes


def read_scoped_pdu(scoped: bytes) -> ScopedPdu:
    """The parts of a scoped PDU; what follows it, such as padding, is left out. Raises DecodeError."""
    at, end = read_header(scoped, 0, SEQUENCE, len(scoped))
    engine_at, engine_end = read_header(scoped, at, OCTET_STRING, end)
    name_at, name_end = read_header(scoped, engine_end, OCTET_STRING, end)
    if name_end >= end:
        raise DecodeError("a scoped PDU has no PDU")
    _, stop = read_header(scoped, name_end, scoped[name_end], end)
    if stop != end:
        raise DecodeError("octets follow a PDU")
    return ScopedPdu(scoped[engine_at:engine_end], scoped[name_at:name_end], scoped[name_end:end])


def scoped_pdu(context_engine_id: bytes, context_name: bytes, pdu: bytes) -> bytes:
    """A scoped PDU as octets. pdu: with its header."""
    return wrap(SEQUENCE, octets(context_engine_id) + octets(context_name) + pdu)


def write_message(
    *,
    message_id: int,
    size_max: int,
    flags: int,
    engine_id: bytes,
    boots: int,
    time_s: int,
    user_name: bytes,
    digest_bytes: int,
    salt: bytes,
    data: bytes,
) -> tuple[bytes, int]:
    """A message with zeros for its digest, and where they begin. data: msgData with its header."""
    behind = octets(salt)
    named = octets(engine_id) + integer(boots) + integer(time_s) + octets(user_name)
    parameters = wrap(SEQUENCE, named + header(OCTET_STRING, digest_bytes) + bytes(digest_bytes) + behind)
    global_data = integer(message_id) + integer(size_max) + bytes((OCTET_STRING, 1, flags)) + _USM_TLV
    tail = octets(parameters) + data
    message = wrap(SEQUENCE, _VERSION_TLV + wrap(SEQUENCE, global_data) + tail)
    return message, len(message) - len(data) - len(behind) - digest_bytes
