"""SNMP: one port, three libraries behind it, and the conversation that all of them share."""
