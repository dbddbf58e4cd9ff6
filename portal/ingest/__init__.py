"""From bytes of a stranger to rows that are safe: opening, then posting in groups."""
