"""Where LEDM documents hold an identity, and a document without it. The octets are kept but for those words."""

import re
from typing import Final

from device_sim.core.recorder import fakes
from device_sim.core.recorder.anonymiser import Anonymiser

ELEMENTS: Final = {
    "serialnumber": fakes.SERIAL, "serialid": fakes.SERIAL, "assetnumber": fakes.ASSET, "serviceid": fakes.ASSET,
    "macaddress": fakes.STATION, "hostname": fakes.HOST, "domainname": fakes.HOST,
    "fullyqualifieddomainname": fakes.HOST,
    "bonjourservicename": fakes.NAME, "bonjourname": fakes.NAME, "applicationservicename": fakes.NAME,
    "devicename": fakes.NAME, "printername": fakes.NAME, "ssid": fakes.NAME, "networkname": fakes.NAME,
    "devicelocation": fakes.LOCATION, "location": fakes.LOCATION, "companyname": fakes.CONTACT,
    "contact": fakes.CONTACT, "contactname": fakes.CONTACT, "contactperson": fakes.CONTACT, "personname": fakes.CONTACT,
    "username": fakes.DOCUMENT, "userid": fakes.DOCUMENT, "useraccount": fakes.DOCUMENT, "owner": fakes.DOCUMENT,
    "jobname": fakes.DOCUMENT, "documentname": fakes.DOCUMENT, "filename": fakes.DOCUMENT, "originator": fakes.DOCUMENT,
    "accountname": fakes.DOCUMENT, "phonenumber": fakes.PHONE, "faxnumber": fakes.PHONE, "emailaddress": fakes.EMAIL,
    "ipaddress": fakes.ADDRESS, "ipv4address": fakes.ADDRESS, "ipv6address": fakes.ADDRESS_6,
    "defaultgateway": fakes.ADDRESS, "uuid": fakes.UUID,
}  # fmt: skip
"""Local names of elements, in lower case, whose whole text identifies."""

_ELEMENT: Final = re.compile(r"(<(?:[\w-]+:)?([\w-]+)(?:\s[^<>]*)?>)([^<>]+)(</)")


def learn_xml(document: str, anonymiser: Anonymiser) -> None:
    """Learn every identity of a document."""
    for found in _ELEMENT.finditer(document):
        kind = ELEMENTS.get(found[2].lower())
        if kind is not None:
            anonymiser.learn(kind, _plain(found[3]))


def xml_without_identity(document: str, anonymiser: Anonymiser) -> str:
    """The document rewritten; its markup stays octet by octet."""

    def rewritten(found: re.Match[str]) -> str:
        kind = ELEMENTS.get(found[2].lower())
        text = found[3]
        if kind not in _WHOLE or not text.strip():
            return found[0]
        return f"{found[1]}{anonymiser.whole(kind, text)}{found[4]}"

    return anonymiser.text(_ELEMENT.sub(rewritten, document))


_WHOLE: Final = (fakes.SERIAL, fakes.ASSET, fakes.HOST, fakes.NAME, fakes.LOCATION, fakes.CONTACT, fakes.DOCUMENT)


def _plain(text: str) -> str:
    for entity, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, mark)
    return text
