"""What a site does not want to leave the house.

1. Job names never leave with a collector: a name may name a person or a client, and nobody asked them. A display or an
   alert shows them too, so what looks like a document, a user or a mail address there is withheld as well, whole lines
   of it: where a name begins cannot be known.
2. Telephone numbers in texts of a device are masked unless the site wants them (the trade's default). Only what is
   written as a telephone number is one: with +, as (212) 555-0123, as 0711/1234567, or behind a word like "Tel.".
3. With address masking, the device's IP address is left out, and addresses inside texts of the device become "x.x.x.x".
   Serial number and MAC still identify the device; firmware versions look like addresses and are left alone.
4. Names, part numbers, serial numbers and object identifiers are fields of their own and are never touched.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from wire_format.masking import each_shown, each_text, mask_addresses
from wire_format.records import Report

PHONE: Final = "[tel]"
WITHHELD: Final = "[withheld]"
_DATE: Final = r"(?!(?:19|20)\d\d-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./](?:19|20)?\d\d(?!\d))"
_TELEPHONE: Final = (
    r"(?i)(?<!\w)((?:tel|t[eé]l[eé]phone?|phone|telefone?|tel[eé]fono|telefax|fax|hotline|help ?desk|mobile?|cell|gsm"
    r"|handy|rufnummer|durchwahl|dial)(?:[ -]?(?:no|nr|num|number|nummer)\b)?"
)
_PHONES: Final = (
    # Behind a word that says so, which stays: any number after a sign, a long one after a space ("Fax 300 dpi").
    re.compile(_TELEPHONE + r" ?[.:#]{1,2} ?)" + _DATE + r"[+(]{0,2}\d(?:[ ()./-]{0,3}\d){2,17}(?![\w.%])"),
    re.compile(_TELEPHONE + r" )" + _DATE + r"[+(]{0,2}\d(?:[ ()./-]{0,3}\d){5,17}(?![\w.%])"),
    # International: ITU-T E.123.
    re.compile(r"()(?<![\w+.])(?:\+ ?|00(?=[1-9]\d{0,2}[ /(-]))[1-9](?:[ ()./-]{0,3}\d){6,14}(?![\w.])"),
    # North American, with its signs: (212) 555-0123, 1-800-555-0199, 212-555-0123.
    re.compile(r"()(?<![\w(.-])(?:1[ -])?(?:\([2-9]\d\d\) ?|[2-9]\d\d-)[2-9]\d\d-\d{4}(?![\w.-])"),
    # German and Austrian, by the slash: 0711/1234567, 089 / 12 34-0.
    re.compile(r"()(?<![\w./-])0[1-9]\d{1,3} ?/ ?(?=(?:[ -]?\d){5,9}(?!\d))\d+(?:[ -]\d+)*(?![\w./])"),
    # French, in five pairs: 01 23 45 67 89.
    re.compile(r"()(?<![\w.:-])(?<!\d )0[1-9](?: \d\d){4}(?![\w.:-]| \w)"),
)
_DOCUMENT: Final = re.compile(
    r"(?i)\.(?:pdf|docx?|docm|xlsx?|xlsm|pptx?|txt|rtf|odt|ods|odp|csv|dwg|dxf|plt|tiff?|jpe?g|png|eml|msg|html?)(?!\w)"
)
_PERSON: Final = re.compile(
    r"(?i)(?<![\w-])(?:user(?:name)?|owner|job(?: ?name)?|document|doc|file(?: ?name)?|sent by|from user|benutzer"
    r"|auftrag|dokument|datei|utilisateur|usuario|trabajo)\s*[:=]\s*\S|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """What a site wants masked besides job names, which never leave."""

    addresses: bool = False
    phone_numbers: bool = True


def for_the_road(report: Report, masking: Masking) -> Report:
    """The report as it may leave the house. It is what is spooled, and what --dry-run prints."""
    kept = without_job_names(report)
    kept = each_shown(kept, without_people)
    if masking.phone_numbers:
        kept = mask_phone_numbers(kept)
    return mask_addresses(kept) if masking.addresses else kept


def without_job_names(report: Report) -> Report:
    """The report with no job named."""
    if not any(job.name for job in report.jobs):
        return report
    return replace(report, jobs=tuple(replace(job, name=None) for job in report.jobs))


def without_people(text: str) -> str:
    """A text of a display or an alert, without the lines that name a document or a user."""
    lines = text.split("\n")
    return "\n".join(WITHHELD if _DOCUMENT.search(line) or _PERSON.search(line) else line for line in lines)


def mask_phone_numbers(report: Report) -> Report:
    """The report without telephone numbers in texts of the device."""
    return each_text(report, without_phone_numbers)


def without_phone_numbers(text: str) -> str:
    """The text with every telephone number as "[tel]"."""
    for pattern in _PHONES:
        text = pattern.sub(lambda found: f"{found[1]}{PHONE}", text)
    return text
