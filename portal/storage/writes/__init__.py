"""Writes of the growing tables: plain SQL in one thread, inside one transaction per group."""
