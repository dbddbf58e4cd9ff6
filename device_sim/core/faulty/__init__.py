"""Printers that lie on purpose: the knobs by subject (`core.faults` joins them), and what each does to an answer."""
