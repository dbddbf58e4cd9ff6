"""The embedded web server's pages, for a person who stands before the printer. No script, nothing fetched elsewhere."""
