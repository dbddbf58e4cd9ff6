"""Makers' names: how they are written in front of a model, and the one way we write them."""

import re
from typing import Final

BRANDS: Final = {
    "Hewlett-Packard Company": "HP", "Hewlett-Packard": "HP", "Hewlett Packard": "HP", "HP Inc.": "HP",
    "HP": "HP", "Brother Industries, Ltd.": "Brother", "Brother": "Brother", "Canon Inc.": "Canon",
    "Canon": "Canon", "KONICA MINOLTA, INC.": "Konica Minolta", "Konica Minolta": "Konica Minolta",
    "KONICAMINOLTA": "Konica Minolta", "Minolta-QMS": "Konica Minolta", "Develop": "Develop",
    "Sindoh": "Sindoh", "Olivetti": "Olivetti", "Kyocera Document Solutions Inc.": "Kyocera",
    "Kyocera Document Solutions": "Kyocera", "Kyocera Mita": "Kyocera", "Kyocera": "Kyocera",
    "Copystar": "Copystar", "UTAX_TA": "UTAX", "UTAX": "UTAX", "TRIUMPH-ADLER": "Triumph-Adler",
    "TA Triumph-Adler": "Triumph-Adler",
    "RICOH": "Ricoh", "SAVIN": "Savin", "LANIER": "Lanier", "NRG": "NRG", "Gestetner": "Gestetner",
    "Nashuatec": "Nashuatec", "Rex-Rotary": "Rex-Rotary", "infotec": "Infotec", "InfoPrint": "InfoPrint",
    "IBM": "IBM", "SHARP": "Sharp", "Samsung Electronics": "Samsung", "Samsung": "Samsung",
    "TOSHIBA TEC": "Toshiba", "TOSHIBA": "Toshiba", "Seiko Epson": "Epson", "EPSON": "Epson",
    "OKI DATA CORP": "OKI", "Oki Data Corporation": "OKI", "OKIDATA": "OKI", "OKI": "OKI",
    "Lexmark International": "Lexmark", "Lexmark": "Lexmark", "FUJI XEROX": "Fuji Xerox",
    "FUJIFILM Business Innovation": "Fujifilm", "FUJIFILM": "Fujifilm", "Xerox": "Xerox",
    "Dell Inc.": "Dell", "Dell": "Dell", "Zebra Technologies": "Zebra", "Zebra": "Zebra",
    "Pantum": "Pantum", "TSC": "TSC", "Panasonic": "Panasonic", "Muratec": "Muratec", "RISO": "Riso",
    "Citizen": "Citizen", "SATO": "Sato", "Intermec": "Intermec", "Honeywell": "Honeywell",
    "Datamax": "Datamax", "Printronix": "Printronix", "TallyGenicom": "TallyGenicom", "KIP": "KIP",
    "Océ": "Océ", "Oce": "Océ", "Mutoh": "Mutoh", "Roland": "Roland", "Mimaki": "Mimaki",
    "Kodak": "Kodak", "Philips": "Philips", "Sagem": "Sagem", "Avision": "Avision", "Deli": "Deli",
    "Lenovo": "Lenovo", "Huawei": "Huawei", "Star": "Star", "Bixolon": "Bixolon",
    "Toshiba Tec Corporation": "Toshiba",
}  # fmt: skip
"""As written by devices: as we write it. Longer spellings are tried first."""

_PREFIX: Final = re.compile(
    "(" + "|".join(re.escape(brand) for brand in sorted(BRANDS, key=len, reverse=True)) + r")(?![\w])[\s:,_-]*",
    re.IGNORECASE,
)
_BY_SPELLING: Final = {spelling.casefold(): brand for spelling, brand in BRANDS.items()}


def split_brand(text: str) -> tuple[str | None, str]:
    """The maker named at the start of text, and text without that name, however often it is repeated."""
    brand: str | None = None
    while found := _PREFIX.match(text):
        rest = text[found.end() :]
        if not rest:
            break
        brand = brand or _BY_SPELLING[found[1].casefold()]
        text = rest
    return brand, text


def brand_of(text: str) -> str | None:
    """The maker meant by text, which is a maker's name; None when we do not know it."""
    found = _PREFIX.match(text)
    return _BY_SPELLING[found[1].casefold()] if found else None
