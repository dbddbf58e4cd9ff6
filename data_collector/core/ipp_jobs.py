"""IPP Get-Jobs: which attributes of finished jobs are asked for, and nothing else.

Counts, times and settings are asked for by name. The names of jobs, documents, users and hosts are not.

Source: RFC 8011, 4.2.6 and 5.3; PWG 5100.3, 5100.7 and 5100.8 for media-col and the attributes ending in -actual.
"""

from typing import Final

JOBS_MAX: Final = 100
"""So many are asked for, the newest."""
JOBS_WANTED: Final = (
    "copies", "copies-actual", "date-time-at-completed", "date-time-at-creation", "date-time-at-processing", "job-id",
    "job-impressions-completed", "job-impressions-completed-col", "job-media-sheets-completed", "job-printer-up-time",
    "job-state", "job-uuid", "media", "media-actual", "media-col", "media-col-actual",
    "print-color-mode", "print-color-mode-actual", "print-quality", "print-quality-actual", "time-at-completed",
    "time-at-creation", "time-at-processing",
)  # fmt: skip
