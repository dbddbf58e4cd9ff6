"""The one command line, the demo and verify: the only room that knows every program."""
