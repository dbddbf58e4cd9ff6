"""Which printer is it: the rules of portal.domain.identity."""

import pytest

from portal.domain.identity import (
    IdentityKey,
    IdentityKind,
    KnownDevice,
    canonical_hostname,
    canonical_mac,
    canonical_serial,
    identity_keys,
    resolve,
)
from wire_format.records import Device

KID = "k" * 43


@pytest.mark.parametrize(
    "reported",
    [
        None,
        "",
        "   ",
        "XXXXXXXXXX",
        "0000000000",
        "N/A",
        "n/a",
        "Not Available",
        "unknown",
        "----",
        "123",
        "1234567890",
    ],
)
def test_a_placeholder_is_no_serial(reported: str | None) -> None:
    assert canonical_serial(reported) is None


@pytest.mark.parametrize(
    "reported", ["SG1234567A", " sg1234567a ", "00SG1234567A", "0000SG1234567A", "SG12 3456\x007A"]
)
def test_variants_of_one_serial_are_one(reported: str) -> None:
    assert canonical_serial(reported) == "SG1234567A"


@pytest.mark.parametrize("reported", ["00123456", "0012345", "A00B"])
def test_a_short_serial_keeps_its_zeros(reported: str) -> None:
    assert canonical_serial(reported) == reported


@pytest.mark.parametrize("reported", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", None])
def test_a_mac_of_nobody_is_no_identity(reported: str | None) -> None:
    assert canonical_mac(reported) is None


@pytest.mark.parametrize("reported", ["", "192.0.2.1", "localhost", "fe80::1", None, "."])
def test_an_address_is_no_host_name(reported: str | None) -> None:
    assert canonical_hostname(reported) is None


def test_the_domain_does_not_matter() -> None:
    assert canonical_hostname("NPI0A1B2C.example.com.") == "npi0a1b2c"


def test_keys_come_strongest_first() -> None:
    device = Device(serial="SG1234567A", mac="00:11:22:33:44:55", hostname="plotter", model="T1", ip="192.0.2.1")

    kinds = [key.kind for key in identity_keys(device, KID, speaks_for_itself=False)]

    assert kinds == list(IdentityKind)


def test_a_printer_that_says_nothing_still_has_a_key() -> None:
    (key,) = identity_keys(Device(), KID, speaks_for_itself=False)

    assert key == IdentityKey(kind=IdentityKind.ADDRESS, value=f"{KID}|-")


def known(device_id: int = 7, **fields: str | None) -> KnownDevice:
    told = {"serial": None, "mac": None, "hostname": None, "model": None, **fields}
    return KnownDevice(device_id=device_id, **told)


def of(
    device: Device, holders: dict[IdentityKind, KnownDevice], *, direct: bool = False
) -> tuple[int | None, set[str]]:
    keys = identity_keys(device, KID, speaks_for_itself=direct)
    resolution = resolve(keys, {key: holders[key.kind] for key in keys if key.kind in holders}, device.model)
    return resolution.device_id, {key.kind.value for key in resolution.adopt}


SERIAL, MAC, HOSTNAME, ADDRESS = IdentityKind
MAC_A, MAC_B = "00:11:22:33:44:55", "00:11:22:33:44:66"


def test_a_new_printer_is_a_new_device_with_all_its_keys() -> None:
    device = Device(serial="SG1234567A", mac=MAC_A, hostname="plotter", model="T1", ip="192.0.2.1")

    assert of(device, {}) == (None, {"serial", "mac", "hostname", "address"})


def test_a_moved_printer_keeps_its_device_and_takes_the_new_address() -> None:
    old_tenant_of_address = known(9, serial="SGOTHER001")
    device = Device(serial="SG1234567A", model="T1", ip="192.0.2.9")

    assert of(device, {SERIAL: known(serial="SG1234567A"), ADDRESS: old_tenant_of_address}) == (7, {"address"})


def test_a_new_printer_at_an_old_address_is_a_new_device() -> None:
    device = Device(serial="SGNEW00001", model="T1", ip="192.0.2.9")

    assert of(device, {ADDRESS: known(serial="SG1234567A")}) == (None, {"serial", "address"})


def test_a_nameless_printer_of_another_model_at_an_old_address_is_a_new_device() -> None:
    assert of(Device(model="LaserJet", ip="192.0.2.9"), {ADDRESS: known(model="T1")}) == (None, {"address"})


def test_a_serial_lost_for_a_while_is_bridged_by_the_mac() -> None:
    device = Device(serial="XXXXXXXXXX", mac=MAC_A, model="T1")

    assert of(device, {MAC: known(serial="SG1234567A", mac=MAC_A)}, direct=True) == (7, {"address"})


def test_a_weak_device_that_shows_its_serial_stays_the_same() -> None:
    device = Device(serial="SG1234567A", mac=MAC_A)

    assert of(device, {MAC: known(mac=MAC_A)}, direct=True) == (7, {"serial", "address"})


def test_a_network_card_moved_to_another_printer_does_not_merge_the_two() -> None:
    device = Device(serial="SGNEW00001", mac=MAC_A)

    assert of(device, {MAC: known(serial="SG1234567A", mac=MAC_A)}, direct=True) == (None, {"serial", "mac", "address"})


def test_one_host_name_with_two_macs_is_two_devices() -> None:
    device = Device(mac=MAC_B, hostname="plotter", model="T1")

    assert of(device, {HOSTNAME: known(mac=MAC_A, hostname="plotter", model="T1")}, direct=True)[0] is None


def test_two_printers_under_one_serial_are_noted() -> None:
    device = Device(serial="SG1234567A", mac=MAC_B, model="LaserJet")
    keys = identity_keys(device, KID, speaks_for_itself=True)

    resolution = resolve(keys, {keys[0]: known(serial="SG1234567A", mac=MAC_A, model="T1")}, device.model)

    assert resolution.device_id == 7
    assert "two printers" in resolution.conflicts[0]


def test_a_direct_connection_that_lost_every_name_is_known_by_its_key() -> None:
    assert of(Device(model="T1"), {ADDRESS: known(serial="SG1234567A", model="T1")}, direct=True)[0] == 7
