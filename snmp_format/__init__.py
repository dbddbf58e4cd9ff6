"""SNMP on the wire, without a socket: BER, messages of all versions, the user-based security model."""
