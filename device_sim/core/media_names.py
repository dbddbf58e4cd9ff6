"""Media by the self-describing names of PWG 5101.1, and the sizes these names say."""

import re
from typing import Final

STANDARD: Final = (
    "na_index-4x6_4x6in", "iso_a6_105x148mm", "iso_a5_148x210mm", "jis_b5_182x257mm", "na_executive_7.25x10.5in",
    "iso_a4_210x297mm", "na_letter_8.5x11in", "na_legal_8.5x14in", "jis_b4_257x364mm", "iso_a3_297x420mm",
    "na_ledger_11x17in", "iso_a2_420x594mm", "na_arch-c_18x24in", "na_arch-d_24x36in", "iso_a1_594x841mm",
    "na_arch-e_36x48in", "iso_a0_841x1189mm",
)  # fmt: skip
"""Sizes that printers of every kind know, the smallest first."""
_SIZE: Final = re.compile(r"_(\d{1,6}(?:\.\d{1,4})?)x(\d{1,7}(?:\.\d{1,4})?)(mm|in)$")
_NEAR_MM: Final = 2


def media_size(name: str) -> tuple[int, int] | None:
    """Width and length in hundredths of a millimetre, or None where the name says no size."""
    found = _SIZE.search(name)
    if found is None:
        return None
    unit = 2540.0 if found[3] == "in" else 100.0
    return round(float(found[1]) * unit), round(float(found[2]) * unit)


def media_name(width_mm: int, length_mm: int) -> str:
    """The standard's name of a size in whole millimetres, else one made of the size."""
    for name in STANDARD:
        size = media_size(name)
        if size and abs(size[0] / 100 - width_mm) < _NEAR_MM and abs(size[1] / 100 - length_mm) < _NEAR_MM:
            return name
    return f"custom_{width_mm}x{length_mm}mm_{width_mm}x{length_mm}mm"
