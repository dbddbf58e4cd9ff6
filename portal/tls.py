"""TLS with a CA that the portal makes at its first start; senders pin that CA through their claim code.

The CA's key also signs key sets and times, so a sender needs to trust one thing only.
"""

import ipaddress
import logging
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from portal.at_rest import write_private
from portal.errors import ConfigError
from wire_format.enrolment import ca_hash
from wire_format.keys import SigningKey

CA_LIFE: Final = timedelta(days=20 * 365)
SERVER_LIFE: Final = timedelta(days=397)
RENEW_BEFORE: Final = timedelta(days=30)
BACKDATED: Final = timedelta(hours=1)
CIPHERS_TLS12: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
ALWAYS_NAMED: Final = ("127.0.0.1", "localhost", "::1")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The portal's own CA. pem: its certificate, public."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    pem: bytes

    @property
    def pin(self) -> bytes:
        """What a claim code carries of it: 15 bytes."""
        return ca_hash(self.certificate.public_bytes(serialization.Encoding.DER))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hex, for a person to compare."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def signer(self) -> SigningKey:
        """Signs key sets and times."""
        return SigningKey.from_pem(_key_pem(self.key))


def open_authority(state_dir: Path, now: datetime) -> Authority:
    """The CA in the state directory, made if there is none. Raises ConfigError when damaged or expired."""
    certificate_path, key_path = state_dir / "ca.pem", state_dir / "ca.key"
    if not certificate_path.exists() and not key_path.exists():
        _make_authority(certificate_path, key_path, now)
    try:
        pem, key_pem = certificate_path.read_bytes(), key_path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{error.filename} of the portal's CA cannot be read ({error.strerror}): "
            "restore ca.pem and ca.key from one backup"
        ) from error
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(key_pem, None)
    except ValueError as error:
        raise ConfigError(
            f"the portal's CA in {state_dir} is damaged (ca.pem or ca.key is no PEM): restore both from one backup"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError(f"ca.pem and ca.key in {state_dir} do not belong together: restore both from one backup")
    if now >= certificate.not_valid_after_utc:
        raise ConfigError(
            f"the portal's own CA expired on {certificate.not_valid_after_utc:%Y-%m-%d}: check this machine's date; "
            f"if it is right, move {certificate_path} and {key_path} away and enrol the senders again"
        )
    return Authority(certificate=certificate, key=key, pem=pem)


def server_context(state_dir: Path, authority: Authority, names: tuple[str, ...], now: datetime) -> ssl.SSLContext:
    """TLS 1.3 and 1.2 with AEAD only, with a certificate for names that is good for a month at least."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS_TLS12)
    # A sender that comes back within OpenSSL's two hours shakes hands in half the bytes. Without SSL_OP_NO_TICKET a
    # ticket is the whole session, encrypted: more bytes to send, and again to show, than what resuming saves. So a
    # ticket is a number, and the session stays here: in memory, 20,480 at most, gone with the process.
    context.num_tickets = 1
    context.options |= ssl.OP_NO_TICKET
    context.set_alpn_protocols(["http/1.1"])
    renew_certificate(context, state_dir, authority, names, now)
    return context


def renew_certificate(
    context: ssl.SSLContext, state_dir: Path, authority: Authority, names: tuple[str, ...], now: datetime
) -> None:
    """New connections of context use a certificate for names that is not about to expire."""
    chain_path, key_path = state_dir / "server.pem", state_dir / "server.key"
    wanted = tuple(dict.fromkeys(name for name in (*names, *ALWAYS_NAMED) if name))
    if not _is_good(chain_path, key_path, authority, wanted, now):
        _make_server_certificate(chain_path, key_path, authority, wanted, now)
        _log.info("made a server certificate", extra={"names": ", ".join(wanted)})
    context.load_cert_chain(chain_path, key_path)


def _is_good(chain_path: Path, key_path: Path, authority: Authority, names: tuple[str, ...], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(chain_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        certificate.verify_directly_issued_by(authority.certificate)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # whatever is wrong with the old one, a new one is the cure
        return False
    return (
        key.public_key() == certificate.public_key()
        and set(named) >= set(map(_general_name, names))
        and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _make_authority(certificate_path: Path, key_path: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Inkwire portal CA")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_path, _key_pem(key))
    write_private(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))


def _make_server_certificate(
    chain_path: Path, key_path: Path, authority: Authority, names: tuple[str, ...], now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + SERVER_LIFE, authority.certificate.not_valid_after_utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    write_private(key_path, _key_pem(key))
    write_private(chain_path, certificate.public_bytes(serialization.Encoding.PEM))
