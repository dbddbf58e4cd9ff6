"""The simulator without a socket, a file or a clock."""
