"""What a printer can do over IPP, whatever it does now.

Source: RFC 8011, 5.4; PWG 5100.13 and 5100.14 (identify, job ids, raster); Bonjour Printing (urf-supported).
"""

from collections.abc import Iterator
from typing import Final

from device_sim.core.document_wish import IMPRESSIONS_MAX
from device_sim.core.documents import hpgl, images, pcl, pclxl, postscript, raster, text, tiff
from device_sim.core.documents.counted import PDF_MEDIA_TYPE
from device_sim.core.documents.inflate import COMPRESSIONS
from device_sim.core.documents.sense import AUTO
from device_sim.core.ipp import (
    CANCEL_JOB,
    CANCEL_MY_JOBS,
    CHARSET,
    CLOSE_JOB,
    CREATE_JOB,
    GET_JOB_ATTRIBUTES,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    HOLD_JOB,
    IDENTIFY_PRINTER,
    LANGUAGE,
    MIME,
    PRINT_JOB,
    RELEASE_JOB,
    SEND_DOCUMENT,
    URI,
    VALIDATE_JOB,
    Values,
    boolean,
    enums,
    integers,
    keywords,
    ranges,
    resolutions,
    words,
)
from device_sim.core.ipp_template import TEMPLATE_NAMES, resolutions_dpi
from device_sim.core.print_desk import INCOMING_S_MAX
from device_sim.core.profile import Profile

OPERATIONS: Final = (
    PRINT_JOB, VALIDATE_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB, GET_JOB_ATTRIBUTES, GET_JOBS,
    GET_PRINTER_ATTRIBUTES, HOLD_JOB, RELEASE_JOB, CANCEL_MY_JOBS, CLOSE_JOB, IDENTIFY_PRINTER,
)  # fmt: skip
DOCUMENT_FORMATS: Final = (
    AUTO, PDF_MEDIA_TYPE, raster.PWG, raster.URF, images.JPEG, images.PNG, tiff.MEDIA_TYPE, postscript.MEDIA_TYPE,
    pcl.MEDIA_TYPE, pclxl.MEDIA_TYPE, hpgl.MEDIA_TYPE, text.MEDIA_TYPE,
)  # fmt: skip
WHICH_JOBS: Final = ("completed", "not-completed", "aborted", "canceled", "pending", "pending-held", "processing",
                     "processing-stopped", "all")  # fmt: skip
K_OCTETS_MAX: Final = 4 * 1024 * 1024
_RASTER_GRAY: Final = ("black_1", "sgray_8")
_RASTER_COLOR: Final = (*_RASTER_GRAY, "srgb_8", "cmyk_8")


def capability_attributes(profile: Profile, uri: str) -> Iterator[tuple[str, Values]]:
    """What printers of this model can do. uri: where it was asked."""
    yield "charset-configured", words(CHARSET, "utf-8")
    yield "charset-supported", words(CHARSET, "utf-8", "us-ascii")
    yield "natural-language-configured", words(LANGUAGE, "en")
    yield "generated-natural-language-supported", words(LANGUAGE, "en")
    yield "ipp-versions-supported", keywords("1.1", "2.0")
    yield "operations-supported", enums(*OPERATIONS)
    yield "printer-uri-supported", words(URI, uri)
    yield "uri-authentication-supported", keywords("none")
    yield "uri-security-supported", keywords("tls" if uri.startswith("ipps:") else "none")
    yield "compression-supported", keywords(*COMPRESSIONS)
    yield "document-format-default", words(MIME, AUTO)
    yield "document-format-supported", words(MIME, *DOCUMENT_FORMATS)
    yield "pdl-override-supported", keywords("attempted")
    yield "ipp-features-supported", keywords("none")
    yield "identify-actions-default", keywords("display")
    yield "identify-actions-supported", keywords("display")
    yield "job-creation-attributes-supported", keywords(*TEMPLATE_NAMES)
    yield "job-ids-supported", boolean(True)
    yield "job-impressions-supported", ranges((1, IMPRESSIONS_MAX))
    yield "job-k-octets-supported", ranges((0, K_OCTETS_MAX))
    yield "job-media-sheets-supported", ranges((1, IMPRESSIONS_MAX))
    yield "multiple-document-jobs-supported", boolean(False)
    yield "multiple-operation-time-out", integers(INCOMING_S_MAX)
    yield "multiple-operation-time-out-action", keywords("abort-job")
    yield "preferred-attributes-supported", boolean(False)
    yield "printer-get-attributes-supported", keywords("document-format")
    yield "which-jobs-supported", keywords(*WHICH_JOBS)
    dpi = resolutions(*resolutions_dpi(profile))
    yield "pwg-raster-document-resolution-supported", dpi
    yield "pwg-raster-document-sheet-back", keywords("normal")
    yield "pwg-raster-document-type-supported", keywords(*(_RASTER_COLOR if profile.color else _RASTER_GRAY))
    yield "urf-supported", keywords(*_urf(profile))


def _urf(profile: Profile) -> Iterator[str]:
    """What AirPrint asks: version, colours, copies by the client, duplex, resolutions."""
    yield from ("V1.4", "CP1", "W8")
    if profile.color:
        yield "SRGB24"
    if profile.duplex:
        yield "DM1"
    yield "RS" + "-".join(map(str, resolutions_dpi(profile)))
