"""A printer's own certificate: its names, its lasting fingerprint, and no more of them in memory than needed."""

import dataclasses
import ipaddress
import itertools

import pytest
from cryptography import x509

import device_sim.certificates as certificates
from device_sim.core.birth import born
from device_sim.core.state import Identity, LivePrinter
from tests.support.device_sim import MONDAY_7, profile


def state_of(index: int) -> LivePrinter:
    return born(profile("designjet-t1600"), 1, index, str(ipaddress.IPv4Address("127.9.0.1") + index), MONDAY_7)


def certificate(identity: Identity, seed: int = 1) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificates.certificate_pem(identity, "HP", seed)[0])


def test_it_names_its_printer_and_signs_itself() -> None:
    identity = state_of(3).identity

    made = certificate(identity)

    made.verify_directly_issued_by(made)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert f"CN={identity.hostname}" in made.subject.rfc4514_string()
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(identity.address)]
    assert names.get_values_for_type(x509.DNSName) == [identity.hostname]


def test_it_is_the_same_after_every_restart_and_no_other_printers() -> None:
    first, second = (state_of(index).identity for index in (0, 1))

    assert certificates.certificate_pem(first, "HP", 1) == certificates.certificate_pem(first, "HP", 1)
    made = [certificate(first), certificate(second), certificate(first, seed=2)]
    assert len({one.serial_number for one in made}) == 3
    assert len({one.public_key().public_numbers() for one in made}) == 3  # type: ignore[union-attr]


def test_a_printer_that_moved_makes_a_new_certificate_with_its_old_key() -> None:
    identity = state_of(0).identity

    before, after = certificate(identity), certificate(dataclasses.replace(identity, address="127.9.9.9"))

    assert before.public_key() == after.public_key() and before.serial_number != after.serial_number


def test_a_fleet_of_any_size_keeps_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "CONTEXTS_MAX", 3)
    states = {state.identity.address: state for state in map(state_of, range(5))}
    made = certificates.Certificates(states.get, seed=1)

    contexts = [made.context_of(address) for address in states]

    assert None not in contexts and made.context_of("127.9.9.9") is None
    again = [
        made.context_of(address) is context for address, context in reversed(list(zip(states, contexts, strict=True)))
    ]
    assert list(itertools.takewhile(bool, again)) == [True] * 3 and again.count(True) == 3
