"""The pure part of the collector: what to ask a printer, and what its answers mean. No I/O, no clock."""
