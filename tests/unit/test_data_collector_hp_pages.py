"""HP's pages from before LEDM name the printer, and their undocumented counters are left alone."""

import datetime as dt

from data_collector.core.evidence import Evidence
from data_collector.core.normalise import report
from data_collector.vendor_files import load_definitions
from wire_format.printer_mib import SupplyState
from wire_format.records import Report

FLAT = "http://www.hp.com/schemas/imaging/pls/dev/1.0"
XDM = "http://www.hp.com/schemas/imaging/con/xdm/1.1/"
DICTIONARY = "http://www.hp.com/schemas/imaging/con/dictionaries/1.0/"
CONFIG_PAGE = f"""<?xml version="1.0" encoding="UTF-8" ?>
<ConfigurationPage xmlns="{FLAT}"><ProductInformation>
  <ProductName>HP Color LaserJet 1234n</ProductName><FormatterNumber>AB12CDE</FormatterNumber>
  <PrinterNumber>CC000A</PrinterNumber><ProductSerialNumber>CNTEST0001</ProductSerialNumber>
  <FirmwareDatecode>20130923</FirmwareDatecode><HardwareAddress>00:1f:29:00:00:07</HardwareAddress>
  <HostName>NPI000007</HostName><DuplexInstalled>1</DuplexInstalled><TotalPages>77</TotalPages>
</ProductInformation></ConfigurationPage>"""
SUPPORT_PAGE = f"""<xdm:Device xmlns:xdm="{XDM}" xmlns:dd="{DICTIONARY}"><xdm:Configuration/><xdm:Information>
  <xdm:Component id="i1000" componentType="system"><dd:MakeAndModel>HP LaserJet P0000 Series</dd:MakeAndModel>
    <dd:ProductNumber>CB000A</dd:ProductNumber><dd:SerialNumber>CNTEST0002</dd:SerialNumber>
    <dd:Version><dd:Date>2007-02-21</dd:Date></dd:Version></xdm:Component>
  <xdm:ComponentGroup>
    <xdm:Component id="i2600" componentType="consumable"><dd:ConsumableTypeEnum>toner</dd:ConsumableTypeEnum>
      <dd:ConsumableLabelCode>K</dd:ConsumableLabelCode>
      <dd:ConsumablePercentageLevelRemaining>41</dd:ConsumablePercentageLevelRemaining></xdm:Component>
    <xdm:Component id="i2601" componentType="consumable"><dd:ConsumableTypeEnum>toner</dd:ConsumableTypeEnum>
      <dd:ConsumableLabelCode>C</dd:ConsumableLabelCode>
      <dd:ConsumablePercentageLevelRemaining>255</dd:ConsumablePercentageLevelRemaining></xdm:Component>
  </xdm:ComponentGroup></xdm:Information></xdm:Device>"""


def told(**pages: str) -> Report:
    documents = {f"/hp/device/{name}.xml": page.encode() for name, page in pages.items()}
    at = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    return report(Evidence(address="192.0.2.7", observed_at=at, ledm=documents), load_definitions())


def test_the_configuration_page_says_who_the_printer_is() -> None:
    found = told(info_config=CONFIG_PAGE)

    device = found.device
    assert (device.manufacturer, device.model, device.serial) == ("HP", "Color LaserJet 1234n", "CNTEST0001")
    assert (device.product_number, device.mac, device.hostname) == ("CC000A", "00:1f:29:00:00:07", "NPI000007")
    assert found.config is not None
    assert (found.config.firmware_date, found.config.duplex_capable) == ("20130923", True)


def test_no_meter_comes_from_a_page_whose_counters_nobody_documented() -> None:
    assert told(info_config=CONFIG_PAGE, hp_instant_support=SUPPORT_PAGE).meters == ()


def test_the_support_page_tells_identity_and_supplies_in_the_words_of_ledm() -> None:
    found = told(hp_instant_support=SUPPORT_PAGE)

    assert (found.device.model, found.device.serial) == ("LaserJet P0000 Series", "CNTEST0002")
    assert [(each.colorant, each.percent, each.state) for each in found.supplies] == [
        ("black", 41, SupplyState.MEASURED),
        ("cyan", None, SupplyState.UNKNOWN),
    ]


def test_a_page_that_names_entities_is_refused_and_said_so() -> None:
    bomb = CONFIG_PAGE.replace("<Conf", '<!DOCTYPE x [<!ENTITY a "b">]><Conf', 1)

    found = told(info_config=bomb)

    assert found.device.serial is None
    assert any(finding.source == "ledm:/hp/device/info_config.xml" for finding in found.findings)


def test_a_stranger_with_a_device_root_is_not_read() -> None:
    other = "<Device><Component componentType='system'><SerialNumber>S1</SerialNumber></Component></Device>"
    assert told(hp_instant_support=other).device.serial is None
