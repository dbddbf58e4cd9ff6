"""The console: pages for people, exports for their spreadsheets. Registered by routes.add_console."""
