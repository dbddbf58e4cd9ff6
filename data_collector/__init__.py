"""The LAN agent: probes printers, normalises what they say, keeps it until the portal has it."""
