"""The local status page: what the collector does, for the person beside it."""
