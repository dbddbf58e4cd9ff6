"""The certificate a printer made for itself, as printers do: self-signed, and the same after every restart.

1. The key follows from (seed, index) alone: whoever knows the seed knows every key. That is right for a simulator,
   where a tester wants to pin a fingerprint, and wrong for anything else.
2. Subject and issuer are the host name; the alternative names are the address and the host name. A printer that
   moves to another address makes a new certificate with the key it has.
3. Certificates are made when they are first asked for; the last CONTEXTS_MAX are kept.
"""

import ipaddress
import ssl
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device_sim.core.state import Identity, LivePrinter

CONTEXTS_MAX: Final = 256
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of NIST P-256 (SP 800-186, 3.2.1.3)."""
_MADE: Final = datetime(2022, 1, 3, tzinfo=UTC)
_YEARS: Final = 20


def certificate_pem(identity: Identity, manufacturer: str, seed: int) -> tuple[bytes, bytes]:
    """The certificate and the private key of a printer, in PEM. The same arguments give the same bytes."""
    digest = sha512(f"inkwire sim certificate/{seed}/{identity.index}".encode()).digest()
    key = ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
    made = _MADE + timedelta(days=digest[0], hours=digest[1] % 24)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, manufacturer[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, identity.hostname[:64]),
        ]
    )
    alternatives = [x509.IPAddress(ipaddress.ip_address(identity.address))]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(sha512(digest + identity.address.encode()).digest()[:16], "big") >> 1 | 1)
        .not_valid_before(made)
        .not_valid_after(made.replace(year=made.year + _YEARS, day=min(made.day, 28)))
        .add_extension(x509.SubjectAlternativeName([*alternatives, x509.DNSName(identity.hostname)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), private


class Certificates:
    """The TLS contexts of a fleet's printers, by the address that was dialled."""

    def __init__(self, find: Callable[[str], LivePrinter | None], seed: int) -> None:
        self._find, self._seed = find, seed
        self._kept: OrderedDict[Identity, ssl.SSLContext] = OrderedDict()

    def context_of(self, address: str) -> ssl.SSLContext | None:
        """The TLS side of the printer at an address; None where none stands."""
        state = self._find(address)
        if state is None:
            return None
        identity = state.identity
        if (context := self._kept.get(identity)) is not None:
            self._kept.move_to_end(identity)
            return context
        context = _context(*certificate_pem(identity, state.profile.manufacturer, self._seed))
        self._kept[identity] = context
        if len(self._kept) > CONTEXTS_MAX:
            self._kept.popitem(last=False)
        return context


def _context(certificate: bytes, private: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # OpenSSL's Python reads a certificate from a file only: one that this user alone can read, and only for a moment.
    with tempfile.NamedTemporaryFile(suffix=".pem") as both:
        both.write(certificate + private)
        both.flush()
        context.load_cert_chain(both.name)
    return context
