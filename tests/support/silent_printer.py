"""A printer that answers neither SNMP nor ping, but has its web page: run as a program in a network namespace.

Usage: python -m tests.support.silent_printer ADDRESS (as root; prints "ready").
"""

import asyncio
import socket
import sys
from pathlib import Path

from data_collector.core.reading import LEDM_FIRST
from tests.support.data_collector_web import response, serving, web_server

NAMESPACE = b'xmlns:c="http://www.hp.com/schemas/imaging/con/ledm/productconfigdyn/2009/11/16"'
PRODUCT = (
    b'<?xml version="1.0"?><c:ProductConfigDyn ' + NAMESPACE + b"><c:ProductInformation>"
    b"<c:MakeAndModel>HP OfficeJet 1</c:MakeAndModel><c:SerialNumber>TH0SILENT1</c:SerialNumber>"
    b"</c:ProductInformation></c:ProductConfigDyn>"
)
TREE = (
    b'<d:DiscoveryTree xmlns:d="http://www.hp.com/schemas/imaging/con/ledm/2007/09/21"><d:ResourceURI>'
    b"/DevMgmt/ProductConfigDyn.xml</d:ResourceURI></d:DiscoveryTree>"
)
PAGES = serving({LEDM_FIRST: response(TREE), "/DevMgmt/ProductConfigDyn.xml": response(PRODUCT)})
SERIAL = "TH0SILENT1"


async def main(address: str) -> None:
    """Serve until killed."""
    Path("/proc/sys/net/ipv4/icmp_echo_ignore_all").write_text("1", encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((address, 161))  # bound and never read: no port unreachable goes back
        async with web_server(PAGES, address, 80):
            print("ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
