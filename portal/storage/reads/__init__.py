"""What the pages and the exports ask of the database: by SQL, within one tenant, page by page.

1. Every function takes the tenant first, and every statement is scoped by it; nothing here is unscoped.
2. Lists are read by keyset: a page costs the same wherever it is.
3. Rows leave as frozen dataclasses with the units of the tables: `*_ms`, `*_mm2`, `*_ul`; NULL is None.
"""
