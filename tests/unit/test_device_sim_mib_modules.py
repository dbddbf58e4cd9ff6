"""The MIB modules beside the printer's own tables: interface, addresses, devices, hardware, ports, channels, languages.

Source: RFC 2863, RFC 2790, RFC 6933, RFC 3805, PWG 5107.1.
"""

import pytest

from device_sim.core.birth import born
from device_sim.core.mibs.entity import PHYSICAL_ENTRY
from device_sim.core.mibs.host import HR_DEVICE_ENTRY, HR_STORAGE_ENTRY, OR_ENTRY
from device_sim.core.mibs.network import IF_ENTRY, IF_X_ENTRY, IP_ADDRESS_ENTRY
from device_sim.core.mibs.port_monitor import PORT_ENTRY, PRINTER_ENTRY
from device_sim.core.mibs.printer_data import CHANNEL_ENTRY, INTERPRETER_ENTRY
from device_sim.core.mibs.printer_media import INPUT_ENTRY, MEDIA_PATH_ENTRY, OUTPUT_ENTRY, PRINTER_MIB
from device_sim.core.state import LivePrinter
from tests.support.device_sim import ALL_PROFILES, MONDAY_7, printer, profile
from tests.support.device_sim_mib import column, get, walk

COLUMNS = {5: 18, 8: 24, 9: 23, 10: 14, 13: 10, 14: 8, 15: 11}
"""How many accessible columns RFC 3805 gives the entries of these groups."""


def state(name: str = "color-laserjet-m479") -> LivePrinter:
    return born(profile(name), seed=7, index=4, address="127.1.0.9", at_s=MONDAY_7)


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_every_column_of_the_printer_s_tables_has_a_value_in_every_row(name: str) -> None:
    one = state(name)
    entries = {5: (5, 1, 1), 8: (8, 2, 1), 9: (9, 2, 1), 10: (10, 2, 1), 13: (13, 4, 1), 14: (14, 1, 1), 15: (15, 1, 1)}

    for group, entry in entries.items():
        table = walk(one, (*PRINTER_MIB, *entry))
        rows = {oid[8 + len(entry) :] for oid in table}
        columns = {oid[7 + len(entry)] for oid in table}
        assert len(table) == len(rows) * len(columns), (name, group)
        assert len(columns) >= COLUMNS[group] - (group == 5), (name, group)


def test_an_empty_tray_is_followed_by_the_next_with_the_same_paper_and_a_roll_by_none() -> None:
    office, plotter = state("taskalfa-3554ci"), state("designjet-t1600")

    followed = column(walk(office, INPUT_ENTRY), INPUT_ENTRY, 25)

    assert [spec.width_mm for spec in office.profile.inputs] == [210, 297, 210]
    assert list(followed.values()) == [3, 0, 1]
    assert set(column(walk(plotter, INPUT_ENTRY), INPUT_ENTRY, 25).values()) == {0}


def test_a_plotter_s_speed_is_metres_an_hour_and_its_length_without_end() -> None:
    path = walk(state("designjet-t1600"), MEDIA_PATH_ENTRY)

    values = {oid[-3]: value for oid, value in path.items()}
    assert (values[2], values[4], values[5], values[6]) == (17, 65, -1, 914_000)


def test_what_a_bin_takes_is_what_the_path_lets_through() -> None:
    one = state("workcentre-7830")

    path = {oid[-3]: value for oid, value in walk(one, MEDIA_PATH_ENTRY).items()}
    for row in {oid[-1] for oid in walk(one, OUTPUT_ENTRY)}:
        assert (
            get(one, (*OUTPUT_ENTRY, 15, 1, row), (*OUTPUT_ENTRY, 16, 1, row))
            == [path[5], path[6]]
            == [
                420_000,
                297_000,
            ]
        )


