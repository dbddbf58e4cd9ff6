"""The direct connection: a printer, or the gateway beside it, reports its own use to a portal.

An embedder imports `direct_connect.api` and nothing else. This file stays empty, so that
importing one part never pays for another.
"""
