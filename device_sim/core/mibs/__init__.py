"""The MIB modules a simulated printer shows, one file each: objects over the live state."""
