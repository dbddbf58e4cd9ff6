"""One module a page: read within the tenant, put into words, render."""
