"""Print jobs over a raw port, as netcat and drivers send them."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from device_sim.core.acts.power import lose_power
from device_sim.core.errors import ConfigError
from device_sim.core.print_desk import Ticket
from device_sim.core.state import FinishedJob
from device_sim.ipp_server import PrintRoom
from device_sim.population import Population
from device_sim.raw_port import RawPort
from device_sim.receiving import ReceivingLimits
from tests.support.device_sim import HOUR_S, MONDAY_7, StandingClock, changed, printer
from tests.support.device_sim_documents import UEL, pdf, pwg_raster
from tests.support.device_sim_printing import print_room
from wire_format.records import Outcome

QUIET = {"workload": {"jobs_per_day": 0}, "trouble": {"impressions_per_jam": 0, "covers_opened_per_day_percent": 0}}
HOST = "127.9.4.1"


async def heard(reader: asyncio.StreamReader) -> bytes:
    """What the printer says to the end; it may end with a reset, where it did not take all it was sent."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


class Site:
    """One printer, its raw port, and time that a test moves."""

    def __init__(self, room: PrintRoom, port: RawPort, clock: StandingClock) -> None:
        self.room, self.port, self.clock = room, port, clock

    async def send(self, octets: bytes, *, host: str = HOST) -> bytes:
        """Everything the printer says to these octets."""
        reader, writer = await asyncio.open_connection(host, self.port.port)
        writer.write(octets)
        writer.write_eof()
        said = await heard(reader)
        writer.close()
        return said

    def tickets(self) -> list[Ticket]:
        state = self.room.printers.at_address(HOST)
        assert state is not None
        return list(self.room.desk.tickets(state).values())

    def ended(self) -> list[FinishedJob]:
        self.clock.move(self.clock.now_s() + 2 * HOUR_S)
        state = self.room.printers.at_address(HOST)
        assert state is not None
        return list(state.finished)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    clock = StandingClock(MONDAY_7)
    one = printer(changed("color-laserjet-m479", **QUIET), index=1, address=HOST)
    small = ReceivingLimits(document_bytes_max=20_000_000, spooled_bytes_max=1_000_000)
    async with print_room(Population([one], clock), small) as room:
        port = await RawPort.open(0, room)
        yield Site(room, port, clock)
        await port.close()


async def test_a_pdf_sent_by_netcat_is_printed(site: Site) -> None:
    assert await site.send(pdf(7)) == b""

    (job,) = site.ended()
    assert (job.record.impressions, job.record.name, job.record.submitted_by) == (7, "Untitled", "network")


async def test_jobs_of_a_driver_are_printed_as_it_asks_and_its_questions_answered(site: Site) -> None:
    head = UEL + b'@PJL JOB NAME="Plan"\r\n@PJL SET DUPLEX=ON\r\n@PJL SET COPIES=2\r\n@PJL INFO ID\r\n'
    body = b"@PJL ENTER LANGUAGE=PWGRASTER\r\n" + pwg_raster(5) + UEL + b"@PJL EOJ\r\n" + UEL

    said = await site.send((head + body) * 2)

    jobs = site.ended()
    assert said.count(b'@PJL INFO ID\r\n"HP Color LaserJet MFP M479fdw"\r\n\x0c') == 2
    assert [job.record.name for job in jobs] == ["Plan", "Plan"]
    assert [(job.record.impressions, job.record.copies, job.record.sheets) for job in jobs] == [(10, 2, 6)] * 2


async def test_a_connection_that_breaks_aborts_its_job(site: Site) -> None:
    _, writer = await asyncio.open_connection(HOST, site.port.port)
    writer.write(b"%PDF-1.7\n" + bytes(1000))
    await writer.drain()
    while not site.tickets():
        await asyncio.sleep(0.01)
    reset: socket.socket = writer.get_extra_info("socket")
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    while not all(ticket.over for ticket in site.tickets()):
        await asyncio.sleep(0.01)

    (job,) = site.ended()
    assert (job.record.outcome, job.record.impressions) == (Outcome.ABORTED, 0)


async def test_a_document_too_large_is_aborted_and_the_next_one_printed(site: Site) -> None:
    reader, writer = await asyncio.open_connection(HOST, site.port.port)
    writer.write(b"%PDF-1.7\n" + bytes(1_100_000))
    assert await heard(reader) == b""
    writer.close()
    await site.send(pdf(1))

    assert [job.record.outcome for job in site.ended()] == [Outcome.ABORTED, Outcome.COMPLETED]


async def test_silence_ends_a_connection_and_prints_what_came(site: Site) -> None:
    port = await RawPort.open(0, site.room, idle_s_max=0.2)
    reader, writer = await asyncio.open_connection(HOST, port.port)
    writer.write(pdf(4))

    assert await heard(reader) == b""
    writer.close()
    await port.close()
    assert [job.record.impressions for job in site.ended()] == [4]


async def test_after_the_end_of_intake_the_connection_is_closed(site: Site) -> None:
    site.room.printers.act_on(1, lambda one: one.end_intake(MONDAY_7))

    assert await site.send(pdf(1)) == b""
    assert site.ended() == []


async def test_a_printer_that_loses_power_aborts_what_was_coming_in(site: Site) -> None:
    reader, writer = await asyncio.open_connection(HOST, site.port.port)
    writer.write(b"%PDF-1.7\n" + bytes(1000))
    await writer.drain()
    while not site.tickets():
        await asyncio.sleep(0.01)
    site.room.printers.act_on(1, lambda one: lose_power(one, None, 0))
    writer.write(bytes(1000))

    assert await heard(reader) == b""
    writer.close()
    assert await site.send(b"@PJL INFO ID\r\n") == b""
    assert [ticket.over for ticket in site.tickets()] == [True]


async def test_where_no_printer_stands_nobody_prints(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.9.4.99", site.port.port)

    assert await heard(reader) == b""
    writer.close()


async def test_a_port_in_use_is_said_in_one_sentence(site: Site) -> None:
    with pytest.raises(ConfigError, match=f"port {site.port.port} is in use"):
        await RawPort.open(site.port.port, site.room)
