"""Knobs of HTTP and IPP: what becomes of documents, and of the connections they travel on."""

from dataclasses import dataclass

from device_sim.core.faulty.knob import knob
from device_sim.core.faulty.snmp_knobs import SnmpFaults


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFaults(SnmpFaults):
    """How the web server and the IPP server misbehave."""

    http_silent: bool = knob(
        False,
        "http",
        "HTTP requests are taken and never answered, while SNMP is; the connection closes after two minutes.",
        expect="Give up in time, and read what SNMP tells.",
        case="F6: silent HTTP with SNMP alive",
    )
    http_delay_ms: int | None = knob(
        None,
        "http",
        "Every HTTP answer comes so much later.",
        expect="Wait within the deadline; let no other printer wait.",
        case="F6: slow",
        example=1500,
        unit="milliseconds",
        low=1,
        high=60_000,
    )
    http_status: int | None = knob(
        None,
        "http",
        "Every HTTP request gets this status.",
        expect="Read what SNMP tells; try again at the next scan, not at once.",
        case="S11",
        example=500,
        low=400,
        high=599,
    )
    http_login: str | None = knob(
        None,
        "http",
        "Instead of every document: a demand for a password (401), or a redirect to a login page (redirect).",
        expect="Say that a password is needed; never take the login page for the document.",
        case="S11",
        example="401",
        words=("401", "redirect"),
    )
    http_redirect: str | None = knob(
        None,
        "http",
        'Every document redirects to this URL, or to itself ("self").',
        expect="Follow no redirect from a printer: it may lead to another host.",
        case="S11",
        example="http://127.0.0.1:9/",
    )
    http_html_instead: bool = knob(
        False,
        "http",
        "XML documents are HTML pages that say the resource is busy, with status 200.",
        expect="Take no page for data: look at the root element.",
        case="S11",
    )
    http_content_type: str | None = knob(
        None,
        "http",
        "Every document has this Content-Type.",
        expect="Judge by the content; limits hold whatever it is called.",
        case="S11",
        example="application/octet-stream",
    )
    http_length_off: int | None = knob(
        None,
        "http",
        "Content-Length says so many octets more (or fewer) than are sent before the connection closes.",
        expect="Treat a document that is cut as none.",
        case="S11",
        example=100,
        unit="octets",
        low=-10_000,
        high=10_000_000,
    )
    http_half: bool = knob(
        False,
        "http",
        "The connection closes after half of the document.",
        expect="Treat it as no document; try again at the next scan.",
        case="S Testing: half-close",
    )
    http_drip_ms: int | None = knob(
        None,
        "http",
        "Documents are sent octet by octet, with so much time between two (for five minutes at most).",
        expect="Limit the time of a whole document, not only of a read.",
        case="S11",
        example=200,
        unit="milliseconds",
        low=1,
        high=60_000,
    )
    http_endless: bool = knob(
        False,
        "http",
        "Documents do not end: blanks follow for five minutes or 256 MiB.",
        expect="Limit the size.",
        case="S11",
    )
    http_gzip_bomb_mib: int | None = knob(
        None,
        "http",
        "Documents are sent compressed, and blow up to so much when they are opened.",
        expect="Limit the size after decompression.",
        case="S11",
        example=64,
        unit="MiB",
        low=1,
        high=256,
    )
    http_headers_kib: int | None = knob(
        None,
        "http",
        "Answers carry so much of headers that nobody needs.",
        expect="Limit headers.",
        case="S11",
        example=64,
        unit="KiB",
        low=1,
        high=1024,
    )
    http_server_header: str | None = knob(
        None,
        "http",
        "A second Server header, with this text, stands before the first.",
        expect="Do not recognise a printer by it.",
        case="F6: extra Server header",
        example="Virata-EmWeb/R6_2_1",
    )
    http_etag_missing: bool = knob(
        False,
        "http",
        "No document has an ETag.",
        expect="Compare what was read.",
        case="F6: ETag on jobs",
    )
    http_old_pages: bool = knob(
        False,
        "http",
        "HP's office models have no LEDM, only /hp/device/info_config.xml and hp_instant_support.xml.",
        expect="Fall back to them, or to SNMP.",
        case="B4: older models",
    )
    xml_entity_bomb: bool = knob(
        False,
        "http",
        "XML documents declare entities that blow up when they are resolved.",
        expect="Refuse entity declarations.",
        case="S11",
    )
    xml_truncated: bool = knob(
        False,
        "http",
        "XML documents end in the middle, with a Content-Length that fits.",
        expect="Record a finding; the rest of the reading stands.",
        case="S11, E15",
    )
    ledm_prefixes: bool = knob(
        False,
        "http",
        "LEDM documents use other namespace prefixes.",
        expect="Match by local name.",
        case="B4, F6: prefixes varying",
    )
    ledm_namespace_dates: bool = knob(
        False,
        "http",
        "LEDM namespaces have other dates.",
        expect="Match by local name.",
        case="B4",
    )
    ledm_more_totals: bool = knob(
        False,
        "http",
        "TotalImpressions stands in more subunits, before the printer's own, with other numbers.",
        expect="Take the one under PrinterSubunit.",
        case="B4: traps",
    )
    ledm_peid: bool = knob(
        False,
        "http",
        "Every count in LEDM's usage document carries a PEID attribute.",
        expect="Ignore attributes that are not known.",
        case="B4",
    )
    ledm_level: str | None = knob(
        None,
        "http",
        "Consumable levels in LEDM are 255 (unknown), or have decimals (74.6).",
        expect="255 is unknown, never 255 percent; read decimals.",
        case="B4: traps",
        example="255",
        words=("255", "decimals"),
    )
    ipp_silent: bool = knob(
        False,
        "ipp",
        "IPP requests are taken and never answered; the connection closes after two minutes.",
        expect="Give up in time, and read what SNMP and HTTP tell.",
        case="F6",
    )
    ipp_truncated: bool = knob(
        False,
        "ipp",
        "IPP responses end in the middle of their attributes.",
        expect="Treat it as no response.",
        case="S11",
    )
    ipp_wrong_request_id: bool = knob(
        False,
        "ipp",
        "IPP responses carry another request-id.",
        expect="Ignore them.",
        case="RFC 8011, 4.1.1",
    )
    ipp_unknown_tags: bool = knob(
        False,
        "ipp",
        "Texts in IPP responses have a value tag that no standard knows.",
        expect="Skip what is not known, keep the rest.",
        case="RFC 8010, 3.5.2",
    )
    ipp_latin1: bool = knob(
        False,
        "ipp",
        "IPP responses are in iso-8859-1, with a location that is no UTF-8.",
        expect="Decode by attributes-charset, or replace what cannot be read.",
        case="RFC 8011, 4.1.4",
    )
