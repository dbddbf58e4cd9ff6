"""What may be done to a printer, or befall it: one registry for scenarios, control API and command line."""
