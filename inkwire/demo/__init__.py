"""`inkwire demo`: every program of the house, for real, in processes of their own, on one loopback."""
