"""The rules of the direct connection, without I/O, clock or chance."""
