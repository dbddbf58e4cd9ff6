"""Ping over loopback, where the system allows it."""

import asyncio

import pytest

from data_collector.icmp import Echo, checksum


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D


async def test_living_addresses_answer_and_each_gets_its_own_answer() -> None:
    async with Echo() as echo:
        if not echo.allowed:
            pytest.skip("no ICMP socket is allowed here: see net.ipv4.ping_group_range")
        addresses = [f"127.90.8.{host}" for host in range(1, 30)]

        assert await asyncio.gather(*(echo.ping(address, 5.0) for address in addresses)) == [True] * 29


async def test_silence_is_no_error() -> None:
    async with Echo() as echo:
        assert not await echo.ping("240.0.0.1", 0.05)


async def test_a_closed_echo_is_silent() -> None:
    async with Echo() as echo:
        pass

    assert not echo.allowed
    assert not await echo.ping("127.0.0.1", 0.05)
