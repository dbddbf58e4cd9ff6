"""Tortoise migrations, applied in order by `inkwire portal migrate` and at start."""
