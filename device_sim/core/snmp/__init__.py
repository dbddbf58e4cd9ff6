"""An SNMP agent without a socket: codec, picture of a MIB, plans, responder."""