def test_traffic_grows_with_what_is_printed_in_both_widths() -> None:
    one = state()
    asked = ((*IF_ENTRY, 10, 1), (*IF_X_ENTRY, 6, 1), (*IF_ENTRY, 16, 1))
    one.meters[0] = 100_000
    before = get(one, *asked)
    one.meters[0] += 10
    one.touch()
    after = get(one, *asked)

    assert before[1] == 6_144_000_000 and before[0] == 6_144_000_000 % 2**32
    assert after[1] == 6_144_614_400 and isinstance(after[2], int) and isinstance(before[2], int)
    assert after[2] > before[2]


def test_the_address_of_the_interface_is_the_index_of_its_row() -> None:
    table = walk(state(), IP_ADDRESS_ENTRY)

    assert list(table) == [(*IP_ADDRESS_ENTRY, number, 127, 1, 0, 9) for number in range(1, 6)]
    assert list(table.values())[:3] == [bytes((127, 1, 0, 9)), 1, bytes((255, 0, 0, 0))]


@pytest.mark.parametrize("device", [1, 2, 3])
def test_a_printer_has_a_network_board_and_a_processor_beside_it(device: int) -> None:
    one = state()
    kinds = get(one, *((*HR_DEVICE_ENTRY, 2, number) for number in (1, 2, 3)), device_index=device)

    assert sorted(kind[-1] for kind in kinds if isinstance(kind, tuple)) == [3, 4, 5]
    assert kinds[device - 1] == (1, 3, 6, 1, 2, 1, 25, 3, 1, 5)
    others = [number for number in (1, 2, 3) if number != device]
    assert get(one, *((*PRINTER_MIB, 5, 3, 1, 2, number, 1) for number in others), device_index=device) == [device] * 2


def test_memory_in_use_is_never_more_than_there_is() -> None:
    for name in ALL_PROFILES:
        table = walk(state(name), HR_STORAGE_ENTRY)
        sizes, used = column(table, HR_STORAGE_ENTRY, 5), column(table, HR_STORAGE_ENTRY, 6)
        assert all(0 < int(str(used[row])) <= int(str(sizes[row])) for row in sizes), name


def test_the_hardware_has_the_printer_s_serial_where_the_model_serves_entities() -> None:
    with_it, without = state("lexmark-cx725"), state("ecosys-p3155")

    assert get(with_it, (*PHYSICAL_ENTRY, 11, 1), (*PHYSICAL_ENTRY, 13, 1)) == [
        with_it.identity.serial.encode(),
        b"Lexmark CX725de",
    ]
    assert walk(without, PHYSICAL_ENTRY) == {}


def test_the_modules_of_a_model_are_told_in_sys_or_table() -> None:
    def told(name: str) -> set[object]:
        return set(column(walk(state(name), OR_ENTRY), OR_ENTRY, 2).values())

    assert (1, 3, 6, 1, 2, 1, 43) in told("ecosys-p3155")
    assert (1, 3, 6, 1, 2, 1, 47) in told("lexmark-cx725") - told("ecosys-p3155")


@pytest.mark.parametrize("name", ALL_PROFILES)
def test_a_spooler_finds_the_device_id_and_a_port_for_each_channel(name: str) -> None:
    one = printer(name).state
    ports = walk(one, PORT_ENTRY)

    assert get(one, (*PRINTER_ENTRY, 3, 1), (*PRINTER_ENTRY, 4, 1)) == [
        one.profile.device_id.encode(),
        len(column(ports, PORT_ENTRY, 5)),
    ]
    channels = column(walk(one, CHANNEL_ENTRY), CHANNEL_ENTRY, 2)
    by_channel = column(ports, PORT_ENTRY, 8)
    assert {index[1]: channels[1, int(str(by_channel[index]))] for index in by_channel} == {
        index[1]: kind for index, kind in column(ports, PORT_ENTRY, 5).items()
    }
    uris = [value for value in column(ports, PORT_ENTRY, 4).values() if str(value).startswith("b'ipp")]
    assert uris == [f"ipp://{one.identity.address}/ipp/print".encode()]


def test_the_languages_are_those_of_the_device_id_after_the_automatic_one() -> None:
    families = column(walk(state("laserjet-m507"), INTERPRETER_ENTRY), INTERPRETER_ENTRY, 2)

    assert list(families.values()) == [37, 5, 47, 3, 54, 6]
